//! Calico's kinds.
//!
//! Source: `projectcalico/calico` `api/pkg/apis/projectcalico/v3`.

mod rule;

use meshgen_yaml::{Node, Problem};

use super::{
    fields::{Fields, Read},
    network_policy::unknown_rule,
    object::Object,
    unreadable,
};
use crate::{
    cluster::{Cluster, NetworkSet, Tier, Unread},
    matcher::{Accounts, Entity, Matcher, Scope},
    policy::{Layer, Policy, PolicyKind, Rule},
    select::Expression,
};

pub(super) fn object(o: &Object<'_>, cluster: &mut Cluster) {
    match o.kind {
        "NetworkPolicy" | "GlobalNetworkPolicy" => {
            let policy = policy(o, &mut cluster.problems);
            cluster.policies.push(policy);
        }
        "NetworkSet" | "GlobalNetworkSet" => match network_set(o) {
            Ok(set) => cluster.network_sets.push(set),
            Err(trouble) => cluster.problems.push(unreadable(o, &trouble)),
        },
        "Tier" => {
            let tier = tier(o);
            cluster.tiers.insert(o.name.clone(), tier);
        }
        "HostEndpoint" => unread(o, cluster, true),
        "Profile" if is_restricting(o) => unread(o, cluster, false),
        // C2: staged policies are not enforced. What else Calico has does not decide about connections.
        _ => {}
    }
}

fn unread(o: &Object<'_>, cluster: &mut Cluster, host_only: bool) {
    let what = format!("Calico {} `{}`", o.kind, o.name);
    let message = format!("{what} is not understood, so answers that it may concern are unknown");
    cluster.problems.push(Problem::warning(o.place, message));
    cluster.unread.push(Unread { what, place: o.place, concerns: Matcher::Anyone, host_only });
}

/// The profiles of namespaces and service accounts allow everything; any other may not.
fn is_restricting(o: &Object<'_>) -> bool {
    ["ingress", "egress"].iter().any(|key| {
        let rules = o.spec().map_or(&[][..], |s| s.list(key));
        rules.iter().any(|r| r.text("action") != Some("Allow") || r.entries().len() > 1)
    })
}

/// C1. The fixed tiers have their orders even where the manifest does not say them.
fn tier(o: &Object<'_>) -> Tier {
    let order = o.spec().and_then(|s| s.field("order")).and_then(order);
    let passes = o.spec().and_then(|s| s.text("defaultAction")) == Some("Pass");
    Tier { order, passes, place: o.place }
}

fn order(node: &Node) -> Option<f64> {
    node.as_text().and_then(|t| t.parse().ok()).filter(|n: &f64| n.is_finite())
}

fn network_set(o: &Object<'_>) -> Read<NetworkSet> {
    let nets = o.spec().map_or(&[][..], |s| s.list("nets"));
    Ok(NetworkSet {
        namespace: (o.kind == "NetworkSet").then(|| o.namespace.clone()),
        labels: o.node.labels(&["metadata", "labels"]),
        addresses: nets.iter().map(Node::block).collect::<Read<_>>()?,
    })
}

const KNOWN: [&str; 13] = [
    "tier",
    "order",
    "selector",
    "serviceAccountSelector",
    "namespaceSelector",
    "types",
    "ingress",
    "egress",
    "doNotTrack",
    "preDNAT",
    "applyOnForward",
    "performanceHints",
    "stagedAction",
];

fn policy(o: &Object<'_>, problems: &mut Vec<Problem>) -> Policy {
    let global = o.kind == "GlobalNetworkPolicy";
    let namespace = (!global).then(|| o.namespace.clone());
    let spec = o.spec().unwrap_or(o.node);
    let subject = subject(spec, namespace.as_deref()).unwrap_or_else(|trouble| {
        problems.push(unreadable(o, &trouble));
        Matcher::Unreadable
    });
    let tier = spec.text("tier").unwrap_or("default").to_owned();
    let known = if o.spec().is_some() { spec.only(&KNOWN) } else { Ok(()) };
    if let Err(trouble) = &known {
        problems.push(unreadable(o, trouble));
    }
    let (ingress, egress) = types(spec);
    let mut rules = |key: &str, side| -> Vec<Rule> {
        let numbered = (1..).zip(spec.list(key));
        let rules = numbered.filter_map(|(n, node)| {
            rule::rule(node, n, side, namespace.as_deref()).unwrap_or_else(|trouble| {
                problems.push(unreadable(o, &trouble));
                Some(unknown_rule(node, n))
            })
        });
        let mut rules: Vec<Rule> = rules.collect();
        if known.is_err() {
            rules.insert(0, unknown_rule(spec, 0));
        }
        rules
    };
    Policy {
        kind: if global { PolicyKind::GlobalNetworkPolicy } else { PolicyKind::CalicoNetworkPolicy },
        namespace: namespace.clone(),
        name: o.name.clone(),
        place: o.place,
        layer: Layer::Tier(tier),
        // C2: without an order it is last.
        order: spec.field("order").and_then(order).unwrap_or(f64::INFINITY),
        subject,
        ingress: ingress.then(|| rules("ingress", rule::Side::Source)),
        egress: egress.then(|| rules("egress", rule::Side::Destination)),
    }
}

/// C3: without `types` it speaks of the directions that it has rules for, and of ingress if it has none.
fn types(spec: &Node) -> (bool, bool) {
    let types = spec.texts("types");
    let has = |key: &str| !spec.list(key).is_empty();
    if types.is_empty() {
        return (has("ingress") || !has("egress"), has("egress"));
    }
    (types.iter().any(|t| t == "Ingress"), types.iter().any(|t| t == "Egress"))
}

fn subject(spec: &Node, namespace: Option<&str>) -> Read<Matcher> {
    // C7: policies for traffic that is not tracked, or not yet translated, are for hosts.
    if spec.flag("doNotTrack") || spec.flag("preDNAT") {
        return Ok(Matcher::Nobody);
    }
    let scope = match namespace {
        Some(namespace) => Scope::Own(namespace.to_owned()),
        None => scope(spec)?,
    };
    let selector = Some(expression(spec, "selector")?.unwrap_or(Expression::All));
    let accounts = expression(spec, "serviceAccountSelector")?
        .map(|s| Accounts { names: Vec::new(), selector: Some(s) });
    Ok(Matcher::Endpoint(Box::new(Entity { scope, selector, accounts, ..Entity::anything() })))
}

/// What a `namespaceSelector` means. Source: `updateprocessors/rules.go`, where `all()` becomes "has a namespace".
fn scope(node: &Node) -> Read<Scope> {
    Ok(match expression(node, "namespaceSelector")? {
        None => Scope::Anywhere,
        Some(Expression::Global) => Scope::Global,
        Some(selector) if selector.is_global() => {
            return Err(node.trouble("`global()` stands alone in a `namespaceSelector`"));
        }
        Some(selector) => Scope::Namespaces(selector),
    })
}

fn expression(node: &Node, key: &str) -> Read<Option<Expression>> {
    let Some(value) = node.field(key).filter(|n| n.as_text() != Some("")) else { return Ok(None) };
    let text = value.as_text().ok_or_else(|| value.trouble("a selector is text"))?;
    Expression::parse(text)
        .map(Some)
        .map_err(|e| value.trouble(format!("`{text}` is no selector: {}", e.message)))
}
