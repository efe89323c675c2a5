//! Pods that are imagined, by the descriptions that rules use.

use std::collections::BTreeSet;

use super::versions::{Spoken, Versions};
use crate::{Direction, Judge, Match, Matcher, Namespaces, Party, PolicyKind, Reading, Selector, Unseen};

/// A pod that fits these descriptions, and no other that does not follow from them.
pub(super) struct Imagined {
    pub(super) name: String,
    /// What it fits.
    by: Vec<Matcher>,
    /// What it fits by its namespace alone, whose labels are those of the version.
    resident: Option<Matcher>,
}

impl Imagined {
    /// Whether what holds for the other also holds for it.
    pub(super) fn includes(&self, other: &Imagined) -> bool {
        other.resident.is_none() && other.by.iter().all(|m| self.by.contains(m))
    }

    /// Whether nothing is known of it.
    pub(super) fn is_anybody(&self) -> bool {
        self.by.is_empty() && self.resident.is_none()
    }

    pub(super) fn descriptions(&self) -> Vec<&Matcher> {
        self.by.iter().chain(&self.resident).collect()
    }

    /// Whether it fits a description, in a version.
    pub(super) fn fits_in<'i>(&'i self, judge: &'i Judge<'_>) -> impl Fn(&Matcher) -> bool + 'i {
        let seen = self.descriptions().into_iter().filter_map(seen).chain([Unseen::EntireCluster]);
        let parties: Vec<Party> =
            seen.map(|s| Party::Stranger(judge.stranger(&s, Reading::Implied))).collect();
        move |matcher| {
            let cluster = judge.cluster();
            let follows = |p: &Party| {
                p.end(cluster, true).is_some_and(|end| matcher.matches(cluster, end) == Match::Yes)
            };
            self.by.contains(matcher) || parties.iter().any(follows)
        }
    }
}

/// Those who could tell two versions apart, anybody first.
pub(super) fn imagined(
    versions: &Versions<'_, '_>,
    spoken: [&Spoken<'_>; 2],
    direction: Direction,
) -> Vec<Imagined> {
    let policies = || spoken.into_iter().flat_map(|s| &s.policies).map(|a| a.policy);
    let rules = policies().flat_map(|p| p.rules(direction).unwrap_or_default());
    let peers: BTreeSet<&Matcher> = rules.flat_map(|r| &r.peers).filter(|m| !is_open(m)).collect();
    let mut all = vec![Imagined { name: "any pod".to_owned(), by: Vec::new(), resident: None }];
    for peer in &peers {
        all.push(Imagined { name: name(peer), by: vec![(*peer).clone()], resident: None });
    }
    let pods =
        || peers.iter().filter_map(|m| if let Matcher::Pods { pods, .. } = m { Some(pods) } else { None });
    let any = Selector::default();
    for home in &versions.relabelled {
        for pods in pods().chain([&any]).collect::<BTreeSet<&Selector>>() {
            let namespaces = Namespaces::Named((*home).to_owned());
            let resident = Matcher::Pods { namespaces, pods: pods.clone(), host: true };
            all.push(Imagined { name: name(&resident), by: Vec::new(), resident: Some(resident) });
        }
    }
    // Where all rules allow, what two descriptions permit together is what each permits.
    if policies().any(|p| p.kind != PolicyKind::NetworkPolicy) {
        for (n, a) in peers.iter().enumerate() {
            for b in peers.iter().skip(n + 1).filter(|b| !versions.exclude(a, b)) {
                let name = format!("{} that is also {}", name(a), name(b));
                all.push(Imagined { name, by: vec![(*a).clone(), (*b).clone()], resident: None });
            }
        }
    }
    all
}

impl Versions<'_, '_> {
    /// Whether no pod can fit both.
    fn exclude(&self, a: &Matcher, b: &Matcher) -> bool {
        self.judges.iter().all(|judge| {
            let Some(seen) = seen(a) else { return false };
            let party = Party::Stranger(judge.stranger(&seen, Reading::Implied));
            let end = party.end(judge.cluster(), true);
            end.is_some_and(|e| b.matches(judge.cluster(), e) == Match::No)
        })
    }
}

fn seen(matcher: &Matcher) -> Option<Unseen> {
    match matcher {
        Matcher::Pods { namespaces, pods, .. } => Some(Unseen::Pods(namespaces.clone(), pods.clone())),
        _ => None,
    }
}

/// Whether it tells no pods apart.
fn is_open(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Anyone
        | Matcher::Nobody
        | Matcher::Unreadable
        | Matcher::Outside(_)
        | Matcher::Domains
        | Matcher::Endpoint(_) => true,
        Matcher::Pods { .. } | Matcher::Networks(_) | Matcher::Nodes(_) | Matcher::Entity(_) => false,
    }
}

fn name(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Pods { namespaces, pods, .. } => {
            format!("any pod of {}", Unseen::Pods(namespaces.clone(), pods.clone()))
        }
        Matcher::Networks(set) => {
            let ranges: Vec<String> = set.ranges().map(|r| r.short()).collect();
            format!("any pod with an address of {}", crate::report::short(&ranges))
        }
        Matcher::Nodes(_) => "any pod on the network of a node".to_owned(),
        Matcher::Entity(_) | Matcher::Endpoint(_) => "any pod that a rule of Calico selects".to_owned(),
        Matcher::Anyone | Matcher::Nobody | Matcher::Unreadable | Matcher::Outside(_) | Matcher::Domains => {
            "any pod".to_owned()
        }
    }
}
