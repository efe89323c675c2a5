//! Gateways of the Gateway API: istiod writes the pods and the Service for them (S14, S21).
//!
//! Source: `manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml`.

use std::collections::BTreeSet;

use meshgen_yaml::Node;

use super::{Object, fields::Fields};
use crate::{ContainerPort, Labels, Membership, Mesh, Pod, Service, ServicePort, Target, Truth};

/// The pods and the Service of a gateway; nothing if it is not Istio's, or stands for pods that are there already.
pub(super) fn gateway(o: &Object<'_>) -> Option<(Pod, Service)> {
    if o.node.word(&["spec", "gatewayClassName"]) != Some("istio")
        || o.node.at(&["spec", "addresses"]).is_some()
    {
        return None;
    }
    let annotation = |key: &str| o.meta.annotations.get(&format!("gateway.istio.io/{key}")).cloned();
    let name = annotation("name-override").unwrap_or_else(|| format!("{}-istio", o.meta.name));
    let ports = o.node.list(&["spec", "listeners"]).iter().filter_map(listener).collect();
    let pod = Pod {
        namespace: o.meta.namespace.clone(),
        kind: "Gateway".to_owned(),
        labels: labels(o, &name),
        annotations: Labels::new(),
        account: annotation("service-account").unwrap_or_else(|| name.clone()),
        name: name.clone(),
        as_proxy: Truth::No,
        host_network: false,
        ports: PORTS.iter().map(|(name, number)| container_port(name, *number)).collect(),
        proxy: Some(Membership::Gateway),
        addresses: Vec::new(),
        place: o.meta.place,
    };
    let selector = Labels::from([(GATEWAY_NAME.to_owned(), o.meta.name.clone())]);
    let mut meta = o.meta.clone();
    meta.name = name;
    let service = Service {
        meta,
        own_host: None,
        selector: Some(selector),
        endpoints: Vec::new(),
        external: false,
        headless: false,
        ports,
        export_to: Vec::new(),
    };
    Some((pod, service))
}

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

/// The ports that the container of a gateway declares: those of its listeners are not among them.
const PORTS: [(&str, u16); 3] = [("metrics", 15020), ("status-port", 15021), ("http-envoy-prom", 15090)];

fn container_port(name: &str, number: u16) -> ContainerPort {
    ContainerPort { name: Some(name.to_owned()), number, tcp: true }
}

/// Labels of its pods: those of `spec.infrastructure`, else its own, and what is added to them.
///
/// Source: `pilot/pkg/config/kube/gateway/deploymentcontroller.go`, `extractInfrastructureMetadata`.
fn labels(o: &Object<'_>, name: &str) -> Labels {
    let of_pods = o.node.at(&["spec", "infrastructure", "labels"]);
    let own = of_pods
        .map_or_else(|| o.meta.labels.clone(), |_| o.node.labels(&["spec", "infrastructure", "labels"]));
    let mut labels = Labels::new();
    let mut set = |key: &str, value: &str| {
        labels.insert(key.to_owned(), value.to_owned());
    };
    set("sidecar.istio.io/inject", "false");
    set("service.istio.io/canonical-name", name);
    set("service.istio.io/canonical-revision", "latest");
    for (key, value) in &own {
        set(key, value);
    }
    set("gateway.networking.k8s.io/gateway-class-name", "istio");
    set(GATEWAY_NAME, &o.meta.name);
    set("gateway.istio.io/managed", "istio.io-gateway-controller");
    labels
}

/// Leaves out what istiod would make where the manifests come from a cluster in which it has made it.
pub(super) fn without_what_is_there(mesh: &mut Mesh) {
    let name = |p: &Pod| Some((p.namespace.clone(), p.labels.get(GATEWAY_NAME)?.clone()));
    let there: BTreeSet<(String, String)> =
        mesh.pods.iter().filter(|p| p.kind != "Gateway").filter_map(name).collect();
    mesh.pods.retain(|p| p.kind != "Gateway" || name(p).is_none_or(|name| !there.contains(&name)));
    let full = |s: &Service| (s.meta.namespace.clone(), s.meta.name.clone());
    let services: BTreeSet<(String, String)> =
        mesh.services.iter().filter(|s| s.meta.kind == "Service").map(full).collect();
    mesh.services.retain(|s| s.meta.kind == "Service" || !services.contains(&full(s)));
}

fn listener(node: &Node) -> Option<ServicePort> {
    let number = node.port(&["port"])?;
    Some(ServicePort {
        name: node.word(&["name"]).map(str::to_owned),
        app_protocol: node.word(&["protocol"]).map(str::to_lowercase),
        number,
        tcp: true,
        target: Target::Number(number),
    })
}
