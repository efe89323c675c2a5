//! `NetworkPolicy` of Kubernetes. Source: `kubernetes/api` `networking/v1/types.go`.

use meshgen_yaml::{Node, Problem};

use super::{
    fields::{Fields, Read},
    object::Object,
    selector::selector,
    unreadable,
};
use crate::{
    Addresses, Matcher, PortSet, Protocol,
    matcher::Namespaces,
    policy::{Action, Layer, Policy, PolicyKind, PortRule, Rule},
    select::Selector,
};

pub(super) fn policy(o: &Object<'_>, problems: &mut Vec<Problem>) -> Policy {
    let mut policy = Policy {
        kind: PolicyKind::NetworkPolicy,
        namespace: Some(o.namespace.clone()),
        name: o.name.clone(),
        place: o.place,
        layer: Layer::NetworkPolicy,
        order: 0.0,
        subject: pods(&o.namespace, Selector::default()),
        ingress: Some(Vec::new()),
        egress: None,
    };
    let Some(spec) = o.spec() else { return policy };
    let known = spec.only(&["podSelector", "policyTypes", "ingress", "egress"]);
    match spec.field("podSelector").map_or(Ok(Selector::default()), selector) {
        // N3: without a `podSelector` it selects all pods of its namespace.
        Ok(selected) => policy.subject = pods(&o.namespace, selected),
        Err(trouble) => {
            problems.push(unreadable(o, &trouble));
            policy.subject = Matcher::Unreadable;
        }
    }
    let types = spec.texts("policyTypes");
    let known =
        known.and_then(|()| match types.iter().find(|t| !matches!(t.as_str(), "Ingress" | "Egress")) {
            None => Ok(()),
            Some(word) => {
                Err(spec.trouble(format!("the policy type `{word}` is not known: use `Ingress` or `Egress`")))
            }
        });
    // N1: without types it is for ingress, and for egress only if it has rules for it.
    let speaks_of = |word: &str, otherwise: bool| {
        if types.is_empty() { otherwise } else { types.iter().any(|t| t == word) }
    };
    let mut rules = |key: &str, peers: &str| -> Vec<Rule> {
        let numbered = (1..).zip(spec.list(key));
        numbered
            .map(|(n, node)| {
                rule(node, n, peers, &o.namespace).unwrap_or_else(|trouble| {
                    problems.push(unreadable(o, &trouble));
                    unknown_rule(node, n)
                })
            })
            .collect()
    };
    policy.ingress = speaks_of("Ingress", true).then(|| rules("ingress", "from"));
    policy.egress = speaks_of("Egress", !spec.list("egress").is_empty()).then(|| rules("egress", "to"));
    if let Err(trouble) = known {
        problems.push(unreadable(o, &trouble));
        for rules in [&mut policy.ingress, &mut policy.egress] {
            rules.get_or_insert_default().push(unknown_rule(spec, 0));
        }
    }
    policy
}

/// A rule that could not be read: it may do anything.
pub(super) fn unknown_rule(node: &Node, number: usize) -> Rule {
    Rule {
        name: None,
        number,
        place: node.place,
        action: Action::Unknown,
        peers: vec![Matcher::Anyone],
        own: Matcher::Anyone,
        ports: PortRule::all(),
        doubtful: true,
    }
}

fn pods(namespace: &str, pods: Selector) -> Matcher {
    Matcher::Pods { namespaces: Namespaces::Named(namespace.to_owned()), pods, host: true }
}

fn rule(node: &Node, number: usize, peers_key: &str, namespace: &str) -> Read<Rule> {
    node.only(&[peers_key, "ports"])?;
    let mut peers =
        node.list(peers_key).iter().map(|n| peer(n, namespace)).collect::<Read<Vec<Matcher>>>()?;
    // N3: no peers are all peers, no ports are all ports.
    if peers.is_empty() {
        peers.push(Matcher::Anyone);
    }
    let mut ports = PortRule::all();
    if !node.list("ports").is_empty() {
        ports = PortRule::default();
        for entry in node.list("ports") {
            port(entry, &mut ports)?;
        }
    }
    let (name, own, place) = (None, Matcher::Anyone, node.place);
    Ok(Rule { name, number, place, action: Action::Allow, peers, own, ports, doubtful: false })
}

/// N4: with both selectors, both must hold; a `podSelector` alone means the policy's own namespace.
fn peer(node: &Node, namespace: &str) -> Read<Matcher> {
    node.only(&["podSelector", "namespaceSelector", "ipBlock"])?;
    let selected = |key| node.field(key).map(selector).transpose();
    let (namespaces, pods, block) =
        (selected("namespaceSelector")?, selected("podSelector")?, node.field("ipBlock"));
    match (namespaces, pods, block) {
        (None, None, Some(block)) => ip_block(block),
        (None, Some(selected), None) => Ok(self::pods(namespace, selected)),
        (Some(namespaces), pods, None) => Ok(Matcher::Pods {
            namespaces: Namespaces::Selected(namespaces),
            pods: pods.unwrap_or_default(),
            host: true,
        }),
        (None, None, None) => Err(node.trouble("a peer needs a selector or an `ipBlock`")),
        (_, _, Some(_)) => Err(node.trouble("an `ipBlock` stands alone, without selectors")),
    }
}

/// N8: a block means what is outside of the cluster; what it leaves out is not denied, only not allowed by it.
fn ip_block(node: &Node) -> Read<Matcher> {
    node.only(&["cidr", "except"])?;
    let cidr = node.field("cidr").ok_or_else(|| node.trouble("a `cidr` is missing"))?;
    let whole = cidr.block()?;
    if let Some(address) = cidr.as_text().filter(|text| !text.contains('/')) {
        let mask = if address.contains(':') { 128 } else { 32 };
        return Err(cidr.trouble(format!("`{address}` is no block: write `{address}/{mask}`")));
    }
    let mut except = Addresses::default();
    for block in node.list("except") {
        let part = block.block()?;
        if !whole.contains_all(&part) {
            return Err(block.trouble("`except` has to lie within `cidr`"));
        }
        except = except.union(&part);
    }
    Ok(Matcher::Outside(whole.minus(&except)))
}

/// N5: TCP where no protocol is said, all its ports where no port is said. N7: ranges by `endPort`.
fn port(node: &Node, ports: &mut PortRule) -> Read<()> {
    node.only(&["protocol", "port", "endPort"])?;
    let protocol = protocol(node, "protocol")?;
    if let Some(written) = node.text("protocol").filter(|written| *written != protocol.name()) {
        return Err(node.trouble(format!("the protocol `{written}` is written `{}`", protocol.name())));
    }
    let end = node.field("endPort");
    let Some(port) = node.field("port") else {
        if let Some(end) = end {
            return Err(end.trouble("`endPort` needs a `port`"));
        }
        ports.numbers = ports.numbers.union(&PortSet::protocol(protocol));
        return Ok(());
    };
    if port.integer().is_none() {
        if let Some(end) = end {
            return Err(end.trouble("`endPort` needs a `port` that is a number"));
        }
        let name = port.as_text().unwrap_or_default();
        if !name.contains(|c: char| c.is_ascii_alphabetic()) {
            return Err(port.trouble(format!("`{name}` is no port: use 1 to 65535, or the name of one")));
        }
        ports.names.push((Some(protocol), name.to_owned()));
        return Ok(());
    }
    let first = number(port)?;
    let last = end.map_or(Ok(first), number)?;
    if last < first {
        return Err(node.trouble("`endPort` is below `port`"));
    }
    ports.numbers = ports.numbers.union(&PortSet::range(protocol, first, last));
    Ok(())
}

/// The protocol under a key; TCP if there is none.
pub(super) fn protocol(node: &Node, key: &str) -> Read<Protocol> {
    let name = node.text(key).unwrap_or("TCP");
    Protocol::parse(name).ok_or_else(|| node.trouble(format!("the protocol `{name}` is not known")))
}

/// A port by number.
pub(super) fn number(node: &Node) -> Read<u16> {
    let number = node.integer().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
    number.ok_or_else(|| {
        let text = node.as_text().unwrap_or_default();
        node.trouble(format!("`{text}` is no port: use 1 to 65535"))
    })
}
