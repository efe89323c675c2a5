//! Random clusters with a mesh, such that a real Istio on one machine can be asked about them.
//!
//! What is in them is what can be seen there: TCP and HTTP from each pod to each port of each Service. So a Service leads
//! to one pod, a port of a pod speaks one protocol whatever Services call it, and no policy names an address that a pod
//! might have. Of what is told apart by age the older one comes first, and by its name too, since objects that are
//! applied at once may be of one second. Everything is stored as written: nothing here is refused by the webhooks.

mod authorization;
mod network;
mod routing;
mod services;
mod tls;
mod workloads;

use serde_json::{Map, Value, json};

use super::Choices;

/// How many things a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Namespaces, at most; there are two at least.
    pub namespaces: usize,
    /// Workloads, at least.
    pub least: usize,
    /// Workloads, at most.
    pub most: usize,
}

impl Size {
    /// What a person can still look at.
    pub const SMALL: Size = Size { namespaces: 3, least: 2, most: 4 };
    /// What is worth starting an Istio for.
    pub const LARGE: Size = Size { namespaces: 4, least: 6, most: 9 };
}

/// A cluster's manifests.
pub fn cluster(c: &mut Choices, size: Size) -> Vec<Value> {
    let mut world = World::new(c, size);
    let mut all = workloads::namespaces(c, &world);
    all.extend(workloads::pods(c, &mut world));
    all.extend(services::services(c, &mut world));
    all.extend(tls::peers(c, &world));
    all.extend(tls::rules(c, &world));
    all.extend(routing::all(c, &world));
    all.extend(authorization::policies(c, &world));
    all.extend(network::policies(c, &world));
    let aged = ["Service", "PeerAuthentication", "DestinationRule", "Sidecar", "VirtualService"];
    let is_aged = |o: &&mut Value| o.get("kind").and_then(Value::as_str).is_some_and(|k| aged.contains(&k));
    for (second, object) in all.iter_mut().filter(is_aged).enumerate() {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            let created = format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
            metadata.insert("creationTimestamp".to_owned(), created.into());
        }
    }
    all
}

/// What policies may speak of.
struct World {
    namespaces: Vec<String>,
    workloads: Vec<Workload>,
}

/// One pod, or what has one.
struct Workload {
    name: String,
    namespace: String,
    account: String,
    tier: &'static str,
    ports: Vec<Port>,
    /// Whether a Service leads to it.
    served: bool,
}

/// A port of a pod, and of the Service before it.
#[derive(Clone)]
struct Port {
    speaks: Speaks,
    number: u16,
    /// What the container calls it.
    name: Option<String>,
    /// The port of the Service.
    dialled: u16,
}

/// What the application does with what comes in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Http,
    Http2,
    Tcp,
}

/// The root namespace of the mesh.
const ROOT: &str = "istio-system";
const TIERS: [&str; 2] = ["front", "back"];
const TEAMS: [&str; 2] = ["red", "blue"];
/// Ports that policies name: those of pods, and one of a Service.
const PORTS: [&str; 6] = ["8080", "9000", "8888", "9080", "3306", "80"];

impl World {
    fn new(c: &mut Choices, size: Size) -> World {
        let namespaces = 2 + c.below(size.namespaces.saturating_sub(1));
        let namespaces: Vec<String> = (0..namespaces).map(|n| format!("n{n}")).collect();
        let many = size.least + c.below(size.most - size.least + 1);
        let workloads = (0..many).map(|n| workloads::workload(c, n, &namespaces)).collect();
        World { namespaces, workloads }
    }

    fn workload(&self, c: &mut Choices) -> Option<&Workload> {
        c.one(&self.workloads)
    }

    fn namespace(&self, c: &mut Choices) -> String {
        c.one(&self.namespaces).cloned().unwrap_or_default()
    }

    fn some_namespaces(&self, c: &mut Choices) -> Vec<String> {
        let names: Vec<&str> = self.namespaces.iter().map(String::as_str).collect();
        c.some(&names, 2)
    }
}

impl Workload {
    /// Its namespace, or now and then the root namespace.
    fn home(&self, c: &mut Choices) -> String {
        if c.once_in(9) { ROOT.to_owned() } else { self.namespace.clone() }
    }

    fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }

    /// A selector of Istio that means it, or what is like it.
    fn selector(&self, c: &mut Choices) -> Value {
        let (key, value) = match c.below(9) {
            0..=4 => ("app", self.name.as_str()),
            5 | 6 => ("tier", self.tier),
            // Injection adds these.
            7 => ("security.istio.io/tlsMode", "istio"),
            _ => ("service.istio.io/canonical-name", self.name.as_str()),
        };
        json!({"matchLabels": {key: value}})
    }
}

type Spec = Map<String, Value>;

/// An object with a spec.
fn object(api: &str, kind: &str, namespace: &str, name: &str, spec: Spec) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    let parts =
        [("apiVersion", api.into()), ("kind", kind.into()), ("metadata", metadata), ("spec", spec.into())];
    Value::Object(parts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}
