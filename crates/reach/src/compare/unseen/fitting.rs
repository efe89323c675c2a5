//! Which rules are about an imagined pod. Whether one description follows from another is asked once for a version,
//! and not for each end that is compared: there may be thousands of both.

use std::{cell::RefCell, collections::BTreeMap};

use super::{imagined::Imagined, together::Effects};
use crate::{
    Cluster, Direction, Judge, Layer, Match, Matcher, Party, Policy, Reading, Rule, Unseen, bits::Bits,
    classes::small, walk::Applied,
};

/// The peers of all rules of a version, by number.
pub(super) struct Peers<'v> {
    numbers: BTreeMap<&'v Matcher, u32>,
    /// For a description, the peers that follow from it.
    follow: RefCell<BTreeMap<Unseen, Bits>>,
}

impl<'v> Peers<'v> {
    pub(super) fn new(cluster: &'v Cluster) -> Peers<'v> {
        let rules = cluster.policies.iter().flat_map(|p| p.ingress.iter().chain(&p.egress).flatten());
        let mut numbers = BTreeMap::new();
        for peer in rules.flat_map(|rule| &rule.peers) {
            let fresh = small(numbers.len());
            numbers.entry(peer).or_insert(fresh);
        }
        Peers { numbers, follow: RefCell::default() }
    }

    /// The peers that an imagined pod fits: those that it is imagined by, and what follows from any of them.
    pub(super) fn fitted(&self, judge: &Judge<'_>, one: &Imagined) -> Bits {
        let own: Bits = one.by().iter().filter_map(|m| self.numbers.get(m).copied()).collect();
        one.seen().iter().fold(own, |all, seen| all.union(&self.following(judge, seen)))
    }

    fn following(&self, judge: &Judge<'_>, seen: &Unseen) -> Bits {
        if let Some(known) = self.follow.borrow().get(seen) {
            return known.clone();
        }
        let cluster = judge.cluster();
        let party = Party::Stranger(judge.stranger(seen, Reading::Implied));
        let end = party.end(cluster, true);
        let follows = |m: &Matcher| end.is_some_and(|end| m.matches(cluster, end) == Match::Yes);
        let found: Bits = self.numbers.iter().filter(|(m, _)| follows(m)).map(|(_, n)| *n).collect();
        self.follow.borrow_mut().insert(seen.clone(), found.clone());
        found
    }
}

/// The rules of the policies that speak of one end, by the peers that they are about.
pub(super) struct Rules<'v> {
    applied: Vec<Applied<'v>>,
    direction: Direction,
    /// For each number of a peer the rules: policies and rules by their places.
    by: BTreeMap<u32, Vec<(usize, usize)>>,
    peers: Bits,
    /// For each policy its peers.
    of: Vec<Bits>,
    /// Rules of which a peer cannot be read.
    unreadable: Vec<(usize, usize)>,
}

impl<'v> Rules<'v> {
    pub(super) fn new(applied: Vec<Applied<'v>>, direction: Direction, peers: &Peers<'v>) -> Rules<'v> {
        let mut rules = Rules {
            applied,
            direction,
            by: BTreeMap::new(),
            peers: Bits::default(),
            of: Vec::new(),
            unreadable: Vec::new(),
        };
        for (at, one) in rules.applied.iter().enumerate() {
            let mut of = Bits::default();
            for (n, rule) in one.policy.rules(direction).unwrap_or_default().iter().enumerate() {
                for peer in &rule.peers {
                    if let Some(number) = peers.numbers.get(peer) {
                        rules.by.entry(*number).or_default().push((at, n));
                        of.insert(*number);
                    }
                }
                if rule.peers.contains(&Matcher::Unreadable) {
                    rules.unreadable.push((at, n));
                }
            }
            rules.of.push(of);
        }
        rules.peers = rules.by.keys().copied().collect();
        rules
    }

    pub(super) fn applied(&self) -> &[Applied<'v>] {
        &self.applied
    }

    /// The peers of a policy, by its place.
    pub(super) fn peers_of(&self, at: usize) -> Bits {
        self.of.get(at).cloned().unwrap_or_default()
    }

    pub(super) fn is_unreadable(&self, at: usize) -> bool {
        self.unreadable.iter().any(|(policy, _)| *policy == at)
    }

    /// What the rules about these peers do.
    pub(super) fn effects(&self, fitted: &Bits) -> Effects<'v> {
        let mut effects = Effects::default();
        for (at, n) in fitted.intersection(&self.peers).iter().filter_map(|peer| self.by.get(&peer)).flatten()
        {
            let applied = self.applied.get(*at);
            let rule = applied.and_then(|one| one.policy.rules(self.direction)?.get(*n));
            if let Some((applied, rule)) = applied.zip(rule) {
                effects.add(applied, rule);
            }
        }
        effects
    }

    /// The policies as they are for an imagined pod: with the rules that it fits, for everyone, and with those that
    /// cannot be read. Of policies without such a rule one of each layer is left: that there are some may matter there.
    pub(super) fn fitting(
        &self,
        judge: &Judge<'_>,
        peers: &Peers<'_>,
        one: &Imagined,
    ) -> Vec<(Policy, bool)> {
        let mut kept: BTreeMap<usize, BTreeMap<usize, Matcher>> = BTreeMap::new();
        for (at, n) in &self.unreadable {
            kept.entry(*at).or_default().insert(*n, Matcher::Unreadable);
        }
        for number in peers.fitted(judge, one).intersection(&self.peers).iter() {
            for (at, n) in self.by.get(&number).into_iter().flatten() {
                kept.entry(*at).or_default().insert(*n, Matcher::Anyone);
            }
        }
        let mut layers: BTreeMap<(&Layer, bool), usize> = BTreeMap::new();
        for (at, one) in self.applied.iter().enumerate() {
            layers.entry((&one.policy.layer, one.surely)).or_insert(at);
        }
        for at in layers.into_values() {
            kept.entry(at).or_default();
        }
        let made = |(at, rules): (usize, BTreeMap<usize, Matcher>)| {
            let one = self.applied.get(at)?;
            Some((self.with(one.policy, rules), one.surely))
        };
        kept.into_iter().filter_map(made).collect()
    }

    /// A policy with some of its rules alone, each about one peer.
    fn with(&self, policy: &Policy, rules: BTreeMap<usize, Matcher>) -> Policy {
        let all = policy.rules(self.direction).unwrap_or_default();
        let rule = |(n, peer): (usize, Matcher)| {
            let rule = all.get(n)?;
            let (name, own, ports) = (rule.name.clone(), rule.own.clone(), rule.ports.clone());
            Some(Rule { name, peers: vec![peer], own, ports, ..*rule })
        };
        let rules: Option<Vec<Rule>> = Some(rules.into_iter().filter_map(rule).collect());
        let (ingress, egress) = match self.direction {
            Direction::Egress => (None, rules),
            Direction::Ingress => (rules, None),
        };
        Policy {
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            layer: policy.layer.clone(),
            subject: policy.subject.clone(),
            ingress,
            egress,
            ..*policy
        }
    }
}
