//! What became possible between two versions of manifests, and what stopped being possible.

mod told;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    AddressRange, Addresses, Cluster, Direction, Judge, PortSet,
    addresses::partition,
    bits::Bits,
    names::{Members, Namer},
    side::Permitted,
    table::Table,
};
use unseen::Unseen;

/// What differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What may be possible now and was not, widest first.
    pub widened: Vec<Change>,
    /// What is not possible now and may have been, widest first.
    pub narrowed: Vec<Change>,
    /// Workloads that are new.
    pub added: Vec<String>,
    /// Workloads that are gone.
    pub removed: Vec<String>,
}

/// Pairs of ends that changed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Who connects.
    pub from: Vec<String>,
    /// Who is connected to.
    pub to: Vec<String>,
    /// By which ports.
    pub ports: PortSet,
    /// How many pairs these are. Of pods that are not there each description counts as one.
    pub pairs: u64,
    /// Whether one end is pods that are in neither version, by their description.
    pub unseen: bool,
}

/// A pod in both versions: namespace, kind and name of its workload, its own name.
type PodKey = (String, String, String, String);

/// Ends that are alike in both versions: their class in each, none where they are not there.
type Joint = (Option<u32>, Option<u32>);

impl<'a> Judge<'a> {
    /// What differs from this version to a newer one, for all that are in them, for the outside, and for pods that
    /// are not there and that rules admit. What is not known counts as possible where it is new, and as impossible
    /// where it is old: whoever gates by what widened is told of all that may have.
    pub fn compare(&self, newer: &Judge<'a>) -> Comparison {
        let both = Both::new(self, newer);
        let (old, new) = (Matrix::new(self.table()), Matrix::new(newer.table()));
        let mut differences = Differences { old: &old, new: &new, known: BTreeMap::new() };
        let (mut widened, mut narrowed) = (Columns::new(), Columns::new());
        for (to, (_, ends)) in both.joints() {
            let (before, after) = (old.row(ends.0), new.row(ends.1));
            // There are few different pairs of values for one destination, so they are looked for one by one.
            let mut alike: Vec<((u32, u32), Bits)> = Vec::new();
            for (from, (_, sources)) in both.joints() {
                let pair = (value(&before, sources.0), value(&after, sources.1));
                match alike.iter_mut().find(|(known, _)| *known == pair) {
                    Some((_, set)) => set.insert(from),
                    None => alike.push((pair, Bits::from_iter([from]))),
                }
            }
            for (ports, sources) in differences.of(&alike, |d| &d.gained) {
                widened.entry((ports, sources)).or_default().insert(to);
            }
            for (ports, sources) in differences.of(&alike, |d| &d.lost) {
                narrowed.entry((ports, sources)).or_default().insert(to);
            }
        }
        let joints: Vec<Joint> = both.members.keys().copied().collect();
        let seen = |from: usize, to: usize| {
            let ends = joints.get(from).copied().zip(joints.get(to).copied());
            ends.map_or_else(Difference::default, |(from, to)| {
                let (before, after) = (old.value(from.0, to.0), new.value(from.1, to.1));
                Difference::between(&old.get(before), &new.get(after))
            })
        };
        let unseen = unseen::unseen(self, newer, &joints, &seen);
        let (added, removed) = both.workloads();
        Comparison {
            widened: both.changes(widened, unseen.widened),
            narrowed: both.changes(narrowed, unseen.narrowed),
            added,
            removed,
        }
    }
}

fn value(row: &[u32], class: Option<u32>) -> u32 {
    class.and_then(|c| row.get(c as usize)).copied().unwrap_or_default()
}

/// What differs between two values.
#[derive(Clone, Default)]
struct Difference {
    gained: PortSet,
    lost: PortSet,
}

impl Difference {
    /// What became possible, or sure where it was not known before: nobody can say that this was possible already.
    fn between(old: &Permitted, new: &Permitted) -> Difference {
        let gained = new.possible.minus(&old.possible).union(&new.sure.minus(&old.sure));
        Difference { gained, lost: old.possible.minus(&new.possible) }
    }

    /// What is not in the other.
    fn minus(&self, other: &Difference) -> Difference {
        Difference { gained: self.gained.minus(&other.gained), lost: self.lost.minus(&other.lost) }
    }
}

struct Differences<'m> {
    old: &'m Matrix,
    new: &'m Matrix,
    known: BTreeMap<(u32, u32), Difference>,
}

impl Differences<'_> {
    /// The sources that gained, or that lost, by ports.
    fn of(
        &mut self,
        alike: &[((u32, u32), Bits)],
        which: fn(&Difference) -> &PortSet,
    ) -> BTreeMap<PortSet, Bits> {
        let mut all: BTreeMap<PortSet, Bits> = BTreeMap::new();
        for (pair, sources) in alike {
            let (old, new) = (self.old, self.new);
            let known = self.known.entry(*pair);
            let ports =
                which(known.or_insert_with(|| Difference::between(&old.get(pair.0), &new.get(pair.1))));
            if !ports.is_empty() {
                let set = all.entry(ports.clone()).or_default();
                *set = set.union(sources);
            }
        }
        all
    }
}

/// By ports and sources, the destinations.
type Columns = BTreeMap<(PortSet, Bits), Bits>;

/// What is permitted between classes, by number. The first number is nothing.
struct Matrix {
    values: Vec<Permitted>,
    /// For each destination, the sources of each value.
    columns: Vec<Vec<(u32, Bits)>>,
    classes: usize,
}

impl Matrix {
    fn new(table: &Table<'_>) -> Matrix {
        let (columns, values) = table.columns();
        let classes = table.classes.len() as usize;
        let mut all = vec![Vec::new(); classes];
        for (column, destinations) in columns {
            for destination in destinations.iter() {
                if let Some(slot) = all.get_mut(destination as usize) {
                    slot.clone_from(&column);
                }
            }
        }
        Matrix { values, columns: all, classes }
    }

    /// For each source its value, with a destination.
    fn row(&self, destination: Option<u32>) -> Vec<u32> {
        let mut row = vec![0; self.classes];
        for (value, sources) in destination.and_then(|d| self.columns.get(d as usize)).into_iter().flatten() {
            for source in sources.iter() {
                if let Some(slot) = row.get_mut(source as usize) {
                    *slot = *value;
                }
            }
        }
        row
    }

    /// The value between two classes.
    fn value(&self, source: Option<u32>, destination: Option<u32>) -> u32 {
        let column = destination.and_then(|d| self.columns.get(d as usize)).into_iter().flatten();
        let holds = |set: &Bits| source.is_some_and(|s| set.contains(s));
        column.into_iter().find(|(_, sources)| holds(sources)).map(|(value, _)| *value).unwrap_or_default()
    }

    fn get(&self, value: u32) -> Permitted {
        self.values.get(value as usize).cloned().unwrap_or_default()
    }
}

/// The ends of both versions.
struct Both<'j> {
    old: &'j Cluster,
    new: &'j Cluster,
    /// A cluster of the workloads of both, for their names.
    all: Cluster,
    members: BTreeMap<Joint, Members>,
}

impl<'j> Both<'j> {
    fn new<'a: 'j>(old: &'j Judge<'a>, new: &'j Judge<'a>) -> Both<'j> {
        let mut all = Cluster::default();
        let workloads = old.cluster().workloads.iter().chain(&new.cluster().workloads);
        let workloads: BTreeMap<(&str, &str, &str), &crate::Workload> =
            workloads.map(|w| ((w.namespace.as_str(), w.name.as_str(), w.kind.as_str()), w)).collect();
        all.workloads = workloads.values().copied().cloned().collect();
        let numbers: BTreeMap<(&str, &str, &str), u32> =
            (0..).zip(workloads.keys()).map(|(n, k)| (*k, n)).collect();
        let mut joints: BTreeMap<PodKey, Joint> = BTreeMap::new();
        for (judge, newer) in [(old, false), (new, true)] {
            for (n, key) in keys(judge.cluster()) {
                let class = judge.table().classes.of_pod(n);
                let joint = joints.entry(key).or_default();
                if newer { joint.1 = class } else { joint.0 = class }
            }
        }
        let mut members: BTreeMap<Joint, Members> = BTreeMap::new();
        for ((namespace, kind, name, _), joint) in &joints {
            let number = numbers.get(&(namespace.as_str(), name.as_str(), kind.as_str())).copied();
            members.entry(*joint).or_default().workloads.extend(number);
        }
        for members in members.values_mut() {
            members.workloads.sort_unstable();
            members.workloads.dedup();
        }
        for (joint, range) in outside(old.table(), new.table()) {
            members.entry(joint).or_default().outside.push(range);
        }
        Both { old: old.cluster(), new: new.cluster(), all, members }
    }

    /// The joint classes by number: who is in them, and their classes in both versions.
    fn joints(&self) -> impl Iterator<Item = (u32, (&Members, Joint))> {
        (0..).zip(self.members.iter().map(|(joint, members)| (members, *joint)))
    }

    /// Those of some joint classes.
    fn together(&self, numbers: impl IntoIterator<Item = usize>) -> Members {
        let members: Vec<&Members> = self.members.values().collect();
        let mut sum = Members::default();
        for one in numbers.into_iter().filter_map(|n| members.get(n)) {
            sum.workloads.extend(&one.workloads);
            sum.outside.extend(&one.outside);
        }
        sum.workloads.sort_unstable();
        sum.workloads.dedup();
        sum
    }

    /// With pods that are not there.
    fn unseen_changes(&self, unseen: Unseen) -> Vec<Change> {
        let namer = Namer::new(&self.all);
        let change = |((peer, direction, ports), (joints, described)): ((String, Direction, PortSet), _)| {
            let (joints, described): (Vec<usize>, Vec<String>) = (joints, described);
            let members = self.together(joints);
            let pairs = (members.workloads.len() + described.len()) as u64;
            let own = namer.parts(&members).into_iter().chain(described).collect();
            let (from, to) = match direction {
                Direction::Egress => (own, vec![peer]),
                Direction::Ingress => (vec![peer], own),
            };
            Change { from, to, ports, pairs, unseen: true }
        };
        unseen.into_iter().map(change).collect()
    }

    fn changes(&self, columns: Columns, unseen: Unseen) -> Vec<Change> {
        let namer = Namer::new(&self.all);
        let together = |set: &Bits| self.together(set.iter().map(|n| n as usize));
        let mut changes = self.unseen_changes(unseen);
        for ((ports, sources), destinations) in columns {
            let (from, to) = (together(&sources), together(&destinations));
            let size = |m: &Members| m.workloads.len() as u64 + u64::from(!m.outside.is_empty());
            // That one workload reaches itself is not said.
            if from == to && size(&from) == 1 {
                continue;
            }
            let pairs = size(&from) * size(&to);
            changes.push(Change {
                from: namer.parts(&from),
                to: namer.parts(&to),
                ports,
                pairs,
                unseen: false,
            });
        }
        // Pods that are not there are any number, so they come first.
        changes.sort_by(|a, b| {
            let widest = (b.unseen, b.pairs).cmp(&(a.unseen, a.pairs));
            widest.then_with(|| (&a.to, &a.from).cmp(&(&b.to, &b.from)))
        });
        changes
    }

    fn workloads(&self) -> (Vec<String>, Vec<String>) {
        let names = |c: &Cluster| c.workloads.iter().map(ToString::to_string).collect::<BTreeSet<String>>();
        let (old, new) = (names(self.old), names(self.new));
        (new.difference(&old).cloned().collect(), old.difference(&new).cloned().collect())
    }
}

fn keys(cluster: &Cluster) -> impl Iterator<Item = (usize, PodKey)> {
    cluster.pods.iter().enumerate().filter_map(|(n, pod)| {
        let workload = cluster.workloads.get(pod.workload)?;
        Some((
            n,
            (workload.namespace.clone(), workload.kind.clone(), workload.name.clone(), pod.name.clone()),
        ))
    })
}

/// The addresses outside, cut by both versions.
fn outside(old: &Table<'_>, new: &Table<'_>) -> Vec<(Joint, AddressRange)> {
    let sorted = |table: &Table<'_>| {
        let classes = table.classes.pods()..table.classes.len();
        let mut all: Vec<(AddressRange, u32)> =
            classes.flat_map(|c| table.classes.ranges(c).map(move |r| (r, c))).collect();
        all.sort_unstable();
        all
    };
    let (old, new) = (sorted(old), sorted(new));
    let sets: Vec<Addresses> = old.iter().chain(&new).map(|(r, _)| (*r).into()).collect();
    let class = |all: &[(AddressRange, u32)], range: &AddressRange| {
        let after = all.partition_point(|(r, _)| r.first <= range.first);
        after.checked_sub(1).and_then(|at| all.get(at)).map(|(_, class)| *class)
    };
    partition(&sets).into_iter().map(|r| ((class(&old, &r), class(&new, &r)), r)).collect()
}
