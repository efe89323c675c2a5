//! What the mesh changes for pods that are in neither version: somebody could start them, outside of the mesh or in it
//! with any service account of their namespace.
//!
//! Only servers are looked at that are in both versions and for which something of the mesh differs. For each the
//! same newcomers are put into both meshes: one for each namespace and each service account that a version tells from
//! others, and for each description of pods that the network policies of a version use.

mod parties;
mod sides;

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{FRESH, Membership};
use meshgen_reach::{Bits, Party};

use super::{
    Change, ChangedLayer, Columns, Comparison, Version,
    difference::{Gain, Side},
    ends::Both,
    who::{How, Who, is_as_much, widest},
};
use crate::Judges;
use parties::Candidate;
use sides::{Key, Meshes};

/// A server for which something of the mesh differs.
struct Server {
    /// It stands for all of these.
    joint: u32,
    /// It in the mesh of each version.
    numbers: [usize; 2],
    /// Whether what is asked for differs, so that what is not known may have become more.
    doubt: bool,
    accounts: BTreeSet<String>,
    /// How a newcomer may be in the mesh.
    members: Vec<Membership>,
    candidates: Vec<Candidate>,
}

/// Both versions, and what is known already of what changed between them.
pub(super) struct Newcomers<'n, 'a> {
    pub(super) judges: [&'n Judges<'a>; 2],
    pub(super) versions: [&'n Version; 2],
    pub(super) both: &'n Both,
    /// What changed for pods that are there: what they gained, and what they lost.
    pub(super) columns: [&'n Columns; 2],
    /// What the network changed.
    pub(super) network: &'n Comparison,
}

/// What newcomers gained, and what they lost.
type Told = [BTreeMap<(Who, Gain), Bits>; 2];

impl Newcomers<'_, '_> {
    /// What newcomers gained, and what they lost.
    pub(super) fn changes(&self) -> [Vec<Change>; 2] {
        let servers = self.servers();
        if servers.is_empty() {
            return [Vec::new(), Vec::new()];
        }
        let keys: BTreeSet<Key> = servers.iter().flat_map(keys).collect();
        let meshes = Meshes::new(self.judges, &keys);
        let mut told = Told::default();
        for server in &servers {
            for (all, found) in told.iter_mut().zip(self.about(server, &meshes)) {
                for entry in found {
                    all.entry(entry).or_default().insert(server.joint);
                }
            }
        }
        told.map(|all| self.told(all))
    }

    fn servers(&self) -> Vec<Server> {
        let [old, new] = self.judges;
        let everywhere = old.mesh.differs_everywhere(new.mesh);
        let mut servers = Vec::new();
        for (joint, pods) in self.both.models() {
            let parties = [pods.0, pods.1].map(|n| Party::Pod(n as usize));
            let [before, after] = &parties;
            let (Some(here), Some(there)) = (old.pod(before), new.pod(after)) else { continue };
            let differs = old.mesh.differs_at(here, new.mesh, there);
            if everywhere || differs.at_all() {
                servers.push(self.server(joint, &parties, [here, there], everywhere || differs.rules));
            }
        }
        servers
    }

    fn server(&self, joint: u32, parties: &[Party; 2], numbers: [usize; 2], doubt: bool) -> Server {
        let each = || self.judges.into_iter().zip(numbers);
        let accounts: BTreeSet<String> = each().flat_map(|(j, n)| j.mesh.accounts_told_apart(n)).collect();
        let ambient = each().any(|(j, n)| j.mesh.membership(n) == Membership::Ambient);
        let mut members = vec![Membership::Sidecar];
        members.extend(ambient.then_some(Membership::Ambient));
        let candidates = parties::parties(self.judges, parties, numbers, &accounts);
        Server { joint, numbers, doubt, accounts, members, candidates }
    }

    /// What newcomers gained and lost with one server.
    fn about(&self, server: &Server, meshes: &Meshes<'_>) -> [Vec<(Who, Gain)>; 2] {
        let mut all: [Vec<(Who, Gain)>; 2] = Default::default();
        let mut profiles = sides::Profiles::default();
        for candidate in &server.candidates {
            let mut sides = |account: &str, member| {
                let key = (candidate.place.clone(), account.to_owned(), member);
                [0, 1].map(|version| profiles.side(meshes, version, server, candidate, &key))
            };
            let plain = sides("default", Membership::Plain);
            let outside = differences(&plain, None, server.doubt);
            let mut within: [BTreeMap<&str, Vec<Gain>>; 2] = Default::default();
            for account in &server.accounts {
                for member in &server.members {
                    let found = differences(&sides(account, *member), Some(&plain), server.doubt);
                    for (all, gains) in within.iter_mut().zip(found) {
                        all.entry(account).or_default().extend(gains);
                    }
                }
            }
            for ((all, outside), within) in all.iter_mut().zip(outside).zip(within) {
                all.extend(together(candidate, outside, &within));
            }
        }
        // What became possible is what is seen in the newer version.
        let [gained, lost] = all;
        [(1, gained), (0, lost)].map(|(version, found)| {
            widest(
                found.into_iter().filter(|(who, gain)| !self.is_told(server, version, who, gain)).collect(),
            )
        })
    }

    /// Whether it is told already: of pods that are there and have the same identity, or by the network.
    fn is_told(&self, server: &Server, version: usize, who: &Who, gain: &Gain) -> bool {
        if gain.network {
            let changes = if version == 1 { &self.network.widened } else { &self.network.narrowed };
            return changes.iter().any(|c| c.unseen && gain.ports.minus(&c.ports).is_empty());
        }
        let How::As(identity) = &who.how else { return false };
        let [gained, lost] = self.columns;
        let columns = if version == 1 { gained } else { lost };
        columns.iter().any(|((known, sources), destinations)| {
            destinations.contains(server.joint)
                && is_as_much(known, gain)
                && sources.iter().any(|source| self.identity(version, source).as_ref() == Some(identity))
        })
    }

    /// The identity of the pods of a joint, in a version.
    fn identity(&self, version: usize, joint: u32) -> Option<String> {
        let (_, ends) = self.both.joints().nth(joint as usize)?;
        let atom = if version == 0 { ends.0 } else { ends.1 }?;
        let pod = self.versions.get(version)?.atoms.pods.get(atom as usize)?.first()?;
        let judges = self.judges.get(version)?;
        let identity = judges.mesh.identity(judges.pod(&Party::Pod(*pod as usize))?)?;
        Some(format!("{}/{}", identity.namespace, identity.account))
    }

    fn told(&self, all: BTreeMap<(Who, Gain), Bits>) -> Vec<Change> {
        let change = |((who, gain), joints): ((Who, Gain), Bits)| {
            let (to, pairs) = self.both.named(&joints);
            Change {
                from: vec![who.title()],
                to,
                ports: gain.ports,
                pairs,
                unseen: true,
                layer: Some(if gain.network { ChangedLayer::Network } else { ChangedLayer::Mesh }),
                remains: gain.remains,
                unknown: gain.unknown,
            }
        };
        let mut changes: Vec<Change> = all.into_iter().map(change).collect();
        changes.sort_by(|a, b| b.pairs.cmp(&a.pairs).then_with(|| (&a.to, &a.from).cmp(&(&b.to, &b.from))));
        changes
    }
}

/// The newcomers that a server is asked about.
fn keys(server: &Server) -> Vec<Key> {
    let places: BTreeSet<&String> = server.candidates.iter().map(|c| &c.place).collect();
    let mut keys = Vec::new();
    for place in places {
        keys.push((place.clone(), "default".to_owned(), Membership::Plain));
        for account in &server.accounts {
            keys.extend(server.members.iter().map(|m| (place.clone(), account.clone(), *m)));
        }
    }
    keys
}

/// What a newcomer gained and what it lost. What the same pod could do outside of the mesh before, or can now, is no
/// news in it: whoever starts a pod may start it there.
fn differences(sides: &[Side; 2], plain: Option<&[Side; 2]>, doubt: bool) -> [Vec<Gain>; 2] {
    let [old, new] = sides;
    let mut gained = new.beyond(old);
    gained.extend(new.doubtful(old).filter(|_| doubt));
    let mut lost = old.beyond(new);
    if let Some([before, after]) = plain {
        for (gains, open) in [(&mut gained, &before.open), (&mut lost, &after.open)] {
            for gain in gains.iter_mut() {
                gain.ports = gain.ports.minus(open);
            }
            gains.retain(|gain| !gain.ports.is_empty());
        }
    }
    [gained, lost]
}

/// What newcomers of one description gained, those of all accounts together where it is the same.
fn together(
    candidate: &Candidate,
    outside: Vec<Gain>,
    within: &BTreeMap<&str, Vec<Gain>>,
) -> Vec<(Who, Gain)> {
    let who = |how| Who { pods: candidate.pods.clone(), home: candidate.home(), how };
    let anybody = within.get(FRESH).cloned().unwrap_or_default();
    let (any, outside): (Vec<Gain>, Vec<Gain>) = outside.into_iter().partition(|g| anybody.contains(g));
    let mut all: Vec<(Who, Gain)> = any.into_iter().map(|g| (who(How::Any), g)).collect();
    all.extend(outside.into_iter().map(|g| (who(How::Outside), g)));
    all.extend(anybody.iter().map(|g| (who(How::Within), g.clone())));
    for (account, gains) in within.iter().filter(|(account, _)| **account != FRESH) {
        let identity = format!("{}/{account}", candidate.place);
        all.extend(gains.iter().map(|g| (who(How::As(identity.clone())), g.clone())));
    }
    all
}
