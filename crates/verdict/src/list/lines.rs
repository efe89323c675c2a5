//! Lines: who may connect to whom, and what the client sees, by groups of ends.

use std::{collections::BTreeMap, ops::Range};

use meshgen_mesh::Outcome;
use meshgen_reach::{AddressRange, Bits, Cluster, Members, PortSet, Protocol};

use super::{
    atoms::Atoms,
    kinds::Kinds,
    seen::{Numbered, Seen},
    table::Table,
};
use crate::Judges;

/// What is said of the ports of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// They are open.
    Open,
    /// The network leaves it open.
    Unknown,
    /// What passes is this, by number.
    Seen(u32),
    /// The mesh refuses what the network lets through, by number.
    Refused(u32),
}

/// A line.
pub(crate) struct Line {
    pub(crate) from: Members,
    pub(crate) to: Members,
    pub(crate) what: What,
    pub(crate) ports: PortSet,
}

/// All lines: what passes first, then what the mesh refuses; each by destination and source.
pub(crate) struct Lines {
    raw: Vec<Raw>,
    atoms: Atoms,
    pub(crate) seen: Numbered<Seen>,
}

/// Groups of atoms, before they have names.
struct Raw {
    from: Bits,
    to: Bits,
    what: What,
    ports: PortSet,
}

impl Judges<'_> {
    pub(crate) fn lines(&self) -> Lines {
        let apart = self.mesh.apart();
        let cells = self.network.cells();
        let (atoms, pieces) = Atoms::new(self.world, &cells, &apart);
        let mut kinds = Kinds::new(self, &apart, &pieces);
        let table = Table::new(&cells, &atoms, &mut kinds, self.mesh.may_refuse_the_outside());
        let mut raw = passing(&table);
        raw.extend(refused(&table));
        Lines { raw, seen: kinds.seen, atoms }
    }
}

impl Lines {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.raw.len()
    }

    /// Some of them, one after the other: who is in their groups takes much room, if there are many.
    pub(crate) fn each(&self, range: Range<usize>, cluster: &Cluster) -> impl Iterator<Item = Line> {
        self.raw.get(range).unwrap_or_default().iter().map(|line| Line {
            from: self.members(cluster, &line.from),
            to: self.members(cluster, &line.to),
            what: line.what,
            ports: line.ports.clone(),
        })
    }

    fn members(&self, cluster: &Cluster, group: &Bits) -> Members {
        let pods = group.iter().filter_map(|atom| self.atoms.pods.get(atom as usize)).flatten();
        let of = pods.filter_map(|pod| cluster.pods.get(*pod as usize));
        let of = of.filter_map(|pod| u32::try_from(pod.workload).ok());
        let count = u32::try_from(cluster.workloads.len()).unwrap_or(u32::MAX);
        let workloads = Bits::scattered(of, count).iter().collect();
        let pieces = group.iter().filter_map(|atom| self.atoms.pieces.get(atom as usize).copied().flatten());
        let mut outside: Vec<AddressRange> = pieces.collect();
        outside.sort();
        Members { workloads, outside }
    }
}

impl Numbered<Seen> {
    /// Whether a line says that something is not known.
    pub(crate) fn is_unknown(&self, line: &Line) -> bool {
        match line.what {
            What::Unknown => true,
            What::Seen(n) => self.get(n).is_some_and(|s| s.outcome == Outcome::Unknown),
            What::Open | What::Refused(_) => false,
        }
    }
}

fn passing(table: &Table) -> Vec<Raw> {
    let mut raw = Vec::new();
    for (column, to) in &table.passing {
        for (value, from) in column {
            let Some(passing) = table.passings.get(*value) else { continue };
            let seen = passing.seen.iter().map(|(number, ports)| (What::Seen(*number), ports));
            let plain = [(What::Open, &passing.sure), (What::Unknown, &passing.unknown)];
            for (what, ports) in plain.into_iter().chain(seen).filter(|(_, ports)| !ports.is_empty()) {
                raw.push(Raw { from: from.clone(), to: to.clone(), what, ports: ports.clone() });
            }
        }
    }
    raw.sort_by(|a, b| {
        let key = |l: &Raw| (l.to.first(), l.from.first());
        key(a).cmp(&key(b)).then_with(|| (&a.to, &a.from, a.what).cmp(&(&b.to, &b.from, b.what)))
    });
    raw
}

/// Those that see the same of the same ports are one line, whatever else they see.
fn refused(table: &Table) -> Vec<Raw> {
    let mut by_ends: BTreeMap<(u32, &PortSet, &Bits), Bits> = BTreeMap::new();
    for (column, to) in &table.refused {
        for (value, from) in column {
            for (number, ports) in table.refusals.get(*value).into_iter().flatten() {
                let all = by_ends.entry((*number, ports, from)).or_default();
                *all = all.union(to);
            }
        }
    }
    let mut by_sources: BTreeMap<(u32, PortSet, Bits), Bits> = BTreeMap::new();
    for ((number, ports, from), to) in by_ends {
        let all = by_sources.entry((number, ports.clone(), to)).or_default();
        *all = all.union(from);
    }
    let line = |((number, ports, to), from)| Raw { from, to, what: What::Refused(number), ports };
    let mut raw: Vec<Raw> = by_sources.into_iter().map(line).collect();
    raw.sort_by(|a, b| {
        let key = |l: &Raw| (l.to.first(), l.from.first());
        key(a).cmp(&key(b)).then_with(|| (&a.to, &a.from, a.what).cmp(&(&b.to, &b.from, b.what)))
    });
    raw
}

/// Which of some ports are asked for, in words of the judge of the mesh.
pub(crate) fn tcp_ports(ports: &PortSet) -> impl Iterator<Item = (u16, u16)> {
    ports.ranges(Protocol::Tcp)
}
