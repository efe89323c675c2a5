//! MG019: a workload of the mesh that says neither what it is nor which version.

use meshgen_mesh::{Labels, Pod};

use crate::{Fields, Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG019",
    slug: "no-version",
    title: "a workload of the mesh has no label for its app or its version",
    severity: Severity::Note,
    why: "Telemetry of the mesh, Kiali's graph and subsets of DestinationRules go by the labels `app` and `version` (or \
          `app.kubernetes.io/name` and `app.kubernetes.io/version`). Without them a workload is `latest`, or goes by the \
          name of its owner, and two versions cannot be told apart.",
    way_out: "Set `app` and `version` on the pods, in the template, and not only on what owns them.",
    sources: &[
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#pod-requirements",
        "https://kiali.io/docs/configuration/istio/#app-label-version-labels",
    ],
};

/// What is taken for the name of the app, and for its version.
const APP: [&str; 3] = ["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"];
const VERSION: [&str; 3] = ["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.meshed().filter_map(|(number, pod)| unlabelled(seen, number, pod)).collect()
}

fn unlabelled(seen: &Seen<'_>, number: usize, pod: &Pod) -> Option<Hit> {
    // A pod that nobody owns, or one that ends, is no version of anything.
    if matches!(pod.kind.as_str(), "Pod" | "Job" | "CronJob") {
        return None;
    }
    let (document, template) = seen.template(number)?;
    let has = |labels: &Labels, keys: [&str; 3]| keys.iter().any(|key| labels.contains_key(*key));
    let missing =
        [("app", APP), ("version", VERSION)].into_iter().filter(|(_, keys)| !has(&pod.labels, *keys));
    let missing: Vec<String> = missing.map(|(name, _)| format!("`{name}`")).collect();
    if missing.is_empty() {
        return None;
    }
    let missing = missing.join(" and ");
    let said = format!("the pods of `{}` have no label {missing}", seen.called(number));
    let hit = Hit::about(document, said, format!("set {missing} on its pods"));
    let labels = template.path(&["metadata", "labels"]).or_else(|| template.path(&["metadata"]));
    Some(match labels {
        Some(labels) => hit.at(labels.place),
        None => hit,
    })
}
