//! What a newcomer sees of a server, in each version.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use meshgen_mesh::{Apart, Below, Call, Client, HBONE, Membership, Mesh, Outcome, Pod};
use meshgen_reach::{PortSet, Protocol};

use super::{Candidate, Server};
use crate::{Judges, closed::ways, compare::difference::Side, list::tcp};

/// A newcomer for the mesh: its namespace, its service account, and how it is in the mesh.
pub(super) type Key = (String, String, Membership);

/// Both meshes with the same newcomers in them.
pub(super) struct Meshes<'n> {
    meshes: [(Mesh, Range<usize>); 2],
    apart: [Apart<'n>; 2],
    keys: BTreeMap<Key, usize>,
}

impl<'n> Meshes<'n> {
    pub(super) fn new(judges: [&'n Judges<'_>; 2], keys: &BTreeSet<Key>) -> Meshes<'n> {
        let pods = || keys.iter().map(|(home, account, member)| Pod::newcomer(home, account, *member));
        Meshes {
            meshes: judges.map(|j| j.mesh.with(pods().collect())),
            apart: judges.map(|j| j.mesh.apart()),
            keys: keys.iter().cloned().zip(0..).collect(),
        }
    }
}

/// What the mesh makes of the ports of a server that nothing tells apart, for one newcomer: whether packets may have them,
/// and whether they may have that of the proxies of nodes; and what is seen by each way.
type Profile = Vec<(PortSet, [bool; 2], Vec<Outcome>)>;

/// What is known of one server.
#[derive(Default)]
pub(super) struct Profiles {
    profiles: [BTreeMap<Key, Profile>; 2],
}

impl Profiles {
    /// What newcomers see of a server in one version. It is asked what the mesh makes of what the network may let
    /// through: what the network changes is its own to tell.
    pub(super) fn side(
        &mut self,
        meshes: &Meshes<'_>,
        version: usize,
        server: &Server,
        candidate: &Candidate,
        key: &Key,
    ) -> Side {
        let mut side = Side::default();
        let found = candidate.admitted.get(version).zip(self.profiles.get_mut(version));
        let Some((admitted, known)) = found else { return side };
        let profile = known.entry(key.clone()).or_insert_with(|| profile(meshes, version, server, key));
        for (ports, [own, hbone], outcomes) in profile {
            let mut passes = if *own { ports.intersection(admitted) } else { PortSet::default() };
            if *hbone && admitted.contains(Protocol::Tcp, HBONE) {
                passes = ports.clone();
            }
            if !passes.is_empty() {
                side.add(&passes, outcomes);
            }
        }
        side
    }
}

impl Side {
    /// Adds ports, by what is seen of them by each way: what is open by one is open.
    fn add(&mut self, ports: &PortSet, outcomes: &[Outcome]) {
        self.network = self.network.union(ports);
        if outcomes.contains(&Outcome::Open) {
            self.open = self.open.union(ports);
            return;
        }
        for outcome in outcomes {
            match outcome {
                Outcome::Unknown => self.unknown = self.unknown.union(ports),
                Outcome::Partial(remains) => self.partial.push((remains.clone(), ports.clone())),
                Outcome::Open
                | Outcome::Timeout
                | Outcome::Reset
                | Outcome::Closed
                | Outcome::Forbidden
                | Outcome::Unavailable => {}
            }
        }
    }
}

fn profile(meshes: &Meshes<'_>, version: usize, server: &Server, key: &Key) -> Profile {
    let found = meshes.meshes.get(version).zip(server.numbers.get(version));
    let (Some(((mesh, newcomers), server)), Some(apart), Some(n)) =
        (found, meshes.apart.get(version), meshes.keys.get(key))
    else {
        return Profile::new();
    };
    let client = Client::Pod(newcomers.start + n);
    let mut profile = Profile::new();
    for ports in apart.ports(*server).iter().map(|piece| tcp(piece)) {
        let Some((port, _)) = ports.ranges(Protocol::Tcp).next() else { continue };
        let call = |by| Call { client, server: *server, port, by };
        let ways = ways(mesh, *server, port);
        let wires: BTreeSet<u16> = ways.iter().flat_map(|by| mesh.wire_ports(&call(*by))).collect();
        let wires = [wires.iter().any(|wire| *wire == port), wires.contains(&HBONE)];
        let seen = |by| mesh.any(&call(by), Below::Passes).outcome;
        profile.push((ports, wires, ways.into_iter().map(seen).collect()));
    }
    profile
}
