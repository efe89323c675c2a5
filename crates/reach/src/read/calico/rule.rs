//! Rules of Calico's policies. Source: `api/pkg/apis/projectcalico/v3/networkpolicy.go`.

use meshgen_yaml::Node;

use super::{expression, scope};
use crate::{
    Addresses, PortSet, Protocol,
    matcher::{Accounts, Entity, Matcher, Scope},
    policy::{Action, PortRule, Rule},
    read::fields::{Fields, Read},
};

/// The side of a rule on which the other end stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
}

/// A rule; none for `Log`, which decides nothing (C2).
pub(super) fn rule(node: &Node, number: usize, peers: Side, namespace: Option<&str>) -> Read<Option<Rule>> {
    node.only(&[
        "action",
        "metadata",
        "ipVersion",
        "protocol",
        "notProtocol",
        "icmp",
        "notICMP",
        "source",
        "destination",
        "http",
    ])?;
    let action = match node.text("action").unwrap_or_default() {
        word if word.eq_ignore_ascii_case("Allow") => Action::Allow,
        word if word.eq_ignore_ascii_case("Deny") => Action::Deny,
        word if word.eq_ignore_ascii_case("Pass") => Action::Pass,
        word if word.eq_ignore_ascii_case("Log") => return Ok(None),
        word => return Err(node.trouble(format!("the action `{word}` is not known"))),
    };
    let version = ip_version(node)?;
    let source = entity(node.field("source"), namespace, version.as_ref())?;
    let destination = entity(node.field("destination"), namespace, version.as_ref())?;
    let of_source = |key| node.field("source").is_some_and(|s| !s.list(key).is_empty());
    let ports = ports(node)?;
    let (peer, own) = if peers == Side::Source { (source, destination) } else { (destination, source) };
    Ok(Some(Rule {
        name: None,
        number,
        place: node.place,
        action,
        peers: vec![peer],
        own,
        ports,
        // The client's own port, and what is said inside of HTTP, are not asked for.
        doubtful: of_source("ports") || of_source("notPorts") || node.field("http").is_some(),
    }))
}

fn ip_version(node: &Node) -> Read<Option<Addresses>> {
    let Some(version) = node.field("ipVersion") else { return Ok(None) };
    match version.integer() {
        Some(4) => Ok(Addresses::block("0.0.0.0/0")),
        Some(6) => Ok(Addresses::block("::/0")),
        _ => Err(version.trouble("the IP version is 4 or 6")),
    }
}

/// C5: all fields must hold.
fn entity(node: Option<&Node>, namespace: Option<&str>, version: Option<&Addresses>) -> Read<Matcher> {
    let mut entity = Entity { nets: version.cloned(), ..Entity::anything() };
    if let Some(node) = node {
        node.only(&[
            "nets",
            "notNets",
            "selector",
            "notSelector",
            "namespaceSelector",
            "serviceAccounts",
            "ports",
            "notPorts",
        ])?;
        let blocks = |key| node.list(key).iter().map(Node::block).collect::<Read<Addresses>>();
        if !node.list("nets").is_empty() {
            let nets = blocks("nets")?;
            entity.nets = Some(version.map_or_else(|| nets.clone(), |v| v.intersection(&nets)));
        }
        entity.not_nets = blocks("notNets")?;
        entity.selector = expression(node, "selector")?;
        entity.not_selector = expression(node, "notSelector")?;
        entity.accounts = node.field("serviceAccounts").map(accounts).transpose()?;
        entity.scope = scope(node)?;
        let by_labels =
            entity.selector.is_some() || entity.not_selector.is_some() || entity.accounts.is_some();
        // Any selector confines a namespaced policy's rule to its own namespace.
        if let (Scope::Anywhere, Some(own), true) = (&entity.scope, namespace, by_labels) {
            entity.scope = Scope::Own(own.to_owned());
        }
    }
    Ok(if entity == Entity::anything() { Matcher::Anyone } else { Matcher::Entity(Box::new(entity)) })
}

/// C6: names and labels of service accounts must both hold.
fn accounts(node: &Node) -> Read<Accounts> {
    node.only(&["names", "selector"])?;
    Ok(Accounts { names: node.texts("names"), selector: expression(node, "selector")? })
}

/// C7: ports of the destination, which need a protocol; and protocols that are left out.
fn ports(node: &Node) -> Read<PortRule> {
    let within = match node.field("protocol") {
        None => PortSet::all(),
        Some(p) => self::protocol(p)?.map_or_else(PortSet::default, PortSet::protocol),
    };
    let without = match node.field("notProtocol") {
        None => PortSet::default(),
        Some(p) => self::protocol(p)?.map_or_else(PortSet::default, PortSet::protocol),
    };
    let mut rule = PortRule { numbers: within.minus(&without), ..PortRule::default() };
    // Types and codes of ICMP need a protocol without ports.
    let protocols: Vec<Protocol> =
        Protocol::ALL.into_iter().filter(|p| rule.numbers.contains(*p, 1)).collect();
    let Some(destination) = node.field("destination") else { return Ok(rule) };
    let read = |key: &str, numbers: &mut PortSet, names: &mut Vec<(Option<Protocol>, String)>| -> Read<()> {
        for port in destination.list(key) {
            for protocol in &protocols {
                match port_range(port)? {
                    Some((first, last)) => *numbers = numbers.union(&PortSet::range(*protocol, first, last)),
                    None => names.push((Some(*protocol), port.as_text().unwrap_or_default().to_owned())),
                }
            }
        }
        Ok(())
    };
    if !destination.list("ports").is_empty() {
        rule.numbers = PortSet::default();
        read("ports", &mut rule.numbers, &mut rule.names)?;
    }
    read("notPorts", &mut rule.except, &mut rule.except_names)?;
    Ok(rule)
}

/// A protocol by name or number; none for one without ports.
fn protocol(node: &Node) -> Read<Option<Protocol>> {
    if let Some(number) = node.integer() {
        return Ok(match number {
            6 => Some(Protocol::Tcp),
            17 => Some(Protocol::Udp),
            132 => Some(Protocol::Sctp),
            _ => None,
        });
    }
    let name = node.as_text().unwrap_or_default();
    match Protocol::parse(name) {
        Some(known) => Ok(Some(known)),
        None if ["ICMP", "ICMPv6", "UDPLite"].iter().any(|p| p.eq_ignore_ascii_case(name)) => Ok(None),
        None => Err(node.trouble(format!("the protocol `{name}` is not known"))),
    }
}

/// `80`, `"80"`, `"8000:8010"`; none for a name.
fn port_range(node: &Node) -> Read<Option<(u16, u16)>> {
    let text = node.as_text().unwrap_or_default();
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    if !first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) if first <= last => Ok(Some((first.max(1), last))),
        // A name may begin with a digit.
        (Err(_), _) if !text.contains(':') && text.contains(|c: char| c.is_ascii_alphabetic()) => Ok(None),
        _ => Err(node.trouble(format!("`{text}` is no port and no range of ports"))),
    }
}
