//! Gateways of the Gateway API: istiod writes the pods and the Service for them (S14, S21).
//!
//! Source: `manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml`.

use std::collections::BTreeSet;

use meshgen_yaml::Node;

use super::{Object, fields::Fields};
use crate::{
    ContainerPort, Gateway, Labels, Listener, Membership, Mesh, Peers, Pod, Service, ServicePort, Target,
    Truth,
};

/// Source: `istio/api` `networking/v1alpha3/gateway.proto`.
pub(super) fn of_istio(o: &Object<'_>) -> Gateway {
    let servers = o.node.list(&["spec", "servers"]).iter();
    Gateway {
        meta: o.meta.clone(),
        pods: o.node.labels(&["spec", "selector"]),
        namespace: None,
        listeners: servers.filter_map(server).collect(),
    }
}

fn server(node: &Node) -> Option<Listener> {
    let protocol = node.word(&["port", "protocol"]).unwrap_or_default().to_ascii_uppercase();
    // TLS without a mode is `PASSTHROUGH`, the zero of the enum; one that only redirects to it is none.
    let tls = node.at(&["tls"]).filter(|t| t.only(&["httpsRedirect"]).is_err());
    let mode = tls.map(|t| t.word(&["mode"]).unwrap_or("PASSTHROUGH"));
    let passes = matches!(mode, Some("PASSTHROUGH" | "AUTO_PASSTHROUGH"));
    Some(Listener {
        port: node.port(&["port", "number"])?,
        http: matches!(protocol.as_str(), "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTPS") && !passes,
        peers: match mode {
            None | Some("SIMPLE" | "PASSTHROUGH") => Peers::Nobody,
            Some("ISTIO_MUTUAL") => Peers::Mesh,
            Some(_) => Peers::Others,
        },
    })
}

/// Source: `gateway-api` `apis/v1/gateway_types.go`. Options of TLS are Istio's own, so that they count as not known.
pub(super) fn of_the_api(o: &Object<'_>) -> Option<Gateway> {
    if o.node.word(&["spec", "gatewayClassName"]) != Some("istio") {
        return None;
    }
    let by_frontend = o.node.at(&["spec", "tls", "frontend"]).is_some();
    let listener = |n: &Node| {
        let protocol = n.word(&["protocol"]).unwrap_or_default();
        let passes = n.word(&["tls", "mode"]) == Some("Passthrough");
        let options = n.at(&["tls", "options"]).is_some() || n.at(&["tls", "frontendValidation"]).is_some();
        let unsure = n.at(&["tls"]).is_some() && !passes && (options || by_frontend);
        Some(Listener {
            port: n.port(&["port"])?,
            http: matches!(protocol, "HTTP" | "HTTPS") && !passes,
            peers: if unsure { Peers::Others } else { Peers::Nobody },
        })
    };
    Some(Gateway {
        meta: o.meta.clone(),
        pods: Labels::from([(GATEWAY_NAME.to_owned(), o.meta.name.clone())]),
        namespace: Some(o.meta.namespace.clone()),
        listeners: o.node.list(&["spec", "listeners"]).iter().filter_map(listener).collect(),
    })
}

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
        // It is of the type `LoadBalancer`, unless an annotation says otherwise.
        hides: o.meta.annotations.get("networking.istio.io/service-type").is_none_or(|t| t != "ClusterIP"),
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
