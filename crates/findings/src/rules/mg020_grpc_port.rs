//! MG020: a port that speaks gRPC by a name that says something else.

use meshgen_mesh::{Pod, Protocol, Service, ServicePort};
use meshgen_yaml::Node;

use crate::{Fields, Hit, Rule, Seen, Severity, pods::containers};

pub(super) const RULE: Rule = Rule {
    code: "MG020",
    slug: "grpc-port",
    title: "a port that speaks gRPC is named for something else",
    severity: Severity::Warning,
    why: "What a sidecar takes a port for, the name of the Service's port says, or its `appProtocol`. As `tcp` it balances \
          connections and not calls, so one server gets all the calls of a long connection, and no call is told apart by \
          path or method. As `http` it speaks HTTP/1.1 to the server, which gRPC is not.",
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
    let mut behind = seen.sidecars().filter(|(n, pod)| {
        let labels = seen.mesh().labels(*n);
        labels.is_some_and(|labels| service.selects(pod, labels))
    });
    let (pod, why) = behind.find_map(|(n, pod)| Some((n, speaks_grpc(seen, n, pod, port)?)))?;
    let name = port.name.as_deref().unwrap_or_default();
    let said = format!(
        "port {} of the Service is {} to the mesh, but `{}` speaks gRPC there ({why}): {lost}",
        port.number,
        called(port),
        seen.called(pod)
    );
    let way_out = format!(
        "name it `grpc-{}`, or set `appProtocol: grpc`",
        name.split_once('-').map_or(name, |(_, rest)| rest)
    );
    let way_out = if name.is_empty() || name == "tcp" { "name it `grpc`".to_owned() } else { way_out };
    let hit = Hit::about(document, said, way_out);
    let written = document.node.list(&["spec", "ports"]).iter();
    let written = written.filter(|n| n.text(&["port"]) == Some(port.number.to_string().as_str()));
    let place = written.map(|n| n.place).next();
    Some(match place {
        Some(place) => hit.at(place),
        None => hit,
    })
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
    let mut named = named.filter(|name| name.starts_with("grpc"));
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
