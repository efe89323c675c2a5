//! What has pods: a pod itself, or anything with a template for pods.

use std::{collections::BTreeSet, net::IpAddr};

use meshgen_yaml::Node;

use super::{
    fields::Fields,
    network_policy::{number, protocol},
    object::Object,
    owners::{Key, Owned},
};
use crate::{
    Protocol, Values,
    cluster::{ContainerPort, Pod},
};

/// The pods of an object; none if it has none.
pub(super) fn owned(o: &Object<'_>) -> Option<Owned> {
    let pod = match o.kind {
        "Pod" => o.node,
        "CronJob" => o.node.path(&["spec", "jobTemplate", "spec", "template"])?,
        _ => o.node.path(&["spec", "template"])?,
    };
    let spec = pod.field("spec")?;
    // The pod of a machine of KubeVirt has the labels of its template; what runs in it is not told as containers.
    if o.kind != "VirtualMachine" {
        spec.get("containers")?;
    }
    Some(Owned {
        key: Key { namespace: o.namespace.clone(), kind: o.kind.to_owned(), name: o.name.clone() },
        owner: owner(o),
        pod: self::pod(o, pod, spec),
    })
}

/// The owner that controls it, else the first one.
fn owner(o: &Object<'_>) -> Option<Key> {
    let owners = o.node.field("metadata")?.list("ownerReferences");
    let owner = owners.iter().find(|r| r.flag("controller")).or_else(|| owners.first())?;
    Some(Key {
        namespace: o.namespace.clone(),
        kind: owner.text("kind").filter(|k| !k.is_empty()).unwrap_or("Pod").to_owned(),
        name: owner.text("name")?.to_owned(),
    })
}

/// Labels that controllers give to the pods that they make of a template, with what may stand there. What a person cannot
/// know (a hash, an identifier) may be anything; of numbered pods each has its own.
///
/// Sources: `kubernetes/api` `apps/v1/types.go` and `batch/v1/types.go`; `pkg/controller/statefulset/stateful_set_utils.go`.
fn given(o: &Object<'_>) -> Vec<(&'static str, Values)> {
    let unknown = || Values { absent: false, listed: BTreeSet::new(), inverted: true };
    let number =
        |path: &[&str]| o.node.path(path).and_then(Node::integer).and_then(|n| u16::try_from(n).ok());
    let numbered = |first: u16, count: u16, name: &dyn Fn(u16) -> String| {
        let listed = (first..first.saturating_add(count)).map(name);
        if count > MOST {
            unknown()
        } else {
            Values { listed: listed.collect(), inverted: false, ..unknown() }
        }
    };
    // The name that the API server makes of a prefix nobody knows.
    let named = o.node.path(&["metadata", "name"]).is_some();
    let called = || if named { Values::only(&o.name) } else { unknown() };
    match o.kind {
        "Deployment" => vec![("pod-template-hash", unknown())],
        "DaemonSet" => vec![("controller-revision-hash", unknown()), ("pod-template-generation", unknown())],
        "StatefulSet" => {
            let first = number(&["spec", "ordinals", "start"]).unwrap_or(0);
            let count = number(&["spec", "replicas"]).unwrap_or(1).max(1);
            vec![
                ("controller-revision-hash", unknown()),
                (
                    "statefulset.kubernetes.io/pod-name",
                    numbered(first, count, &|n| format!("{}-{n}", o.name)),
                ),
                ("apps.kubernetes.io/pod-index", numbered(first, count, &|n| n.to_string())),
            ]
        }
        "Job" => vec![
            ("batch.kubernetes.io/controller-uid", unknown()),
            ("controller-uid", unknown()),
            ("batch.kubernetes.io/job-name", called()),
            ("job-name", called()),
            ("batch.kubernetes.io/job-completion-index", Values { absent: true, ..unknown() }),
        ],
        _ => Vec::new(),
    }
}

/// Of more pods of a StatefulSet than this, it is not said which numbers they have.
const MOST: u16 = 100;

fn pod(o: &Object<'_>, pod: &Node, spec: &Node) -> Pod {
    let labels = pod.labels(&["metadata", "labels"]);
    let unsure = given(o).into_iter().filter(|(key, _)| !labels.contains_key(*key));
    let account = spec.text("serviceAccountName").or_else(|| spec.text("serviceAccount"));
    // Init containers that go on running beside the others (sidecars) take connections too.
    let running = spec.list("initContainers").iter().filter(|c| c.text("restartPolicy") == Some("Always"));
    let containers = spec.list("containers").iter().chain(running);
    Pod {
        workload: 0,
        namespace: o.namespace.clone(),
        name: o.name.clone(),
        unsure: unsure.map(|(key, values)| (key.to_owned(), values)).collect(),
        labels,
        account: account.filter(|a| !a.is_empty()).unwrap_or("default").to_owned(),
        ports: containers.flat_map(|c| c.list("ports")).filter_map(port).collect(),
        host_network: spec.flag("hostNetwork"),
        node: spec.text("nodeName").map(str::to_owned),
        addresses: addresses(pod),
        place: o.place,
    }
}

fn port(node: &Node) -> Option<ContainerPort> {
    Some(ContainerPort {
        name: node.text("name").map(str::to_owned),
        protocol: protocol(node, "protocol").unwrap_or(Protocol::Tcp),
        number: number(node.field("containerPort")?).ok()?,
        added: false,
    })
}

fn addresses(pod: &Node) -> Vec<IpAddr> {
    let Some(status) = pod.field("status") else { return Vec::new() };
    let all = status.list("podIPs").iter().filter_map(|n| n.text("ip")).chain(status.text("podIP"));
    let mut all: Vec<IpAddr> = all.filter_map(|a| a.parse().ok()).collect();
    all.sort();
    all.dedup();
    all
}
