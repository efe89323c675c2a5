//! MG020: a port that speaks gRPC by a name that says something else.

use meshgen_mesh::{Pod, Protocol, Service, ServicePort};
use meshgen_yaml::Node;

use crate::{
    Document, Fields, Hit, Rule, Seen, Severity,
    pods::{containers, text},
};

pub(super) const RULE: Rule = Rule {
    code: "MG020",
    slug: "grpc-port",
    title: "a port that speaks gRPC is named for something else",
    severity: Severity::Warning,
    why: "What a sidecar takes a port for, the name of the Service's port says, or its `appProtocol`. As `tcp` it balances \
          connections and not calls, so one server gets all the calls of a long connection, and no call is told apart by \
          path or method. As `http` it speaks HTTP/1.1 to the server, which gRPC is not, unless a rule or the mesh says that \
          it is to speak HTTP/2 (`h2UpgradePolicy`).",
    way_out: "Name the Service's port `grpc` or `grpc-…`, or set `appProtocol: grpc`.",
    sources: &[
        "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
        "https://kubernetes.io/blog/2018/11/07/grpc-load-balancing-on-kubernetes-without-tears/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let services = &seen.mesh().services;
    let ports = services.iter().flat_map(|s| s.ports.iter().filter(|p| p.tcp).map(move |p| (s, p)));
    ports.filter_map(|(service, port)| misnamed(seen, service, port)).collect()
}

fn misnamed(seen: &Seen<'_>, service: &Service, port: &ServicePort) -> Option<Hit> {
    let document = seen.document(service.meta.place)?;
    let lost = lost(port)?;
    // As HTTP/2 after all, gRPC is not lost.
    if Protocol::of(port) == Protocol::Http && is_upgraded(seen, service) {
        return None;
    }
    let mut behind = seen.sidecars().filter(|(n, pod)| {
        let labels = seen.mesh().labels(*n);
        labels.is_some_and(|labels| service.selects(pod, labels))
    });
    let (pod, why) = behind.find_map(|(n, pod)| Some((n, speaks_grpc(seen, n, pod, port)?)))?;
    let said = format!(
        "port {} of the Service is {} to the mesh, but `{}` speaks gRPC there ({why}): {lost}",
        port.number,
        called(port),
        seen.called(pod)
    );
    let hit = Hit::about(document, said, instead(port));
    let written = document.node.list(&["spec", "ports"]).iter();
    let written = written.filter(|n| n.text(&["port"]) == Some(port.number.to_string().as_str()));
    let place = written.map(|n| n.place).next();
    Some(match place {
        Some(place) => hit.at(place),
        None => hit,
    })
}

/// What to write: `appProtocol` counts more than a name, so where there is one a name does not help.
fn instead(port: &ServicePort) -> String {
    let name = port.name.as_deref().unwrap_or_default();
    let (first, rest) = name.split_once('-').unwrap_or((name, ""));
    let says = Protocol::word(first) != Protocol::Detected;
    match (port.app_protocol.is_some(), if says { rest } else { name }) {
        (true, _) => "set `appProtocol: grpc`, which counts more than its name".to_owned(),
        (false, "") => "name it `grpc`, or set `appProtocol: grpc`".to_owned(),
        (false, rest) => format!("name it `grpc-{rest}`, or set `appProtocol: grpc`"),
    }
}

/// Whether sidecars may speak HTTP/2 to a Service although its port says HTTP: for all of the mesh, or by a rule.
///
/// Source: `istio/api`, `mesh/v1alpha1/config.proto` and `networking/v1alpha3/destination_rule.proto`.
fn is_upgraded(seen: &Seen<'_>, service: &Service) -> bool {
    let of_mesh = |d: &Document| match d.object.kind.as_str() {
        "IstioOperator" => d.node.text(&["spec", "meshConfig", POLICY]) == Some("UPGRADE"),
        "ConfigMap" => {
            let named = d.object.name == "istio" || d.object.name.starts_with("istio-");
            let mesh = d.node.text(&["data", "mesh"]).filter(|_| named).unwrap_or_default();
            mesh.lines().any(|line| {
                line.split('#').next().is_some_and(|l| l.contains(POLICY) && l.contains(": UPGRADE"))
            })
        }
        "DestinationRule" => {
            let (host, own) = (d.node.text(&["spec", "host"]).unwrap_or_default(), &service.meta.name);
            (host == own || host.starts_with(&format!("{own}.")) || host.contains('*'))
                && says_upgrade(&d.node)
        }
        _ => false,
    };
    seen.documents.iter().any(of_mesh)
}

const POLICY: &str = "h2UpgradePolicy";

/// Whether something in a rule asks for HTTP/2, or for what the client speaks.
fn says_upgrade(node: &Node) -> bool {
    let asks = |key: &str, value: Option<&str>| {
        (key == POLICY && value == Some("UPGRADE")) || (key == "useClientProtocol" && value == Some("true"))
    };
    let mut entries = node.entries().iter();
    entries.any(|e| asks(&e.key.text, text(&e.value)) || says_upgrade(&e.value))
        || node.items().iter().any(says_upgrade)
}

fn called(port: &ServicePort) -> String {
    let word = port.app_protocol.as_deref().or(port.name.as_deref());
    word.map_or_else(|| "without a name".to_owned(), |word| format!("`{word}`"))
}

/// What is lost, if the name says something else than gRPC. What has no such name is detected, and gRPC is.
fn lost(port: &ServicePort) -> Option<&'static str> {
    let word = port.app_protocol.as_deref().or(port.name.as_deref()).unwrap_or_default();
    let first = word.split('-').next().unwrap_or_default();
    match Protocol::of(port) {
        Protocol::Tcp => Some("connections are balanced, and not calls"),
        Protocol::Http if first.eq_ignore_ascii_case("http") => {
            Some("sidecars speak HTTP/1.1 to it, which gRPC is not")
        }
        Protocol::Http | Protocol::Tls | Protocol::Detected => None,
    }
}

/// Why a port of a pod is taken to speak gRPC.
fn speaks_grpc(seen: &Seen<'_>, number: usize, pod: &Pod, port: &ServicePort) -> Option<String> {
    let target = port.on(pod)?;
    let named = pod.ports.iter().filter(|p| p.tcp && p.number == target).filter_map(|p| p.name.as_deref());
    // gRPC-Web is made for HTTP/1.1.
    let mut named = named.filter(|name| name.starts_with("grpc") && !name.starts_with("grpc-web"));
    if let Some(name) = named.next() {
        return Some(format!("its container calls the port `{name}`"));
    }
    let (_, template) = seen.template(number)?;
    let probed = containers(template).any(|c| probes(c).any(|p| p == target.to_string()));
    probed.then(|| "its probe says so".to_owned())
}

fn probes(container: &Node) -> impl Iterator<Item = &str> {
    let keys = ["livenessProbe", "readinessProbe", "startupProbe"];
    keys.into_iter().filter_map(|key| container.text(&[key, "grpc", "port"]))
}
