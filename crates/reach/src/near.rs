//! Pods and policies by namespace, so that a question goes over no more of them than it has to.

use std::collections::BTreeMap;

use crate::{
    Cluster, End, Match, Matcher, Namespaces, PodView, Policy, Seen, classes::small, matcher::entity::NAME,
};

/// Pods and policies of a cluster by namespace.
pub struct Near<'a> {
    cluster: &'a Cluster,
    /// Each pod with the labels of its namespace, which take time to find.
    views: Vec<PodView<'a>>,
    pods: BTreeMap<&'a str, Vec<u32>>,
    /// The policies that can be about pods of one namespace only.
    of_namespace: BTreeMap<&'a str, Vec<u32>>,
    /// The others.
    anywhere: Vec<u32>,
}

impl<'a> Near<'a> {
    /// Those of a cluster.
    pub fn new(cluster: &'a Cluster) -> Near<'a> {
        let views = cluster.pods.iter().map(|pod| PodView::new(cluster, pod)).collect();
        let mut near =
            Near { cluster, views, pods: BTreeMap::new(), of_namespace: BTreeMap::new(), anywhere: vec![] };
        for (number, pod) in (0..).zip(&cluster.pods) {
            near.pods.entry(&pod.namespace).or_default().push(number);
        }
        for (number, policy) in (0..).zip(&cluster.policies) {
            match policy.subject.namespace() {
                Some(namespace) => near.of_namespace.entry(namespace).or_default().push(number),
                None => near.anywhere.push(number),
            }
        }
        near
    }

    /// The pods of a namespace, by number.
    pub fn pods(&self, namespace: &str) -> &[u32] {
        self.pods.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The policies that can be about pods of a namespace, in the order read.
    pub fn policies(&self, namespace: &str) -> impl Iterator<Item = &'a Policy> {
        let own = self.of_namespace.get(namespace).into_iter().flatten();
        let mut all: Vec<u32> = own.chain(&self.anywhere).copied().collect();
        all.sort_unstable();
        let policies = &self.cluster.policies;
        all.into_iter().filter_map(|number| policies.get(number as usize))
    }

    /// The policies that can be about an end, in the order read. Nobody writes policies for the outside.
    pub(crate) fn policies_for(&self, end: End<'_>) -> Vec<&'a Policy> {
        match end {
            End::Pod(pod) => match pod.namespace.seen(NAME) {
                Seen::Is(name) => self.policies(name).collect(),
                Seen::Absent | Seen::Among(_) | Seen::Anything => self.cluster.policies.iter().collect(),
            },
            End::Outside(_) => Vec::new(),
        }
    }

    /// The pods that a matcher can mean, by number, ascending.
    fn candidates(&self, matcher: &Matcher) -> Vec<u32> {
        if let Some(name) = matcher.namespace() {
            return self.pods(name).to_vec();
        }
        match matcher {
            Matcher::Pods { namespaces: Namespaces::Selected(selector), .. } if !selector.is_empty() => {
                let all = self.cluster.namespaces.iter();
                let selected = all.filter(|(_, ns)| selector.selects(&ns.labels) != Match::No);
                let mut pods: Vec<u32> = selected.flat_map(|(name, _)| self.pods(name)).copied().collect();
                pods.sort_unstable();
                pods
            }
            _ => (0..small(self.cluster.pods.len())).collect(),
        }
    }

    /// The pods that a matcher means, by number, ascending, with whether it surely does.
    pub fn meant(&self, matcher: &Matcher) -> impl Iterator<Item = (u32, Match)> {
        let asked = self.candidates(matcher).into_iter().filter_map(|number| {
            let view = self.views.get(number as usize)?;
            Some((number, matcher.matches(self.cluster, End::Pod(*view))))
        });
        asked.filter(|(_, matched)| *matched != Match::No)
    }
}
