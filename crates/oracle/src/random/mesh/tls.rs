//! Encryption: what servers demand, and what clients do.

use serde_json::{Map, Value, json};

use super::{Choices, ROOT, Workload, World, object};

const SECURITY: &str = "security.istio.io/v1";
const NETWORKING: &str = "networking.istio.io/v1";

pub(super) fn peers(c: &mut Choices, world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    let mut add = |namespace: &str, spec| {
        let name = format!("p{:02}", all.len());
        all.push(object(SECURITY, "PeerAuthentication", namespace, &name, spec));
    };
    if c.once_in(4) {
        add(ROOT, demanded(c));
    }
    for namespace in &world.namespaces {
        if c.once_in(3) {
            add(namespace, demanded(c));
        }
        // Of two at one place the older one counts.
        if c.once_in(10) {
            add(namespace, demanded(c));
        }
    }
    for workload in &world.workloads {
        for rarity in [4, 10] {
            if c.once_in(rarity) {
                let namespace = if c.once_in(12) { ROOT } else { &workload.namespace };
                add(namespace, of_workload(c, workload));
            }
        }
    }
    all
}

fn mode(c: &mut Choices) -> Value {
    json!({"mode": c.of(&["STRICT", "PERMISSIVE", "STRICT", "DISABLE", "UNSET"])})
}

/// Without a mode at all it is as if it were unset.
fn demanded(c: &mut Choices) -> Map<String, Value> {
    let mut spec = Map::new();
    if !c.once_in(10) {
        spec.insert("mtls".to_owned(), mode(c));
    }
    spec
}

fn of_workload(c: &mut Choices, workload: &Workload) -> Map<String, Value> {
    let mut spec = demanded(c);
    spec.insert("selector".to_owned(), workload.selector(c));
    if c.below(2) == 1 {
        let mut ports = Map::new();
        for port in &workload.ports {
            if c.below(2) == 0 {
                // Ports are those of the pod; that of the Service means nothing.
                let number = if c.once_in(8) { port.dialled } else { port.number };
                ports.insert(number.to_string(), mode(c));
            }
        }
        if !ports.is_empty() {
            spec.insert("portLevelMtls".to_owned(), ports.into());
        }
    }
    spec
}

pub(super) fn rules(c: &mut Choices, world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    for workload in world.workloads.iter().filter(|w| w.served) {
        for rarity in [4, 8] {
            if c.once_in(rarity) {
                let namespace = match c.below(4) {
                    0 => workload.namespace.clone(),
                    1 | 2 => world.namespace(c),
                    _ => ROOT.to_owned(),
                };
                let name = format!("d{:02}", all.len());
                all.push(object(NETWORKING, "DestinationRule", &namespace, &name, rule(c, world, workload)));
            }
        }
    }
    all
}

fn rule(c: &mut Choices, world: &World, workload: &Workload) -> Map<String, Value> {
    let host = match c.below(8) {
        0..=4 => workload.host(),
        5 => format!("*.{}.svc.cluster.local", workload.namespace),
        6 => c.of(&["*.local", "*"]).to_owned(),
        // A short name is one of the rule's own namespace.
        _ => workload.name.clone(),
    };
    let mut spec = Map::new();
    spec.insert("host".to_owned(), host.into());
    spec.insert("trafficPolicy".to_owned(), traffic(c, workload));
    let client = world.workload(c).filter(|_| c.once_in(8));
    if c.once_in(6) {
        // A rule for some workloads is for those of its own namespace.
        let whom: &[&str] = if client.is_some() { &["."] } else { &[".", "*", "n0"] };
        spec.insert("exportTo".to_owned(), json!([c.of(whom)]));
    }
    if let Some(client) = client {
        spec.insert("workloadSelector".to_owned(), client.selector(c));
    }
    spec
}

fn tls(c: &mut Choices) -> Value {
    json!({"mode": c.of(&["DISABLE", "ISTIO_MUTUAL", "SIMPLE"])})
}

fn traffic(c: &mut Choices, workload: &Workload) -> Value {
    let mut all = Map::new();
    let shape = c.below(5);
    if matches!(shape, 0 | 1 | 3) {
        all.insert("tls".to_owned(), tls(c));
    }
    if matches!(shape, 2 | 3) {
        let number = c.one(&workload.ports).map(|p| if c.once_in(6) { p.number } else { p.dialled });
        let mut port = json!({"port": {"number": number}});
        if let Some(port) = port.as_object_mut() {
            match c.below(4) {
                0..=2 => _ = port.insert("tls".to_owned(), tls(c)),
                _ => _ = port.insert("connectionPool".to_owned(), pool()),
            }
        }
        all.insert("portLevelSettings".to_owned(), json!([port]));
    }
    if shape == 4 {
        all.insert("connectionPool".to_owned(), pool());
    }
    all.into()
}

fn pool() -> Value {
    json!({"tcp": {"maxConnections": 100}})
}
