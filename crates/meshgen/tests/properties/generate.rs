//! Random specs that use every section. Most are without errors.

use serde_json::{Map, Value, json};

use crate::text::HOSTILE;

/// Bytes to decide by; zero when they are used up, so that fewer bytes make a smaller spec.
pub(crate) struct Dice<'b>(std::slice::Iter<'b, u8>);

impl<'b> Dice<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Dice(bytes.iter())
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % n
    }

    /// True once in `n`.
    fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn some<T: Clone>(&mut self, from: &[T]) -> Vec<T> {
        from.iter().filter(|_| self.once_in(2)).cloned().collect()
    }
}

/// Names that YAML 1.1 takes for something else are names like any other.
const NAMESPACES: [&str; 6] = ["shop", "till", "no", "y", "a-b", "null"];
const WORKLOADS: [&str; 5] = ["web", "cart", "off", "true", "y"];
const LABELS: [&str; 8] = ["a", "1.20", "yes", "0755", "", "12", "v1.2_3-x", "null"];

/// What of the spec decides about the rest.
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other")]
struct World {
    mesh: bool,
    ambient: bool,
    cni: bool,
    calico: bool,
    workloads: Vec<(String, Vec<(String, u16)>)>,
    namespaces: Vec<String>,
}

pub(crate) fn spec(dice: &mut Dice<'_>) -> Value {
    let mut world = World {
        mesh: dice.once_in(2),
        ambient: dice.once_in(3),
        cni: dice.once_in(2),
        calico: dice.once_in(2),
        workloads: Vec::new(),
        namespaces: NAMESPACES.iter().take(1 + dice.below(4)).map(|&n| n.to_owned()).collect(),
    };
    let mut spec = Map::new();
    spec.insert("meshgen".to_owned(), json!("v1"));
    spec.insert("project".to_owned(), json!(dice.pick(&["shop", "no", "a1"])));
    let engine = if world.calico { "calico" } else { dice.pick(&["cilium", "other", "kindnet"]) };
    let cluster = if world.calico { dice.pick(&["existing", "kind"]) } else { "existing" };
    spec.insert("cluster".to_owned(), json!({ cluster: { "networkPolicy": engine } }));
    if world.mesh {
        spec.insert("istio".to_owned(), istio(dice, &world));
    }
    spec.insert("security".to_owned(), security(dice, &world));
    let namespaces = world.namespaces.clone();
    let namespaces = namespaces.iter().map(|n| (n.clone(), namespace(dice, &world))).collect::<Map<_, _>>();
    spec.insert("namespaces".to_owned(), namespaces.into());
    let workloads = workloads(dice, &mut world);
    spec.insert("workloads".to_owned(), workloads);
    if !world.workloads.is_empty() {
        spec.insert("policies".to_owned(), policies(dice, &world));
        if dice.once_in(2) {
            spec.insert("external".to_owned(), external(dice, &world));
            spec.insert(
                "accept".to_owned(),
                json!([{ "finding": "MG031", "at": "external/stripe", "because": "known: yes #1", "until": "2027-06-30" }]),
            );
        }
        spec.insert("expect".to_owned(), expect(dice, &world));
    }
    if dice.once_in(3) {
        spec.insert("layout".to_owned(), json!({ "apps": dice.pick(&["examples", "a/b", "no"]) }));
    }
    spec.into()
}

fn istio(dice: &mut Dice<'_>, world: &World) -> Value {
    if dice.once_in(2) {
        let revision = dice.pick(&["default", "1-31", "asm-managed"]);
        json!({ "existing": { "version": "1.31", "revision": revision, "cni": world.cni, "ambient": world.ambient } })
    } else {
        json!({ "version": "1.31.1", "ambient": world.ambient, "components": { "cni": { "enabled": world.cni } } })
    }
}

fn security(dice: &mut Dice<'_>, world: &World) -> Value {
    let mut security = Map::new();
    if dice.once_in(2) {
        security.insert("mtls".to_owned(), json!(dice.pick(&["STRICT", "PERMISSIVE", "DISABLE"])));
    }
    if dice.once_in(2) {
        security.insert("deny".to_owned(), json!(dice.some(&["ingress", "egress"])));
    }
    let mut kinds = vec![vec!["NetworkPolicy"]];
    if world.calico {
        kinds.push(vec!["CalicoNetworkPolicy"]);
    }
    if world.mesh {
        kinds.push(vec!["NetworkPolicy", "AuthorizationPolicy"]);
        kinds.push(vec!["AuthorizationPolicy"]);
    }
    if dice.once_in(2) {
        security.insert("enforce".to_owned(), json!(dice.pick(&kinds)));
    }
    if dice.once_in(4) {
        let scrape = json!({ "namespace": "monitoring", "labels": { "app": dice.pick(&LABELS) } });
        security.insert("scrape".to_owned(), scrape);
    }
    security.into()
}

fn namespace(dice: &mut Dice<'_>, world: &World) -> Value {
    let mut namespace = Map::new();
    if dice.once_in(2) {
        namespace
            .insert("labels".to_owned(), json!({ "team": dice.pick(&LABELS), "a.b/c": dice.pick(&LABELS) }));
    }
    if world.mesh && dice.once_in(4) {
        let mode = if world.ambient { dice.pick(&["ambient", "sidecar"]) } else { "sidecar" };
        namespace.insert("mesh".to_owned(), json!(mode));
    }
    if dice.once_in(3) {
        let level = if world.cni { dice.pick(&["restricted", "baseline"]) } else { "privileged" };
        namespace.insert("podSecurity".to_owned(), json!(level));
    }
    if dice.once_in(5) {
        namespace.insert("security".to_owned(), security(dice, world));
    }
    if dice.once_in(8) {
        namespace.insert("existing".to_owned(), json!(true));
    }
    namespace.into()
}

fn workloads(dice: &mut Dice<'_>, world: &mut World) -> Value {
    let mut workloads = Map::new();
    for namespace in world.namespaces.clone() {
        for name in WORKLOADS.iter().take(1 + dice.below(3)) {
            let ports = [("http", 8080), ("grpc", 7070), ("tcp-db", 5432), ("http-admin", 8081)];
            let ports: Vec<(String, u16)> =
                dice.some(&ports).into_iter().map(|(name, port)| (name.to_owned(), port)).collect();
            let workload = if dice.once_in(4) {
                let labels = json!({ "app": name, "version": dice.pick(&LABELS) });
                json!({ "existing": { "kind": dice.pick(&["StatefulSet", "Pod"]), "labels": labels }, "ports": numbers(&ports) })
            } else {
                rendered(dice, world, &ports)
            };
            let name = format!("{namespace}/{name}");
            workloads.insert(name.clone(), workload);
            world.workloads.push((name, ports));
        }
    }
    workloads.into()
}

fn numbers(ports: &[(String, u16)]) -> Value {
    ports.iter().map(|(name, port)| (name.clone(), json!(port))).collect::<Map<_, _>>().into()
}

fn rendered(dice: &mut Dice<'_>, world: &World, ports: &[(String, u16)]) -> Value {
    let mut numbers = numbers(ports);
    if dice.once_in(3) {
        numbers["udp-x"] = json!({ "port": 5353, "service": 53, "protocol": "UDP" });
    }
    let mut env = Map::new();
    for name in dice.some(&["A", "no", "Y", "_x", "LOG_LEVEL"]) {
        let callee = world.workloads.iter().find(|(_, ports)| !ports.is_empty()).map(|(name, _)| name);
        let value = match (dice.below(6), callee) {
            (0, _) => json!({ "secret": "name/key.a_b" }),
            (1, _) => json!({ "text": dice.pick(&HOSTILE) }),
            (2, Some(callee)) => json!({ "hostOf": callee }),
            _ => json!(dice.pick(&HOSTILE)),
        };
        env.insert(name.to_owned(), value);
    }
    let image = dice.pick(&["web:1", "ghcr.io/acme/web:2.4.1", "localhost:5001/a/b:1.20", "web:latest"]);
    let words = [dice.pick(&HOSTILE), dice.pick(&HOSTILE)];
    let mut workload = json!({
        "image": image, "ports": numbers, "env": env, "replicas": dice.below(4),
        "args": dice.some(&words), "command": dice.some(&words),
        "resources": { "requests": { "cpu": dice.pick(&["100m", "1", "0.5"]) }, "limits": { "memory": "64Mi" } },
    });
    if ports.iter().any(|(name, _)| name.starts_with("http")) && dice.once_in(2) {
        workload["health"] = json!(dice.pick(&["/ready", "/", "/a.b/c-d"]));
    }
    if dice.once_in(3) {
        workload["labels"] = json!({ "team": dice.pick(&LABELS) });
    }
    if dice.once_in(6) {
        workload["security"] = security(dice, world);
    }
    workload
}

fn policies(dice: &mut Dice<'_>, world: &World) -> Value {
    let mut policies = Map::new();
    for (target, ports) in &world.workloads {
        if dice.once_in(3) {
            continue;
        }
        let rules = (0..dice.below(3)).map(|_| rule(dice, world, ports)).collect::<Vec<_>>();
        let mut policy = json!({ "allow": rules });
        if dice.once_in(8) {
            policy = json!({ "spec": { "kubernetes": { "podSelector": {}, "ingress": [{ "ports": [{ "port": "http", "protocol": "TCP" }] }] } } });
        } else if world.calico && dice.once_in(8) {
            policy = json!({ "spec": { "calico": { "selector": "a == 'yes'", "order": 10.5, "ingress": [{ "action": "Allow" }] } } });
        } else if dice.once_in(4) {
            policy["name"] = json!(format!("callers.of-{}", target.replace('/', ".")));
        }
        policies.insert(target.clone(), policy);
    }
    if dice.once_in(3) {
        let all = format!("{}/*", world.namespaces[0]);
        policies.insert(all, json!({ "name": "all", "allow": [rule(dice, world, &[])] }));
    }
    policies.into()
}

fn rule(dice: &mut Dice<'_>, world: &World, ports: &[(String, u16)]) -> Value {
    let mut rule = match dice.below(8) {
        0 => json!({ "fromCidrs": dice.pick(&[vec!["10.0.0.0/8"], vec!["2001:db8::/32", "0.0.0.0/0"]]) }),
        1 => json!({ "fromNamespaces": "all" }),
        2 if world.mesh => json!({ "fromNamespaces": "meshed" }),
        3 if !world.mesh => json!({ "fromNamespaces": { "team": dice.pick(&LABELS) } }),
        4 => json!({ "fromNamespaces": [dice.pick(&world.namespaces)] }),
        5 => json!({ "from": [format!("{}/*", dice.pick(&world.namespaces))] }),
        _ => json!({ "from": [dice.pick(&world.workloads).0] }),
    };
    let open: Vec<Value> = dice
        .some(ports)
        .into_iter()
        .map(|(name, number)| if dice.once_in(2) { json!(number) } else { json!(name) })
        .collect();
    if !open.is_empty() {
        rule["ports"] = open.into();
    } else if world.mesh && !world.ambient && dice.once_in(8) {
        rule["methods"] = json!(["GET", "POST"]);
        rule["paths"] = json!(["/a", "/b/*"]);
    }
    rule
}

fn external(dice: &mut Dice<'_>, world: &World) -> Value {
    let mut stripe = json!({
        "hosts": dice.pick(&[vec!["api.stripe.com"], vec!["*.example.com", "1.example.com"]]),
        "ports": dice.pick(&[vec![443], vec![80, 443, 5432]]),
        "allow": [{ "from": [dice.pick(&world.workloads).0] }],
    });
    if dice.once_in(2) {
        stripe["cidrs"] = json!(["203.0.113.0/24"]);
    }
    json!({ "stripe": stripe })
}

fn expect(dice: &mut Dice<'_>, world: &World) -> Value {
    let (from, to) = (dice.pick(&world.workloads).0, dice.pick(&world.workloads).0);
    json!({
        "no": { "claims": [{ "from": [from], "to": to, "method": "GET", "path": "/a", "is": dice.pick(&["open", "timeout"]) }] },
        "y": { "without": ["NetworkPolicy"], "claims": [{ "to": to, "onlyFrom": [from] }] },
    })
}
