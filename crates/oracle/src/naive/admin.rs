//! `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy` v1alpha1, `ClusterNetworkPolicy` v1alpha2.
//!
//! Source: network-policy-api, `apis/v1alpha1/*.go` and `apis/v1alpha2/clusternetworkpolicy_types.go`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{
    kubernetes::named,
    labels::selects,
    model::{Flow, Peer, Pod, Protocol, items, number, string},
    tiers::{Action, Applied, Direction, Match, Outcomes, World},
};

/// The question that one direction is asked.
pub(super) struct Asked<'a> {
    pub(super) world: World<'a>,
    /// The pod whose policies are asked.
    pub(super) pod: &'a Pod,
    /// The other end.
    pub(super) peer: Peer<'a>,
    pub(super) flow: &'a Flow<'a>,
    pub(super) direction: Direction,
}

/// The policies before all others, by priority. Equal priorities may be asked in any order.
pub(super) fn admin(asked: &Asked<'_>) -> Vec<Applied> {
    let cluster = asked.world.cluster;
    let older = cluster.of_kind("AdminNetworkPolicy");
    let newer =
        cluster.of_kind("ClusterNetworkPolicy").filter(|p| p.pointer("/spec/tier") == Some(&"Admin".into()));
    older.chain(newer).filter_map(|p| applied(p, asked)).collect()
}

/// The policies after all others.
pub(super) fn baseline(asked: &Asked<'_>) -> Vec<Applied> {
    let cluster = asked.world.cluster;
    let older = cluster.of_kind("BaselineAdminNetworkPolicy");
    let newer = cluster
        .of_kind("ClusterNetworkPolicy")
        .filter(|p| p.pointer("/spec/tier") == Some(&"Baseline".into()));
    older.chain(newer).filter_map(|p| applied(p, asked)).collect()
}

/// A policy whose subject is the pod. Pods on the host's network are never a subject.
fn applied(policy: &Value, asked: &Asked<'_>) -> Option<Applied> {
    let subject = policy.pointer("/spec/subject")?;
    let rules = items(policy.pointer(match asked.direction {
        Direction::Egress => "/spec/egress",
        Direction::Ingress => "/spec/ingress",
    }));
    // No rules for a direction leave it untouched.
    if rules.is_empty() || !selects_pod(subject, asked.pod, asked) {
        return None;
    }
    let rules = rules.iter().filter_map(|r| Some((rule_matches(r, asked), action(r)?)));
    Some(Applied {
        // The baseline policy of v1alpha1 has none.
        order: policy.pointer("/spec/priority").and_then(Value::as_f64),
        name: String::new(),
        outcomes: Outcomes::first(rules),
    })
}

fn action(rule: &Value) -> Option<Action> {
    match string(rule.get("action")).as_str() {
        "Allow" | "Accept" => Some(Action::Allow),
        "Deny" => Some(Action::Deny),
        "Pass" => Some(Action::Pass),
        _ => None,
    }
}

/// `namespaces`, or `pods` with two selectors. Pods on the host's network are no pods here.
fn selects_pod(selector: &Value, pod: &Pod, asked: &Asked<'_>) -> bool {
    let namespace = asked.world.cluster.namespace(&pod.namespace);
    let empty = Value::Null;
    let by_namespace = selector.get("namespaces").is_some_and(|s| selects(s, &namespace));
    let by_pod = selector.get("pods").is_some_and(|s| {
        selects(s.get("namespaceSelector").unwrap_or(&empty), &namespace)
            && selects(s.get("podSelector").unwrap_or(&empty), &pod.labels)
    });
    !pod.host_network && (by_namespace || by_pod)
}

fn rule_matches(rule: &Value, asked: &Asked<'_>) -> Match {
    let peers = items(rule.get(match asked.direction {
        Direction::Egress => "to",
        Direction::Ingress => "from",
    }));
    let peer = peers.iter().fold(Match::No, |sum, p| sum.or(peer_matches(p, asked)));
    // `ports` is v1alpha1, `protocols` v1alpha2. Neither means all.
    let ports = [items(rule.get("ports")), items(rule.get("protocols"))].concat();
    peer.and(Match::of(ports.is_empty() || ports.iter().any(|p| port_matches(p, asked))))
}

fn peer_matches(peer: &Value, asked: &Asked<'_>) -> Match {
    let by_label = match asked.peer {
        Peer::Pod(pod) => Match::of(selects_pod(peer, pod, asked)),
        Peer::Address(_) => Match::No,
    };
    let by_node = peer.get("nodes").map_or(Match::No, |s| on_node(s, asked.peer));
    let by_address = peer.get("networks").map_or(Match::No, |n| in_networks(items(Some(n)), asked.peer));
    let by_name = match (peer.get("domainNames"), asked.peer) {
        // Which addresses a name has is not in the manifests.
        (Some(_), Peer::Address(_)) => Match::Maybe,
        _ => Match::No,
    };
    by_label.or(by_node).or(by_address).or(by_name)
}

/// A node is reached where a pod on its network is.
fn on_node(selector: &Value, peer: Peer<'_>) -> Match {
    match peer {
        Peer::Pod(pod) if pod.host_network => {
            pod.node_labels.as_ref().map_or(Match::Maybe, |labels| Match::of(selects(selector, labels)))
        }
        // An address may be a node's; the manifests need not tell.
        Peer::Pod(_) | Peer::Address(_) => Match::No,
    }
}

/// Networks match inside of the cluster too, by the address of the pod.
pub(super) fn in_networks(networks: &[Value], peer: Peer<'_>) -> Match {
    let networks: Vec<IpNet> = networks.iter().filter_map(|n| string(Some(n)).parse().ok()).collect();
    let contains = |address: &IpAddr| networks.iter().any(|n| n.contains(address));
    match peer {
        Peer::Address(address) => Match::of(contains(&address)),
        Peer::Pod(pod) => {
            let all = |v4: bool| networks.iter().any(|n| n.prefix_len() == 0 && n.addr().is_ipv4() == v4);
            match pod.addresses.as_slice() {
                [] if networks.is_empty() => Match::No,
                [] if all(true) && all(false) => Match::Yes,
                [] if networks.iter().any(may_hold_pods) => Match::Maybe,
                [] => Match::No,
                known if known.iter().all(contains) => Match::Yes,
                known if known.iter().any(contains) => Match::Maybe,
                _ => Match::No,
            }
        }
    }
}

/// Whether a pod of unknown address may be in a network: pods have private addresses.
/// Source: RFC 1918, RFC 6598, RFC 4193; Kubernetes, Cluster Networking.
fn may_hold_pods(network: &IpNet) -> bool {
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
    let mut private = private.iter().filter_map(|n| n.parse::<IpNet>().ok());
    private.any(|p| p.contains(network) || network.contains(&p))
}

fn port_matches(port: &Value, asked: &Asked<'_>) -> bool {
    if let Some(name) = port.get("namedPort").or_else(|| port.get("destinationNamedPort")) {
        return named(asked.flow.destination, &string(Some(name)), asked);
    }
    // v1alpha1: {portNumber: {protocol, port}} or {portRange: {protocol, start, end}}.
    for (key, start, end) in [("portNumber", "port", "port"), ("portRange", "start", "end")] {
        if let Some(p) = port.get(key) {
            let protocol = p.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
            return Protocol::parse(protocol) == Some(asked.flow.protocol)
                && within(number(p.get(start)), number(p.get(end)), asked.flow.port);
        }
    }
    // v1alpha2: {tcp: {destinationPort: {number}}} or {tcp: {destinationPort: {range: {start, end}}}}.
    let protocol = asked.flow.protocol.name().to_lowercase();
    port.get(&protocol).is_some_and(|p| match p.get("destinationPort") {
        None | Some(Value::Null) => true,
        Some(d) => match d.get("range") {
            Some(r) => within(number(r.get("start")), number(r.get("end")), asked.flow.port),
            None => within(number(d.get("number")), number(d.get("number")), asked.flow.port),
        },
    })
}

fn within(start: Option<u16>, end: Option<u16>, port: u16) -> bool {
    matches!((start, end), (Some(s), Some(e)) if (s..=e).contains(&port))
}
