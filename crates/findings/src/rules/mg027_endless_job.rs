//! MG027: a Job that its sidecar keeps from finishing.

use meshgen_mesh::Pod;
use meshgen_yaml::Node;

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{containers, text, words},
};

pub(super) const RULE: Rule = Rule {
    code: "MG027",
    slug: "endless-job",
    title: "a Job never finishes because its sidecar goes on",
    severity: Severity::Warning,
    why: "A Job is done when all containers of its pod are, and a sidecar that is a container like the others never is. \
          Native sidecars end with the last of the others; Istio has them by default from 1.27 on, on nodes of Kubernetes \
          1.33 or later.",
    way_out: "Set the annotation `sidecar.istio.io/nativeSidecar: \"true\"` on the pod, or \
              `values.pilot.env.ENABLE_NATIVE_SIDECARS: \"true\"` for all; or leave the Job out of the mesh with the label \
              `sidecar.istio.io/inject: \"false\"`.",
    sources: &[
        "https://istio.io/latest/blog/2023/native-sidecars/",
        "https://learn.microsoft.com/azure/aks/istio-native-sidecar",
        "https://github.com/istio/istio/issues/6324",
    ],
};

const NATIVE: &str = "sidecar.istio.io/nativeSidecar";

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let jobs = seen.sidecars().filter(|(_, pod)| matches!(pod.kind.as_str(), "Job" | "CronJob"));
    jobs.filter_map(|(number, pod)| endless(seen, number, pod)).collect()
}

fn endless(seen: &Seen<'_>, number: usize, pod: &Pod) -> Option<Hit> {
    let (document, template) = seen.template(number)?;
    let member = seen.mesh().members.get(number)?;
    let refused = pod.annotations.get(NATIVE).is_some_and(|v| v == "false");
    if member.injection.native || quits(template) || is_native(template) {
        return None;
    }
    let native = if refused { Some(false) } else { everywhere(seen) };
    let certain = match native {
        Some(true) => return None,
        Some(false) => " that is not native, so it never finishes",
        None => ", and never finishes unless sidecars are native, which nothing here says",
    };
    let said = format!(
        "`{}` gets a sidecar{certain}; why it gets one: {}",
        seen.called(number),
        member.injection.why
    );
    let way_out = format!("set the annotation `{NATIVE}: \"true\"` on its pods");
    Some(Hit::about(document, said, way_out))
}

/// Whether it tells its sidecar to end, as people do.
fn quits(template: &Node) -> bool {
    containers(template).flat_map(words).filter_map(text).any(|word| word.contains("quitquitquit"))
}

/// A sidecar that is written in the manifest as a container that starts first and goes on.
fn is_native(template: &Node) -> bool {
    template.list(&["spec", "initContainers"]).iter().any(|c| c.text(&["name"]) == Some("istio-proxy"))
}

/// What an IstioOperator says of all sidecars, by its settings or by its version.
fn everywhere(seen: &Seen<'_>) -> Option<bool> {
    let mut operators = seen.documents.of_kind("install.istio.io", "IstioOperator").map(|d| &d.node);
    operators.find_map(|operator| {
        let said = operator.text(&["spec", "values", "pilot", "env", "ENABLE_NATIVE_SIDECARS"]);
        match said {
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) | None => Some(minor(operator.text(&["spec", "tag"])?)? >= 27),
        }
    })
}

/// The second number of a version: 31 of `1.31.1-distroless`.
fn minor(tag: &str) -> Option<u32> {
    tag.strip_prefix("1.")?.split(['.', '-']).next()?.parse().ok()
}
