//! MG042: a DestinationRule that makes clients encrypt in a way that the server does not take.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Below, By, Call, Client, DestinationRule, Layer, Membership, Outcome, Service, TlsMode};

use crate::{Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG042",
    slug: "breaks-mtls",
    title: "a DestinationRule makes clients encrypt as the server does not take it",
    severity: Severity::Error,
    why: "A TLS mode in a DestinationRule replaces auto mTLS. `DISABLE` towards a workload that demands mTLS, `ISTIO_MUTUAL` \
          towards a pod without a sidecar, and `SIMPLE` or `MUTUAL` towards a sidecar all break the connection: clients get \
          503, and TCP is reset.",
    way_out: "Leave `tls` out of the rule, so that auto mTLS finds out what the server takes.",
    sources: &[
        "https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule",
        "https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let rules = &seen.mesh().destination_rules;
    let says = |rule: &&DestinationRule| {
        rule.traffic.as_ref().is_some_and(|t| t.tls.is_some() || t.ports.values().any(Option::is_some))
    };
    let rules: Vec<&DestinationRule> = rules.iter().filter(says).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let clients = clients(seen);
    rules.into_iter().filter_map(|rule| breaks(seen, rule, &clients)).collect()
}

/// A client with a sidecar of each namespace: rules seldom tell more of them apart, and one broken client is enough.
fn clients(seen: &Seen<'_>) -> Vec<usize> {
    let mut all: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, pod) in seen.sidecars() {
        all.entry(&pod.namespace).or_insert(number);
    }
    all.into_values().collect()
}

fn breaks(seen: &Seen<'_>, rule: &DestinationRule, clients: &[usize]) -> Option<Hit> {
    let document = seen.document(rule.meta.place)?;
    let mut broken: BTreeSet<String> = BTreeSet::new();
    let mut example = None;
    let services = (0..).zip(&seen.mesh().services);
    for (number, service) in services.filter(|(_, s)| is_meant(rule, s)) {
        for port in service.ports.iter().filter(|p| p.tcp) {
            for (server, on) in seen.mesh().behind(service, port.number) {
                let by = By::Service(number, port.number);
                let mut refused = clients.iter().filter(|client| **client != server).filter_map(|client| {
                    let call = Call { client: Client::Pod(*client), server, port: on, by };
                    refused_by(seen, rule, &call).map(|outcome| (*client, outcome))
                });
                if let Some((client, outcome)) = refused.next() {
                    broken.insert(format!("{} port {on}", seen.called(server)));
                    example = example.or(Some((client, server, on, outcome)));
                }
            }
        }
    }
    let (client, server, port, outcome) = example?;
    let mode = mode(rule).map_or("", TlsMode::word);
    let said = format!(
        "by `{mode}` clients send {} what it does not take ({}): `{}` gets `{}`",
        names(&broken),
        takes(seen, server, port),
        seen.called(client),
        outcome.word()
    );
    Some(Hit::about(document, said, "leave `tls` out of it, so that auto mTLS finds out"))
}

/// What the client sees, if this rule and the mode of the server decide it.
fn refused_by(seen: &Seen<'_>, rule: &DestinationRule, call: &Call) -> Option<Outcome> {
    let verdict = seen.mesh().any(call, Below::Passes);
    let last = verdict.reasons.last()?;
    let by = last.by.iter().any(|said| said.place == rule.meta.place);
    let broken = matches!(verdict.outcome, Outcome::Unavailable | Outcome::Reset);
    (broken && last.layer == Layer::Mtls && by).then_some(verdict.outcome)
}

fn takes(seen: &Seen<'_>, server: usize, port: u16) -> String {
    match seen.mesh().membership(server) {
        Membership::Sidecar if seen.mesh().takes_inbound(server, port, false) => {
            seen.mesh().mode(server, port).map_or_else(|_| "mTLS".to_owned(), |mode| mode.told())
        }
        Membership::Sidecar
        | Membership::Plain
        | Membership::Gateway
        | Membership::Ambient
        | Membership::Unknown => "no sidecar takes the connection".to_owned(),
    }
}

fn mode(rule: &DestinationRule) -> Option<TlsMode> {
    let traffic = rule.traffic.as_ref()?;
    traffic.tls.or_else(|| traffic.ports.values().flatten().next().copied())
}

/// Whether the rule may be about a Service: the judge then says whether it is.
fn is_meant(rule: &DestinationRule, service: &Service) -> bool {
    let (wanted, host) = (rule.full_host(), service.host());
    wanted.strip_prefix('*').map_or(wanted == host, |end| host.ends_with(end))
}
