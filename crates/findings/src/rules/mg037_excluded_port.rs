//! MG037: a port that the sidecar leaves alone, and that a policy claims to protect.

use meshgen_mesh::{Action, AuthorizationPolicy, Mode, Pod};

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{is_about, names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG037",
    slug: "excluded-port",
    title: "a port that policies protect is left out of the sidecar",
    severity: Severity::Error,
    why: "Connections to a port that `excludeInboundPorts` names, or that `includeInboundPorts` leaves out, do not pass the \
          sidecar: no mTLS is demanded there and no AuthorizationPolicy is asked, whatever they say. And clients of the mesh, \
          which still see a pod of the mesh, send TLS that the application does not understand: they get 503.",
    way_out: "Do not exclude the port. If it has to be, close it with a NetworkPolicy, and set `portLevelMtls` to `DISABLE` \
              for it, so that clients send plain text.",
    sources: &[
        "https://istio.io/latest/docs/reference/config/annotations/#TrafficExcludeInboundPorts",
        "https://github.com/istio/istio/blob/release-1.31/pilot/pkg/xds/endpoints/mtls_checker.go",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.sidecars().flat_map(|(number, pod)| excluded(seen, number, pod)).collect()
}

fn excluded(seen: &Seen<'_>, number: usize, pod: &Pod) -> Vec<Hit> {
    let Some((document, template)) = seen.template(number) else { return Vec::new() };
    let keys = ["excludeInboundPorts", "includeInboundPorts"];
    let mut keys = keys.iter().map(|key| format!("traffic.sidecar.istio.io/{key}"));
    let key = keys.find(|key| pod.annotations.contains_key(key));
    let annotation = key.and_then(|key| template.path(&["metadata", "annotations", &key]));
    let ports =
        seen.ports_of(number).into_iter().filter(|port| !seen.mesh().takes_inbound(number, *port, false));
    let hit = |port: u16| {
        let claims = claims(seen, number, port);
        if claims.is_empty() {
            return None;
        }
        let broken = breaks(seen, number, port);
        let broken = if broken { ", and clients of the mesh get 503 there" } else { "" };
        let said = format!(
            "port {port} of `{}` does not pass its sidecar, so {} {} nothing for it{broken}",
            seen.called(number),
            names(&claims),
            word(&claims, "does", "do")
        );
        let hit = Hit::about(
            document,
            said,
            format!("let the sidecar take port {port}, or close it by NetworkPolicy"),
        );
        Some(match annotation {
            Some(node) => hit.at(node.place),
            None => hit,
        })
    };
    ports.filter_map(hit).collect()
}

/// What claims to protect a port.
fn claims(seen: &Seen<'_>, pod: usize, port: u16) -> Vec<String> {
    // Whoever says who may come says so of every port; of the others, rules may be about some only.
    let claims = |p: &&&AuthorizationPolicy| {
        p.action == Action::Allow || p.rules.iter().any(|rule| is_about(rule, port))
    };
    let policies = seen.enforced(pod);
    let policies = policies
        .iter()
        .filter(claims)
        .map(|p| format!("AuthorizationPolicy {}/{}", p.meta.namespace, p.meta.name));
    let mode = seen.mesh().mode(pod, port).ok().filter(|m| m.mode == Mode::Strict).and_then(|m| m.said);
    let mode = mode.map(|said| format!("{} {}/{}", said.kind, said.namespace, said.name));
    policies.chain(mode).collect()
}

/// Whether clients of the mesh encrypt to it all the same (S33): by a Service, unless mTLS is disabled for the port.
fn breaks(seen: &Seen<'_>, pod: usize, port: u16) -> bool {
    let services = seen.mesh().members.get(pod).map_or(&[][..], |m| &m.services);
    let services = services.iter().filter_map(|n| seen.mesh().services.get(*n));
    let leads = |s: &meshgen_mesh::Service| {
        s.ports.iter().any(|p| seen.mesh().behind(s, p.number).contains(&(pod, port)))
    };
    let on = seen.mesh().mode(pod, port).is_ok_and(|m| m.mode != Mode::Disable);
    seen.mesh().settings.auto_mtls && on && services.into_iter().any(leads)
}
