//! MG034: a port that pods dial by name and that no Service lists.

use std::collections::BTreeSet;

use meshgen_mesh::Service;
use meshgen_yaml::Place;

use crate::{
    Hit, Rule, Seen, Severity,
    pods::{containers, names, text, words},
};

pub(super) const RULE: Rule = Rule {
    code: "MG034",
    slug: "unlisted-port",
    title: "pods dial a port of the mesh that no Service lists",
    severity: Severity::Warning,
    why: "A sidecar knows the ports that Services list. To one that none lists it passes the bytes on as they are, in plain \
          text: under `STRICT` the server's sidecar resets that, and no policy sees who called. Pods of a StatefulSet that \
          call each other by name through a headless Service run into this.",
    way_out: "List the port in the headless Service; or take it out of the mesh on both sides \
              (`excludeInboundPorts`, `excludeOutboundPorts`), and know that it is then plain text.",
    sources: &[
        "https://istio.io/latest/docs/ops/configuration/traffic-management/traffic-routing/#headless-services",
        "https://github.com/istio/istio/issues/10659",
        "https://github.com/istio/istio/issues/18921",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut told: BTreeSet<(Place, u16)> = BTreeSet::new();
    for (client, pod) in seen.sidecars() {
        let Some((_, template)) = seen.template(client) else { continue };
        for word in containers(template).flat_map(words) {
            for (host, port) in text(word).into_iter().flat_map(dialled) {
                let service = headless(seen, host, &pod.namespace);
                let Some(service) = service.filter(|s| is_unlisted(seen, s, client, port)) else { continue };
                if told.insert((service.meta.place, port)) {
                    hits.extend(
                        hit(seen, service, (client, host, port)).map(|h| h.also(word.place, "dialled here")),
                    );
                }
            }
        }
    }
    hits
}

fn hit(seen: &Seen<'_>, service: &Service, (client, host, port): (usize, &str, u16)) -> Option<Hit> {
    let document = seen.document(service.meta.place)?;
    let behind = behind(seen, service).into_iter().map(|n| seen.called(n));
    let said = format!(
        "`{}` dials `{host}:{port}`, but no Service in front of {} lists port {port}",
        seen.called(client),
        names(behind)
    );
    Some(Hit::about(document, said, format!("list port {port} in this Service")))
}

/// `host:port` in a text, whatever is around it.
fn dialled(text: &str) -> Vec<(&str, u16)> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
    let pair = |word: &'_ str| word.rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned()));
    let words = text.split(ends).filter(|word| pair(word).is_some());
    words
        .filter_map(|word| {
            let (host, port) = word.rsplit_once(':')?;
            let host = host.rsplit(':').next().unwrap_or(host).trim_matches('.');
            (!host.is_empty()).then_some((host, port.parse().ok()?))
        })
        .collect()
}

/// The headless Service that a host is of: `service`, `pod.service`, with or without the namespace and what follows it.
fn headless<'a>(seen: &'a Seen<'_>, host: &str, own: &str) -> Option<&'a Service> {
    let parts: Vec<&str> = host.split('.').collect();
    let is = |s: &&Service| {
        let (name, namespace) = (s.meta.name.as_str(), s.meta.namespace.as_str());
        let at = |n: usize| {
            parts.get(n) == Some(&name)
                && parts.get(n + 1).map_or(namespace == own, |next| *next == namespace)
        };
        s.headless && (at(0) || at(1))
    };
    seen.mesh().services.iter().find(is)
}

fn behind(seen: &Seen<'_>, service: &Service) -> Vec<usize> {
    let selects = |n: usize, p| seen.mesh().labels(n).is_some_and(|labels| service.selects(p, labels));
    seen.sidecars().filter(|(n, p)| selects(*n, *p)).map(|(n, _)| n).collect()
}

/// Whether sidecars take a port of these pods, and no Service lists it.
fn is_unlisted(seen: &Seen<'_>, service: &Service, client: usize, port: u16) -> bool {
    let behind = behind(seen, service);
    let lists = |n: &usize| {
        let services = seen.mesh().members.get(*n).map_or(&[][..], |m| &m.services);
        let services = services.iter().filter_map(|s| seen.mesh().services.get(*s));
        services.flat_map(|s| &s.ports).any(|p| p.number == port)
    };
    let taken = |n: &usize| seen.mesh().takes_inbound(*n, port, false);
    seen.mesh().takes_outbound(client, port)
        && !behind.is_empty()
        && behind.iter().all(|n| taken(n) && !lists(n))
}
