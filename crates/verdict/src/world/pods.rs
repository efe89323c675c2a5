//! Pods as they run: what the mesh makes of them is given to the judge of network policies.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Membership, Mesh, Target, labels_after_injection};
use meshgen_reach::{
    ContainerPort, Labels, Manifests, Pod, PortRef, Protocol, Service, ServicePort, Values, Workload,
};
use meshgen_yaml::Place;

/// The port of metrics that the injected container declares, by name.
///
/// Source: `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`, and the same of
/// `gateway-injection-template.yaml`.
const METRICS: (&str, u16) = ("http-envoy-prom", 15090);

/// Which pod of the mesh each pod is: both readers saw it at the same place.
pub(super) fn joined(manifests: &Manifests, mesh: &Mesh) -> Vec<Option<usize>> {
    let places: BTreeMap<Place, usize> = (0..).zip(&mesh.pods).map(|(n, p)| (p.place, n)).collect();
    manifests.cluster.pods.iter().map(|p| places.get(&p.place).copied()).collect()
}

/// Adds the pods that istiod makes for Gateways of the Gateway API, and the Services before them (S14).
pub(super) fn made(manifests: &mut Manifests, mesh: &Mesh) {
    for pod in mesh.pods.iter().filter(|p| p.kind == "Gateway") {
        let workload = Workload {
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            kind: "Deployment".to_owned(),
            place: pod.place,
        };
        let ports = pod.ports.iter().map(|p| ContainerPort {
            name: p.name.clone(),
            protocol: if p.tcp { Protocol::Tcp } else { Protocol::Udp },
            number: p.number,
            added: true,
        });
        let made = Pod {
            workload: 0,
            namespace: pod.namespace.clone(),
            name: pod.name.clone(),
            labels: pod.labels.clone(),
            unsure: BTreeMap::new(),
            account: pod.account.clone(),
            ports: ports.collect(),
            host_network: pod.host_network,
            node: None,
            addresses: pod.addresses.clone(),
            place: pod.place,
        };
        manifests.make(workload, made);
    }
    for service in mesh.services.iter().filter(|s| s.meta.kind == "Gateway") {
        let key = (service.meta.namespace.clone(), service.meta.name.clone());
        manifests.cluster.services.entry(key).or_insert_with(|| self::service(service));
    }
}

fn service(service: &meshgen_mesh::Service) -> Service {
    let ports = service.ports.iter().map(|p| ServicePort {
        name: p.name.clone(),
        number: p.number,
        protocol: Protocol::Tcp,
        target: match &p.target {
            Target::Number(number) => PortRef::Number(*number),
            Target::Name(name) => PortRef::Name(name.clone()),
        },
    });
    Service { selector: service.selector.clone(), ports: ports.collect(), place: service.meta.place }
}

/// Gives a pod what injection adds to it: labels (S15), and the port of metrics. Where it is not known whether it is
/// injected, the labels may be there or not.
pub(super) fn running(manifests: &mut Manifests, pod: usize, mesh: &Mesh, member: usize) {
    let Some(of) = mesh.pods.get(member) else { return };
    match mesh.membership(member) {
        Membership::Plain | Membership::Ambient => return,
        Membership::Sidecar | Membership::Gateway => {
            if let Some(labels) = mesh.labels(member) {
                manifests.relabel(pod, labels.clone(), BTreeMap::new());
            }
        }
        Membership::Unknown => {
            let unsure = added(&of.labels, &labels_after_injection(of, Membership::Sidecar));
            manifests.relabel(pod, of.labels.clone(), unsure);
        }
    }
    // A port on which nobody listens may be told as open; the one that a policy knows by this name must not be missed.
    let (name, number) = METRICS;
    let port = ContainerPort { name: Some(name.to_owned()), protocol: Protocol::Tcp, number, added: true };
    manifests.expose(pod, port);
}

/// What may stand under the keys that injection adds.
fn added(before: &Labels, after: &Labels) -> BTreeMap<String, Values> {
    let new = after.iter().filter(|(key, _)| !before.contains_key(*key));
    let values =
        |value: &String| Values { absent: true, listed: BTreeSet::from([value.clone()]), inverted: false };
    new.map(|(key, value)| (key.clone(), values(value))).collect()
}
