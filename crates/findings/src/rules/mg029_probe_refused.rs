//! MG029: probes that the sidecar refuses, because they are not rewritten.

use meshgen_mesh::{Below, By, Call, Client, Outcome, Pod, Request};
use meshgen_yaml::Node;

use crate::{Fields, Hit, Rule, Seen, Severity, pods::containers};

pub(super) const RULE: Rule = Rule {
    code: "MG029",
    slug: "probe-refused",
    title: "the kubelet's probe is refused by the sidecar",
    severity: Severity::Error,
    why: "The kubelet is in no mesh. By default probes by HTTP, TCP and gRPC are rewritten to the agent of the sidecar, which asks the application \
          from inside of the pod; with `sidecar.istio.io/rewriteAppHTTPProbers: \"false\"` the kubelet itself comes in plain \
          text and without an identity, and where mTLS or a policy refuses that the pod never gets ready. A probe that only connects (`tcpSocket`) is answered by the \
          sidecar in any case, and then says nothing of the application.",
    way_out: "Leave probes to be rewritten, or use `exec`; or admit plain text to the port of the probe alone \
              (`portLevelMtls`, and a rule without a source for its path).",
    sources: &["https://istio.io/latest/docs/ops/configuration/mesh/app-health-check/"],
};

const KEY: &str = "sidecar.istio.io/rewriteAppHTTPProbers";

/// Where an installation says what holds for pods that say nothing.
const DEFAULT: [&str; 4] = ["spec", "values", "sidecarInjectorWebhook", "rewriteAppHTTPProbe"];

/// The call of a probe by gRPC.
const HEALTH: &str = "/grpc.health.v1.Health/Check";

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut operators = seen.documents.of_kind("install.istio.io", "IstioOperator");
    let off = operators.any(|operator| operator.node.text(&DEFAULT) == Some("false"));
    // What is no truth value is passed by (`pkg/kube/inject/app_probe.go`, `ShouldRewriteAppHTTPProbers`).
    let kept = |pod: &Pod| match pod.annotations.get(KEY).map(String::as_str) {
        Some("false") => true,
        Some("true") => false,
        Some(_) | None => off,
    };
    let pods = seen.sidecars().filter(|(_, pod)| kept(pod));
    pods.filter_map(|(number, pod)| refused(seen, number, pod)).collect()
}

fn refused(seen: &Seen<'_>, number: usize, pod: &Pod) -> Option<Hit> {
    let (document, template) = seen.template(number)?;
    let (what, port, outcome) = containers(template).flat_map(probes).find_map(|(what, probe)| {
        let (port, request) = asked(pod, probe)?;
        let call = Call { client: Client::Outside(None), server: number, port, by: By::Address };
        let outcome = seen.mesh().verdict(&call, request.as_ref(), Below::Passes).outcome;
        // TLS of the kubelet is no mTLS; what becomes of it where that is not demanded, the application says.
        let refused = match request {
            Some(_) => !matches!(outcome, Outcome::Open | Outcome::Unknown),
            None => outcome == Outcome::Reset,
        };
        refused.then_some((what, port, outcome))
    })?;
    let said = format!(
        "the {what} of `{}` asks port {port} without an identity, because it is not rewritten, and gets: {}",
        seen.called(number),
        outcome.word()
    );
    let annotation = template.path(&["metadata", "annotations", KEY]);
    let way_out = match annotation {
        Some(_) => format!("remove the annotation `{KEY}`"),
        None => format!("set the annotation `{KEY}: \"true\"` on its pods"),
    };
    let hit = Hit::about(document, said, way_out);
    Some(match annotation {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}

fn probes(container: &Node) -> impl Iterator<Item = (&'static str, &Node)> {
    let keys = [
        ("readinessProbe", "readiness probe"),
        ("livenessProbe", "liveness probe"),
        ("startupProbe", "startup probe"),
    ];
    keys.into_iter().filter_map(|(key, name)| Some((name, container.path(&[key])?)))
}

/// What the kubelet asks: a port, by a request or by bytes that are none (TLS). Whatever calls `exec` asks nobody; and
/// with `tcpSocket` it only connects, which the sidecar lets everyone do before it decides anything.
fn asked(pod: &Pod, probe: &Node) -> Option<(u16, Option<Request>)> {
    let number = |text: &str| {
        let named = || pod.ports.iter().find(|p| p.name.as_deref() == Some(text)).map(|p| p.number);
        text.parse().ok().or_else(named)
    };
    if let Some(http) = probe.path(&["httpGet"]).filter(|http| http.path(&["host"]).is_none()) {
        let port = number(http.text(&["port"])?)?;
        let path = http.text(&["path"]).unwrap_or("/").to_owned();
        let request = Request { method: "GET".to_owned(), path, ..Request::default() };
        let plain = http.text(&["scheme"]) != Some("HTTPS");
        return Some((port, plain.then_some(request)));
    }
    let request = Request { method: "POST".to_owned(), path: HEALTH.to_owned(), ..Request::default() };
    Some((number(probe.text(&["grpc", "port"])?)?, Some(request)))
}
