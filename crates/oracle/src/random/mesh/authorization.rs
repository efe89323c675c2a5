//! Authorization: policies of every action and every field, and which tokens count.

use serde_json::{Map, Value, json};

use super::{Choices, PORTS, Workload, World, object};

const SECURITY: &str = "security.istio.io/v1";
/// Sidecars refuse an issuer without any key, and with it the whole port.
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"RUWxWV3m_WHVq1QYbs17srL0Ijqb5YORkN45ZgSJZG8","y":"bnxuYyEOM_vt7M2o9qTqaTPPyH515ipBk_F0KLnVFPI"}]}"#;

pub(super) fn policies(c: &mut Choices, world: &World) -> Vec<Value> {
    let most = 1 + world.workloads.len();
    let many = c.below(most);
    let mut all: Vec<Value> = (0..many).filter_map(|n| policy(c, world, n)).collect();
    if let Some(workload) = world.workload(c).filter(|_| c.once_in(6)) {
        // Nobody here has a token.
        let mut spec = Map::new();
        spec.insert("jwtRules".to_owned(), json!([{"issuer": "issuer.example", "jwks": KEYS}]));
        if c.below(2) == 0 {
            spec.insert("selector".to_owned(), workload.selector(c));
        }
        all.push(object(SECURITY, "RequestAuthentication", &workload.namespace, "r0", spec));
    }
    all
}

fn policy(c: &mut Choices, world: &World, n: usize) -> Option<Value> {
    let workload = world.workload(c)?;
    let action = c.of(&["ALLOW", "DENY", "ALLOW", "DENY", "ALLOW", "DENY", "ALLOW", "AUDIT", "CUSTOM"]);
    let mut spec = Map::new();
    match c.below(6) {
        0..=2 => _ = spec.insert("selector".to_owned(), workload.selector(c)),
        // It binds gateways and waypoints alone.
        5 if c.once_in(4) && workload.served => {
            let target = json!({"group": "", "kind": "Service", "name": workload.name});
            spec.insert("targetRefs".to_owned(), json!([target]));
        }
        _ => {}
    }
    let namespace =
        if spec.contains_key("targetRefs") { workload.namespace.clone() } else { workload.home(c) };
    // Left out, it is ALLOW; an ALLOW without rules admits nobody.
    if action != "ALLOW" || c.below(2) == 0 {
        spec.insert("action".to_owned(), action.into());
    }
    if action == "CUSTOM" {
        spec.insert("provider".to_owned(), json!({"name": "nobody"}));
    }
    if action != "ALLOW" || !c.once_in(12) {
        let rules = c.many(1, 3, |c| rule(c, world, action == "CUSTOM"));
        spec.insert("rules".to_owned(), rules.into());
    }
    let mut made = object(SECURITY, "AuthorizationPolicy", &namespace, &format!("a{n:02}"), spec);
    let dry = matches!(action, "ALLOW" | "DENY") && c.once_in(10);
    if let Some(metadata) = made.get_mut("metadata").and_then(Value::as_object_mut).filter(|_| dry) {
        metadata.insert("annotations".to_owned(), json!({"istio.io/dry-run": c.of(&["true", "false"])}));
    }
    Some(made)
}

/// A rule; one that is nothing matches everything.
fn rule(c: &mut Choices, world: &World, to_only: bool) -> Value {
    let mut rule = Map::new();
    let shape = c.below(8);
    if matches!(shape, 0 | 2 | 3 | 5 | 6) && !to_only {
        let from = c.many(1, 2, |c| json!({"source": source(c, world)}));
        rule.insert("from".to_owned(), from.into());
    }
    if matches!(shape, 1 | 2 | 4 | 6) {
        let to = c.many(1, 2, |c| json!({"operation": operation(c, world)}));
        rule.insert("to".to_owned(), to.into());
    }
    if matches!(shape, 3 | 4 | 6 | 7) && !to_only {
        rule.insert("when".to_owned(), c.many(1, 2, |c| condition(c, world)).into());
    }
    rule.into()
}

/// `key`, or `notKey`.
fn signed(c: &mut Choices, rarity: usize, key: &str) -> String {
    if !c.once_in(rarity) {
        return key.to_owned();
    }
    let mut letters = key.chars();
    let first = letters.next().map(|l| l.to_ascii_uppercase()).into_iter();
    "not".chars().chain(first).chain(letters).collect()
}

fn source(c: &mut Choices, world: &World) -> Value {
    let mut all = Map::new();
    let Some(workload) = world.workload(c) else { return all.into() };
    let first = c.below(7);
    // Service accounts go with neither namespaces nor principals: the API server would not take that.
    let second = if first == 2 || !c.once_in(4) { None } else { Some(3 + c.below(4)) };
    for what in [Some(first), second].into_iter().flatten() {
        let (key, values) = named(c, world, workload, what);
        all.insert(signed(c, 4, key), json!(values));
    }
    all.into()
}

fn named(c: &mut Choices, world: &World, w: &Workload, what: usize) -> (&'static str, Vec<String>) {
    let (namespace, account) = (&w.namespace, &w.account);
    match what {
        0 if c.once_in(3) => ("namespaces", c.some(&["n*", "*1", "*", "other", "*a", "*0*"], 2)),
        0 => ("namespaces", world.some_namespaces(c)),
        1 => {
            let whole = format!("cluster.local/ns/{namespace}/sa/{account}");
            let end = format!("*/sa/{account}");
            let start = format!("cluster.local/ns/{namespace}/*");
            let other = format!("spiffe://{whole}");
            ("principals", c.some(&[&whole, &end, &start, "*", &whole, &other], 2))
        }
        2 => {
            let whole = format!("{namespace}/{account}");
            ("serviceAccounts", c.some(&[&whole, account], 1))
        }
        3 => ("trustDomains", c.some(&["cluster.local", "other", "cluster*"], 2)),
        4 => ("requestPrincipals", c.some(&["*", "issuer.example/bob"], 1)),
        5 => ("ipBlocks", c.some(&["10.244.0.0/16", "192.0.2.0/24", "0.0.0.0/0"], 1)),
        _ => ("remoteIpBlocks", c.some(&["0.0.0.0/0", "198.51.100.0/24"], 1)),
    }
}

fn operation(c: &mut Choices, world: &World) -> Value {
    let host = world.workload(c).map(|w| format!("{}.{}", w.name, w.namespace)).unwrap_or_default();
    let with_port = format!("{host}:8080");
    let hosts = [host.as_str(), &with_port, "w*", "*:8080", "*", "*.n0", "W1.*"];
    let fields: [(&str, usize, &[&str]); 4] = [
        ("ports", 2, &PORTS),
        ("methods", 3, &["GET", "POST", "P*", "*T", "*", "get"]),
        ("paths", 4, &["/x", "/y", "/*", "/x*", "*x", "/{*}", "/{**}", "/x/{**}", "*", "/x/", "/X"]),
        ("hosts", 6, &hosts),
    ];
    let mut all = Map::new();
    for (key, rarity, values) in fields {
        if c.once_in(rarity) {
            all.insert(signed(c, 4, key), json!(c.some(values, 2)));
        }
    }
    if all.is_empty() {
        all.insert("ports".to_owned(), json!([c.of(&PORTS)]));
    }
    all.into()
}

fn condition(c: &mut Choices, world: &World) -> Value {
    let namespaces = world.some_namespaces(c);
    let account = world
        .workload(c)
        .map(|w| format!("cluster.local/ns/{}/sa/{}", w.namespace, w.account))
        .unwrap_or_default();
    let one = |value: &str| vec![value.to_owned()];
    let (key, values) = match c.below(12) {
        0 => ("source.namespace", namespaces),
        1 => ("destination.port", c.some(&PORTS, 2)),
        2 => ("source.principal", c.some(&[&account, "*"], 1)),
        3 => ("request.headers[x-a]", c.some(&["1", "*"], 1)),
        4 => ("connection.sni", one("*")),
        5 => ("request.auth.claims[a]", one("b")),
        6 => ("request.headers[host]", c.some(&["*", "w0.n0"], 1)),
        7 => ("source.ip", c.some(&["10.244.0.0/16", "192.0.2.1"], 1)),
        8 => ("destination.ip", c.some(&["10.244.0.0/16", "192.0.2.0/24"], 1)),
        9 => ("remote.ip", c.some(&["10.0.0.0/8", "192.0.2.0/24"], 1)),
        10 => ("request.auth.principal", one("*")),
        _ => ("request.auth.audiences", one("shop")),
    };
    let mut all = Map::new();
    all.insert("key".to_owned(), key.into());
    all.insert(signed(c, 3, "values"), json!(values));
    all.into()
}
