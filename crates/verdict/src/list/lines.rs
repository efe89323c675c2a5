//! Lines: who may connect to whom, and what the client sees, by groups of ends.

use std::collections::BTreeMap;

use meshgen_mesh::Outcome;
use meshgen_reach::{AddressRange, Bits, Members, PortSet, Protocol};

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
    pub(crate) lines: Vec<Line>,
    pub(crate) seen: Numbered<Seen>,
}

impl Lines {
    /// Whether a line says that something is not known.
    pub(crate) fn is_unknown(&self, line: &Line) -> bool {
        match line.what {
            What::Unknown => true,
            What::Seen(n) => self.seen.get(n).is_some_and(|s| s.outcome == Outcome::Unknown),
            What::Open | What::Refused(_) => false,
        }
    }
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
        let members = Named { judges: self, atoms: &atoms };
        let lines = raw.iter().map(|line| Line {
            from: members.of(&line.from),
            to: members.of(&line.to),
            what: line.what,
            ports: line.ports.clone(),
        });
        Lines { lines: lines.collect(), seen: kinds.seen }
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

struct Named<'n, 'a> {
    judges: &'n Judges<'a>,
    atoms: &'n Atoms,
}

impl Named<'_, '_> {
    fn of(&self, group: &Bits) -> Members {
        let cluster = &self.judges.network.manifests.cluster;
        let (mut workloads, mut outside): (Vec<u32>, Vec<AddressRange>) = (Vec::new(), Vec::new());
        for atom in group.iter() {
            let pods = self.atoms.pods.get(atom as usize).into_iter().flatten();
            let of = pods.filter_map(|pod| cluster.pods.get(*pod as usize));
            workloads.extend(of.filter_map(|pod| u32::try_from(pod.workload).ok()));
            outside.extend(self.atoms.pieces.get(atom as usize).copied().flatten());
        }
        workloads.sort_unstable();
        workloads.dedup();
        outside.sort();
        Members { workloads, outside }
    }
}

/// Which of some ports are asked for, in words of the judge of the mesh.
pub(crate) fn tcp_ports(ports: &PortSet) -> impl Iterator<Item = (u16, u16)> {
    ports.ranges(Protocol::Tcp)
}
