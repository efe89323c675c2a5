//! networking/v1 `NetworkPolicy`.
//!
//! Source: `kubernetes/api` networking/v1/types.go, and the page "Network Policies".

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{
    admin::Asked,
    labels::selects,
    model::{Peer, Pod, Protocol, items, name, namespace, number, string},
    tiers::{Action, Applied, Direction, Match, Outcomes},
};

/// Every policy that selects the pod in this direction. They only ever allow; that nothing allowed is a
/// refusal follows from the tier's default.
pub(super) fn policies(asked: &Asked<'_>) -> Vec<Applied> {
    let all = asked.world.cluster.of_kind("NetworkPolicy");
    let all = all.filter(|p| string(p.get("apiVersion")).starts_with("networking.k8s.io/"));
    let applied = all.filter(|p| applies(p, asked)).map(|policy| {
        let rules = items(policy.pointer(match asked.direction {
            Direction::Egress => "/spec/egress",
            Direction::Ingress => "/spec/ingress",
        }));
        let rules = rules.iter().map(|r| (rule_matches(r, policy, asked), Action::Allow));
        Applied {
            order: Some(1_000.0),
            name: format!("knp.default.{}", name(policy)),
            outcomes: Outcomes::first(rules),
        }
    });
    applied.collect()
}

/// Without `policyTypes`: ingress always, egress if there are egress rules.
fn applies(policy: &Value, asked: &Asked<'_>) -> bool {
    if asked.pod.host_network && !asked.world.hosts_are_pods {
        return false;
    }
    let types = items(policy.pointer("/spec/policyTypes"));
    let this_way = match asked.direction {
        Direction::Ingress => types.is_empty() || types.iter().any(|t| t == "Ingress"),
        Direction::Egress if types.is_empty() => !items(policy.pointer("/spec/egress")).is_empty(),
        Direction::Egress => types.iter().any(|t| t == "Egress"),
    };
    this_way
        && namespace(policy) == asked.pod.namespace
        && policy.pointer("/spec/podSelector").is_none_or(|s| selects(s, &asked.pod.labels))
}

/// Peers and ports must both match; an empty list of either matches all.
fn rule_matches(rule: &Value, policy: &Value, asked: &Asked<'_>) -> Match {
    let peers = items(rule.get(match asked.direction {
        Direction::Egress => "to",
        Direction::Ingress => "from",
    }));
    let ports = items(rule.get("ports"));
    let port = Match::of(ports.is_empty() || ports.iter().any(|p| port_matches(p, asked)));
    let any = peers.iter().map(|p| peer_matches(p, policy, asked)).fold(Match::No, Match::or);
    port.and(if peers.is_empty() { Match::Yes } else { any })
}

/// A selector of namespaces, of pods, or of both at once; or a block of addresses, which is meant for what is
/// outside of the cluster. Whether it means a pod that has such an address depends on the plugin.
fn peer_matches(peer: &Value, policy: &Value, asked: &Asked<'_>) -> Match {
    let present = |key| peer.get(key).filter(|v: &&Value| !v.is_null());
    let in_block = |address: &IpAddr| {
        present("ipBlock").is_some_and(|block| {
            let inside = |cidr: String| cidr.parse().is_ok_and(|net: IpNet| net.contains(address));
            inside(string(block.get("cidr")))
                && !items(block.get("except")).iter().any(|e| inside(string(Some(e))))
        })
    };
    match asked.peer {
        Peer::Address(address) => Match::of(in_block(&address)),
        Peer::Pod(pod) if pod.addresses.iter().any(in_block) => Match::Maybe,
        Peer::Pod(pod) if pod.host_network && !asked.world.hosts_are_pods => Match::No,
        Peer::Pod(pod) => {
            let (namespaces, pods) = (present("namespaceSelector"), present("podSelector"));
            let here = match namespaces {
                Some(s) => selects(s, &asked.world.cluster.namespace(&pod.namespace)),
                None => pods.is_some() && pod.namespace == namespace(policy),
            };
            Match::of(here && pods.is_none_or(|s| selects(s, &pod.labels)))
        }
    }
}

/// `protocol` is TCP where none is written; no `port` means all of that protocol; a name is looked up on the
/// destination, together with the protocol.
fn port_matches(port: &Value, asked: &Asked<'_>) -> bool {
    let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
    if Protocol::parse(protocol) != Some(asked.flow.protocol) {
        return false;
    }
    match port.get("port").filter(|p| !p.is_null()) {
        None => true,
        Some(Value::String(name)) => named(asked.flow.destination, name, asked),
        Some(start) => number(Some(start)).is_some_and(|start| {
            let end = number(port.get("endPort")).unwrap_or(start);
            (start..=end).contains(&asked.flow.port)
        }),
    }
}

/// Whether the asked port has that name on the destination.
pub(super) fn named(destination: Peer<'_>, name: &str, asked: &Asked<'_>) -> bool {
    let is = |pod: &Pod| {
        let mut ports = pod.ports.iter();
        ports.any(|p| p.name == name && p.protocol == asked.flow.protocol && p.number == asked.flow.port)
    };
    match destination {
        Peer::Pod(pod) => is(pod),
        Peer::Address(_) => false,
    }
}
