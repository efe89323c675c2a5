//! What clients' sidecars know, and where they send requests: `Sidecar`, `VirtualService`, `ServiceEntry`.

use serde_json::{Map, Value, json};

use super::{Choices, ROOT, Speaks, World, object};

const NETWORKING: &str = "networking.istio.io/v1";

pub(super) fn all(c: &mut Choices, world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    if c.once_in(4) {
        // Only one of a namespace may go without a selector.
        let namespace = if c.once_in(6) { ROOT.to_owned() } else { world.namespace(c) };
        all.push(object(NETWORKING, "Sidecar", &namespace, "s0", sidecar(c, world)));
    }
    if let Some(workload) = world.workload(c).filter(|_| c.once_in(6)) {
        let mut spec = sidecar(c, world);
        spec.insert("workloadSelector".to_owned(), json!({"labels": {"app": workload.name}}));
        all.push(object(NETWORKING, "Sidecar", &workload.namespace, "s1", spec));
    }
    if c.once_in(5) {
        all.extend(route(c, world));
    }
    if c.once_in(6) {
        all.push(object(NETWORKING, "ServiceEntry", &world.namespace(c), "e0", entry(c)));
    }
    all
}

fn sidecar(c: &mut Choices, world: &World) -> Map<String, Value> {
    let mut hosts: Vec<String> = world.namespaces.iter().map(|n| format!("{n}/*")).collect();
    hosts.push(format!("{ROOT}/*"));
    if let Some(workload) = world.workload(c) {
        hosts.push(format!("{}/{}", workload.namespace, workload.host()));
    }
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    // What is all of the mesh, or all of the own namespace, stands alone: nothing may be named twice.
    let hosts = match c.below(6) {
        0 => c.some(&["*/*"], 1),
        1 | 2 => c.some(&["./*"], 1),
        _ => c.some(&hosts, 3),
    };
    let mut spec = Map::new();
    if c.below(2) == 0 {
        let mode = c.of(&["REGISTRY_ONLY", "ALLOW_ANY"]);
        spec.insert("outboundTrafficPolicy".to_owned(), json!({"mode": mode}));
    }
    spec.insert("egress".to_owned(), json!([{"hosts": hosts}]));
    spec
}

/// Requests of some methods or paths go to where they would go anyway; all others get a 404 from the client's sidecar.
fn route(c: &mut Choices, world: &World) -> Option<Value> {
    let http = |w: &&super::Workload| w.served && w.ports.iter().any(|p| p.speaks == Speaks::Http);
    let served: Vec<&super::Workload> = world.workloads.iter().filter(http).collect();
    let workload = c.one(&served)?;
    let mut http = Map::new();
    let matches = c.many(0, 2, |c| match c.below(4) {
        0 => json!({"method": {"exact": c.of(&["GET", "POST"])}}),
        1 => json!({"uri": {"prefix": c.of(&["/", "/x", "/y"])}}),
        2 => json!({"uri": {"exact": c.of(&["/x", "/"])}}),
        _ => json!({"method": {"exact": "GET"}, "uri": {"prefix": "/"}}),
    });
    if !matches.is_empty() {
        http.insert("match".to_owned(), matches.into());
    }
    http.insert("route".to_owned(), json!([{"destination": {"host": workload.host()}}]));
    let mut spec = Map::new();
    spec.insert("hosts".to_owned(), json!([workload.host()]));
    spec.insert("http".to_owned(), json!([http]));
    if c.once_in(4) {
        spec.insert("exportTo".to_owned(), json!([c.of(&[".", "*", "n0"])]));
    }
    let namespace = if c.below(3) == 2 { world.namespace(c) } else { workload.namespace.clone() };
    Some(object(NETWORKING, "VirtualService", &namespace, "v0", spec))
}

/// Somebody outside, on a port that pods have too.
fn entry(c: &mut Choices) -> Map<String, Value> {
    let (name, protocol) = if c.below(2) == 0 { ("http", "HTTP") } else { ("tcp", "TCP") };
    let port = json!({"number": c.one(&[8080, 9000, 80]), "name": name, "protocol": protocol});
    let mut spec = Map::new();
    spec.insert("hosts".to_owned(), json!(["example.com"]));
    spec.insert("addresses".to_owned(), json!(["192.0.2.0/24"]));
    spec.insert("ports".to_owned(), json!([port]));
    spec.insert("resolution".to_owned(), "NONE".into());
    spec.insert("location".to_owned(), "MESH_EXTERNAL".into());
    spec
}
