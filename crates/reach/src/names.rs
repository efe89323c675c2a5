//! What groups of ends are called.

use std::collections::BTreeMap;

use crate::{AddressRange, Addresses, Cluster, List, ListEnd, Workload, classes::small};

/// Who is in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Members {
    /// Workloads by number, ascending.
    pub workloads: Vec<u32>,
    /// Addresses outside.
    pub outside: Vec<AddressRange>,
}

impl Members {
    pub(crate) fn of(list: &List, group: usize) -> Members {
        Members { workloads: list.workloads(group), outside: list.outside(group).collect() }
    }
}

impl From<ListEnd> for Members {
    fn from(end: ListEnd) -> Members {
        match end {
            ListEnd::Workload(n) => Members { workloads: vec![n], outside: Vec::new() },
            ListEnd::Outside(range) => Members { workloads: Vec::new(), outside: vec![range] },
        }
    }
}

/// More namespaces than these are many.
const LONG: usize = 4;

/// Names groups of a cluster.
pub struct Namer<'a> {
    cluster: &'a Cluster,
    /// How many workloads a namespace has.
    sizes: BTreeMap<&'a str, usize>,
}

impl<'a> Namer<'a> {
    /// For a cluster.
    pub fn new(cluster: &'a Cluster) -> Namer<'a> {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for workload in &cluster.workloads {
            *sizes.entry(&workload.namespace).or_default() += 1;
        }
        Namer { cluster, sizes }
    }

    /// One name for each member.
    pub fn names(&self, members: &Members) -> Vec<String> {
        let workloads = members.workloads.iter().filter_map(|n| self.cluster.workloads.get(*n as usize));
        workloads.map(ToString::to_string).chain(outside(&members.outside)).collect()
    }

    /// As few names as possible: `*` for all workloads, `ns/*` for all of a namespace, and what is left out of them
    /// where that is shorter.
    pub fn parts(&self, members: &Members) -> Vec<String> {
        let all = small(self.cluster.workloads.len());
        let inside = &members.workloads;
        let most = all > 1 && inside.len() > self.cluster.workloads.len() / 2;
        let left: Vec<u32> =
            if most { (0..all).filter(|n| inside.binary_search(n).is_err()).collect() } else { Vec::new() };
        let mut parts = Vec::new();
        // Of two lists that are both long, the one of what is left out says more.
        let (out, within) = (self.count(&left), self.count(inside));
        if most && (out < within || (out == within && out > LONG)) {
            parts.push("*".to_owned());
            parts.extend(self.by_namespace(&left).into_iter().map(|name| format!("except {name}")));
        } else {
            parts.extend(self.by_namespace(inside));
        }
        parts.extend(outside(&members.outside));
        parts
    }

    fn workloads<'n>(&'n self, numbers: &'n [u32]) -> Vec<&'n Workload> {
        numbers.iter().filter_map(|n| self.cluster.workloads.get(*n as usize)).collect()
    }

    /// In how many namespaces they are.
    fn count(&self, numbers: &[u32]) -> usize {
        self.workloads(numbers).chunk_by(|a, b| a.namespace == b.namespace).count()
    }

    fn by_namespace(&self, numbers: &[u32]) -> Vec<String> {
        let mut parts = Vec::new();
        for same in self.workloads(numbers).chunk_by(|a, b| a.namespace == b.namespace) {
            let Some(first) = same.first() else { continue };
            let namespace = first.namespace.as_str();
            let size = self.sizes.get(namespace).copied().unwrap_or_default();
            let missing = size - same.len();
            if missing * 2 >= same.len() || size == 1 {
                parts.extend(same.iter().map(ToString::to_string));
            } else if missing == 0 {
                parts.push(format!("{namespace}/*"));
            } else {
                parts.push(format!("{namespace}/* except {}", self.missing(namespace, same)));
            }
        }
        parts
    }

    /// The workloads of a namespace that are not among these.
    fn missing(&self, namespace: &str, present: &[&Workload]) -> String {
        let workloads = &self.cluster.workloads;
        let start = workloads.partition_point(|w| w.namespace.as_str() < namespace);
        let home = workloads.iter().skip(start).take_while(|w| w.namespace == namespace);
        let left = home.filter(|w| !present.contains(w)).map(|w| format!("{}[{}]", w.name, w.kind));
        left.collect::<Vec<String>>().join(" and ")
    }
}

/// `outside` for all addresses, else blocks and ranges.
fn outside(ranges: &[AddressRange]) -> Vec<String> {
    let set: Addresses = ranges.iter().map(|r| Addresses::from(*r)).collect();
    if set == Addresses::all() {
        return vec!["outside".to_owned()];
    }
    set.ranges().map(|r| r.short()).collect()
}
