//! A rule of a network policy in the words of the spec, where these say exactly the same.

use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::{
    draft::{Allow, Draft, FromNamespaces, PortRef},
    legal,
    object::Labels,
    selector::{covers, labels_only, selects},
};

/// The label that every namespace carries with its own name.
/// Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Whom a policy protects: one workload, or all of a namespace where there is no name.
pub(crate) type Target = (String, Option<String>);

/// The callers of a rule, and what they may call. None where a spec would say more, or less.
pub(crate) fn of(rule: &NetworkPolicyIngressRule, target: &Target, draft: &mut Draft) -> Option<Vec<Allow>> {
    let peers = rule.from.as_deref().unwrap_or_default();
    // No peers is everybody, inside and outside: in a spec nothing says both at once.
    if peers.is_empty() {
        return None;
    }
    let mut callers = Callers::default();
    for peer in peers {
        callers.add(peer, &target.0, draft)?;
    }
    let ports = ports(rule.ports.as_deref().unwrap_or_default(), target, draft)?;
    for name in &callers.named {
        draft.declare(name);
    }
    for from in &callers.from {
        draft.declare(from.split('/').next().unwrap_or_default());
    }
    Some(callers.into_rules(&ports))
}

#[derive(Default)]
struct Callers {
    from: Vec<String>,
    named: Vec<String>,
    others: Vec<FromNamespaces>,
    cidrs: Vec<String>,
}

impl Callers {
    fn add(&mut self, peer: &NetworkPolicyPeer, own: &str, draft: &Draft) -> Option<()> {
        if let Some(block) = &peer.ip_block {
            // An exception is nothing that `fromCidrs` has.
            let all = block.except.iter().flatten().next().is_none();
            let net = block.cidr.parse::<IpNet>().ok().filter(|_| all)?;
            self.cidrs.push(net.trunc().to_string());
            return Some(());
        }
        match (&peer.namespace_selector, &peer.pod_selector) {
            (None, Some(pods)) => self.pods(own, pods, draft),
            (Some(namespaces), pods) => {
                let pods = pods.as_ref().filter(|p| **p != LabelSelector::default());
                match (names(namespaces), pods) {
                    (Some(names), Some(pods)) => names.iter().try_for_each(|ns| self.pods(ns, pods, draft)),
                    (Some(names), None) => {
                        self.named.extend(names);
                        Some(())
                    }
                    (None, Some(_)) => None,
                    (None, None) => self.labelled(namespaces, draft),
                }
            }
            (None, None) => None,
        }
    }

    /// Pods of one namespace: all of them, or those of one workload.
    fn pods(&mut self, namespace: &str, pods: &LabelSelector, draft: &Draft) -> Option<()> {
        let (_, name) = target(namespace, pods, draft)?;
        self.from.push(format!("{namespace}/{}", name.as_deref().unwrap_or("*")));
        Some(())
    }

    fn labelled(&mut self, namespaces: &LabelSelector, draft: &Draft) -> Option<()> {
        let labels = labels_only(namespaces)?;
        self.others.push(if labels.is_empty() {
            FromNamespaces::Word("all")
        } else if is_membership(&labels, draft) {
            FromNamespaces::Word("meshed")
        } else {
            FromNamespaces::Labelled(labels)
        });
        Some(())
    }

    /// One rule for each kind of caller.
    fn into_rules(mut self, ports: &[PortRef]) -> Vec<Allow> {
        let mut rules = Vec::new();
        let rule = || Allow { ports: ports.to_vec(), ..Allow::default() };
        if !self.from.is_empty() {
            rules.push(Allow { from: once(self.from), ..rule() });
        }
        if !self.named.is_empty() {
            self.others.insert(0, FromNamespaces::Named(once(self.named)));
        }
        rules.extend(self.others.into_iter().map(|n| Allow { from_namespaces: Some(n), ..rule() }));
        if !self.cidrs.is_empty() {
            rules.push(Allow { from_cidrs: once(self.cidrs), ..rule() });
        }
        rules
    }
}

/// Each once, in the order of the policy.
fn once(list: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    list.into_iter().filter(|s| seen.insert(s.clone())).collect()
}

/// The only workload of a namespace that is selected, or all of its pods. None where it is anything else.
pub(crate) fn target(namespace: &str, pods: &LabelSelector, draft: &Draft) -> Option<Target> {
    if !legal::is_name(namespace) {
        return None;
    }
    if *pods == LabelSelector::default() || labels_only(pods).is_some_and(|l| l.is_empty()) {
        return Some((namespace.to_owned(), None));
    }
    let mut selected = draft.selected(namespace, |labels| selects(pods, labels)).into_iter();
    let (name, None) = (selected.next()?, selected.next()) else { return None };
    let own = &draft.workloads.get(&(namespace.to_owned(), name.clone()))?.existing.labels;
    (draft.selected(namespace, |labels| covers(own, labels)).len() == 1)
        .then(|| (namespace.to_owned(), Some(name)))
}

/// The namespaces that a selector names, and no other.
fn names(selector: &LabelSelector) -> Option<Vec<String>> {
    let labels = selector.match_labels.clone().unwrap_or_default();
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    let names = match (labels.iter().next(), expressions) {
        (Some((key, name)), []) if labels.len() == 1 && key == NAMESPACE_NAME => vec![name.clone()],
        (None, [one]) if one.key == NAMESPACE_NAME && one.operator == "In" => one.values.clone()?,
        _ => return None,
    };
    (!names.is_empty() && names.iter().all(|n| legal::is_name(n))).then_some(names)
}

/// Whether these labels are what `meshed` selects by, on this cluster.
fn is_membership(labels: &Labels, draft: &Draft) -> bool {
    let ours = draft.membership.as_ref();
    labels.len() == 1 && ours.is_some_and(|(key, value)| labels.get(*key) == Some(value))
}

/// Ports of a rule in the words of the target.
fn ports(ports: &[NetworkPolicyPort], target: &Target, draft: &mut Draft) -> Option<Vec<PortRef>> {
    // A policy of an ambient namespace opens HBONE's port beside those that are said.
    if !ports.is_empty() && draft.namespaces.get(&target.0).is_some_and(|n| n.mesh == Some("ambient")) {
        return None;
    }
    let mut refs = Vec::new();
    for port in ports {
        let protocol = port.protocol.as_deref().unwrap_or("TCP");
        if port.end_port.is_some() {
            return None;
        }
        let port = match (&target.1, port.port.as_ref()?) {
            (Some(name), port) => of_workload(&(target.0.clone(), name.clone()), port, protocol, draft)?,
            (None, IntOrString::Int(number)) => of_namespace(&target.0, *number, protocol, draft)?,
            (None, IntOrString::String(_)) => return None,
        };
        if !refs.contains(&port) {
            refs.push(port);
        }
    }
    Some(refs)
}

/// A port of one workload, by its name in the spec. A number that its pods do not declare is declared now.
fn of_workload(
    place: &(String, String),
    port: &IntOrString,
    protocol: &str,
    draft: &mut Draft,
) -> Option<PortRef> {
    let workload = draft.workloads.get_mut(place)?;
    let number = match port {
        IntOrString::Int(number) => u16::try_from(*number).ok().filter(|n| *n > 0)?,
        IntOrString::String(name) => {
            let same = |(n, p, _): &&(String, String, u16)| n == name && p == protocol;
            workload.container_ports.iter().find(same).map(|(_, _, number)| *number)?
        }
    };
    workload.port(number, protocol, None, "").map(PortRef::Name)
}

/// A port of all workloads of a namespace, by its number, if it is never another protocol's.
fn of_namespace(namespace: &str, number: i32, protocol: &str, draft: &Draft) -> Option<PortRef> {
    let number = u16::try_from(number).ok()?;
    let mut same = draft
        .workloads_of(namespace)
        .flat_map(|(_, w)| w.ports.values())
        .filter(|p| p.number == number)
        .peekable();
    same.peek()?;
    same.all(|p| p.protocol == protocol).then_some(PortRef::Number(number))
}
