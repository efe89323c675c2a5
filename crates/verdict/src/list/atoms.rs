//! Atoms: ends of connections that neither network nor mesh tell apart.

use std::{collections::BTreeMap, ops::Range};

use meshgen_mesh::Apart;
use meshgen_reach::{AddressRange, Addresses, Bits, Cells};

use crate::World;

/// A client, as servers of the mesh may tell it from others: a class of [`Apart`], a piece of the outside, or nothing that
/// is known.
pub(crate) type ClientKind = u32;

/// A server, as the mesh tells it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServerKind {
    /// A class of [`Apart`].
    Pods(u32),
    /// A piece of the outside.
    Outside(u32),
    /// A pod of which the mesh knows nothing.
    Unknown,
}

/// All ends, in atoms: those of a class of the network stand together.
pub(crate) struct Atoms {
    /// The atoms of each class of the network.
    pub(crate) of_class: Vec<Range<u32>>,
    /// The pods of each, by their number in the cluster; none if it is of the outside.
    pub(crate) pods: Vec<Vec<u32>>,
    /// The addresses of each, if it is of the outside.
    pub(crate) pieces: Vec<Option<AddressRange>>,
    /// The atoms of each kind of client.
    clients: Vec<Vec<u32>>,
    /// What kind of server each is.
    pub(crate) servers: Vec<ServerKind>,
}

/// The kinds of clients: classes of the mesh, then pieces of the outside, then what is not known.
pub(crate) struct Pieces {
    pub(crate) ranges: Vec<AddressRange>,
}

type Key = (u32, ClientKind, ServerKind);

impl Atoms {
    pub(crate) fn new(world: &World, cells: &Cells, apart: &Apart<'_>) -> (Atoms, Pieces) {
        let classes = u32::try_from(apart.count()).unwrap_or(u32::MAX);
        let pieces = pieces(world, cells);
        let unknown = classes + u32::try_from(pieces.len()).unwrap_or(u32::MAX - classes);
        let mut all: BTreeMap<Key, (Vec<u32>, Option<AddressRange>)> = BTreeMap::new();
        for ((number, class), member) in (0..).zip(&cells.of_pod).zip(&world.pods) {
            let of = |list: &[u32]| member.and_then(|m| list.get(m)).copied();
            let server = of(&apart.servers).map_or(ServerKind::Unknown, ServerKind::Pods);
            let key = (*class, of(&apart.clients).unwrap_or(unknown), server);
            all.entry(key).or_default().0.push(number);
        }
        for (number, (range, class)) in (0..).zip(&pieces) {
            let key = (*class, classes + number, ServerKind::Outside(number));
            all.insert(key, (Vec::new(), Some(*range)));
        }
        let ranges = pieces.into_iter().map(|(range, _)| range).collect();
        (Atoms::numbered(cells.classes, all), Pieces { ranges })
    }

    fn numbered(classes: u32, all: BTreeMap<Key, (Vec<u32>, Option<AddressRange>)>) -> Atoms {
        let mut atoms = Atoms {
            of_class: vec![0..0; classes as usize],
            pods: Vec::new(),
            pieces: Vec::new(),
            clients: Vec::new(),
            servers: Vec::new(),
        };
        for (number, ((class, client, server), (pods, piece))) in (0..).zip(all) {
            if let Some(range) = atoms.of_class.get_mut(class as usize) {
                *range = if range.start == range.end { number..number + 1 } else { range.start..number + 1 };
            }
            atoms.pods.push(pods);
            atoms.pieces.push(piece);
            let kind = client as usize;
            if atoms.clients.len() <= kind {
                atoms.clients.resize(kind + 1, Vec::new());
            }
            atoms.clients.get_mut(kind).into_iter().for_each(|of| of.push(number));
            atoms.servers.push(server);
        }
        atoms
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.servers.len()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// The atoms of kinds of clients.
    fn of_clients(&self, kinds: &Bits) -> Bits {
        let atoms = kinds.iter().filter_map(|k| self.clients.get(k as usize)).flatten();
        Bits::scattered(atoms.copied(), self.count())
    }

    /// A row in atoms in place of kinds of clients. `known` is what was found before.
    pub(crate) fn spread(
        &self,
        row: &BTreeMap<u32, Bits>,
        known: &mut BTreeMap<Bits, Bits>,
    ) -> BTreeMap<u32, Bits> {
        // Most rows have one profile for nearly all: it is what is left of the others.
        let most = row.iter().max_by_key(|(_, kinds)| kinds.len()).map(|(profile, _)| *profile);
        let mut rest = Bits::below(self.count());
        let mut all: BTreeMap<u32, Bits> = BTreeMap::new();
        for (profile, kinds) in row.iter().filter(|(profile, _)| Some(**profile) != most) {
            let atoms = known.entry(kinds.clone()).or_insert_with(|| self.of_clients(kinds));
            rest = rest.minus(atoms);
            all.insert(*profile, atoms.clone());
        }
        all.extend(most.map(|profile| (profile, rest)));
        all.retain(|_, atoms| !atoms.is_empty());
        all
    }

    /// The atoms of classes of the network.
    pub(crate) fn expand(&self, classes: &Bits) -> Bits {
        let ranges = classes.iter().filter_map(|c| self.of_class.get(c as usize));
        ranges.flat_map(Clone::clone).collect()
    }
}

/// The outside, cut by what the network and the mesh know of addresses, each piece with its class of the network.
fn pieces(world: &World, cells: &Cells) -> Vec<(AddressRange, u32)> {
    let blocks = world.blocks();
    let mut all = Vec::new();
    for (range, class) in &cells.outside {
        let mut parts = vec![Addresses::from(*range)];
        for block in &blocks {
            let cut = parts.iter().flat_map(|p| [p.intersection(block), p.minus(block)]);
            parts = cut.filter(|p| !p.is_empty()).collect();
        }
        all.extend(parts.iter().flat_map(Addresses::ranges).map(|r| (r, *class)));
    }
    all.sort();
    all
}
