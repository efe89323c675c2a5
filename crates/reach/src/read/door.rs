//! Ways in from outside.
//!
//! Sources: `networking/v1/types.go` (Ingress), `openshift/api` `route/v1/types.go`, `gateway-api`
//! `apis/v1/httproute_types.go` and its neighbours, `istio/api` `networking/v1` (Gateway, `VirtualService`).

use meshgen_yaml::Node;

use super::{fields::Fields, object::Object, service::port_ref};
use crate::door::{Backend, BackendPort, Door, Gateway, Via};

const GATEWAY_API: &str = "gateway.networking.k8s.io";
const ISTIO: &str = "networking.istio.io";

pub(super) fn is_door(o: &Object<'_>) -> bool {
    match o.group {
        "networking.k8s.io" | "extensions" => o.kind == "Ingress",
        "route.openshift.io" => o.kind == "Route",
        GATEWAY_API => o.kind.ends_with("Route"),
        ISTIO => o.kind == "VirtualService",
        _ => false,
    }
}

pub(super) fn door(o: &Object<'_>) -> Option<Door> {
    let spec = o.spec()?;
    let (via, mut backends) = match o.kind {
        "Ingress" => (vec![Via::Controller], ingress(o, spec)),
        "Route" => (vec![Via::Controller], route(o, spec)),
        "VirtualService" => (gateways(o, spec), virtual_service(o, spec)),
        _ => (parents(o, spec), gateway_route(o, spec)),
    };
    backends.sort();
    backends.dedup();
    let (kind, namespace, name) = (o.kind.to_owned(), o.namespace.clone(), o.name.clone());
    (!via.is_empty()).then_some(Door { kind, namespace, name, place: o.place, via, backends })
}

/// The pods of a gateway; none if this is not one.
pub(super) fn gateway(o: &Object<'_>) -> Option<(Via, Gateway)> {
    match (o.group, o.kind) {
        // Whoever implements a Gateway in the cluster labels its pods so (GEP-1762).
        (GATEWAY_API, "Gateway") => {
            let pods = [("gateway.networking.k8s.io/gateway-name".to_owned(), o.name.clone())].into();
            let gateway = Gateway { pods, namespace: Some(o.namespace.clone()) };
            Some((Via::Gateway(o.namespace.clone(), o.name.clone()), gateway))
        }
        (ISTIO, "Gateway") => {
            let gateway = Gateway { pods: o.node.labels(&["spec", "selector"]), namespace: None };
            Some((Via::IstioGateway(o.namespace.clone(), o.name.clone()), gateway))
        }
        _ => None,
    }
}

fn ingress(o: &Object<'_>, spec: &Node) -> Vec<Backend> {
    let rules = spec.list("rules").iter().filter_map(|r| r.field("http")).flat_map(|h| h.list("paths"));
    let backends = rules.filter_map(|p| p.field("backend"));
    let default = spec.field("defaultBackend").or_else(|| spec.field("backend"));
    backends.chain(default).filter_map(|b| ingress_backend(o, b)).collect()
}

fn ingress_backend(o: &Object<'_>, node: &Node) -> Option<Backend> {
    let (service, port) = match node.field("service") {
        Some(service) => {
            let port = service.field("port");
            (service.text("name")?, port.and_then(|p| p.field("number").or_else(|| p.field("name"))))
        }
        None => (node.text("serviceName")?, node.field("servicePort")),
    };
    let port = BackendPort::Service(port.and_then(port_ref)?);
    Some(Backend { namespace: o.namespace.clone(), service: service.to_owned(), port })
}

fn route(o: &Object<'_>, spec: &Node) -> Vec<Backend> {
    let port = spec.path(&["port", "targetPort"]).and_then(port_ref);
    let port = port.map_or(BackendPort::All, BackendPort::Target);
    let targets = spec.field("to").into_iter().chain(spec.list("alternateBackends"));
    let named =
        targets.filter(|t| t.text("kind").is_none_or(|k| k == "Service")).filter_map(|t| t.text("name"));
    let backend = |service: &str| Backend {
        namespace: o.namespace.clone(),
        service: service.to_owned(),
        port: port.clone(),
    };
    named.map(backend).collect()
}

fn parents(o: &Object<'_>, spec: &Node) -> Vec<Via> {
    let parents = spec.list("parentRefs").iter().filter(|p| p.text("kind").is_none_or(|k| k == "Gateway"));
    let via = |p: &Node| {
        let namespace = p.text("namespace").unwrap_or(&o.namespace);
        Some(Via::Gateway(namespace.to_owned(), p.text("name")?.to_owned()))
    };
    parents.filter_map(via).collect()
}

fn gateway_route(o: &Object<'_>, spec: &Node) -> Vec<Backend> {
    let targets = spec.list("rules").iter().flat_map(|r| r.list("backendRefs"));
    let services = targets.filter(|t| t.text("kind").is_none_or(|k| k == "Service"));
    let backend = |t: &Node| {
        let port = t.field("port").and_then(port_ref).map_or(BackendPort::All, BackendPort::Service);
        let namespace = t.text("namespace").unwrap_or(&o.namespace).to_owned();
        Some(Backend { namespace, service: t.text("name")?.to_owned(), port })
    };
    services.filter_map(backend).collect()
}

/// The gateways of a `VirtualService`; `mesh`, which is where none is named, is no way in.
fn gateways(o: &Object<'_>, spec: &Node) -> Vec<Via> {
    let names = spec.texts("gateways");
    let outer = names.iter().filter(|n| *n != "mesh");
    outer
        .map(|name| {
            let (namespace, name) = name.split_once('/').unwrap_or((&o.namespace, name));
            let namespace = if namespace == "." { &o.namespace } else { namespace };
            Via::IstioGateway(namespace.to_owned(), name.to_owned())
        })
        .collect()
}

fn virtual_service(o: &Object<'_>, spec: &Node) -> Vec<Backend> {
    let routes =
        ["http", "tls", "tcp"].into_iter().flat_map(|key| spec.list(key)).flat_map(|r| r.list("route"));
    let backend = |target: &Node| {
        let (namespace, service) = host(target.text("host")?, &o.namespace)?;
        let port = target.path(&["port", "number"]).and_then(port_ref);
        let port = port.map_or(BackendPort::All, BackendPort::Service);
        Some(Backend { namespace, service, port })
    };
    routes.filter_map(|r| r.field("destination")).filter_map(backend).collect()
}

/// The service of a host name: `name` in the object's own namespace, or `name.namespace.svc.cluster.local`.
fn host(host: &str, own: &str) -> Option<(String, String)> {
    let mut parts = host.split('.');
    let name = parts.next()?.to_owned();
    let namespace = parts.next().unwrap_or(own).to_owned();
    parts.next().is_none_or(|p| p == "svc").then_some((namespace, name))
}
