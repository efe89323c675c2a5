//! `AdminNetworkPolicy` and `BaselineAdminNetworkPolicy` v1alpha1, `ClusterNetworkPolicy` v1alpha2.
//!
//! Sources: `network-policy-api` `apis/v1alpha1` and `apis/v1alpha2/clusternetworkpolicy_types.go`.

use meshgen_yaml::{Node, Problem};

use super::{
    fields::{Fields, Read, Trouble},
    network_policy::{number, protocol, unknown_rule},
    object::Object,
    selector::selector,
    unreadable,
};
use crate::{
    Matcher, PortSet, Protocol,
    matcher::Namespaces,
    policy::{Action, Layer, Policy, PolicyKind, PortRule, Rule},
    select::Selector,
};

/// The policy; none if the API server would not take it.
pub(super) fn policy(o: &Object<'_>, problems: &mut Vec<Problem>) -> Option<Policy> {
    let kind = match o.kind {
        "AdminNetworkPolicy" => PolicyKind::AdminNetworkPolicy,
        "BaselineAdminNetworkPolicy" => PolicyKind::BaselineAdminNetworkPolicy,
        _ => PolicyKind::ClusterNetworkPolicy,
    };
    // A3: there is one baseline policy, named `default`.
    if kind == PolicyKind::BaselineAdminNetworkPolicy && o.name != "default" {
        let message =
            format!("BaselineAdminNetworkPolicy `{}` is refused: its name has to be `default`", o.name);
        problems.push(Problem::error(o.place, message));
        return None;
    }
    let spec = o.spec()?;
    let mut report = |trouble: &Trouble| problems.push(unreadable(o, trouble));
    let standing = standing(kind, spec).inspect_err(&mut report);
    let known = spec.only(&["tier", "priority", "subject", "ingress", "egress"]).inspect_err(&mut report);
    let subject = subject(spec.field("subject").unwrap_or(spec)).inspect_err(&mut report);
    let mut rules = |key: &str, peers: &str| -> Option<Vec<Rule>> {
        let numbered = (1..).zip(spec.list(key));
        let rules = numbered.map(|(n, node)| {
            rule(kind, node, n, peers).unwrap_or_else(|trouble| {
                report(&trouble);
                unknown_rule(node, n)
            })
        });
        let mut rules: Vec<Rule> = rules.collect();
        if known.is_err() || standing.is_err() {
            rules.insert(0, unknown_rule(spec, 0));
        }
        // A5: without rules it does not touch that direction.
        (!rules.is_empty()).then_some(rules)
    };
    let (ingress, egress) = (rules("ingress", "from"), rules("egress", "to"));
    let (layer, order) = standing.unwrap_or((Layer::Admin, -1.0));
    let subject = subject.unwrap_or(Matcher::Unreadable);
    Some(Policy {
        kind,
        namespace: None,
        name: o.name.clone(),
        place: o.place,
        layer,
        order,
        subject,
        ingress,
        egress,
    })
}

/// A1, A2: the layer, and the rank in it.
fn standing(kind: PolicyKind, spec: &Node) -> Read<(Layer, f64)> {
    // The singleton has no priority. Where there are others in its layer, who comes first is not defined.
    if kind == PolicyKind::BaselineAdminNetworkPolicy {
        return Ok((Layer::Baseline, BASELINE));
    }
    let layer = match (kind, spec.text("tier")) {
        (PolicyKind::AdminNetworkPolicy, _) | (_, Some("Admin")) => Layer::Admin,
        (_, Some("Baseline")) => Layer::Baseline,
        (_, other) => {
            let message =
                format!("the tier `{}` is not known: use `Admin` or `Baseline`", other.unwrap_or_default());
            return Err(spec.trouble(message));
        }
    };
    let priority = spec.field("priority").ok_or_else(|| spec.trouble("a `priority` is missing"))?;
    let number = priority.integer().and_then(|n| u16::try_from(n).ok()).filter(|n| *n <= 1000);
    let number = number.ok_or_else(|| priority.trouble("a priority is a number from 0 to 1000"))?;
    Ok((layer, number.into()))
}

/// The rank of `BaselineAdminNetworkPolicy`: after every priority.
const BASELINE: f64 = 1001.0;

/// A5: exactly one of `namespaces` and `pods`; an empty selector means all.
fn subject(node: &Node) -> Read<Matcher> {
    node.only(&["namespaces", "pods"])?;
    pods(node)?.ok_or_else(|| node.trouble("a subject needs `namespaces` or `pods`"))
}

fn pods(node: &Node) -> Read<Option<Matcher>> {
    // A6, N11: pods that use their node's network are never meant.
    let matcher =
        |namespaces, pods| Matcher::Pods { namespaces: Namespaces::Selected(namespaces), pods, host: false };
    if let Some(namespaces) = node.field("namespaces") {
        return Ok(Some(matcher(selector(namespaces)?, Selector::default())));
    }
    let Some(pods) = node.field("pods") else { return Ok(None) };
    pods.only(&["namespaceSelector", "podSelector"])?;
    let part = |key| pods.field(key).map_or(Ok(Selector::default()), selector);
    Ok(Some(matcher(part("namespaceSelector")?, part("podSelector")?)))
}

fn rule(kind: PolicyKind, node: &Node, number: usize, peers_key: &str) -> Read<Rule> {
    let ports_key = if kind == PolicyKind::ClusterNetworkPolicy { "protocols" } else { "ports" };
    node.only(&["name", "action", peers_key, ports_key])?;
    let mut action = action(kind, node)?;
    let mut ports = PortRule::all();
    if !node.list(ports_key).is_empty() {
        ports = PortRule::default();
        for entry in node.list(ports_key) {
            match kind {
                PolicyKind::ClusterNetworkPolicy => newer_port(entry, &mut ports)?,
                _ => older_port(entry, &mut ports)?,
            }
        }
    }
    let mut peers = Vec::new();
    for peer in node.list(peers_key) {
        match self::peer(peer)? {
            Some(matcher) => peers.push(matcher),
            // A6: what is not known fails closed: nothing is accepted by it, everything denied.
            None if action == Action::Allow => {}
            None => {
                action = Action::Deny;
                ports = PortRule::all();
                peers.push(Matcher::Anyone);
            }
        }
    }
    let name = node.text("name").filter(|n| !n.is_empty()).map(str::to_owned);
    Ok(Rule { name, number, place: node.place, action, peers, own: Matcher::Anyone, ports, doubtful: false })
}

/// A3: `Allow` of v1alpha1 is `Accept` in v1alpha2; the baseline singleton cannot pass.
fn action(kind: PolicyKind, node: &Node) -> Read<Action> {
    let word = node.text("action").unwrap_or_default();
    match (kind, word) {
        (PolicyKind::ClusterNetworkPolicy, "Accept") => Ok(Action::Allow),
        (PolicyKind::AdminNetworkPolicy | PolicyKind::BaselineAdminNetworkPolicy, "Allow") => {
            Ok(Action::Allow)
        }
        (_, "Deny") => Ok(Action::Deny),
        (PolicyKind::AdminNetworkPolicy | PolicyKind::ClusterNetworkPolicy, "Pass") => Ok(Action::Pass),
        _ => Err(node.trouble(format!("the action `{word}` is not known"))),
    }
}

/// A peer; none if it has no field that is known.
fn peer(node: &Node) -> Read<Option<Matcher>> {
    if let Some(pods) = pods(node)? {
        return Ok(Some(pods));
    }
    if node.get("networks").is_some() {
        return Ok(Some(Matcher::Networks(
            node.list("networks").iter().map(Node::block).collect::<Read<_>>()?,
        )));
    }
    if let Some(nodes) = node.field("nodes") {
        return Ok(Some(Matcher::Nodes(selector(nodes)?)));
    }
    Ok(node.field("domainNames").map(|_| Matcher::Domains))
}

/// A7: v1alpha1.
fn older_port(node: &Node, ports: &mut PortRule) -> Read<()> {
    node.only(&["portNumber", "portRange", "namedPort"])?;
    if let Some(name) = node.text("namedPort") {
        ports.names.push((None, name.to_owned()));
    } else if let Some(one) = node.field("portNumber") {
        one.only(&["protocol", "port"])?;
        let port = number(one.field("port").unwrap_or(one))?;
        ports.numbers = ports.numbers.union(&PortSet::one(protocol(one, "protocol")?, port));
    } else if let Some(many) = node.field("portRange") {
        many.only(&["protocol", "start", "end"])?;
        ports.numbers = ports.numbers.union(&range(many, protocol(many, "protocol")?)?);
    } else {
        return Err(node.trouble("a port needs `portNumber`, `portRange` or `namedPort`"));
    }
    Ok(())
}

/// A7: v1alpha2.
fn newer_port(node: &Node, ports: &mut PortRule) -> Read<()> {
    node.only(&["tcp", "udp", "sctp", "destinationNamedPort"])?;
    if let Some(name) = node.text("destinationNamedPort") {
        ports.names.push((None, name.to_owned()));
        return Ok(());
    }
    let entry = node.entries().first().ok_or_else(|| node.trouble("a protocol is missing"))?;
    let protocol = Protocol::parse(&entry.key.text).ok_or_else(|| node.trouble("a protocol is missing"))?;
    entry.value.only(&["destinationPort"])?;
    let set = match entry.value.field("destinationPort") {
        None => PortSet::protocol(protocol),
        Some(port) => {
            port.only(&["number", "range"])?;
            match (port.field("number"), port.field("range")) {
                (Some(one), _) => PortSet::one(protocol, number(one)?),
                (None, Some(many)) => range(many, protocol)?,
                (None, None) => return Err(port.trouble("a port needs `number` or `range`")),
            }
        }
    };
    ports.numbers = ports.numbers.union(&set);
    Ok(())
}

fn range(node: &Node, protocol: Protocol) -> Read<PortSet> {
    let end = |key| number(node.field(key).unwrap_or(node));
    let (first, last) = (end("start")?, end("end")?);
    if last < first {
        Err(node.trouble("`end` is below `start`"))
    } else {
        Ok(PortSet::range(protocol, first, last))
    }
}
