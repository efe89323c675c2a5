//! The ends of both versions.

use std::collections::BTreeMap;

use meshgen_reach::{Addresses, Bits, Cluster, Members, Namer, Workload};

use super::{Change, ChangedLayer, Columns, Version};
use crate::Judges;

/// Ends that are alike in both versions: their atom in each, none where they are not there.
pub(super) type Joint = (Option<u32>, Option<u32>);

/// The numbers of a pod in each version, none where it is not there.
type Numbers = (Option<u32>, Option<u32>);

/// A pod in both versions: namespace, name and kind of its workload, its own name.
type PodKey = (String, String, String, String);

pub(super) struct Both {
    /// A cluster of the workloads of both, for their names.
    all: Cluster,
    joints: Vec<(Joint, Members)>,
    /// For joints of pods that are in both versions, one of these, by its number in each.
    models: BTreeMap<Joint, (u32, u32)>,
}

impl Both {
    pub(super) fn new<'a>(old: &Judges<'a>, new: &Judges<'a>, before: &Version, after: &Version) -> Both {
        let mut workloads: BTreeMap<(String, String, String), Workload> = BTreeMap::new();
        let mut pods: BTreeMap<PodKey, (Joint, Numbers)> = BTreeMap::new();
        for (judges, version, newer) in [(old, before, false), (new, after, true)] {
            let cluster = &judges.network.manifests.cluster;
            for workload in &cluster.workloads {
                workloads.insert(key(workload), workload.clone());
            }
            for (atom, members) in (0..).zip(&version.atoms.pods) {
                for (n, pod) in members.iter().filter_map(|n| Some((*n, cluster.pods.get(*n as usize)?))) {
                    let Some(workload) = cluster.workloads.get(pod.workload) else { continue };
                    let (namespace, name, kind) = key(workload);
                    let (joint, own) = pods.entry((namespace, name, kind, pod.name.clone())).or_default();
                    if newer {
                        (joint.1, own.1) = (Some(atom), Some(n));
                    } else {
                        (joint.0, own.0) = (Some(atom), Some(n));
                    }
                }
            }
        }
        let numbers: BTreeMap<&(String, String, String), u32> = workloads.keys().zip(0..).collect();
        let mut members: BTreeMap<Joint, Members> = BTreeMap::new();
        let mut models = BTreeMap::new();
        for ((namespace, name, kind, _), (joint, own)) in pods {
            if let (Some(old), Some(new)) = own {
                models.entry(joint).or_insert((old, new));
            }
            let number = numbers.get(&(namespace, name, kind)).copied();
            members.entry(joint).or_default().workloads.extend(number);
        }
        outside(before, after, &mut members);
        for members in members.values_mut() {
            members.workloads.sort_unstable();
            members.workloads.dedup();
        }
        let all = Cluster { workloads: workloads.into_values().collect(), ..Cluster::default() };
        Both { all, joints: members.into_iter().collect(), models }
    }

    pub(super) fn joints(&self) -> impl Iterator<Item = (u32, Joint)> {
        (0..).zip(self.joints.iter().map(|(joint, _)| *joint))
    }

    /// The joints of pods that are in both versions, each with one of these, by its number in each.
    pub(super) fn models(&self) -> impl Iterator<Item = (u32, (u32, u32))> {
        self.joints().filter_map(|(n, joint)| Some((n, *self.models.get(&joint)?)))
    }

    /// The names of the workloads of some joints, and how many they are.
    pub(super) fn named(&self, numbers: &Bits) -> (Vec<String>, u64) {
        let members = self.together(numbers);
        (Namer::new(&self.all).parts(&members), members.workloads.len() as u64)
    }

    fn together(&self, numbers: &Bits) -> Members {
        let mut sum = Members::default();
        for (_, one) in numbers.iter().filter_map(|n| self.joints.get(n as usize)) {
            sum.workloads.extend(&one.workloads);
            sum.outside.extend(&one.outside);
        }
        sum.workloads.sort_unstable();
        sum.workloads.dedup();
        sum.outside.sort();
        sum
    }

    pub(super) fn changes(&self, columns: Columns) -> Vec<Change> {
        let namer = Namer::new(&self.all);
        let size = |m: &Members| m.workloads.len() as u64 + u64::from(!m.outside.is_empty());
        let mut changes = Vec::new();
        for ((gain, sources), destinations) in columns {
            let (from, to) = (self.together(&sources), self.together(&destinations));
            // That one workload reaches itself is not said.
            if from == to && size(&from) == 1 {
                continue;
            }
            changes.push(Change {
                pairs: size(&from) * size(&to),
                from: namer.parts(&from),
                to: namer.parts(&to),
                ports: gain.ports,
                unseen: false,
                layer: Some(if gain.network { ChangedLayer::Network } else { ChangedLayer::Mesh }),
                remains: gain.remains,
                unknown: gain.unknown,
            });
        }
        changes.sort_by(|a, b| b.pairs.cmp(&a.pairs).then_with(|| (&a.to, &a.from).cmp(&(&b.to, &b.from))));
        changes
    }
}

fn key(workload: &Workload) -> (String, String, String) {
    (workload.namespace.clone(), workload.name.clone(), workload.kind.clone())
}

/// The addresses outside, cut by both versions.
fn outside(before: &Version, after: &Version, members: &mut BTreeMap<Joint, Members>) {
    let pieces = |version: &Version| -> Vec<(u32, Addresses)> {
        let all = (0..).zip(&version.atoms.pieces);
        all.filter_map(|(n, piece)| Some((n, Addresses::from((*piece)?)))).collect()
    };
    let after = pieces(after);
    for (old, addresses) in pieces(before) {
        for (new, others) in &after {
            let shared = addresses.intersection(others);
            if !shared.is_empty() {
                members.entry((Some(old), Some(*new))).or_default().outside.extend(shared.ranges());
            }
        }
    }
}
