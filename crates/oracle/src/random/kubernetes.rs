//! Pods, selectors and policies of Kubernetes.

use serde_json::{Value, json};

use super::{Choices, HOMES, KEYS, Kinds, NAMESPACES, VALUES};

pub(super) fn labels(c: &mut Choices) -> Value {
    let mut all = serde_json::Map::new();
    for key in KEYS {
        if !c.once_in(3) {
            all.insert(key.to_owned(), c.of(&VALUES).into());
        }
    }
    all.into()
}

pub(super) fn pod(c: &mut Choices, n: usize, kinds: Kinds) -> Value {
    let namespace = c.of(&HOMES);
    let labels = labels(c);
    let ports = c.many(0, 3, |c| {
        json!({
            "name": c.of(&["http", "dns", "web"]),
            "protocol": c.of(&["TCP", "UDP", "SCTP"]),
            "containerPort": c.below(2) + 80,
        })
    });
    // A container has a name once.
    let mut names = std::collections::BTreeSet::new();
    let ports: Vec<Value> =
        ports.into_iter().filter(|p| names.insert(p.get("name").map(ToString::to_string))).collect();
    let account = c.of(&["default", "s"]);
    let host = kinds != Kinds::Kubernetes && c.once_in(15);
    let spec = json!({
        "serviceAccountName": account, "hostNetwork": host, "containers": [{"name": "c", "image": "i", "ports": ports}],
    });
    let metadata = json!({"namespace": namespace, "name": format!("p{n}"), "labels": labels});
    if c.below(2) == 0 {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec});
        if let Some(object) = pod.as_object_mut().filter(|_| c.below(2) == 0) {
            object.insert("status".to_owned(), json!({"podIP": format!("10.0.0.{}", n + 1)}));
        }
        return pod;
    }
    json!({
        "apiVersion": "apps/v1", "kind": c.of(&["Deployment", "StatefulSet", "DaemonSet"]), "metadata": metadata,
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
    })
}

/// A selector of Kubernetes.
pub(super) fn selector(c: &mut Choices) -> Value {
    let key = c.of(&KEYS);
    let value = c.of(&VALUES);
    match c.below(10) {
        0..=2 => json!({}),
        3..=5 => json!({"matchLabels": {key: value}}),
        6 => json!({"matchExpressions": [{"key": key, "operator": "In", "values": [value, c.of(&VALUES)]}]}),
        7 => json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": [value]}]}),
        8 => json!({"matchExpressions": [{"key": key, "operator": c.of(&["Exists", "DoesNotExist"])}]}),
        _ => json!({
            "matchLabels": {key: value},
            "matchExpressions": [{"key": c.of(&KEYS), "operator": c.of(&["Exists", "DoesNotExist"])}],
        }),
    }
}

/// A selector of namespaces, which also knows them by name.
pub(super) fn namespaces(c: &mut Choices) -> Value {
    if c.below(3) == 0 {
        return json!({"matchLabels": {"kubernetes.io/metadata.name": c.of(&NAMESPACES)}});
    }
    selector(c)
}

pub(super) fn network_policy(c: &mut Choices, n: usize) -> Value {
    let mut spec = serde_json::Map::new();
    if c.below(6) != 5 {
        spec.insert("podSelector".to_owned(), selector(c));
    }
    let types = c.below(5);
    if types > 0 {
        let types = [json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"]), json!([])];
        let at = c.below(types.len());
        spec.insert("policyTypes".to_owned(), types.get(at).cloned().unwrap_or_default());
    }
    for (key, peers) in [("ingress", "from"), ("egress", "to")] {
        if c.below(4) == 0 {
            continue;
        }
        let rules = c.many(0, 2, |c| {
            let mut rule = serde_json::Map::new();
            if !c.once_in(5) {
                rule.insert(peers.to_owned(), c.many(0, 2, peer).into());
            }
            if c.below(2) == 1 {
                rule.insert("ports".to_owned(), c.many(0, 2, port).into());
            }
            rule.into()
        });
        spec.insert(key.to_owned(), rules.into());
    }
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": c.of(&HOMES), "name": format!("np{n}")}, "spec": spec,
    })
}

fn peer(c: &mut Choices) -> Value {
    match c.below(5) {
        0 => json!({"podSelector": selector(c)}),
        1 => json!({"namespaceSelector": namespaces(c)}),
        2 => json!({"namespaceSelector": namespaces(c), "podSelector": selector(c)}),
        _ => {
            let blocks = [
                json!({"cidr": "1.2.3.0/24"}),
                json!({"cidr": "1.2.0.0/16", "except": ["1.2.3.0/24"]}),
                json!({"cidr": "0.0.0.0/0", "except": ["1.2.3.4/32"]}),
                json!({"cidr": "10.0.0.0/8"}),
                json!({"cidr": "2001:db8::/32"}),
                json!({"cidr": "::/0"}),
            ];
            let at = c.below(blocks.len());
            json!({"ipBlock": blocks.get(at)})
        }
    }
}

fn port(c: &mut Choices) -> Value {
    let protocol = c.of(&["TCP", "UDP", "SCTP"]);
    match c.below(6) {
        0 => json!({"protocol": protocol, "port": 80}),
        1 => json!({"port": 81}),
        2 => json!({"protocol": protocol, "port": 53, "endPort": 80}),
        3 => json!({"protocol": protocol}),
        4 => json!({"protocol": protocol, "port": c.of(&["http", "dns", "web", "none"])}),
        _ => json!({"port": c.of(&["http", "web"])}),
    }
}
