//! `AdminNetworkPolicy`, `BaselineAdminNetworkPolicy`, `ClusterNetworkPolicy`.

use serde_json::{Value, json};

use super::{
    CIDRS, Choices,
    kubernetes::{namespaces, selector},
};

fn subject(c: &mut Choices) -> Value {
    if c.below(2) == 0 {
        return json!({"namespaces": namespaces(c)});
    }
    json!({"pods": {"namespaceSelector": namespaces(c), "podSelector": selector(c)}})
}

pub(super) fn networks(c: &mut Choices) -> Value {
    c.many(1, 2, |c| c.of(&CIDRS).into()).into()
}

fn admin_rules(
    c: &mut Choices,
    egress: bool,
    actions: &[&str],
    ports: fn(&mut Choices) -> (&'static str, Value),
) -> Value {
    let rules =
        c.many(0, 3, |c| {
            let peers = c.many(1, 2, |c| {
                if egress && c.once_in(4) { json!({"networks": networks(c)}) } else { subject(c) }
            });
            let mut rule = serde_json::Map::new();
            rule.insert("action".to_owned(), c.of(actions).into());
            rule.insert(if egress { "to" } else { "from" }.to_owned(), peers.into());
            if c.below(2) == 1 {
                let (key, ports) = ports(c);
                rule.insert(key.to_owned(), ports);
            }
            rule.into()
        });
    rules.into()
}

fn older_ports(c: &mut Choices) -> (&'static str, Value) {
    let ports = c.many(1, 2, |c| {
        let protocol = c.of(&["TCP", "UDP", "SCTP"]);
        match c.below(3) {
            0 => json!({"portNumber": {"protocol": protocol, "port": c.below(2) + 80}}),
            1 => json!({"portRange": {"protocol": protocol, "start": 53, "end": 80}}),
            _ => json!({"namedPort": c.of(&["http", "dns", "web"])}),
        }
    });
    ("ports", ports.into())
}

fn newer_ports(c: &mut Choices) -> (&'static str, Value) {
    let ports = c.many(1, 2, |c| {
        let protocol = c.of(&["tcp", "udp", "sctp"]);
        match c.below(3) {
            0 => json!({protocol: {"destinationPort": {"number": c.below(2) + 80}}}),
            1 => json!({protocol: {"destinationPort": {"range": {"start": 53, "end": 80}}}}),
            _ => json!({"destinationNamedPort": c.of(&["http", "dns", "web"])}),
        }
    });
    ("protocols", ports.into())
}

pub(super) fn admin_policy(c: &mut Choices, n: usize) -> Value {
    let actions = ["Allow", "Deny", "Pass"];
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy",
        "metadata": {"name": format!("anp{n}")},
        "spec": {
            "priority": c.below(4), "subject": subject(c),
            "ingress": admin_rules(c, false, &actions, older_ports),
            "egress": admin_rules(c, true, &actions, older_ports),
        },
    })
}

pub(super) fn baseline_policy(c: &mut Choices, _: usize) -> Value {
    let actions = ["Allow", "Deny"];
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "BaselineAdminNetworkPolicy",
        "metadata": {"name": "default"},
        "spec": {
            "subject": subject(c),
            "ingress": admin_rules(c, false, &actions, older_ports),
            "egress": admin_rules(c, true, &actions, older_ports),
        },
    })
}

pub(super) fn cluster_policy(c: &mut Choices, n: usize) -> Value {
    let actions = ["Accept", "Deny", "Pass"];
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": {"name": format!("cnp{n}")},
        "spec": {
            "tier": c.of(&["Admin", "Baseline"]), "priority": c.below(4), "subject": subject(c),
            "ingress": admin_rules(c, false, &actions, newer_ports),
            "egress": admin_rules(c, true, &actions, newer_ports),
        },
    })
}
