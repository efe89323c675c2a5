//! Who could be started: by namespace, and by the descriptions that network policies use.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::FRESH;
use meshgen_reach::{Party, PortSet, Seen, Stranger, Traits, View};

use crate::Judges;

/// The label by which a namespace carries its name.
const NAME: &str = "kubernetes.io/metadata.name";

/// Pods that somebody could start, as the network sees them, and their namespace.
pub(super) struct Candidate {
    /// The description that they fit, if it is one.
    pub(super) pods: Option<String>,
    /// Their namespace, as the mesh sees it.
    pub(super) place: String,
    /// What the network may let in from them, in each version.
    pub(super) admitted: [PortSet; 2],
}

impl Candidate {
    /// Their namespace, if it matters.
    pub(super) fn home(&self) -> Option<String> {
        (self.place != FRESH).then(|| self.place.clone())
    }
}

/// Everybody who could be told apart by a server, in either version.
pub(super) fn parties(
    judges: [&Judges<'_>; 2],
    servers: &[Party; 2],
    numbers: [usize; 2],
    accounts: &BTreeSet<String>,
) -> Vec<Candidate> {
    let strangers = strangers(judges, servers);
    let mut homes = homes(judges, numbers, accounts);
    let pinned = strangers.iter().filter_map(|[old, _]| Some(pinned(old)?.to_owned()));
    homes.extend(pinned);
    let admitted = |[before, after]: &[Party; 2]| {
        let ([old, new], [here, there]) = (judges, servers);
        [old.network.admitted(before, here).possible, new.network.admitted(after, there).possible]
    };
    let mut all = Vec::new();
    for home in homes {
        let own = judges.map(|j| j.network.newcomer(&home));
        let is_there = judges.iter().any(|j| j.mesh.namespaces.contains_key(&home));
        let here = strangers.iter().filter_map(|both| {
            let parties = at_home(both, &home, &own, is_there)?;
            let [old, _] = both;
            Some((is_described(old).then(|| old.name.clone()), admitted(&parties)))
        });
        let plain = admitted(&own);
        let mut known = vec![(None, plain)];
        for (pods, admitted) in here {
            // A description that opens no more ports says nothing of its own.
            if known.iter().all(|(wider, other)| wider.is_some() || *other != admitted) {
                known.push((pods, admitted));
            }
        }
        let any = known.into_iter().filter(|(_, admitted)| admitted.iter().any(|ports| !ports.is_empty()));
        all.extend(any.map(|(pods, admitted)| Candidate { pods, place: home.clone(), admitted }));
    }
    all
}

/// Whether a pod fits a description at all.
fn is_described(one: &Stranger) -> bool {
    [&one.pod, &one.namespace].iter().any(|traits| !traits.known.is_empty() || traits.open)
}

/// Pods by the descriptions that rules about a server use in either version.
fn strangers(judges: [&Judges<'_>; 2], servers: &[Party; 2]) -> Vec<[Stranger; 2]> {
    let mut named: BTreeMap<String, [Option<Stranger>; 2]> = BTreeMap::new();
    for (version, (judge, server)) in judges.iter().zip(servers).enumerate() {
        for stranger in judge.network.supposed(server) {
            let both = named.entry(stranger.name.clone()).or_default();
            if let Some(slot) = both.get_mut(version) {
                *slot = Some(stranger);
            }
        }
    }
    let each = |[old, new]: [Option<Stranger>; 2]| {
        let (a, b) = (old.clone().or(new.clone())?, new.or(old)?);
        Some([a, b])
    };
    named.into_values().filter_map(each).collect()
}

/// The only namespace in which a described pod can be.
fn pinned(stranger: &Stranger) -> Option<&str> {
    match stranger.namespace.seen(NAME) {
        Seen::Is(name) => Some(name),
        Seen::Absent | Seen::Among(_) | Seen::Anything => None,
    }
}

/// A described pod in a namespace, in each version; none if it cannot be there.
fn at_home(both: &[Stranger; 2], home: &str, own: &[Party; 2], is_there: bool) -> Option<[Party; 2]> {
    let [old, new] = both;
    match pinned(old) {
        Some(name) => (name == home).then(|| [old, new].map(|s| Party::Stranger(s.clone()))),
        // Of a namespace that is not there nobody knows the labels.
        None if !is_there => Some([old, new].map(|s| Party::Stranger(s.clone()))),
        None => {
            let [Party::Stranger(before), Party::Stranger(after)] = own else { return None };
            let fits = |s: &Stranger, at: &Stranger| fits(&s.namespace, &at.namespace);
            (fits(old, before) || fits(new, after)).then(|| {
                [(old, before), (new, after)].map(|(stranger, at)| {
                    Party::Stranger(Stranger { namespace: at.namespace.clone(), ..stranger.clone() })
                })
            })
        }
    }
}

/// Whether a namespace with these labels may be what is described.
fn fits(described: &Traits, labels: &Traits) -> bool {
    described.known.iter().all(|(key, values)| match (values.seen(), labels.seen(key)) {
        (Seen::Is(one), Seen::Is(other)) => one == other,
        (Seen::Is(_), Seen::Absent) | (Seen::Absent, Seen::Is(_)) => false,
        _ => true,
    })
}

/// The namespaces to try: all that something names, and of the others those that policies tell from these.
fn homes(judges: [&Judges<'_>; 2], numbers: [usize; 2], accounts: &BTreeSet<String>) -> BTreeSet<String> {
    let each = || judges.into_iter().zip(numbers);
    let mut homes: BTreeSet<String> = each().flat_map(|(j, n)| j.mesh.homes_named(n)).collect();
    let made = |name: &str| -> Vec<_> { each().map(|(j, n)| j.mesh.made_of(n, name, accounts)).collect() };
    let is_there = |name: &str| judges.iter().any(|j| j.mesh.namespaces.contains_key(name));
    // A described pod is tried in one that is not there; what holds there holds in those that are like it.
    let mut known: BTreeSet<_> = homes.iter().filter(|name| !is_there(name)).map(|name| made(name)).collect();
    for name in judges.into_iter().flat_map(|j| j.mesh.namespaces.keys()) {
        if !homes.contains(name) && known.insert(made(name)) {
            homes.insert(name.clone());
        }
    }
    homes
}
