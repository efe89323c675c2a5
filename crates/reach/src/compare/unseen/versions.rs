//! Two versions, side by side: whose policies changed, and what they permit.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::Joint,
    fitting::{Peers, Rules},
    imagined::{Imagined, name},
    same::{Key, is_same, key, settings_are_same},
};
use crate::{
    AddressRange, Cluster, Direction, End, Judge, Match, Matcher, Namespaces, Party, Permitted, Policy,
    PortSet, Reading, Selector, Stranger, Traits, Unseen,
    addresses::partition,
    bits::Bits,
    walk::{Applied, Asked, steps, walk},
};

/// Both versions.
pub(super) struct Versions<'v, 'a> {
    pub(super) judges: [&'v Judge<'a>; 2],
    /// The peers of all rules of each.
    peers: [Peers<'v>; 2],
    /// Policies that are not in the other version as they are in this, by the same.
    changed: BTreeMap<Option<&'v str>, Vec<&'v Policy>>,
    /// Whether something else changed that could make a difference to anybody.
    everything: bool,
    /// Namespaces with other labels than before.
    pub(super) relabelled: BTreeSet<&'v str>,
}

/// The end whose policies are compared.
pub(super) enum Own {
    /// A class of each version, or none.
    Class(Option<u32>, Option<u32>),
    /// Pods that are not there.
    Described(Box<Described>),
}

/// Pods that are not there: they fit these descriptions, and no other that does not follow from them.
#[derive(Clone)]
pub(super) struct Described {
    pub(super) by: Vec<Matcher>,
    pub(super) name: String,
    /// Such a pod in each version; none if there can be none.
    pods: [Option<Stranger>; 2],
}

/// The policies that speak of an end.
pub(super) struct Spoken<'v> {
    pub(super) policies: Vec<Applied<'v>>,
    /// What was not understood and may concern it.
    concerning: Vec<&'v str>,
    /// Whether the end is there at all.
    there: bool,
    everything: bool,
}

impl Own {
    /// What it fits, if it is described.
    fn described_by(&self) -> Option<&[Matcher]> {
        match self {
            Own::Described(described) => Some(&described.by),
            Own::Class(..) => None,
        }
    }
}

impl Spoken<'_> {
    /// The policies that are the same in the other version, by what they are known by.
    pub(super) fn unchanged(&self, other: &Spoken<'_>) -> BTreeSet<Key<'_>> {
        let others: BTreeMap<_, &Applied<'_>> = other.policies.iter().map(|a| (key(a.policy), a)).collect();
        let is_unchanged = |a: &&Applied<'_>| {
            let other = others.get(&key(a.policy));
            other.is_some_and(|o| o.surely == a.surely && is_same(a.policy, o.policy))
        };
        self.policies.iter().filter(is_unchanged).map(|a| key(a.policy)).collect()
    }

    /// Whether all that can have changed is policies.
    pub(super) fn differs_by_policies(&self, other: &Spoken<'_>) -> bool {
        !self.everything && self.there == other.there && self.concerning == other.concerning
    }

    /// Whether nothing can have changed.
    pub(super) fn is_same(&self, other: &Spoken<'_>) -> bool {
        let policies = || self.policies.iter().zip(&other.policies);
        !self.everything
            && self.there == other.there
            && self.concerning == other.concerning
            && self.policies.len() == other.policies.len()
            && policies().all(|(a, b)| a.surely == b.surely && is_same(a.policy, b.policy))
    }
}

impl<'v, 'a> Versions<'v, 'a> {
    pub(super) fn new(old: &'v Judge<'a>, new: &'v Judge<'a>) -> Versions<'v, 'a> {
        let (a, b) = (old.cluster(), new.cluster());
        let mut changed: BTreeMap<Option<&str>, Vec<&Policy>> = BTreeMap::new();
        for (here, there) in [(a, b), (b, a)] {
            let others: BTreeMap<_, &Policy> = there.policies.iter().map(|p| (key(p), p)).collect();
            for policy in &here.policies {
                if !others.get(&key(policy)).is_some_and(|other| is_same(policy, other)) {
                    changed.entry(policy.subject.namespace()).or_default().push(policy);
                }
            }
        }
        let names = a.namespaces.keys().chain(b.namespaces.keys());
        let relabelled: BTreeSet<&str> = names
            .filter(|n| a.namespace_labels(n) != b.namespace_labels(n) && b.namespaces.contains_key(*n))
            .map(String::as_str)
            .collect();
        let everything = !relabelled.is_empty() || !settings_are_same(a, b);
        Versions {
            judges: [old, new],
            peers: [Peers::new(a), Peers::new(b)],
            changed,
            everything,
            relabelled,
        }
    }

    /// Whether a class is one of pods, in whichever version.
    pub(super) fn is_pods(&self, own: &Own) -> bool {
        (0..2).any(|version| matches!(self.end(version, own, true), Some(End::Pod(_))))
    }

    /// Whether something that changed may concern an end.
    pub(super) fn concerns(&self, own: &Own) -> bool {
        let Own::Class(old, new) = own else { return true };
        if self.everything || old.is_none() || new.is_none() {
            return true;
        }
        let home = self.home(*old, *new);
        let changed = [None, home].into_iter().filter_map(|h| self.changed.get(&h)).flatten();
        let meant = |policy: &Policy| {
            self.judges.iter().enumerate().any(|(version, judge)| {
                let end = self.end(version, own, true);
                end.is_some_and(|e| policy.subject.matches(judge.cluster(), e) != Match::No)
            })
        };
        changed.into_iter().any(|p| meant(p))
    }

    /// Pods that the policies that changed would select, by description: those that fit a subject, then those that fit
    /// another as well. A pod gains nothing by three subjects that it does not gain by two of them: that of the policy
    /// that refused, and that of the policy that allows.
    pub(super) fn described(&self) -> Vec<Own> {
        let all: BTreeSet<&Matcher> =
            self.judges.iter().flat_map(|j| &j.cluster().policies).map(|p| &p.subject).collect();
        let changed: BTreeSet<&Matcher> = if self.everything {
            all.clone()
        } else {
            self.changed.values().flatten().map(|p| &p.subject).collect()
        };
        let subjects: BTreeMap<&Matcher, Described> =
            all.into_iter().map(|subject| (subject, self.describe(&[subject]))).collect();
        let mut near: BTreeMap<Option<&str>, Vec<&Matcher>> = BTreeMap::new();
        for subject in subjects.keys() {
            near.entry(subject.namespace()).or_default().push(*subject);
        }
        let alone = changed.iter().filter_map(|subject| subjects.get(subject)).cloned();
        // Rules of Calico can ask for more of the end whose policy it is.
        let policies = self.changed.values().flatten();
        let closer = policies.flat_map(|p| {
            let rules = p.ingress.iter().chain(&p.egress).flatten().map(|rule| &rule.own);
            rules.filter(|own| **own != Matcher::Anyone).map(|own| self.describe(&[&p.subject, own]))
        });
        let pairs = changed.iter().flat_map(|subject| {
            let homes: Vec<Option<&str>> = match subject.namespace() {
                Some(home) => vec![None, Some(home)],
                None => near.keys().copied().collect(),
            };
            let others = homes.into_iter().filter_map(|home| near.get(&home)).flatten();
            let told = |other: &Matcher| other == *subject || (changed.contains(other) && other < *subject);
            let both = |other: &&Matcher| self.both(subjects.get(subject)?, subjects.get(other)?);
            others.filter(|other| !told(other)).filter_map(both).collect::<Vec<Described>>()
        });
        alone.chain(closer).chain(pairs).map(|one| Own::Described(Box::new(one))).collect()
    }

    fn describe(&self, by: &[&Matcher]) -> Described {
        let names: Vec<String> = by.iter().map(|m| name(m)).collect();
        Described {
            by: by.iter().copied().cloned().collect(),
            name: names.join(" that is also "),
            pods: self.judges.map(|judge| stranger(judge, by)),
        }
    }

    /// Pods that fit two subjects, if there can be some and they are not simply those of the first.
    fn both(&self, subject: &Described, other: &Described) -> Option<Described> {
        let matched = |one: &Described, matchers: &[Matcher]| -> Vec<Match> {
            let pods =
                self.judges.iter().zip(&one.pods).filter_map(|(judge, pod)| pod.as_ref().zip(Some(judge)));
            let fits = |(pod, judge): (&Stranger, &&Judge<'a>)| {
                let each = matchers.iter().map(|m| m.matches(judge.cluster(), pod.end(true)));
                each.fold(Match::Yes, Match::and)
            };
            pods.map(fits).collect()
        };
        let (follows, other_follows) = (matched(other, &subject.by), matched(subject, &other.by));
        let all = |matches: &[Match], wanted: Match| matches.iter().all(|m| *m == wanted);
        if all(&follows, Match::No) || all(&other_follows, Match::No) || all(&other_follows, Match::Yes) {
            return None;
        }
        if all(&follows, Match::Yes) {
            return Some(other.clone());
        }
        let both = self.describe(&subject.by.iter().chain(&other.by).collect::<Vec<_>>());
        both.pods.iter().any(Option::is_some).then_some(both)
    }

    /// What is permitted with addresses outside.
    pub(super) fn permitted_outside(
        &self,
        version: usize,
        own: &Own,
        spoken: &Spoken<'v>,
        range: AddressRange,
        direction: Direction,
    ) -> Permitted {
        let Some(judge) = self.judges.get(version) else { return Permitted::default() };
        if !spoken.concerning.is_empty() {
            return Permitted::anything();
        }
        let Some(end) = self.end(version, own, true) else { return Permitted::default() };
        let cluster = judge.cluster();
        let asked = Asked {
            cluster,
            direction,
            own: end,
            peer: End::Outside(range),
            avoiding: false,
            described: own.described_by(),
        };
        walk(&steps(cluster, &spoken.policies), asked, &PortSet::all(), &mut |_| {}).into()
    }

    /// Whether a description fits a pod of either version.
    pub(super) fn is_there(&self, subject: &Matcher) -> bool {
        self.judges.iter().any(|judge| {
            let atom = judge.table().classes.atom(subject);
            let pods = judge.table().classes.pods();
            atom.is_some_and(|a| a.yes.iter().chain(a.may.iter()).any(|class| class < pods))
        })
    }

    /// Whether a class fits a description, in either version.
    fn matched(&self, matcher: &Matcher, joint: Joint) -> Match {
        let own = Own::Class(joint.0, joint.1);
        let one = |version: usize| {
            let judge = self.judges.get(version)?;
            Some(matcher.matches(judge.cluster(), self.end(version, &own, true)?))
        };
        [0, 1].into_iter().filter_map(one).fold(Match::No, Match::or)
    }

    /// Whether a class surely fits all of these.
    pub(super) fn fits<'m>(&self, all: impl IntoIterator<Item = &'m Matcher>, joint: Joint) -> bool {
        all.into_iter().all(|m| self.matched(m, joint) == Match::Yes)
    }

    /// The policies that speak of an end, in both versions.
    pub(super) fn applied(&self, own: &Own, direction: Direction) -> (Spoken<'v>, Spoken<'v>) {
        (self.spoken(0, own, direction), self.spoken(1, own, direction))
    }

    fn spoken(&self, version: usize, own: &Own, direction: Direction) -> Spoken<'v> {
        let mut spoken = Spoken {
            policies: Vec::new(),
            concerning: Vec::new(),
            there: false,
            everything: self.everything,
        };
        let Some(judge) = self.judges.get(version) else { return spoken };
        let Some(end) = self.end(version, own, true) else { return spoken };
        spoken.there = true;
        let cluster: &'v Cluster = judge.cluster();
        // One that is described fits nothing that it need not fit.
        let fits = |matched: Match| match own {
            Own::Described(..) => matched == Match::Yes,
            Own::Class(..) => matched != Match::No,
        };
        let unread = cluster.unread.iter().filter(|u| fits(u.concerns.matches(cluster, end)));
        spoken.concerning = unread.map(|u| u.what.as_str()).collect();
        let policies = judge.near().policies_for(end).into_iter();
        for policy in policies.filter(|p| p.rules(direction).is_some()) {
            let matched = match own {
                Own::Described(described) if described.by.contains(&policy.subject) => Match::Yes,
                Own::Described(..) | Own::Class(..) => {
                    self.selects(version, policy, own).unwrap_or_else(|| policy.subject.matches(cluster, end))
                }
            };
            if fits(matched) {
                spoken.policies.push(Applied { policy, surely: matched == Match::Yes });
            }
        }
        spoken
    }

    /// Whether a policy selects a class, as it was found out for all classes of a version. None for other ends.
    fn selects(&self, version: usize, policy: &Policy, own: &Own) -> Option<Match> {
        let Own::Class(old, new) = own else { return None };
        let class = if version == 0 { *old } else { *new }?;
        let atom = self.judges.get(version)?.table().classes.atom(&policy.subject)?;
        Some(match (atom.yes.contains(class), atom.may.contains(class)) {
            (true, _) => Match::Yes,
            (false, true) => Match::May,
            (false, false) => Match::No,
        })
    }

    /// The rules of an end's policies, for each reading of pods on the network of their node (N11).
    pub(super) fn rules(
        &self,
        version: usize,
        own: &Own,
        spoken: &Spoken<'v>,
        direction: Direction,
    ) -> Vec<(bool, Rules<'v>)> {
        let (Some(judge), Some(peers)) = (self.judges.get(version), self.peers.get(version)) else {
            return Vec::new();
        };
        let end = |host_is_pod| self.end(version, own, host_is_pod);
        // Elsewhere both are the same.
        let is_host = matches!(end(true), Some(End::Pod(pod)) if pod.host_network);
        let readings: &[bool] = if is_host { &[true, false] } else { &[true] };
        let one = |host_is_pod: &bool| {
            let end = end(*host_is_pod)?;
            let is_meant = |a: &&Applied<'_>| match own {
                Own::Described(..) => true,
                Own::Class(..) => a.policy.subject.matches(judge.cluster(), end) != Match::No,
            };
            let applied = spoken.policies.iter().filter(is_meant).copied().collect();
            Some((*host_is_pod, Rules::new(applied, direction, peers)))
        };
        readings.iter().filter_map(one).collect()
    }

    /// The peers of each version that an imagined pod fits.
    pub(super) fn fitted(&self, one: &Imagined) -> [Bits; 2] {
        [0, 1].map(|version| {
            let found = self.judges.get(version).zip(self.peers.get(version));
            found.map(|(judge, peers)| peers.fitted(judge, one)).unwrap_or_default()
        })
    }

    /// What is permitted with an imagined pod.
    pub(super) fn permitted(
        &self,
        version: usize,
        own: &Own,
        spoken: &Spoken<'v>,
        rules: &[(bool, Rules<'v>)],
        one: &Imagined,
        direction: Direction,
    ) -> Permitted {
        let found = self.judges.get(version).zip(self.peers.get(version));
        let Some((judge, peers)) = found.filter(|_| spoken.there) else { return Permitted::default() };
        if !spoken.concerning.is_empty() {
            return Permitted::anything();
        }
        let cluster = judge.cluster();
        let anybody = Party::Stranger(judge.stranger(&Unseen::EntireCluster, Reading::Implied));
        let mut readings: Option<Permitted> = None;
        for (host_is_pod, rules) in rules {
            let ends = (self.end(version, own, *host_is_pod), anybody.end(cluster, *host_is_pod));
            let (Some(end), Some(peer)) = ends else { continue };
            let described = own.described_by();
            let asked = Asked { cluster, direction, own: end, peer, avoiding: false, described };
            let policies = rules.fitting(judge, peers, one);
            let applied: Vec<Applied<'_>> =
                policies.iter().map(|(policy, surely)| Applied { policy, surely: *surely }).collect();
            let outcome = walk(&steps(cluster, &applied), asked, &PortSet::all(), &mut |_| {});
            let found = Permitted::from(outcome);
            readings = Some(readings.map_or_else(|| found.clone(), |before| before.either(&found)));
        }
        readings.unwrap_or_default()
    }

    fn end<'e>(&self, version: usize, own: &'e Own, host_is_pod: bool) -> Option<End<'e>>
    where
        'v: 'e,
    {
        match own {
            Own::Class(old, new) => {
                let judge: &'v Judge<'a> = self.judges.get(version)?;
                let class = if version == 0 { *old } else { *new };
                judge.table().classes.end(class?, host_is_pod)
            }
            Own::Described(described) => Some(described.pods.get(version)?.as_ref()?.end(host_is_pod)),
        }
    }

    /// The namespace of a class of pods.
    fn home(&self, old: Option<u32>, new: Option<u32>) -> Option<&str> {
        [old, new].into_iter().zip(self.judges).find_map(|(class, judge)| {
            let member = judge.table().classes.members(class?).first()?;
            Some(judge.cluster().pods.get(*member as usize)?.namespace.as_str())
        })
    }
}

/// The addresses outside, in ranges that the policies of an end do not tell apart.
pub(super) fn outside(spoken: [&Spoken<'_>; 2], direction: Direction) -> Vec<AddressRange> {
    let policies = spoken.into_iter().flat_map(|s| &s.policies);
    let rules = policies.flat_map(|a| a.policy.rules(direction).unwrap_or_default());
    partition(rules.flat_map(|r| &r.peers).flat_map(Matcher::address_sets))
}

/// A pod of which nothing is known but that it fits these; none if no pod can.
fn stranger(judge: &Judge<'_>, by: &[&Matcher]) -> Option<Stranger> {
    let mut all = judge.stranger(&Unseen::EntireCluster, Reading::Implied);
    for matcher in by {
        let (namespace, pod) = match (matcher, matcher.namespace()) {
            (Matcher::Pods { namespaces, pods, .. }, _) => {
                let unseen = Unseen::Pods(namespaces.clone(), pods.clone());
                let one = judge.stranger(&unseen, Reading::Implied);
                (one.namespace, one.pod)
            }
            (_, Some(home)) => {
                let unseen = Unseen::Pods(Namespaces::Named(home.to_owned()), Selector::default());
                (judge.stranger(&unseen, Reading::Implied).namespace, Traits::anything())
            }
            (_, None) => continue,
        };
        all.namespace = all.namespace.both(&namespace)?;
        all.pod = all.pod.both(&pod)?;
    }
    Some(all)
}
