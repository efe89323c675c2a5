//! Both directions of all connections together.

use std::collections::BTreeMap;

use crate::{
    Cluster, Direction, Near,
    bits::Bits,
    classes::Classes,
    side::{Cells, Permitted, Side, Values},
};

/// What is permitted between any two classes.
pub(crate) struct Table<'a> {
    pub(crate) classes: Classes<'a>,
    /// One for each reading of pods on the network of their node (N11); a single one where there are none.
    readings: Vec<Reading>,
    pub(crate) values: Values,
}

struct Reading {
    egress: Side,
    ingress: Side,
}

/// Destinations of which the same sources may reach the same ports, and those sources by what is permitted.
pub(crate) type Columns = BTreeMap<Cells, Bits>;

impl<'a> Table<'a> {
    pub(crate) fn new(cluster: &'a Cluster, near: &Near<'a>) -> Table<'a> {
        let classes = Classes::new(cluster, near);
        let mut values = Values::default();
        values.number(Permitted::default());
        values.number(Permitted::everything());
        let readings: &[bool] = if classes.hosts.is_empty() { &[true] } else { &[true, false] };
        let readings = readings
            .iter()
            .map(|host_is_pod| Reading {
                egress: Side::new(cluster, &classes, Direction::Egress, *host_is_pod, &mut values),
                ingress: Side::new(cluster, &classes, Direction::Ingress, *host_is_pod, &mut values),
            })
            .collect();
        Table { classes, readings, values }
    }

    /// Namespaces with a pod that no policy protects from what comes in.
    pub(crate) fn open_namespaces(&self, cluster: &Cluster) -> Vec<String> {
        let open = |pod: &usize| {
            let class = self.classes.of_pod(*pod);
            class.is_some_and(|c| self.readings.iter().any(|r| r.ingress.open.contains(c)))
        };
        let pods = (0..cluster.pods.len()).filter(open).filter_map(|n| cluster.pods.get(n));
        let mut names: Vec<String> = pods.map(|p| p.namespace.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// All destinations with their sources. From outside to outside nothing is said.
    pub(crate) fn columns(&self) -> (Columns, Vec<Permitted>) {
        let mut values = self.values.clone();
        let mut columns = Columns::new();
        for destination in 0..self.classes.len() {
            let mut all = self
                .readings
                .iter()
                .map(|r| self.column(r, destination, &mut values))
                .collect::<Vec<_>>()
                .into_iter();
            let first = all.next().unwrap_or_default();
            let column = all.fold(first, |a, b| either(&a, &b, &mut values));
            let nothing = |value: u32| values.get(value).possible.is_empty();
            let column: Cells = column.into_iter().filter(|(v, _)| !nothing(*v)).collect();
            columns.entry(column).or_default().insert(destination);
        }
        (columns, values.list)
    }

    /// The sources of one destination, by what is permitted, ascending.
    fn column(&self, reading: &Reading, destination: u32, values: &mut Values) -> Cells {
        let pods = self.classes.pods();
        let everyone = [(values.number(Permitted::everything()), Bits::below(pods))];
        let ingress = if destination < pods { reading.ingress.cells(destination) } else { &everyone };
        let mut column: BTreeMap<u32, Bits> = BTreeMap::new();
        for (value, sources) in ingress {
            let value = *value;
            if values.list.get(value as usize).is_none_or(|v| v.possible.is_empty()) {
                let all = column.entry(value).or_default();
                *all = all.union(sources);
                continue;
            }
            let mut found: BTreeMap<u32, Bits> = BTreeMap::new();
            let mut free = Bits::default();
            let mut last = (u32::MAX, 0);
            for source in sources.minus(&reading.egress.open).iter() {
                match reading.egress.value(source, destination) {
                    // Addresses outside have no policies.
                    None => free.insert(source),
                    Some(sent) => {
                        if last.0 != sent {
                            last = (sent, values.both(value, sent));
                        }
                        found.entry(last.1).or_default().insert(source);
                    }
                }
            }
            let free = free.union(&sources.intersection(&reading.egress.open));
            for (value, sources) in found.into_iter().chain([(value, free)]) {
                if !sources.is_empty() {
                    let all = column.entry(value).or_default();
                    *all = all.union(&sources);
                }
            }
        }
        column.into_iter().collect()
    }
}

/// Two readings of one column: each source may have what it has in either.
fn either(a: &Cells, b: &Cells, values: &mut Values) -> Cells {
    let mut all: BTreeMap<u32, Bits> = BTreeMap::new();
    for (x, left) in a {
        for (y, right) in b {
            let sources = left.intersection(right);
            if !sources.is_empty() {
                let set = all.entry(values.either(*x, *y)).or_default();
                *set = set.union(&sources);
            }
        }
    }
    all.into_iter().collect()
}
