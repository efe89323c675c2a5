//! Calico's policies, and what they refer to.

use serde_json::{Value, json};

use super::{Choices, HOMES, KEYS, NAMESPACES, VALUES, admin::networks, kubernetes::labels};

/// A selector of Calico.
fn expression(c: &mut Choices, depth: usize) -> String {
    let key = c.of(&["app", "env", "app", "env", "projectcalico.org/namespace"]);
    let value = if key.starts_with("project") { c.of(&NAMESPACES) } else { c.of(&VALUES) };
    match c.below(if depth == 0 { 8 } else { 11 }) {
        0 => format!("{key} == '{value}'"),
        1 => "all()".to_owned(),
        2 => format!("{key} != \"{value}\""),
        3 => format!("has({key})"),
        4 => format!("!has({key})"),
        5 => format!("{key} in {{'{value}', '{}'}}", c.of(&VALUES)),
        6 => format!("{key} not in {{ '{value}' }}"),
        7 => format!("{key} {} '{value}'", c.of(&["contains", "starts with", "ends with"])),
        8 => format!("({}) && {}", expression(c, depth - 1), expression(c, depth - 1)),
        9 => format!("{} || {}", expression(c, depth - 1), expression(c, depth - 1)),
        _ => format!("!({})", expression(c, depth - 1)),
    }
}

/// A selector of namespaces for Calico.
fn spaces(c: &mut Choices) -> String {
    let name = c.of(&NAMESPACES);
    match c.below(5) {
        0 => format!("projectcalico.org/name == '{name}'"),
        1 => format!("kubernetes.io/metadata.name in {{'{name}'}}"),
        2 => "all()".to_owned(),
        3 => "global()".to_owned(),
        _ => {
            let key = c.of(&KEYS);
            format!("{key} == '{}'", c.of(&VALUES))
        }
    }
}

fn entity(c: &mut Choices, with_ports: bool) -> Value {
    let mut all = serde_json::Map::new();
    if c.below(2) == 1 {
        all.insert("selector".to_owned(), expression(c, 1).into());
    }
    if c.once_in(4) {
        all.insert("namespaceSelector".to_owned(), spaces(c).into());
    }
    if c.once_in(6) {
        all.insert("notSelector".to_owned(), expression(c, 0).into());
    }
    if c.once_in(5) {
        all.insert("nets".to_owned(), networks(c));
    }
    if c.once_in(8) {
        all.insert("notNets".to_owned(), networks(c));
    }
    if c.once_in(6) {
        let account =
            if c.below(2) == 0 { json!({"names": ["s"]}) } else { json!({"selector": "team == 'x'"}) };
        all.insert("serviceAccounts".to_owned(), account);
    }
    for key in ["ports", "notPorts"] {
        if with_ports && c.once_in(4) {
            let ports = c.many(1, 2, |c| match c.below(3) {
                0 => json!(c.below(2) + 80),
                1 => json!("53:80"),
                _ => json!(c.of(&["http", "dns", "web"])),
            });
            all.insert(key.to_owned(), ports.into());
        }
    }
    all.into()
}

fn calico_rules(c: &mut Choices) -> Value {
    let rules = c.many(0, 3, |c| {
        let mut rule = serde_json::Map::new();
        rule.insert("action".to_owned(), c.of(&["Allow", "Deny", "Pass", "Log"]).into());
        let protocol = c.below(2) == 1;
        if protocol {
            let at = c.below(4);
            let all = [json!("TCP"), json!("UDP"), json!(132), json!("SCTP")];
            rule.insert("protocol".to_owned(), all.get(at).cloned().unwrap_or_default());
        } else if c.once_in(6) {
            rule.insert("notProtocol".to_owned(), c.of(&["TCP", "UDP"]).into());
        }
        if c.below(2) == 1 {
            rule.insert("source".to_owned(), entity(c, false));
        }
        if c.below(2) == 1 {
            rule.insert("destination".to_owned(), entity(c, protocol));
        }
        rule.into()
    });
    rules.into()
}

fn calico_spec(c: &mut Choices) -> serde_json::Map<String, Value> {
    let mut spec = serde_json::Map::new();
    if c.below(3) > 0 {
        spec.insert("order".to_owned(), json!(c.below(4) * 500));
    }
    if c.once_in(3) {
        spec.insert("tier".to_owned(), c.of(&["early", "late"]).into());
    }
    if c.below(3) > 0 {
        spec.insert("selector".to_owned(), expression(c, 1).into());
    }
    if c.once_in(6) {
        spec.insert("serviceAccountSelector".to_owned(), "team == 'x'".into());
    }
    match c.below(4) {
        1 => _ = spec.insert("types".to_owned(), json!(["Ingress"])),
        2 => _ = spec.insert("types".to_owned(), json!(["Egress"])),
        3 => _ = spec.insert("types".to_owned(), json!(["Ingress", "Egress"])),
        _ => {}
    }
    for key in ["ingress", "egress"] {
        if c.below(3) > 0 {
            spec.insert(key.to_owned(), calico_rules(c));
        }
    }
    spec
}

pub(super) fn calico_policy(c: &mut Choices, n: usize) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": if c.once_in(8) { "StagedNetworkPolicy" } else { "NetworkPolicy" },
        "metadata": {"namespace": c.of(&HOMES), "name": format!("calico{n}")}, "spec": calico_spec(c),
    })
}

pub(super) fn global_policy(c: &mut Choices, n: usize) -> Value {
    let mut spec = calico_spec(c);
    if c.once_in(4) {
        spec.insert(
            "namespaceSelector".to_owned(),
            format!("projectcalico.org/name == '{}'", c.of(&NAMESPACES)).into(),
        );
    }
    let kind = if c.once_in(8) { "StagedGlobalNetworkPolicy" } else { "GlobalNetworkPolicy" };
    json!({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": {"name": format!("global{n}")}, "spec": spec})
}

/// Tiers, sets of networks, service accounts.
pub(super) fn calico_furniture(c: &mut Choices) -> Vec<Value> {
    let mut all = Vec::new();
    for name in ["early", "late"] {
        let default = c.of(&["Deny", "Pass"]);
        let order = if name == "early" { 100 } else { 2_000_000 };
        all.push(json!({
            "apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": name},
            "spec": {"order": order, "defaultAction": default},
        }));
    }
    for namespace in NAMESPACES {
        all.push(json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"namespace": namespace, "name": "s", "labels": {"team": c.of(&["x", "y"])}},
        }));
    }
    if c.below(2) == 1 {
        all.push(json!({
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
            "metadata": {"name": "set", "labels": labels(c)}, "spec": {"nets": networks(c)},
        }));
    }
    if c.below(2) == 1 {
        all.push(json!({
            "apiVersion": "projectcalico.org/v3", "kind": "NetworkSet",
            "metadata": {"namespace": c.of(&NAMESPACES), "name": "set", "labels": labels(c)},
            "spec": {"nets": networks(c)},
        }));
    }
    all
}
