//! What groups of ends are called.

use std::collections::BTreeMap;

use crate::{AddressRange, Addresses, Cluster, List, ListEnd, classes::small};

/// Who is in a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Members {
    /// Workloads by number, ascending.
    pub(crate) workloads: Vec<u32>,
    /// Addresses outside.
    pub(crate) outside: Vec<AddressRange>,
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

/// Names groups of a cluster.
pub(crate) struct Namer<'a> {
    cluster: &'a Cluster,
    /// How many workloads a namespace has.
    sizes: BTreeMap<&'a str, usize>,
}

impl<'a> Namer<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Namer<'a> {
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for workload in &cluster.workloads {
            *sizes.entry(&workload.namespace).or_default() += 1;
        }
        Namer { cluster, sizes }
    }

    /// One name for each member.
    pub(crate) fn names(&self, members: &Members) -> Vec<String> {
        let workloads = members.workloads.iter().filter_map(|n| self.cluster.workloads.get(*n as usize));
        workloads.map(ToString::to_string).chain(outside(&members.outside)).collect()
    }

    /// As few names as possible: `*` for all workloads, `ns/*` for all of a namespace.
    pub(crate) fn parts(&self, members: &Members) -> Vec<String> {
        let mut parts = Vec::new();
        let all = small(self.cluster.workloads.len());
        if all > 1 && small(members.workloads.len()) == all {
            parts.push("*".to_owned());
            parts.extend(outside(&members.outside));
            return parts;
        }
        let workloads = members.workloads.iter().filter_map(|n| self.cluster.workloads.get(*n as usize));
        let workloads: Vec<&crate::Workload> = workloads.collect();
        for same in workloads.chunk_by(|a, b| a.namespace == b.namespace) {
            let Some(first) = same.first() else { continue };
            let size = self.sizes.get(first.namespace.as_str()).copied().unwrap_or_default();
            if size == same.len() && size > 1 {
                parts.push(format!("{}/*", first.namespace));
            } else {
                parts.extend(same.iter().map(ToString::to_string));
            }
        }
        parts.extend(outside(&members.outside));
        parts
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
