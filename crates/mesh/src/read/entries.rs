//! ServiceEntry, and what lies behind Services without a selector: `EndpointSlice` and `Endpoints`.

use std::net::IpAddr;

use meshgen_yaml::Node;

use super::{Object, fields::Fields, pods::is_tcp};
use crate::{Endpoint, Labels, Mesh, Protocol, Service, ServiceEntry, ServicePort, Target};

/// What lies behind a Service, by its namespace and name.
pub(super) type Behind = (String, String, Endpoint);

/// Source: `istio/api` `networking/v1alpha3/service_entry.proto`.
pub(super) fn service_entry(o: &Object<'_>) -> ServiceEntry {
    let spec = o.node.at(&["spec"]).unwrap_or(o.node);
    let port =
        |n: &Node| Some((n.port(&["number"])?, Protocol::word(n.word(&["protocol"]).unwrap_or_default())));
    ServiceEntry {
        meta: o.meta.clone(),
        hosts: spec.words(&["hosts"]),
        addresses: spec.words(&["addresses"]),
        ports: spec.list(&["ports"]).iter().filter_map(port).collect(),
        passes_on: spec.word(&["resolution"]).is_none_or(|r| r == "NONE"),
        internal: spec.word(&["location"]) == Some("MESH_INTERNAL"),
        export_to: spec.words(&["exportTo"]),
    }
}

/// The Services that a ServiceEntry is, one for each host, as far as pods may be behind it: by labels, in its own namespace,
/// or by their addresses.
pub(super) fn services(o: &Object<'_>, entry: &ServiceEntry) -> Vec<Service> {
    let spec = o.node.at(&["spec"]).unwrap_or(o.node);
    let labels = spec.labels(&["workloadSelector", "labels"]);
    let endpoints: Vec<Endpoint> = spec.list(&["endpoints"]).iter().filter_map(endpoint).collect();
    if labels.is_empty() && endpoints.is_empty() {
        return Vec::new();
    }
    let service = |host: &String| Service {
        meta: entry.meta.clone(),
        own_host: Some(host.clone()),
        selector: Some(labels.clone()).filter(|l| !l.is_empty()),
        endpoints: endpoints.clone(),
        external: !entry.internal,
        hides: false,
        headless: false,
        ports: spec.list(&["ports"]).iter().filter_map(port).collect(),
        export_to: entry.export_to.clone(),
    };
    entry.hosts.iter().map(service).collect()
}

fn port(node: &Node) -> Option<ServicePort> {
    let number = node.port(&["number"])?;
    Some(ServicePort {
        name: node.word(&["name"]).map(str::to_owned),
        app_protocol: node.word(&["protocol"]).map(str::to_lowercase),
        number,
        tcp: node.word(&["protocol"]).is_none_or(|p| p != "UDP"),
        target: Target::Number(node.port(&["targetPort"]).unwrap_or(number)),
    })
}

/// An endpoint by its address. It takes mTLS if it says so by a label, or names a service account.
///
/// Source: `pilot/pkg/serviceregistry/serviceentry/conversion.go`, `getTLSModeFromWorkloadEntry`.
fn endpoint(node: &Node) -> Option<Endpoint> {
    let address: IpAddr = node.word(&["address"])?.parse().ok()?;
    let labels: Labels = node.labels(&["labels"]);
    let account = node.word(&["serviceAccount"]).is_some_and(|a| !a.is_empty());
    let said = labels.get("security.istio.io/tlsMode").map(|mode| mode == "istio");
    let ports = node.at(&["ports"]).map_or(&[][..], Node::entries);
    let number = |n: &Node| n.scalar().and_then(|s| s.text.parse().ok());
    Some(Endpoint {
        addresses: vec![address],
        pod: None,
        mutual: Some(said.unwrap_or(account)),
        ports: ports.iter().filter_map(|e| Some((e.key.text.to_string(), number(&e.value)?))).collect(),
    })
}

/// Source: `kubernetes/api` `discovery/v1/types.go`.
pub(super) fn slice(o: &Object<'_>) -> Vec<Behind> {
    let Some(service) = o.meta.labels.get("kubernetes.io/service-name") else { return Vec::new() };
    let of = |n: &Node| behind(o, n, &n.words(&["addresses"]), o.node);
    o.node.list(&["endpoints"]).iter().map(|n| (o.meta.namespace.clone(), service.clone(), of(n))).collect()
}

/// Source: `kubernetes/api` `core/v1/types.go`.
pub(super) fn endpoints(o: &Object<'_>) -> Vec<Behind> {
    let mut all = Vec::new();
    for subset in o.node.list(&["subsets"]) {
        for node in ["addresses", "notReadyAddresses"].into_iter().flat_map(|key| subset.list(&[key])) {
            let address: Vec<String> = node.word(&["ip"]).map(str::to_owned).into_iter().collect();
            all.push((o.meta.namespace.clone(), o.meta.name.clone(), behind(o, node, &address, subset)));
        }
    }
    all
}

fn behind(o: &Object<'_>, node: &Node, addresses: &[String], ports: &Node) -> Endpoint {
    let target = node.at(&["targetRef"]).filter(|t| t.word(&["kind"]) == Some("Pod"));
    let named = |t: &Node| {
        let namespace = t.word(&["namespace"]).unwrap_or(&o.meta.namespace).to_owned();
        Some((namespace, t.word(&["name"])?.to_owned()))
    };
    let port = |n: &Node| Some((n.word(&["name"]).unwrap_or_default().to_owned(), n.port(&["port"])?));
    Endpoint {
        addresses: addresses.iter().filter_map(|a| a.parse().ok()).collect(),
        pod: target.and_then(named),
        mutual: None,
        ports: ports.list(&["ports"]).iter().filter(|n| is_tcp(n)).filter_map(port).collect(),
    }
}

/// Puts what lies behind Services where they have no selector: of others, the cluster writes it by their selector.
pub(super) fn put_behind(mesh: &mut Mesh, all: Vec<Behind>) {
    for (namespace, name, endpoint) in all {
        let is = |s: &&mut Service| {
            s.meta.namespace == namespace
                && s.meta.name == name
                && s.own_host.is_none()
                && s.selector.is_none()
        };
        if let Some(service) = mesh.services.iter_mut().find(is) {
            service.endpoints.push(endpoint);
        }
    }
}
