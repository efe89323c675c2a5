//! Pods are merged to what owns them, as far up as the manifests tell.

use std::collections::BTreeMap;

use crate::cluster::{Cluster, Pod, Workload};

/// What identifies an object that has pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) kind: String,
}

/// Pods and who owns them.
pub(super) struct Owned {
    pub(super) key: Key,
    pub(super) owner: Option<Key>,
    pub(super) pod: Pod,
}

/// How many owners above one another are followed: a cycle has to end.
const HEIGHT: usize = 8;

pub(super) fn merge(cluster: &mut Cluster, all: Vec<Owned>) {
    let owners: BTreeMap<Key, Key> =
        all.iter().filter_map(|o| Some((o.key.clone(), o.owner.clone()?))).collect();
    let mut workloads: BTreeMap<Key, Vec<(Key, Pod)>> = BTreeMap::new();
    for owned in all {
        let mut top = owned.key.clone();
        for _ in 0..HEIGHT {
            let Some(owner) = owners.get(&top) else { break };
            top = owner.clone();
        }
        let pods = workloads.entry(top).or_default();
        // An object that comes twice: the later one replaces the earlier one.
        pods.retain(|(key, _)| *key != owned.key);
        pods.push((owned.key, owned.pod));
    }
    for (workload, (key, pods)) in workloads.into_iter().enumerate() {
        let own = pods.iter().find(|(k, _)| *k == key).or(pods.first());
        let Some(place) = own.map(|(_, p)| p.place) else { continue };
        let Key { namespace, name, kind } = key;
        cluster.workloads.push(Workload { namespace, name, kind, place });
        cluster.pods.extend(pods.into_iter().map(|(_, pod)| Pod { workload, ..pod }));
    }
}
