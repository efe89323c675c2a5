//! MG005: a namespace has both labels for injection.

use crate::{Document, Fields, Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG005",
    slug: "two-injection-labels",
    title: "a namespace has both `istio-injection` and `istio.io/rev`",
    severity: Severity::Warning,
    why: "Where both are there, `istio-injection` alone counts: `enabled` injects the sidecar of the default revision \
          whatever `istio.io/rev` says, and `disabled` none. During an upgrade the namespace stays on the old \
          control plane; where there is no default revision nothing is injected.",
    way_out: "Keep one of them: `kubectl label namespace NAME istio-injection-` for a revision.",
    sources: &[
        "https://istio.io/latest/docs/setup/upgrade/canary/#data-plane",
        "istio/istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.documents
        .of_kind("", "Namespace")
        .filter(|d| !seen.is_assumed(d.node.place))
        .filter_map(both)
        .collect()
}

fn both(document: &Document) -> Option<Hit> {
    let injection = document.metadata("labels", "istio-injection")?;
    let revision = document.metadata("labels", "istio.io/rev")?;
    let value = injection.scalar()?.text.to_string();
    let rev = document.node.text(&["metadata", "labels", "istio.io/rev"])?;
    let name = &document.object.name;
    let said = format!(
        "`{name}` has `istio-injection: {value}` and `istio.io/rev: {rev}`: `istio.io/rev` has no effect"
    );
    let way_out =
        format!("keep one of them; to keep the revision: `kubectl label namespace {name} istio-injection-`");
    Some(Hit::about(document, said, way_out).at(revision.place).also(injection.place, "this one counts"))
}
