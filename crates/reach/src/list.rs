//! The list of everything that is permitted, by groups of ends.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    AddressRange, Cluster, Judge, PortSet,
    bits::Bits,
    classes::{Classes, small},
    side::Permitted,
};

/// Who is permitted what, by groups.
#[derive(Clone, Debug)]
pub struct List {
    /// The groups that lines name.
    pub groups: Vec<Group>,
    /// One for each pair of groups and what is permitted between them, in order of destination and source.
    pub lines: Vec<Line>,
    /// What the list rests on.
    pub coverage: Coverage,
    workloads: Vec<Vec<u32>>,
    ranges: Vec<Vec<AddressRange>>,
    pods: u32,
}

/// Ends of connections that a line speaks of as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    classes: Bits,
}

/// One group may connect to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// The number of the group that connects.
    pub from: usize,
    /// The number of the group that is connected to.
    pub to: usize,
    /// By which ports.
    pub ports: PortSet,
    /// Whether that is sure.
    pub certainty: Certainty,
}

/// Whether something is sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Certainty {
    /// It is.
    Sure,
    /// The manifests, or the specifications, do not say.
    Unknown,
}

/// What the answers rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Ordered pairs of different workloads.
    pub pairs: u64,
    /// Those of which some port is unknown.
    pub unknown: u64,
    /// Namespaces that no manifest declares, so that their labels are assumed.
    pub assumed_namespaces: Vec<String>,
    /// Namespaces with a workload that no policy protects from incoming connections.
    pub open_to_ingress: Vec<String>,
    /// What was not understood.
    pub unread: Vec<String>,
}

/// What is permitted between two ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Who connects.
    pub from: ListEnd,
    /// Who is connected to.
    pub to: ListEnd,
    /// By which ports.
    pub permitted: Permitted,
}

/// An end of a [`Pair`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListEnd {
    /// A workload, by its number in [`Cluster::workloads`].
    Workload(u32),
    /// Addresses outside.
    Outside(AddressRange),
}

impl Judge<'_> {
    /// Everything that is permitted.
    pub fn list(&self) -> List {
        let table = self.table();
        let (columns, values) = table.columns();
        let classes = &table.classes;
        let mut groups: BTreeMap<Bits, usize> = BTreeMap::new();
        let mut number = |set: &Bits| {
            let fresh = groups.len();
            *groups.entry(set.clone()).or_insert(fresh)
        };
        let mut lines = Vec::new();
        for (column, destinations) in &columns {
            let to = number(destinations);
            for (value, sources) in column {
                let Some(permitted) = values.get(*value as usize) else { continue };
                let from = number(sources);
                for (ports, certainty) in
                    [(permitted.sure.clone(), Certainty::Sure), (permitted.unknown(), Certainty::Unknown)]
                {
                    if !ports.is_empty() {
                        lines.push(Line { from, to, ports, certainty });
                    }
                }
            }
        }
        List::new(self.cluster(), classes, groups, lines)
    }
}

impl List {
    fn new(
        cluster: &Cluster,
        classes: &Classes<'_>,
        groups: BTreeMap<Bits, usize>,
        lines: Vec<Line>,
    ) -> List {
        let workloads = (0..classes.pods()).map(|c| {
            let of = |n: &u32| cluster.pods.get(*n as usize).map(|p| small(p.workload));
            let all: BTreeSet<u32> = classes.members(c).iter().filter_map(of).collect();
            all.into_iter().collect()
        });
        let ranges = (classes.pods()..classes.len()).map(|c| classes.ranges(c).collect());
        let mut ordered: Vec<(usize, Bits)> = groups.into_iter().map(|(bits, n)| (n, bits)).collect();
        ordered.sort();
        let mut list = List {
            groups: ordered.into_iter().map(|(_, classes)| Group { classes }).collect(),
            lines,
            coverage: Coverage::default(),
            workloads: workloads.collect(),
            ranges: ranges.collect(),
            pods: classes.pods(),
        };
        list.sort();
        list
    }

    /// Lines by their first destination, then by their first source; groups in the order in which lines name them.
    fn sort(&mut self) {
        let first = |n: usize| self.groups.get(n).and_then(|g| g.classes.first());
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_by_key(|l| (first(l.to), first(l.from), l.to, l.from, l.certainty));
        let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
        let mut groups = Vec::new();
        for line in &mut lines {
            for end in [&mut line.from, &mut line.to] {
                let fresh = groups.len();
                let number = *numbers.entry(*end).or_insert(fresh);
                if number == fresh {
                    groups.extend(self.groups.get(*end).cloned());
                }
                *end = number;
            }
        }
        (self.groups, self.lines) = (groups, lines);
    }

    /// The workloads of a group, by their number in [`Cluster::workloads`], ascending.
    pub fn workloads(&self, group: usize) -> Vec<u32> {
        let classes = self.groups.get(group).into_iter().flat_map(|g| g.classes.iter());
        let all = classes.filter_map(|c| self.workloads.get(c as usize)).flatten().copied();
        let mut all: Vec<u32> = all.collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The addresses outside of a group.
    pub fn outside(&self, group: usize) -> impl Iterator<Item = AddressRange> {
        let classes = self.groups.get(group).into_iter().flat_map(|g| g.classes.iter());
        let outside =
            classes.filter_map(|c| c.checked_sub(self.pods)).filter_map(|c| self.ranges.get(c as usize));
        outside.flatten().copied()
    }

    fn ends(&self, group: usize) -> Vec<ListEnd> {
        let workloads = self.workloads(group).into_iter().map(ListEnd::Workload);
        workloads.chain(self.outside(group).map(ListEnd::Outside)).collect()
    }

    /// Every permitted pair of different ends, in order; that a workload reaches itself is not said.
    pub fn pairs(&self) -> Vec<Pair> {
        let ends: Vec<Vec<ListEnd>> = (0..self.groups.len()).map(|g| self.ends(g)).collect();
        let mut all: BTreeMap<(ListEnd, ListEnd), Permitted> = BTreeMap::new();
        for line in &self.lines {
            let of = |n: usize| ends.get(n).map_or(&[][..], Vec::as_slice);
            for from in of(line.from) {
                for to in of(line.to).iter().filter(|to| *to != from) {
                    let found = all.entry((*from, *to)).or_default();
                    found.possible = found.possible.union(&line.ports);
                    if line.certainty == Certainty::Sure {
                        found.sure = found.sure.union(&line.ports);
                    }
                }
            }
        }
        all.into_iter().map(|((from, to), permitted)| Pair { from, to, permitted }).collect()
    }
}
