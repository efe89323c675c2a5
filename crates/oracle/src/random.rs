//! Random clusters, from a small alphabet, so that things collide.
//!
//! A cluster is made of choices: numbers, each of which takes one of a few alternatives, of which the first is
//! the simplest. When the numbers run out every choice is the first. So a list of numbers that makes a failing
//! cluster can be made shorter, and its numbers smaller, and what remains is a simple failing cluster.

use std::net::IpAddr;

use serde_json::{Value, json};

/// Numbers to choose by.
#[derive(Clone, Debug)]
pub struct Choices {
    numbers: std::vec::IntoIter<u32>,
}

impl Choices {
    /// Chooses by these numbers.
    pub fn new(numbers: Vec<u32>) -> Choices {
        Choices { numbers: numbers.into_iter() }
    }

    /// Chooses by numbers that follow from a seed (splitmix64).
    pub fn seeded(seed: u64) -> Choices {
        let mut state = seed;
        let next = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default()
        };
        Choices::new(std::iter::repeat_with(next).take(4096).collect())
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        let number = self.numbers.next().unwrap_or_default();
        usize::try_from(number).unwrap_or_default().checked_rem(n).unwrap_or_default()
    }

    /// Once in `n` times; never when the numbers have run out.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) + 1 == n
    }

    /// One of these.
    fn of<'a>(&mut self, all: &'a [&'a str]) -> &'a str {
        let at = self.below(all.len());
        all.get(at).copied().unwrap_or_default()
    }

    /// `least` to `most` things.
    fn many(&mut self, least: usize, most: usize, mut one: impl FnMut(&mut Choices) -> Value) -> Vec<Value> {
        let n = least + self.below(most - least + 1);
        (0..n).map(|_| one(self)).collect()
    }
}

/// Which kinds of policies a cluster may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// `NetworkPolicy` alone.
    Kubernetes,
    /// Also `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy`.
    Admin,
    /// Also `ClusterNetworkPolicy`.
    Cluster,
    /// Calico's kinds with `NetworkPolicy`.
    Calico,
    /// All of them together.
    All,
}

/// Addresses outside of every cluster made here.
pub fn outside() -> Vec<IpAddr> {
    let all = ["1.2.3.4", "1.2.3.5", "1.2.9.9", "8.8.8.8", "10.9.9.9", "2001:db8::1"];
    all.iter().filter_map(|a| a.parse().ok()).collect()
}

/// Ports to ask for.
pub const PORTS: [u16; 5] = [53, 80, 81, 8080, 65535];

const NAMESPACES: [&str; 3] = ["a", "b", "c"];
/// Where pods and policies are; nothing is in the third, but selectors know it.
const HOMES: [&str; 2] = ["a", "b"];
const VALUES: [&str; 2] = ["x", "y"];
const KEYS: [&str; 2] = ["app", "env"];
const CIDRS: [&str; 10] = [
    "1.2.3.0/24",
    "1.2.0.0/16",
    "1.2.3.4/32",
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.1/32",
    "10.0.0.0/30",
    "2001:db8::/32",
    "::/0",
    "fd00::/8",
];

/// A cluster's manifests.
pub fn cluster(c: &mut Choices, kinds: Kinds) -> Vec<Value> {
    let mut all = Vec::new();
    for name in NAMESPACES {
        all.push(json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels(c)},
        }));
    }
    let pods = 2 + c.below(4);
    all.extend((0..pods).map(|n| pod(c, n, kinds)));
    if matches!(kinds, Kinds::Calico | Kinds::All) {
        all.extend(calico_furniture(c));
    }
    let policies = 1 + c.below(5);
    let mut baseline = false;
    for n in 0..policies {
        let policy = policy(c, n, kinds);
        // There is one BaselineAdminNetworkPolicy, named `default`.
        if policy.get("kind") == Some(&"BaselineAdminNetworkPolicy".into())
            && std::mem::replace(&mut baseline, true)
        {
            continue;
        }
        all.push(policy);
    }
    all
}

fn policy(c: &mut Choices, n: usize, kinds: Kinds) -> Value {
    type Maker = fn(&mut Choices, usize) -> Value;
    let kubernetes: [Maker; 2] = [network_policy, network_policy];
    let admin: [Maker; 2] = [admin_policy, baseline_policy];
    let cluster: [Maker; 2] = [cluster_policy, cluster_policy];
    let calico: [Maker; 4] = [calico_policy, calico_policy, global_policy, global_policy];
    let mut makers = kubernetes.to_vec();
    if matches!(kinds, Kinds::Admin | Kinds::Cluster | Kinds::All) {
        makers.extend(admin);
    }
    if matches!(kinds, Kinds::Cluster | Kinds::All) {
        makers.extend(cluster);
    }
    if matches!(kinds, Kinds::Calico | Kinds::All) {
        makers.extend(calico);
    }
    let at = c.below(makers.len());
    makers.get(at).map_or(Value::Null, |make| make(c, n))
}

fn labels(c: &mut Choices) -> Value {
    let mut all = serde_json::Map::new();
    for key in KEYS {
        if !c.once_in(3) {
            all.insert(key.to_owned(), c.of(&VALUES).into());
        }
    }
    all.into()
}

fn pod(c: &mut Choices, n: usize, kinds: Kinds) -> Value {
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
fn selector(c: &mut Choices) -> Value {
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
fn namespaces(c: &mut Choices) -> Value {
    if c.below(3) == 0 {
        return json!({"matchLabels": {"kubernetes.io/metadata.name": c.of(&NAMESPACES)}});
    }
    selector(c)
}

fn network_policy(c: &mut Choices, n: usize) -> Value {
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

fn subject(c: &mut Choices) -> Value {
    if c.below(2) == 0 {
        return json!({"namespaces": namespaces(c)});
    }
    json!({"pods": {"namespaceSelector": namespaces(c), "podSelector": selector(c)}})
}

fn networks(c: &mut Choices) -> Value {
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

fn admin_policy(c: &mut Choices, n: usize) -> Value {
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

fn baseline_policy(c: &mut Choices, _: usize) -> Value {
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

fn cluster_policy(c: &mut Choices, n: usize) -> Value {
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

fn calico_policy(c: &mut Choices, n: usize) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3", "kind": if c.once_in(8) { "StagedNetworkPolicy" } else { "NetworkPolicy" },
        "metadata": {"namespace": c.of(&HOMES), "name": format!("calico{n}")}, "spec": calico_spec(c),
    })
}

fn global_policy(c: &mut Choices, n: usize) -> Value {
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
fn calico_furniture(c: &mut Choices) -> Vec<Value> {
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
