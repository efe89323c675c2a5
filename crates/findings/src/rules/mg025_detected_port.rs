//! MG025: a port whose protocol is guessed, where a policy or the protocol itself depends on the guess.

use meshgen_mesh::{AuthorizationPolicy, Pod, Protocol, Rule as PolicyRule, Service, ServicePort};

use crate::{Fields, Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG025",
    slug: "detected-port",
    title: "a policy or a protocol depends on a port whose protocol is guessed",
    severity: Severity::Warning,
    why: "A port of a Service whose name does not begin with a protocol is HTTP or TCP by the first bytes that a client \
          sends. A rule by method, path, host or token then means a different thing for each client: what does not look \
          like HTTP is judged as a connection. And where the server speaks first there are no such bytes, so the sidecar \
          waits.",
    way_out: "Begin the port's name with its protocol (`http`, `http2`, `grpc`, `tcp`, `tls`, …), or set `appProtocol`.",
    sources: &[
        "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#server-first-protocols",
    ],
};

/// What servers that speak first call their ports, and where they listen.
const FIRST: [&str; 9] = ["mysql", "mariadb", "smtp", "submission", "ftp", "ssh", "imap", "pop3", "telnet"];
const WELL_KNOWN: [u16; 8] = [21, 22, 23, 25, 110, 143, 587, 3306];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let services = &seen.mesh().services;
    let ports = services.iter().flat_map(|s| s.ports.iter().filter(|p| p.tcp).map(move |p| (s, p)));
    let guessed = ports.filter(|(_, port)| Protocol::of(port) == Protocol::Detected);
    guessed.filter_map(|(service, port)| depends(seen, service, port)).collect()
}

fn depends(seen: &Seen<'_>, service: &Service, port: &ServicePort) -> Option<Hit> {
    let document = seen.document(service.meta.place)?;
    let behind: Vec<(usize, &Pod)> = seen
        .sidecars()
        .filter(|(n, pod)| seen.mesh().labels(*n).is_some_and(|labels| service.selects(pod, labels)))
        .collect();
    let (pod, why) = behind.iter().find_map(|(n, pod)| Some((*n, reason(seen, *n, pod, port)?)))?;
    let name = port.name.as_ref().map_or_else(|| "has no name".to_owned(), |n| format!("is called `{n}`"));
    let said = format!(
        "port {} of the Service {name}, which says no protocol, so it is guessed for `{}`, but {why}",
        port.number,
        seen.called(pod)
    );
    let hit =
        Hit::about(document, said, "begin its name with the protocol that it speaks, or set `appProtocol`");
    let mut written = document.node.list(&["spec", "ports"]).iter();
    let written = written.find(|n| n.text(&["port"]) == Some(port.number.to_string().as_str()));
    Some(match written {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

/// What depends on the protocol of a port.
fn reason(seen: &Seen<'_>, number: usize, pod: &Pod, port: &ServicePort) -> Option<String> {
    let target = port.on(pod)?;
    // Another Service may say what the port is.
    if seen.mesh().protocol(number, target) != Ok(Protocol::Detected)
        || !seen.mesh().takes_inbound(number, target, false)
    {
        return None;
    }
    let policies = seen.enforced(number).into_iter().filter(|p| by_http(p, target));
    let policies: Vec<String> = policies.map(|p| format!("{}/{}", p.meta.namespace, p.meta.name)).collect();
    if !policies.is_empty() {
        return Some(format!("{} decides by what only HTTP has", names(policies)));
    }
    let mut called =
        pod.ports.iter().filter(|p| p.tcp && p.number == target).filter_map(|p| p.name.as_deref());
    let first = called.any(|name| FIRST.contains(&name)) || WELL_KNOWN.contains(&target);
    first.then(|| "the server speaks first there".to_owned())
}

/// Whether a policy decides on a port by what only HTTP has.
fn by_http(policy: &AuthorizationPolicy, port: u16) -> bool {
    let http = |rule: &PolicyRule| conditions(rule).any(|c| c.attribute.is_http());
    policy.rules.iter().any(|rule| http(rule) && may_mean(rule, port))
}

fn conditions(rule: &PolicyRule) -> impl Iterator<Item = &meshgen_mesh::Condition> {
    rule.from.iter().chain(&rule.to).flatten().chain(&rule.when)
}

fn may_mean(rule: &PolicyRule, port: u16) -> bool {
    let port = port.to_string();
    let means = |all: &Vec<meshgen_mesh::Condition>| {
        all.iter()
            .filter(|c| c.attribute == meshgen_mesh::Attribute::Port)
            .all(|c| (c.values.is_empty() || c.values.contains(&port)) && !c.not_values.contains(&port))
    };
    (rule.to.is_empty() || rule.to.iter().any(means)) && means(&rule.when)
}
