//! What each kind of client sees of each kind of server: one of each is judged.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Apart, Below, Call, Client, HBONE, Layer, Outcome, Outside, Reason};
use meshgen_reach::{AddressRange, Addresses, Bits, PortSet, Protocol};

use super::{
    atoms::{ClientKind, Pieces, ServerKind},
    seen::{Numbered, Seen, tcp},
};
use crate::{Judges, closed::ways};

/// What is seen of TCP ports: each port is in one of the sets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Profile {
    /// By ports, the number of what is seen, and which port the network sees.
    pub(crate) ports: Vec<((u32, Wire), PortSet)>,
}

/// Which port the network sees of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wire {
    /// That of the pod.
    Own,
    /// That of the proxies of nodes.
    Hbone,
    /// One of them: it is not known, or depends on how the pod is dialled.
    Either,
}

/// Judges kinds of ends.
pub(crate) struct Kinds<'k, 'a> {
    judges: &'k Judges<'a>,
    apart: &'k Apart<'k>,
    pieces: &'k Pieces,
    /// The first two pods of each class of clients, and of servers, by their numbers in the mesh.
    clients: Vec<Vec<usize>>,
    servers: Vec<Vec<usize>>,
    pub(crate) seen: Numbered<Seen>,
    pub(crate) profiles: Numbered<Profile>,
    /// That everything is open.
    pub(crate) open: u32,
    unknown: u32,
    count: u32,
}

/// The number under which it stands that something is open.
pub(crate) const OPEN: u32 = 0;

impl<'k, 'a> Kinds<'k, 'a> {
    pub(crate) fn new(judges: &'k Judges<'a>, apart: &'k Apart<'k>, pieces: &'k Pieces) -> Kinds<'k, 'a> {
        let mut seen = Numbered::default();
        seen.number(Seen { outcome: Outcome::Open, because: None });
        let unknown = seen.number(Seen::from(meshgen_mesh::Verdict {
            outcome: Outcome::Unknown,
            reasons: vec![Reason::plain(Layer::Membership, "the mesh knows nothing of these pods")],
        }));
        let mut profiles = Numbered::default();
        let all = |number| Profile { ports: vec![((number, Wire::Own), PortSet::protocol(Protocol::Tcp))] };
        let open = profiles.number(all(OPEN));
        let unknown = profiles.number(all(unknown));
        let classes = apart.count() + pieces.ranges.len() + 1;
        Kinds {
            judges,
            apart,
            pieces,
            clients: first_two(&apart.clients),
            servers: first_two(&apart.servers),
            seen,
            profiles,
            open,
            unknown,
            count: u32::try_from(classes).unwrap_or(u32::MAX),
        }
    }

    /// For a kind of server, by profile, the kinds of clients that see it. Each kind of client is in one of the sets.
    pub(crate) fn row(&mut self, server: ServerKind) -> BTreeMap<u32, Bits> {
        let mut row: BTreeMap<u32, Bits> = BTreeMap::new();
        let mut rest = Bits::below(self.count);
        let mut set = |cell: &Bits, profile: u32| {
            let kinds = row.entry(profile).or_default();
            *kinds = kinds.union(cell);
            rest = rest.minus(cell);
        };
        match server {
            ServerKind::Unknown => {}
            ServerKind::Pods(class) => {
                let pods = self.servers.get(class as usize).cloned().unwrap_or_default();
                if let Some(first) = pods.first().copied() {
                    let ports = self.apart.ports(first);
                    for cell in self.cells(first) {
                        set(&cell, self.profile(&cell, &pods, &ports));
                    }
                }
            }
            ServerKind::Outside(piece) => {
                if let Some(range) = self.pieces.ranges.get(piece as usize).copied() {
                    let ports = self.apart.ports_outside();
                    for cell in (0..self.count).map(|kind| Bits::from_iter([kind])) {
                        set(&cell, self.outside(&cell, range, &ports));
                    }
                }
            }
        }
        if !rest.is_empty() {
            let unknown = row.entry(self.unknown).or_default();
            *unknown = unknown.union(&rest);
        }
        row
    }

    /// Kinds of clients that a server does not tell apart; what is not known is in none.
    fn cells(&self, server: usize) -> Vec<Bits> {
        let classes = u32::try_from(self.apart.count()).unwrap_or(u32::MAX);
        let mut cells = vec![Bits::below(classes)];
        for set in self.apart.cuts(server) {
            cells = cut(cells, &set.into_iter().collect());
        }
        let mut outside = vec![(classes..self.count - 1).collect::<Bits>()];
        for block in self.judges.mesh.blocks_of(server).iter().filter_map(|b| Addresses::block(b)) {
            let inside = (classes..).zip(&self.pieces.ranges).filter(|(_, r)| block.contains(r.first));
            outside = cut(outside, &inside.map(|(kind, _)| kind).collect());
        }
        cells.into_iter().chain(outside).filter(|cell| !cell.is_empty()).collect()
    }

    /// What one of these clients sees of one of these servers, which is another pod if there is one.
    fn profile(&mut self, clients: &Bits, servers: &[usize], ports: &[Vec<(u16, u16)>]) -> u32 {
        let pods: Vec<Client> = clients.iter().flat_map(|kind| self.client(kind)).take(2).collect();
        let pairs = servers.iter().flat_map(|s| pods.iter().map(|c| (*c, *s)));
        let others = pairs.clone().find(|(c, s)| c.pod() != Some(*s));
        let Some((client, server)) = others.or_else(|| pairs.clone().next()) else { return self.unknown };
        let mut by: BTreeMap<(u32, Wire), PortSet> = BTreeMap::new();
        for piece in ports {
            let Some((port, _)) = piece.first().copied() else { continue };
            let see = |by| self.judges.mesh.any(&Call { client, server, port, by }, Below::Passes);
            let (verdict, way) = self.judges.loosest(server, port, see);
            let seen = self.seen.number(Seen::dialled(verdict, way.as_ref()));
            let set = by.entry((seen, self.wire(client, server, port))).or_default();
            *set = set.union(&tcp(piece));
        }
        self.profiles.number(Profile { ports: by.into_iter().collect() })
    }

    fn wire(&self, client: Client, server: usize, port: u16) -> Wire {
        let mesh = self.judges.mesh;
        let calls = ways(mesh, server, port).into_iter().map(|by| Call { client, server, port, by });
        let wires: BTreeSet<u16> = calls.flat_map(|call| mesh.wire_ports(&call)).collect();
        match (wires.contains(&HBONE), wires.contains(&port)) {
            (true, false) => Wire::Hbone,
            (true, true) if port != HBONE => Wire::Either,
            (_, _) => Wire::Own,
        }
    }

    fn outside(&mut self, clients: &Bits, range: AddressRange, ports: &[Vec<(u16, u16)>]) -> u32 {
        let pod = clients.iter().flat_map(|kind| self.client(kind)).find_map(Client::pod);
        let Some(client) = pod else { return self.open };
        let mut by: BTreeMap<(u32, Wire), PortSet> = BTreeMap::new();
        for piece in ports {
            let Some((port, _)) = piece.first().copied() else { continue };
            let to = Outside { host: None, address: Some(range.first), port };
            let verdict = self.judges.mesh.any_outside(client, &to);
            let set = by.entry((self.seen.number(verdict.into()), Wire::Own)).or_default();
            *set = set.union(&tcp(piece));
        }
        self.profiles.number(Profile { ports: by.into_iter().collect() })
    }

    /// Clients of a kind: two, where there are as many.
    fn client(&self, kind: ClientKind) -> Vec<Client> {
        let classes = self.apart.count();
        match self.clients.get(kind as usize) {
            Some(pods) => pods.iter().map(|pod| Client::Pod(*pod)).collect(),
            None => {
                let piece = (kind as usize).checked_sub(classes).and_then(|n| self.pieces.ranges.get(n));
                piece.map(|range| Client::Outside(Some(range.first))).into_iter().collect()
            }
        }
    }
}

/// Each cell in two: what is in the set, and what is not.
fn cut(cells: Vec<Bits>, set: &Bits) -> Vec<Bits> {
    let both = cells.into_iter().flat_map(|cell| [cell.intersection(set), cell.minus(set)]);
    both.filter(|cell| !cell.is_empty()).collect()
}

/// The first two members of each class.
fn first_two(classes: &[u32]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for (pod, class) in (0..).zip(classes) {
        let class = *class as usize;
        if all.len() <= class {
            all.resize(class + 1, Vec::new());
        }
        if let Some(pods) = all.get_mut(class).filter(|pods| pods.len() < 2) {
            pods.push(pod);
        }
    }
    all
}
