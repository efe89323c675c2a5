//! Network policies as Kubernetes has them: `networking.k8s.io/v1`.

use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};
use meshgen_bundle::Object;

use super::{In, Peer, PodPort, Rule};
use crate::labels::{NAMESPACE_NAME, label, meta, selector};

pub(super) fn object(policy: super::NetworkPolicy<'_>) -> Object {
    let ingress = policy.ingress.as_ref().map(|_| "Ingress".to_owned());
    let egress = policy.egress.as_ref().map(|_| "Egress".to_owned());
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector(policy.pods)),
        // Always said: what it would be otherwise depends on which rules there are.
        policy_types: Some(ingress.into_iter().chain(egress).collect()),
        ingress: policy
            .ingress
            .map(|rules| rules.into_iter().map(ingress_rule).collect())
            .filter(|r: &Vec<_>| !r.is_empty()),
        egress: policy
            .egress
            .map(|rules| rules.into_iter().map(egress_rule).collect())
            .filter(|r: &Vec<_>| !r.is_empty()),
    };
    NetworkPolicy { metadata: meta(policy.namespace, policy.name), spec: Some(spec) }.into()
}

fn ingress_rule(rule: Rule) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from: some(rule.peers, peer), ports: some(rule.ports, port) }
}

fn egress_rule(rule: Rule) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule { to: some(rule.peers, peer), ports: some(rule.ports, port) }
}

/// An empty list means everything in this API, as it does in ours; it is clearer when it is not there.
fn some<T, U>(list: Vec<T>, each: impl Fn(T) -> U) -> Option<Vec<U>> {
    (!list.is_empty()).then(|| list.into_iter().map(each).collect())
}

fn peer(peer: Peer) -> NetworkPolicyPeer {
    match peer {
        Peer::Net(cidr, except) => NetworkPolicyPeer {
            ip_block: Some(IPBlock { cidr: cidr.to_string(), except: some(except, |e| e.to_string()) }),
            ..NetworkPolicyPeer::default()
        },
        Peer::Pods(namespaces, pods) => {
            let namespace_selector = namespace_selector(namespaces);
            // Both selectors together mean pods of those namespaces. The one for pods may be left out only
            // beside one for namespaces: alone, an empty peer would be none.
            let pod_selector = (!pods.is_empty() || namespace_selector.is_none()).then(|| selector(pods));
            NetworkPolicyPeer { namespace_selector, pod_selector, ..NetworkPolicyPeer::default() }
        }
    }
}

fn namespace_selector(namespaces: In) -> Option<LabelSelector> {
    match namespaces {
        In::Own => None,
        In::Labelled(labels) => Some(selector(labels)),
        In::Named(names) => Some(match names.as_slice() {
            [name] => selector(label(NAMESPACE_NAME, name.as_str())),
            _ => LabelSelector {
                match_labels: None,
                match_expressions: Some(vec![LabelSelectorRequirement {
                    key: NAMESPACE_NAME.to_owned(),
                    operator: "In".to_owned(),
                    values: Some(names),
                }]),
            },
        }),
    }
}

fn port(port: PodPort) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(port.port.into())),
        protocol: Some(port.protocol.as_str().to_owned()),
        end_port: None,
    }
}
