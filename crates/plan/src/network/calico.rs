//! Network policies as Calico has them: `projectcalico.org/v3`.

use meshgen_bundle::{
    Object,
    calico::{EntityRule, NetworkPolicy, NetworkPolicySpec, Port, Rule as CalicoRule},
};
use meshgen_spec::Protocol;

use super::{In, Peer, Rule};
use crate::labels::{Labels, NAMESPACE_NAME, meta};

pub(super) fn object(policy: super::NetworkPolicy<'_>) -> Object {
    let mut types = Vec::new();
    if policy.ingress.is_some() {
        types.push("Ingress".to_owned());
    }
    if policy.egress.is_some() {
        types.push("Egress".to_owned());
    }
    let spec = NetworkPolicySpec {
        selector: Some(selector(&policy.pods)),
        types,
        ingress: policy.ingress.into_iter().flatten().flat_map(|rule| rules(rule, true)).collect(),
        egress: policy.egress.into_iter().flatten().flat_map(|rule| rules(rule, false)).collect(),
        ..NetworkPolicySpec::default()
    };
    NetworkPolicy { metadata: meta(policy.namespace, policy.name), spec }.into()
}

/// A rule of ours is several of Calico's: one for each peer and protocol.
fn rules(rule: Rule, ingress: bool) -> Vec<CalicoRule> {
    let mut by_protocol: Vec<(Option<Protocol>, Vec<Port>)> = Vec::new();
    for port in &rule.ports {
        match by_protocol.iter_mut().find(|(protocol, _)| *protocol == Some(port.protocol)) {
            Some((_, ports)) => ports.push(Port::Number(port.port)),
            None => by_protocol.push((Some(port.protocol), vec![Port::Number(port.port)])),
        }
    }
    if by_protocol.is_empty() {
        by_protocol.push((None, Vec::new()));
    }
    let peers: Vec<Option<EntityRule>> = if rule.peers.is_empty() {
        vec![None]
    } else {
        rule.peers.into_iter().map(|p| Some(entity(p))).collect()
    };
    let mut rules = Vec::new();
    for peer in peers {
        for (protocol, ports) in &by_protocol {
            let (source, destination) = if ingress {
                let own =
                    (!ports.is_empty()).then(|| EntityRule { ports: ports.clone(), ..EntityRule::default() });
                (peer.clone(), own)
            } else {
                let other = EntityRule { ports: ports.clone(), ..peer.clone().unwrap_or_default() };
                (None, (other != EntityRule::default()).then_some(other))
            };
            let protocol = protocol.map(|p| p.as_str().to_owned());
            rules.push(CalicoRule { action: "Allow".to_owned(), protocol, source, destination });
        }
    }
    rules
}

fn entity(peer: Peer) -> EntityRule {
    match peer {
        Peer::Net(cidr, except) => EntityRule {
            nets: vec![cidr.to_string()],
            not_nets: except.iter().map(ToString::to_string).collect(),
            ..EntityRule::default()
        },
        Peer::Pods(namespaces, pods) => EntityRule {
            selector: Some(selector(&pods)),
            namespace_selector: match namespaces {
                In::Own => None,
                In::Labelled(labels) => Some(selector(&labels)),
                In::Named(names) => {
                    let names: Vec<String> = names.iter().map(|n| format!("'{n}'")).collect();
                    Some(match names.as_slice() {
                        [name] => format!("{NAMESPACE_NAME} == {name}"),
                        _ => format!("{NAMESPACE_NAME} in {{ {} }}", names.join(", ")),
                    })
                }
            },
            ..EntityRule::default()
        },
    }
}

/// Labels as a selector. Keys and values of labels hold no quotes, so nothing can break out of the text.
fn selector(labels: &Labels) -> String {
    if labels.is_empty() {
        return "all()".to_owned();
    }
    labels.iter().map(|(key, value)| format!("{key} == '{value}'")).collect::<Vec<_>>().join(" && ")
}
