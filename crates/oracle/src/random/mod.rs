//! Random clusters, from a small alphabet, so that things collide.
//!
//! A cluster is made of choices: numbers, each of which takes one of a few alternatives, of which the first is
//! the simplest. When the numbers run out every choice is the first. So a list of numbers that makes a failing
//! cluster can be made shorter, and its numbers smaller, and what remains is a simple failing cluster.

mod admin;
mod calico;
mod choices;
mod kubernetes;
pub mod mesh;

use std::net::IpAddr;

use serde_json::{Value, json};

use admin::{admin_policy, baseline_policy, cluster_policy};
use calico::{calico_furniture, calico_policy, global_policy};
pub use choices::Choices;
use kubernetes::{labels, network_policy, pod};

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

/// Pods that are not in a cluster, and a namespace that is not, where some of them are.
pub fn newcomers(c: &mut Choices, kinds: Kinds) -> Vec<Value> {
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "z", "labels": labels(c)}});
    let mut all = vec![namespace];
    for n in 90..94 {
        let mut new = pod(c, n, kinds);
        if let Some(home) = new.pointer_mut("/metadata/namespace").filter(|_| c.below(2) == 0) {
            *home = "z".into();
        }
        all.push(new);
    }
    all
}

/// Two versions of a cluster: each policy is in both, or in one of them.
pub fn versions(c: &mut Choices, cluster: &[Value]) -> [Vec<Value>; 2] {
    let mut versions = [Vec::new(), Vec::new()];
    for object in cluster {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        let only = if kind.ends_with("Policy") { c.below(3).checked_sub(1) } else { None };
        for (number, version) in versions.iter_mut().enumerate() {
            if only.is_none_or(|only| only == number) {
                version.push(object.clone());
            }
        }
    }
    versions
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
