//! Namespaces and pods: who gets a sidecar, and what it leaves alone.

use serde_json::{Map, Value, json};

use super::{Choices, Port, Speaks, TEAMS, TIERS, Workload, World};

/// The labels by which a namespace asks for injection. The installation has one revision, `default`.
const ASKS: [&[(&str, &str)]; 12] = [
    &[("istio-injection", "enabled")],
    &[("istio-injection", "enabled")],
    &[("istio-injection", "enabled")],
    &[],
    &[],
    &[("istio.io/rev", "default")],
    &[("istio-injection", "disabled")],
    &[("istio-injection", "enabled"), ("istio.io/rev", "default")],
    &[("istio-injection", "enabled"), ("istio.io/rev", "canary")],
    &[("istio-injection", "disabled"), ("istio.io/rev", "default")],
    &[("istio.io/rev", "canary")],
    &[("istio-injection", "enabled")],
];

pub(super) fn namespaces(c: &mut Choices, world: &World) -> Vec<Value> {
    let mut all = Vec::new();
    for name in &world.namespaces {
        let mut labels = pairs(c.one(&ASKS).copied().unwrap_or_default());
        labels.insert("team".to_owned(), c.of(&TEAMS).into());
        all.push(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels},
        }));
    }
    all
}

pub(super) fn workload(c: &mut Choices, n: usize, namespaces: &[String]) -> Workload {
    let kinds = [
        (Speaks::Http, 8080),
        (Speaks::Tcp, 9000),
        (Speaks::Http, 8888),
        (Speaks::Http2, 9080),
        (Speaks::Http, 3306),
    ];
    let first = c.below(kinds.len());
    let many = 1 + c.below(3);
    let ports = kinds.iter().cycle().skip(first).take(many);
    let ports = ports.map(|(speaks, number)| port(c, n, *speaks, *number)).collect();
    Workload {
        name: format!("w{n}"),
        namespace: c.one(namespaces).cloned().unwrap_or_default(),
        account: if c.below(2) == 0 { "default".to_owned() } else { format!("sa{n}") },
        tier: if c.below(2) == 0 { TIERS[0] } else { TIERS[1] },
        ports,
        served: !c.once_in(10),
    }
}

fn port(c: &mut Choices, n: usize, speaks: Speaks, number: u16) -> Port {
    let dialled = match c.below(4) {
        0 | 1 => number,
        2 => number + 1,
        _ if number == 8080 => 80 + u16::try_from(n).unwrap_or_default(),
        _ => number,
    };
    Port { speaks, number, name: (c.below(2) == 1).then(|| format!("p{number}")), dialled }
}

pub(super) fn pods(c: &mut Choices, world: &mut World) -> Vec<Value> {
    let with_addresses = !c.once_in(4);
    let mut all = Vec::new();
    for (n, workload) in world.workloads.iter().enumerate() {
        let mut template = Map::new();
        template.insert("labels".to_owned(), labels(c, workload).into());
        let annotations = annotations(c);
        if !annotations.is_empty() {
            template.insert("annotations".to_owned(), annotations.into());
        }
        let spec = json!({
            "serviceAccountName": workload.account,
            "containers": [{"name": "c", "image": "x", "ports": declared(c, workload)}],
        });
        all.push(if with_addresses {
            // The addresses that pods get there, in the order in which they start.
            let status = json!({"podIP": format!("10.244.{}.2", 10 + n)});
            template.insert("name".to_owned(), workload.name.as_str().into());
            template.insert("namespace".to_owned(), workload.namespace.as_str().into());
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": template, "spec": spec, "status": status})
        } else {
            let template = json!({"metadata": template, "spec": spec});
            json!({
                "apiVersion": "apps/v1", "kind": c.of(&["Deployment", "StatefulSet", "DaemonSet"]),
                "metadata": {"name": workload.name, "namespace": workload.namespace},
                "spec": {"selector": {"matchLabels": {"app": workload.name}}, "template": template},
            })
        });
    }
    all
}

fn labels(c: &mut Choices, workload: &Workload) -> Map<String, Value> {
    let mut all = pairs(&[("app", &workload.name), ("tier", workload.tier)]);
    let more: [(usize, &str, &[&str]); 5] = [
        (5, "sidecar.istio.io/inject", &["false", "true", "true", "TRUE"]),
        (14, "istio.io/rev", &["default", "canary"]),
        (14, "security.istio.io/tlsMode", &["disabled", "istio"]),
        (12, "version", &["v1"]),
        (14, "app.kubernetes.io/name", &["shop"]),
    ];
    for (rarity, key, values) in more {
        if c.once_in(rarity) {
            all.insert(key.to_owned(), c.of(values).into());
        }
    }
    all
}

fn annotations(c: &mut Choices) -> Map<String, Value> {
    let mut all = Map::new();
    let more: [(usize, &str, &[&str]); 5] = [
        (8, "traffic.sidecar.istio.io/excludeInboundPorts", &["8080", "9000", "8888", "8080,9080"]),
        (8, "traffic.sidecar.istio.io/excludeOutboundPorts", &["8080", "9000", "8888,81", "9001,82,83"]),
        (14, "traffic.sidecar.istio.io/includeInboundPorts", &["8080,9000", "*", "8888"]),
        (12, "sidecar.istio.io/inject", &["true", "false"]),
        (12, "sidecar.istio.io/nativeSidecar", &["true"]),
    ];
    for (rarity, key, values) in more {
        if c.once_in(rarity) {
            all.insert(key.to_owned(), c.of(values).into());
        }
    }
    all
}

/// The ports that the container declares: all with names, some without, and some ports not at all.
fn declared(c: &mut Choices, workload: &Workload) -> Vec<Value> {
    let mut all = Vec::new();
    for port in &workload.ports {
        match &port.name {
            Some(name) => all.push(json!({"containerPort": port.number, "name": name})),
            None if c.below(3) > 0 => all.push(json!({"containerPort": port.number})),
            None => {}
        }
    }
    all
}

fn pairs(all: &[(&str, &str)]) -> Map<String, Value> {
    all.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect()
}
