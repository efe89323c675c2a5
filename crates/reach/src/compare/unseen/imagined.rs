//! Pods that are imagined, by the descriptions that rules use.

use std::collections::BTreeSet;

use super::versions::{Spoken, Versions};
use crate::{
    AddressRange, Direction, Match, Matcher, Namespaces, Party, PolicyKind, Reading, Selector, Unseen,
};

/// A pod that fits these descriptions, and no other that does not follow from them.
pub(super) struct Imagined {
    pub(super) name: String,
    /// What it fits.
    by: Vec<Matcher>,
    /// What it fits by its namespace alone, whose labels are those of the version.
    resident: Option<Matcher>,
}

impl Imagined {
    /// Who is outside of the cluster, at these addresses.
    pub(super) fn outside(range: AddressRange) -> Imagined {
        Imagined { name: range.short(), by: Vec::new(), resident: None }
    }

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

    /// What it is imagined by.
    pub(super) fn by(&self) -> &[Matcher] {
        &self.by
    }

    /// Its descriptions as those of pods that were not read, and that of any pod.
    pub(super) fn seen(&self) -> Vec<Unseen> {
        self.descriptions().into_iter().filter_map(seen).chain([Unseen::EntireCluster]).collect()
    }
}

/// Those who fit one description and could tell two versions apart: anybody first, then one for each peer of a rule.
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
    all
}

/// Whether pods that fit two descriptions matter at all. Where all rules allow, what two descriptions permit together is
/// what each permits.
pub(super) fn may_meet(spoken: [&Spoken<'_>; 2]) -> bool {
    let mut policies = spoken.into_iter().flat_map(|s| &s.policies).map(|a| a.policy);
    policies.any(|p| p.kind != PolicyKind::NetworkPolicy)
}

/// A pod that fits what two others are imagined by, if there can be one.
pub(super) fn both(versions: &Versions<'_, '_>, one: &Imagined, other: &Imagined) -> Option<Imagined> {
    let ([a], [b]) = (one.by.as_slice(), other.by.as_slice()) else { return None };
    let name = || format!("{} that is also {}", name(a), name(b));
    (!versions.exclude(a, b)).then(|| Imagined {
        name: name(),
        by: vec![a.clone(), b.clone()],
        resident: None,
    })
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

/// What pods are called that fit it.
pub(super) fn name(matcher: &Matcher) -> String {
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
