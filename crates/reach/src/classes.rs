//! Classes of ends that no policy, no selector and no named port tells apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AddressRange, Addresses, Cluster, End, Match, Matcher, Near, PodView, PortRule, Protocol,
    addresses::partition, bits::Bits,
};

/// The ends of all connections, in classes: those of pods first, then those of addresses outside.
///
/// Invariant: each pod, and each address outside, is in exactly one class; the members of a class ascend.
pub(crate) struct Classes<'a> {
    cluster: &'a Cluster,
    ranges: Vec<AddressRange>,
    /// The members of each class: pods by number, then ranges by number.
    members: Vec<Vec<u32>>,
    /// The class of each pod, then of each range.
    of: Vec<u32>,
    /// How many classes are of pods.
    pods: u32,
    /// Whom each matcher means.
    atoms: BTreeMap<&'a Matcher, Atom>,
    /// For each name of a port, the classes that resolve it alike.
    names: BTreeMap<&'a str, Vec<Bits>>,
    /// Pods on the network of their node.
    pub(crate) hosts: Bits,
}

/// The classes that a matcher means.
#[derive(Clone, Debug, Default)]
pub(crate) struct Atom {
    /// Those that it surely means.
    pub(crate) yes: Bits,
    /// Those that it may mean.
    pub(crate) may: Bits,
}

impl<'a> Classes<'a> {
    pub(crate) fn new(cluster: &'a Cluster, near: &Near<'a>) -> Classes<'a> {
        let rules = || cluster.policies.iter().flat_map(|p| p.ingress.iter().chain(&p.egress).flatten());
        let peers = rules().flat_map(|r| r.peers.iter().chain([&r.own]));
        let concerns = cluster.unread.iter().map(|u| &u.concerns);
        let matchers: BTreeSet<&Matcher> =
            peers.chain(cluster.policies.iter().map(|p| &p.subject)).chain(concerns).collect();
        let sets = cluster.network_sets.iter().map(|s| &s.addresses);
        let sets: Vec<&Addresses> = matchers.iter().flat_map(|m| m.address_sets()).chain(sets).collect();
        let ranges = partition(sets);
        let pods = small(cluster.pods.len());
        let mut classes = Classes {
            cluster,
            of: vec![0; cluster.pods.len() + ranges.len()],
            ranges,
            members: Vec::new(),
            pods,
            atoms: BTreeMap::new(),
            names: BTreeMap::new(),
            hosts: Bits::default(),
        };
        for matcher in matchers {
            let atom = classes.meant(matcher, near);
            classes.atoms.insert(matcher, atom);
        }
        classes.names = resolutions(cluster, rules().map(|r| &r.ports));
        let hosts = (0..).zip(&cluster.pods).filter(|(_, p)| p.host_network);
        classes.hosts = hosts.map(|(n, _)| n).collect();
        classes.refine();
        classes
    }

    /// Whom a matcher means, by number of pod and range.
    fn meant(&self, matcher: &Matcher, near: &Near<'a>) -> Atom {
        let outside = (self.pods..).zip(&self.ranges);
        let outside = outside.map(|(n, r)| (n, matcher.matches(self.cluster, End::Outside(*r))));
        let mut atom = Atom::default();
        for (n, matched) in near.meant(matcher).chain(outside) {
            match matched {
                Match::No => {}
                Match::May => atom.may.insert(n),
                Match::Yes => atom.yes.insert(n),
            }
        }
        atom
    }

    /// Splits until no set cuts a class, then speaks of classes in place of pods and ranges.
    fn refine(&mut self) {
        let total = small(self.of.len());
        let mut next = 1;
        let pods = Bits::below(self.pods);
        let atoms = self.atoms.values().flat_map(|a| [&a.yes, &a.may]);
        for set in atoms.chain(self.names.values().flatten()).chain([&pods, &self.hosts]) {
            let mut split: BTreeMap<u32, u32> = BTreeMap::new();
            for n in set.iter() {
                if let Some(class) = self.of.get_mut(n as usize) {
                    *class = *split.entry(*class).or_insert_with(|| {
                        next += 1;
                        next
                    });
                }
            }
        }
        let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
        let mut first = Bits::default();
        for n in 0..total {
            let Some(class) = self.of.get_mut(n as usize) else { continue };
            let fresh = small(numbers.len());
            let number = *numbers.entry(*class).or_insert(fresh);
            *class = number;
            if number == fresh {
                first.insert(n);
                self.members.push(Vec::new());
            }
            if let Some(members) = self.members.get_mut(number as usize) {
                members.push(n);
            }
        }
        let of = std::mem::take(&mut self.of);
        let classes = |set: &mut Bits| {
            *set = set.intersection(&first).iter().filter_map(|n| of.get(n as usize).copied()).collect();
        };
        self.atoms.values_mut().flat_map(|a| [&mut a.yes, &mut a.may]).for_each(classes);
        self.names.values_mut().flatten().for_each(classes);
        classes(&mut self.hosts);
        self.pods = of.get(..self.cluster.pods.len()).unwrap_or_default().iter().max().map_or(0, |c| c + 1);
        self.of = of;
    }

    /// How many classes there are.
    pub(crate) fn len(&self) -> u32 {
        small(self.members.len())
    }

    /// The classes of pods are those below this one.
    pub(crate) fn pods(&self) -> u32 {
        self.pods
    }

    /// The class of a pod.
    pub(crate) fn of_pod(&self, pod: usize) -> Option<u32> {
        self.of.get(pod).copied().filter(|c| *c < self.pods)
    }

    /// The pods of a class; none if it is of addresses.
    pub(crate) fn members(&self, class: u32) -> &[u32] {
        let members = self.members.get(class as usize).map_or(&[][..], Vec::as_slice);
        if class < self.pods { members } else { &[] }
    }

    /// The addresses of a class; none if it is of pods.
    pub(crate) fn ranges(&self, class: u32) -> impl Iterator<Item = AddressRange> {
        let members = self.members.get(class as usize).filter(|_| class >= self.pods);
        let pods = self.cluster.pods.len();
        members.into_iter().flatten().filter_map(move |n| self.ranges.get(*n as usize - pods).copied())
    }

    /// A member of a class, which stands for all of them.
    pub(crate) fn end(&self, class: u32, host_is_pod: bool) -> Option<End<'a>> {
        let first = *self.members.get(class as usize)?.first()? as usize;
        match self.cluster.pods.get(first) {
            Some(pod) => Some(End::Pod(PodView { host_is_pod, ..PodView::new(self.cluster, pod) })),
            None => self.ranges.get(first - self.cluster.pods.len()).map(|r| End::Outside(*r)),
        }
    }

    /// The classes that a matcher of a policy means.
    pub(crate) fn atom(&self, matcher: &Matcher) -> Option<&Atom> {
        self.atoms.get(matcher)
    }

    /// For a name of a port, the classes that resolve it alike.
    pub(crate) fn named(&self, name: &str) -> &[Bits] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }
}

pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A name of a port, and what it stands for.
type Resolution<'a> = (&'a str, Vec<(Protocol, u16)>);

/// Which pods resolve the names of ports alike.
fn resolutions<'a>(
    cluster: &'a Cluster,
    rules: impl Iterator<Item = &'a PortRule>,
) -> BTreeMap<&'a str, Vec<Bits>> {
    let names = rules.flat_map(|p| p.names.iter().chain(&p.except_names)).map(|(_, name)| name.as_str());
    let names: BTreeSet<&str> = names.collect();
    let mut all: BTreeMap<Resolution<'_>, Bits> = BTreeMap::new();
    for (n, pod) in (0..).zip(&cluster.pods) {
        let declared: BTreeSet<&str> = pod.ports.iter().filter_map(|p| p.name.as_deref()).collect();
        for name in names.intersection(&declared) {
            let mut ports: Vec<(Protocol, u16)> = pod.ports_named(name, None).collect();
            ports.sort_unstable();
            all.entry((name, ports)).or_default().insert(n);
        }
    }
    let mut by_name: BTreeMap<&str, Vec<Bits>> = BTreeMap::new();
    for ((name, _), pods) in all {
        by_name.entry(name).or_default().push(pods);
    }
    by_name
}
