//! Services: what their ports are called decides what sidecars take them for.

use serde_json::{Map, Value, json};

use super::{Choices, Port, Speaks, Workload, World};

/// The name and the `appProtocol` of a port. Clients there speak HTTP unless the name, or else `appProtocol`, says
/// otherwise, so a port that speaks TCP always says so.
type Called = (&'static str, Option<&'static str>);

const HTTP: [Called; 9] = [
    ("http", None),
    ("http-web", None),
    ("auto", None),
    ("web", Some("http")),
    ("tcp-web", Some("http")),
    ("web", None),
    ("web", Some("HTTP")),
    ("web", Some("kubernetes.io/ws")),
    ("web", Some("acme.example/x")),
];
const HTTP2: [Called; 6] = [
    ("grpc", None),
    ("http2", None),
    ("grpc-x", None),
    ("h", Some("kubernetes.io/h2c")),
    ("h", Some("grpc")),
    ("http-h", Some("http2")),
];
const TCP: [Called; 9] = [
    ("tcp", None),
    ("tcp-x", None),
    ("x", Some("tcp")),
    ("http-x", Some("tcp")),
    ("redis", None),
    ("mysql-x", None),
    ("mongo", None),
    ("tls", None),
    ("https-x", None),
];

pub(super) fn services(c: &mut Choices, world: &mut World) -> Vec<Value> {
    let mut all = Vec::new();
    for workload in world.workloads.iter().filter(|w| w.served) {
        all.push(own(c, workload));
    }
    for (n, workload) in world.workloads.iter().enumerate().filter(|(_, w)| w.served) {
        if c.once_in(6) {
            all.extend(second(c, n, workload));
        }
    }
    if c.once_in(8) {
        let ports = json!([{"name": "http", "port": 8080}]);
        let namespace = world.namespace(c);
        all.push(service(c, "z0", &namespace, json!({"app": "nobody"}), ports, false));
    }
    all
}

/// The Service that is called as the workload is.
fn own(c: &mut Choices, workload: &Workload) -> Value {
    let alone = workload.ports.len() == 1;
    let ports: Vec<Value> = workload.ports.iter().map(|p| port(c, p, p.dialled, alone)).collect();
    // Clients of a headless Service dial the port of the pod.
    let headless = workload.ports.iter().all(|p| p.dialled == p.number) && c.once_in(6);
    let selector = json!({"app": workload.name});
    service(c, &workload.name, &workload.namespace, selector, ports.into(), headless)
}

/// Another Service before the same pod, younger than the first.
fn second(c: &mut Choices, n: usize, workload: &Workload) -> Option<Value> {
    let at = c.one(&workload.ports)?;
    let number = 7000 + u16::try_from(n).unwrap_or_default();
    let ports = json!([port(c, at, number, true)]);
    let selector = match c.below(3) {
        0 => json!({"app": workload.name}),
        1 => json!({"app": workload.name, "tier": workload.tier}),
        // Only injection labels the pod so.
        _ => json!({"service.istio.io/canonical-name": workload.name}),
    };
    Some(service(c, &format!("x{n}"), &workload.namespace, selector, ports, false))
}

fn service(
    c: &mut Choices,
    name: &str,
    namespace: &str,
    selector: Value,
    ports: Value,
    headless: bool,
) -> Value {
    let mut metadata = json!({"name": name, "namespace": namespace});
    if let Some(metadata) = metadata.as_object_mut().filter(|_| c.once_in(12)) {
        let whom = c.of(&[".", "*", "n0", "n0,n1", "~"]);
        metadata.insert("annotations".to_owned(), json!({"networking.istio.io/exportTo": whom}));
    }
    let mut spec = Map::new();
    spec.insert("selector".to_owned(), selector);
    spec.insert("ports".to_owned(), ports);
    if headless {
        spec.insert("clusterIP".to_owned(), "None".into());
    }
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
}

/// A port of a Service; one that is alone needs no name.
fn port(c: &mut Choices, port: &Port, number: u16, alone: bool) -> Value {
    let all: &[Called] = match port.speaks {
        Speaks::Http => &HTTP,
        Speaks::Http2 => &HTTP2,
        Speaks::Tcp => &TCP,
    };
    let (name, protocol) = c.one(all).copied().unwrap_or_default();
    let mut told = Map::new();
    told.insert("port".to_owned(), number.into());
    if !(alone && name == "auto") {
        // Names are told apart by what follows the protocol.
        let name = if alone { name.to_owned() } else { format!("{name}-{}", port.number) };
        told.insert("name".to_owned(), name.into());
    }
    if let Some(protocol) = protocol {
        told.insert("appProtocol".to_owned(), protocol.into());
    }
    if let Some(name) = port.name.as_ref().filter(|_| c.below(2) == 1) {
        told.insert("targetPort".to_owned(), name.as_str().into());
    } else if number != port.number {
        told.insert("targetPort".to_owned(), port.number.into());
    }
    told.into()
}
