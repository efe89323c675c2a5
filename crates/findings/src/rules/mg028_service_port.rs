//! MG028: a policy that names a port of a Service where the port of the pod counts.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Attribute, Rule as AuthorizationRule};
use meshgen_reach::{
    Direction, Match, Matcher, Policy, PolicyKind, Protocol, Rule as PolicyRule, Traits, Values,
};
use meshgen_yaml::Place;

use crate::{Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG028",
    slug: "service-port",
    title: "a policy names a port that its pods do not have",
    severity: Severity::Error,
    why: "Ports in a NetworkPolicy and in an AuthorizationPolicy are those of the pod. Where a Service listens on 80 and its \
          pods on 8080, a rule for 80 means nothing: what it was to admit is refused, and what it was to refuse passes. \
          Named ports are those that containers declare, not those of the Service.",
    way_out: "Name the port of the pod: the `targetPort` of the Service.",
    sources: &[
        "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/",
        "https://github.com/ahmetb/kubernetes-network-policy-recipes/blob/master/09-allow-traffic-only-to-a-port.md",
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Operation",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let network = seen.cluster().policies.iter();
    let network = network.filter(|p| p.kind == PolicyKind::NetworkPolicy).flat_map(|p| of_network(seen, p));
    let mesh = (0..).zip(&seen.mesh().policies).flat_map(|(number, _)| of_mesh(seen, number));
    network.chain(mesh).collect()
}

fn of_network(seen: &Seen<'_>, policy: &Policy) -> Vec<Hit> {
    let Some(document) = seen.document(policy.place) else { return Vec::new() };
    let mut hits = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let rules = policy.rules(direction).unwrap_or_default();
        for rule in rules {
            let pods = match direction {
                Direction::Ingress => meant(seen, &[&policy.subject]),
                // Where others may be meant than those that are here, the port may be one of theirs.
                Direction::Egress if !rule.peers.iter().all(is_closed) => continue,
                Direction::Egress => meant(seen, &rule.peers.iter().collect::<Vec<_>>()),
            };
            let admitted = |port: u16| {
                rules
                    .iter()
                    .filter(|other| includes(other, rule))
                    .any(|other| is_named(seen, other, &pods, port))
            };
            for port in named_singly(rule) {
                if let Some(target) = service_only(seen, &pods, port, admitted) {
                    hits.push(Hit::about(document, said(seen, &pods, port), target).at(rule.place));
                }
            }
            for (protocol, name) in &rule.ports.names {
                let named = |n: &usize| {
                    seen.cluster()
                        .pods
                        .get(*n)
                        .is_some_and(|p| p.ports_named(name, *protocol).next().is_some())
                };
                if !pods.is_empty() && !pods.iter().any(named) {
                    let titles = pods.iter().map(|n| seen.title(*n));
                    let said = format!("no container of {} calls a port `{name}`", names(titles));
                    hits.push(
                        Hit::about(document, said, "name a port that they declare, or its number")
                            .at(rule.place),
                    );
                }
            }
        }
    }
    hits
}

/// The ports that a rule names one by one, also where they are neighbours. What is as wide as this is a range.
fn named_singly(rule: &PolicyRule) -> impl Iterator<Item = u16> {
    const WIDE: u16 = 16;
    let ranges = rule.ports.numbers.ranges(Protocol::Tcp);
    ranges.filter(|(first, last)| last - first < WIDE).flat_map(|(first, last)| first..=last)
}

/// Whether a peer can mean no other pods than those of namespaces that it names.
fn is_closed(peer: &Matcher) -> bool {
    let Matcher::Pods { namespaces, .. } = peer else { return false };
    let name = ("kubernetes.io/metadata.name".to_owned(), Values::only("a-namespace-that-is-not-here"));
    let other = Traits { known: BTreeMap::from([name]), open: true, written: None };
    namespaces.select(&other) == Match::No
}

/// Whether a rule means all whom another one means.
fn includes(rule: &PolicyRule, other: &PolicyRule) -> bool {
    rule.peers == other.peers || rule.peers.contains(&Matcher::Anyone)
}

/// Whether a rule names a port of pods, by number or by a name that they have for it.
fn is_named(seen: &Seen<'_>, rule: &PolicyRule, pods: &[usize], port: u16) -> bool {
    let mut pods = pods.iter().filter_map(|n| seen.cluster().pods.get(*n));
    let mut called = |(protocol, name): &(Option<Protocol>, String)| {
        pods.any(|p| p.ports_named(name, *protocol).any(|(_, number)| number == port))
    };
    rule.ports.numbers.contains(Protocol::Tcp, port) || rule.ports.names.iter().any(&mut called)
}

/// The pods that are surely meant by one of these.
fn meant(seen: &Seen<'_>, matchers: &[&Matcher]) -> Vec<usize> {
    let of_pods = matchers.iter().filter(|m| matches!(m, Matcher::Pods { .. }));
    let all: BTreeSet<usize> = of_pods.flat_map(|m| seen.meant(m).yes.clone()).collect();
    all.into_iter().collect()
}

/// What to name in place of a port that is a Service's and no pod's, unless that is named as well.
fn service_only(
    seen: &Seen<'_>,
    pods: &[usize],
    port: u16,
    is_named: impl Fn(u16) -> bool,
) -> Option<String> {
    if pods.iter().any(|n| seen.ports(*n).contains(&port)) {
        return None;
    }
    let mut targets = BTreeSet::new();
    let mut service = None;
    for p in pods.iter().filter_map(|n| seen.cluster().pods.get(*n)) {
        for (name, s) in seen.cluster().services_in(&p.namespace) {
            let ports = s.ports.iter().filter(|q| q.number == port && q.protocol == Protocol::Tcp);
            let on =
                ports.flat_map(|q| q.on(Some(p)).ranges(Protocol::Tcp).map(|(n, _)| n).collect::<Vec<_>>());
            let on: Vec<u16> = on.filter(|n| *n != port).collect();
            if !on.is_empty() && s.selects(p) {
                targets.extend(on);
                service = service.or_else(|| Some(format!("{}/{name}", p.namespace)));
            }
        }
    }
    let (service, target) = (service?, targets.iter().find(|target| !is_named(**target))?);
    Some(format!(
        "name {target}: the Service `{service}` leads from its port {port} to that port of the pods"
    ))
}

fn said(seen: &Seen<'_>, pods: &[usize], port: u16) -> String {
    let titles = pods.iter().map(|n| seen.title(*n));
    format!("port {port} is that of a Service; nothing listens on it in {}", names(titles))
}

fn of_mesh(seen: &Seen<'_>, number: usize) -> Vec<Hit> {
    let Some(policy) = seen.mesh().policies.get(number) else { return Vec::new() };
    let ports = |rule: &AuthorizationRule| -> Vec<(u16, BTreeSet<u16>)> {
        let conditions = rule.to.iter().flatten().chain(&rule.when);
        let lists =
            conditions.filter(|c| c.attribute == Attribute::Port).flat_map(|c| [&c.values, &c.not_values]);
        let numbers = lists.map(|list| list.iter().filter_map(|v| v.parse().ok()).collect::<BTreeSet<u16>>());
        numbers.flat_map(|all| all.clone().into_iter().map(move |port| (port, all.clone()))).collect()
    };
    let in_rule =
        |rule: &AuthorizationRule| ports(rule).into_iter().map(|port| (port, rule.place)).collect::<Vec<_>>();
    let by_port: Vec<((u16, BTreeSet<u16>), Place)> = policy.rules.iter().flat_map(in_rule).collect();
    // Most policies name none: who is bound by them does not matter.
    if by_port.is_empty() {
        return Vec::new();
    }
    let Some(document) = seen.document(policy.meta.place) else { return Vec::new() };
    let bound = (0..).zip(&seen.mesh().members).filter(|(_, m)| m.policies.contains(&number));
    let pods: Vec<usize> = bound.filter_map(|(n, _)| seen.on_network(n)).collect();
    let hit = |((port, beside), place): ((u16, BTreeSet<u16>), Place)| {
        let target = service_only(seen, &pods, port, |target| beside.contains(&target))?;
        Some(Hit::about(document, said(seen, &pods, port), target).at(place))
    };
    by_port.into_iter().filter_map(hit).collect()
}
