//! The closed world: whoever connects without being one of those who may, and by which other ways.

use std::collections::BTreeSet;

use super::{Counter, Truth, Who};
use crate::{
    Answer, Direction, Judge, Labels, Match, Matcher, Namespaces, Party, Permitted, Pod, PortSet, Reading,
    Stranger, Traits, Unseen, Via,
};

/// Those who may connect.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<'a> {
    /// By who they are.
    pub only: &'a [Who],
    /// Or by way of this gateway, `namespace/name`.
    pub via: Option<&'a str>,
}

/// Which of the pods that are there are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// Every one.
    All,
    /// One of those that no network policy tells apart.
    OfEachClass,
}

impl Judge<'_> {
    /// Whoever connects without being one of those who may.
    pub(super) fn intruders(
        &self,
        only: &[Who],
        via: Option<&str>,
        to: &Party,
        ports: &PortSet,
    ) -> Vec<(Truth, Counter)> {
        let mut found = Vec::new();
        for from in self.others(&Allowed { only, via }, to, Pods::OfEachClass) {
            // Most are refused at once; only the others are asked why.
            let open = self.one_side(Direction::Ingress, to, &from);
            if open.possible.intersection(ports).is_empty() {
                continue;
            }
            for part in self.explain(&from, to, ports).parts {
                match part.verdict.answer {
                    Answer::Denied => {}
                    Answer::Unknown => found.push((Truth::Unknown, self.counter(&from, to, part))),
                    Answer::Allowed => found.push((Truth::Refuted, self.counter(&from, to, part))),
                }
            }
            if found.iter().any(|(truth, _)| *truth == Truth::Refuted) {
                break;
            }
        }
        found
    }

    /// Everybody but those who may: pods that are there, the outside, and pods that nobody has written.
    pub fn others(&self, may: &Allowed<'_>, to: &Party, pods: Pods) -> Vec<Party> {
        let cluster = self.cluster();
        let by_gateway = may.via.map(|gateway| self.gateway_pods(gateway)).unwrap_or_default();
        let is_one =
            |n: usize, pod: &Pod| by_gateway.contains(&n) || may.only.iter().any(|w| w.is_pod(self, pod));
        let (allowed, rest): (Vec<_>, Vec<_>) =
            cluster.pods.iter().enumerate().partition(|(n, p)| is_one(*n, p));
        let allowed: Vec<&Pod> = allowed.into_iter().map(|(_, p)| p).collect();
        let mut parties: Vec<Party> = match pods {
            Pods::All => rest.iter().map(|(n, _)| Party::Pod(*n)).collect(),
            Pods::OfEachClass => self.representatives(rest.iter().map(|(n, _)| *n)),
        };
        let outside = self.outside().into_iter().filter(|r| {
            let covered = |w: &Who| matches!(w, Who::Outside(set) if set.contains_all(&(*r).into()));
            !may.only.iter().any(covered)
        });
        parties.extend(outside.map(Party::Range));
        parties.extend(self.strangers(may.only, &allowed, to).into_iter().map(Party::Stranger));
        parties.retain(|from| from != to);
        parties
    }

    /// Pods that nobody has written, by the descriptions that rules about a pod use; first one that fits none.
    pub fn supposed(&self, to: &Party) -> Vec<Stranger> {
        self.strangers(&[], &[], to)
    }

    /// What the policies of a pod let in from somebody whose own policies are not known.
    pub fn admitted(&self, from: &Party, to: &Party) -> Permitted {
        self.one_side(Direction::Ingress, to, from)
    }

    /// A pod that somebody could start in a namespace, whether it is there or not.
    pub fn newcomer(&self, namespace: &str) -> Party {
        let named = || Labels::from([("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())]);
        let labels = self.cluster().namespace_labels(namespace).cloned().unwrap_or_else(named);
        let namespace = Traits::exactly(&labels);
        let name = format!("any pod of {}", labels.get("kubernetes.io/metadata.name").map_or("", |n| n));
        Party::Stranger(Stranger { name, namespace, pod: Traits::default(), account: None, ports: None })
    }

    /// One of these pods for each class.
    fn representatives(&self, pods: impl Iterator<Item = usize>) -> Vec<Party> {
        let table = self.table();
        let mut seen = BTreeSet::new();
        let fresh = |n: &usize| table.classes.of_pod(*n).is_some_and(|class| seen.insert(class));
        pods.filter(fresh).map(Party::Pod).collect()
    }

    /// Pods that nobody has written: one without labels, and one for each description that a rule uses. Not those
    /// that look like the workloads that may: in their namespace, and by a description of pods that fits them.
    fn strangers(&self, only: &[Who], allowed: &[&Pod], to: &Party) -> Vec<Stranger> {
        let end = to.end(self.cluster(), true);
        let speaks = |p: &&crate::Policy| {
            end.is_some_and(|e| p.ingress.is_some() && p.subject.matches(self.cluster(), e) != Match::No)
        };
        let policies = self.cluster().policies.iter().filter(speaks);
        let rules = policies.flat_map(|p| p.ingress.iter().flatten());
        let peers: BTreeSet<&Matcher> = rules.flat_map(|r| &r.peers).collect();
        let mut all = vec![anybody()];
        for peer in peers {
            let Matcher::Pods { namespaces, pods, .. } = peer else {
                if matches!(peer, Matcher::Entity(_)) && !self.fits_only(peer, allowed) {
                    let (namespace, pod) = (Traits::anything(), Traits::anything());
                    let name = "a pod that a selector of Calico may select".to_owned();
                    all.push(Stranger { name, namespace, pod, account: None, ports: None });
                }
                continue;
            };
            let home = namespaces.pinned();
            let whole = |n: &str| only.iter().any(|w| matches!(w, Who::Namespace(ns) if ns == n));
            let looks_like = home.is_some() && !pods.is_empty() && self.fits_only(peer, allowed);
            let labelled = only
                .iter()
                .any(|w| matches!((w, namespaces), (Who::Labelled(a), Namespaces::Selected(b)) if a == b));
            if !looks_like && !labelled && !home.is_some_and(whole) {
                let unseen = Unseen::Pods(namespaces.clone(), pods.clone());
                let mut stranger = self.stranger(&unseen, Reading::Implied);
                (stranger.namespace.open, stranger.pod.open) = (false, false);
                stranger.name = format!("any pod of {unseen}");
                all.push(stranger);
            }
        }
        all
    }

    /// Whether a description fits some of these pods, and no others that were read.
    fn fits_only(&self, matcher: &Matcher, allowed: &[&Pod]) -> bool {
        if allowed.is_empty() {
            return false;
        }
        let cluster = self.cluster();
        let fits =
            |n: usize| Party::Pod(n).end(cluster, true).map_or(Match::No, |e| matcher.matches(cluster, e));
        let fitting = cluster.pods.iter().enumerate().filter(|(n, _)| fits(*n) != Match::No);
        let fitting: Vec<&Pod> = fitting.map(|(_, p)| p).collect();
        !fitting.is_empty() && fitting.iter().all(|p| allowed.iter().any(|a| std::ptr::eq(*a, *p)))
    }

    /// The pods of a gateway, `namespace/name`.
    pub fn gateway_pods(&self, gateway: &str) -> Vec<usize> {
        let Some((namespace, name)) = gateway.split_once('/') else { return Vec::new() };
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let vias = [Via::Gateway(namespace.clone(), name.clone()), Via::IstioGateway(namespace, name)];
        let pods = vias.iter().flat_map(|via| self.pods_passing(via));
        pods.filter_map(|p| if let Party::Pod(n) = p { Some(n) } else { None }).collect()
    }

    /// Doors other than the gateway, and addresses that reach the pod by none.
    pub(super) fn other_ways(&self, gateway: &str, to: &Party, ports: &PortSet) -> Vec<(Truth, Counter)> {
        let mut found = Vec::new();
        for range in self.outside() {
            found.extend(self.open(&Party::Range(range), to, ports));
        }
        for way in self.ways() {
            let by = way.gateway.as_deref();
            if Party::Pod(way.pod) != *to || by == Some(gateway) {
                continue;
            }
            let ports = way.permitted.possible.intersection(ports);
            for (truth, mut counter) in self.open(&way.via, to, &ports) {
                counter.from = format!("the outside, by {} {} ({})", way.kind, way.door, counter.from);
                found.push((truth, counter));
            }
        }
        found
    }

    /// What is not refused.
    fn open(&self, from: &Party, to: &Party, ports: &PortSet) -> Vec<(Truth, Counter)> {
        if ports.is_empty() {
            Vec::new()
        } else {
            self.against(std::slice::from_ref(from), to, ports, Answer::Denied)
        }
    }
}

/// A pod without labels, in a namespace without labels.
fn anybody() -> Stranger {
    Stranger {
        name: "any pod of a new namespace".to_owned(),
        namespace: Traits::default(),
        pod: Traits::default(),
        account: Some("default".to_owned()),
        ports: Some(Vec::new()),
    }
}
