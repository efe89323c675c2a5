//! MG042: a DestinationRule that makes clients encrypt in a way that the server does not take.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Below, By, Call, Client, DestinationRule, Layer, Membership, Outcome, TlsMode};

use crate::{Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG042",
    slug: "breaks-mtls",
    title: "a DestinationRule makes clients encrypt as the server does not take it",
    severity: Severity::Error,
    why: "A TLS mode in a DestinationRule replaces auto mTLS. `DISABLE` towards a workload that demands mTLS, `ISTIO_MUTUAL` \
          towards a pod without a sidecar, and `SIMPLE` or `MUTUAL` towards a sidecar that speaks HTTP or demands mTLS all \
          break the connection: clients get 503, and TCP is reset. Where the application may take TLS itself, nobody can \
          tell from manifests, and this is not said.",
    way_out: "Leave `tls` out of the rule, so that auto mTLS finds out what the server takes.",
    sources: &[
        "https://istio.io/latest/docs/ops/common-problems/network-issues/#503-errors-after-setting-destination-rule",
        "https://istio.io/latest/docs/tasks/security/authentication/mtls-migration/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let rules = &seen.mesh().destination_rules;
    let says = |(_, rule): &(usize, &DestinationRule)| {
        rule.traffic.as_ref().is_some_and(|t| t.tls.is_some() || t.ports.values().any(Option::is_some))
    };
    let rules: Vec<(usize, &DestinationRule)> = (0..).zip(rules).filter(says).collect();
    if rules.is_empty() {
        return Vec::new();
    }
    // The Services that each rule may be about: the judge then says whether it is.
    let mut services: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, service) in (0..).zip(&seen.mesh().services) {
        for rule in seen.mesh().rules_for(&service.host()) {
            services.entry(rule).or_default().push(number);
        }
    }
    let about = |number: &usize| services.get(number).map_or(&[][..], Vec::as_slice);
    rules.into_iter().filter_map(|(number, rule)| breaks(seen, rule, about(&number))).collect()
}

fn breaks(seen: &Seen<'_>, rule: &DestinationRule, services: &[usize]) -> Option<Hit> {
    let document = seen.document(rule.meta.place)?;
    let mut broken: BTreeSet<String> = BTreeSet::new();
    let mut example = None;
    for (number, service) in services.iter().filter_map(|n| Some((*n, seen.mesh().services.get(*n)?))) {
        for port in service.ports.iter().filter(|p| p.tcp) {
            for (server, on) in seen.mesh().behind(service, port.number) {
                let by = By::Service(number, port.number);
                // One broken client is enough.
                let clients = seen.sidecars_apart(server);
                let refused = clients.into_iter().find_map(|client| {
                    let call = Call { client: Client::Pod(client), server, port: on, by };
                    refused_by(seen, rule, &call).map(|outcome| (client, outcome))
                });
                if let Some((client, outcome)) = refused {
                    broken.insert(format!("port {on} of {}", seen.called(server)));
                    example = example.or(Some((client, server, on, outcome)));
                }
            }
        }
    }
    let (client, server, port, outcome) = example?;
    let mode = mode(rule).map_or("", TlsMode::word);
    let said = format!(
        "with `{mode}` clients send {} what {} not take ({}): `{}` gets `{}`",
        names(&broken),
        if broken.len() == 1 { "it does" } else { "they do" },
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
