//! Network policies below the mesh: they select by the labels that injection adds, too.

use serde_json::{Map, Value, json};

use super::{Choices, TEAMS, TIERS, World, object};

pub(super) fn policies(c: &mut Choices, world: &World) -> Vec<Value> {
    let many = c.below(4);
    let mut all = Vec::new();
    for n in 0..many {
        let Some(workload) = world.workload(c) else { continue };
        let mut spec = Map::new();
        spec.insert("podSelector".to_owned(), pods(c, world));
        let (mut ingress, mut egress) = (c.below(5) < 4, c.once_in(3));
        if !ingress && !egress {
            (ingress, egress) = (true, false);
        }
        if ingress {
            spec.insert("ingress".to_owned(), c.many(0, 2, |c| rule(c, world, "from")).into());
        }
        if egress {
            spec.insert("egress".to_owned(), c.many(0, 2, |c| rule(c, world, "to")).into());
        }
        // Left out, egress counts only where it has rules.
        let types = match (ingress, egress, c.below(3)) {
            (_, _, 0) => None,
            (true, true, _) => Some(json!(["Ingress", "Egress"])),
            (true, false, _) => Some(json!(["Ingress"])),
            (false, _, _) => Some(json!(["Egress"])),
        };
        if let Some(types) = types {
            spec.insert("policyTypes".to_owned(), types);
        }
        let name = format!("np{n}");
        all.push(object("networking.k8s.io/v1", "NetworkPolicy", &workload.namespace, &name, spec));
    }
    all
}

/// A selector of pods. `NotIn` asks only for keys that every pod has: whoever judges these policies there takes a pod
/// without the key for one that it does not select.
fn pods(c: &mut Choices, world: &World) -> Value {
    let app = world.workload(c).map(|w| w.name.clone()).unwrap_or_default();
    match c.below(8) {
        0 => json!({}),
        1 => json!({"matchLabels": {"app": app}}),
        2 => json!({"matchLabels": {"tier": c.of(&TIERS)}}),
        3 => json!({"matchLabels": {"security.istio.io/tlsMode": "istio"}}),
        4 => {
            json!({"matchExpressions": [{"key": "app", "operator": c.of(&["NotIn", "In"]), "values": [app]}]})
        }
        5 => {
            let key = c.of(&["security.istio.io/tlsMode", "version", "sidecar.istio.io/inject"]);
            json!({"matchExpressions": [{"key": key, "operator": c.of(&["Exists", "DoesNotExist"])}]})
        }
        6 => json!({"matchLabels": {"service.istio.io/canonical-name": app}}),
        _ => json!({"matchLabels": {"service.istio.io/canonical-revision": c.of(&["latest", "v1"])}}),
    }
}

fn namespaces(c: &mut Choices, world: &World) -> Value {
    match c.below(6) {
        0 => json!({}),
        1 => json!({"matchLabels": {"team": c.of(&TEAMS)}}),
        2 => json!({"matchLabels": {"istio-injection": "enabled"}}),
        3 => json!({"matchLabels": {"kubernetes.io/metadata.name": world.namespace(c)}}),
        4 => {
            let key = c.of(&["istio-injection", "istio.io/rev"]);
            json!({"matchExpressions": [{"key": key, "operator": c.of(&["Exists", "DoesNotExist"])}]})
        }
        _ => json!({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": [c.of(&TEAMS)]}]}),
    }
}

fn rule(c: &mut Choices, world: &World, peers: &str) -> Value {
    let mut rule = Map::new();
    if !c.once_in(5) {
        rule.insert(peers.to_owned(), c.many(1, 2, |c| peer(c, world)).into());
    }
    if c.once_in(3) {
        rule.insert("ports".to_owned(), c.many(1, 2, |c| port(c, world)).into());
    }
    rule.into()
}

fn peer(c: &mut Choices, world: &World) -> Value {
    match c.below(10) {
        0..=2 => json!({"podSelector": pods(c, world)}),
        3..=5 => json!({"namespaceSelector": namespaces(c, world)}),
        6..=8 => json!({"namespaceSelector": namespaces(c, world), "podSelector": pods(c, world)}),
        // No pod is there.
        _ => json!({"ipBlock": {"cidr": "192.0.2.0/24"}}),
    }
}

fn port(c: &mut Choices, world: &World) -> Value {
    let Some(workload) = world.workload(c) else { return json!({}) };
    let Some(port) = c.one(&workload.ports) else { return json!({}) };
    match c.below(8) {
        0 | 1 => json!({"port": port.number}),
        2 => json!({"port": port.name.clone().map_or(json!(port.number), Value::from)}),
        3 => json!({"port": 8000, "endPort": 9000}),
        // That of the Service: packets carry that of the pod.
        4 => json!({"port": port.dialled}),
        5 => json!({"protocol": "UDP", "port": 53}),
        6 => json!({"protocol": "TCP"}),
        // Ports of sidecars, which no packet of a client carries.
        _ => json!({"port": c.one(&[15006, 15001, 15008])}),
    }
}
