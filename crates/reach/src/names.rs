//! What groups of ends are called.

use std::ops::Range;

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
    /// What each workload is called.
    names: Vec<String>,
    /// Where the namespace of each workload begins among the workloads, which stand by namespaces, and where it ends.
    homes: Vec<Range<u32>>,
}

impl<'a> Namer<'a> {
    /// For a cluster.
    pub fn new(cluster: &'a Cluster) -> Namer<'a> {
        let mut homes: Vec<Range<u32>> = Vec::with_capacity(cluster.workloads.len());
        for same in cluster.workloads.chunk_by(|a, b| a.namespace == b.namespace) {
            let first = small(homes.len());
            let home = first..first + small(same.len());
            homes.extend(same.iter().map(|_| home.clone()));
        }
        let names = cluster.workloads.iter().map(ToString::to_string).collect();
        Namer { cluster, names, homes }
    }

    /// One name for each member.
    pub fn names(&self, members: &Members) -> Vec<String> {
        self.each(&members.workloads).cloned().chain(outside(&members.outside)).collect()
    }

    /// As few names as possible: `*` for all workloads, `ns/*` for all of a namespace, and what is left out of them
    /// where that is shorter.
    pub fn parts(&self, members: &Members) -> Vec<String> {
        let all = small(self.cluster.workloads.len());
        let inside = &members.workloads;
        let most = all > 1 && inside.len() > self.cluster.workloads.len() / 2;
        let left: Vec<u32> = if most { without(0..all, inside).collect() } else { Vec::new() };
        let mut parts = Vec::new();
        // Of two lists that are both long, the one of what is left out says more.
        let (out, within) = (self.by_home(&left).count(), self.by_home(inside).count());
        if most && (out < within || (out == within && out > LONG)) {
            parts.push("*".to_owned());
            parts.extend(self.by_namespace(&left).into_iter().map(|name| format!("except {name}")));
        } else {
            parts.extend(self.by_namespace(inside));
        }
        parts.extend(outside(&members.outside));
        parts
    }

    fn workloads<'n>(&'n self, numbers: &'n [u32]) -> impl Iterator<Item = &'n Workload> {
        numbers.iter().filter_map(|n| self.cluster.workloads.get(*n as usize))
    }

    fn each<'n>(&'n self, numbers: &'n [u32]) -> impl Iterator<Item = &'n String> {
        numbers.iter().filter_map(|n| self.names.get(*n as usize))
    }

    fn home(&self, number: u32) -> Option<&Range<u32>> {
        self.homes.get(number as usize)
    }

    /// Those of each namespace.
    fn by_home<'n>(&'n self, numbers: &'n [u32]) -> impl Iterator<Item = &'n [u32]> {
        numbers.chunk_by(|a, b| self.home(*a) == self.home(*b))
    }

    fn by_namespace(&self, numbers: &[u32]) -> Vec<String> {
        let mut parts = Vec::new();
        for same in self.by_home(numbers) {
            let Some(home) = same.first().and_then(|n| self.home(*n)) else { continue };
            let Some(namespace) = self.workloads(same).next().map(|w| w.namespace.as_str()) else { continue };
            let missing = home.len() - same.len();
            if missing * 2 >= same.len() || home.len() == 1 {
                parts.extend(self.each(same).cloned());
            } else if missing == 0 {
                parts.push(format!("{namespace}/*"));
            } else {
                let missing: Vec<u32> = without(home.clone(), same).collect();
                let names = self.workloads(&missing).map(|w| format!("{}[{}]", w.name, w.kind));
                parts.push(format!("{namespace}/* except {}", names.collect::<Vec<String>>().join(" and ")));
            }
        }
        parts
    }
}

/// The numbers of a range that are not among these, which ascend.
fn without(all: Range<u32>, these: &[u32]) -> impl Iterator<Item = u32> {
    let mut these = these.iter().copied().peekable();
    all.filter(move |n| {
        while these.next_if(|other| other < n).is_some() {}
        these.peek() != Some(n)
    })
}

/// `outside` for all addresses, else blocks and ranges, or what is left out of all, if that is shorter.
fn outside(ranges: &[AddressRange]) -> Vec<String> {
    let set: Addresses = ranges.iter().map(|r| Addresses::from(*r)).collect();
    if set == Addresses::all() {
        return vec!["outside".to_owned()];
    }
    let named = |set: &Addresses| set.ranges().map(|r| r.short()).collect::<Vec<String>>();
    let (within, left) = (named(&set), named(&Addresses::all().minus(&set)));
    if left.len() < within.len() { vec![format!("outside except {}", left.join(" and "))] } else { within }
}
