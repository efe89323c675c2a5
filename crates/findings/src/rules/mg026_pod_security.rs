//! MG026: sidecars where Pod Security refuses what starts them.

use std::collections::BTreeMap;

use meshgen_yaml::Node;

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG026",
    slug: "pod-security",
    title: "Pod Security refuses what a sidecar needs to start",
    severity: Severity::Warning,
    why: "Without Istio's CNI plugin a sidecar comes with the container `istio-init`, which sets up iptables and needs \
          `NET_ADMIN` and `NET_RAW`. A namespace that enforces the level `baseline` or `restricted` refuses such pods, so \
          Deployments stay without any.",
    way_out: "Install Istio's CNI plugin (`components.cni.enabled: true`), which does that from outside of the pod; or let \
              the namespace enforce `privileged`.",
    sources: &[
        "https://istio.io/latest/docs/setup/additional-setup/cni/",
        "https://istio.io/latest/docs/setup/additional-setup/pod-security-admission/",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    ],
};

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// What the manifests say of Istio's CNI plugin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plugin {
    /// It is there.
    There,
    /// Istio is here, and it is not.
    Absent,
    /// Nothing.
    Unsaid,
}

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let plugin = plugin(seen);
    if plugin == Plugin::There {
        return Vec::new();
    }
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (number, pod) in seen.sidecars().filter(|(_, pod)| pod.proxy.is_none()) {
        let labels = seen.mesh().namespaces.get(&pod.namespace);
        if labels.and_then(|l| l.get(ENFORCE)).is_some_and(|l| l == "baseline" || l == "restricted") {
            refused.entry(&pod.namespace).or_default().push(seen.called(number));
        }
    }
    refused.iter().filter_map(|(namespace, pods)| hit(seen, namespace, pods, plugin)).collect()
}

fn hit(seen: &Seen<'_>, namespace: &str, pods: &[String], plugin: Plugin) -> Option<Hit> {
    let mut all = seen.documents.of_kind("", "Namespace").filter(|d| !seen.is_assumed(d.node.place));
    let document = all.find(|d| d.object.name == namespace)?;
    let label = document.metadata("labels", ENFORCE)?;
    let level = crate::pods::text(label)?;
    let (may, why) = match plugin {
        Plugin::Absent => (word(pods, "is", "are"), "Istio is installed without its CNI plugin"),
        Plugin::Unsaid | Plugin::There => {
            ("may be", "nothing here says that Istio's CNI plugin is installed")
        }
    };
    let said = format!(
        "the level `{level}` is enforced, so {} {may} refused once {} a sidecar: {why}",
        names(pods),
        word(pods, "it has", "they have")
    );
    Some(
        Hit::about(document, said, "install Istio's CNI plugin, or enforce `privileged` here")
            .at(label.place),
    )
}

fn plugin(seen: &Seen<'_>) -> Plugin {
    let is_its = |kind: (&str, &str)| {
        seen.documents.of_kind(kind.0, kind.1).any(|d| d.object.name.starts_with("istio-cni"))
    };
    let there = is_its(("apps", "DaemonSet")) || is_its(("", "ConfigMap"));
    let operators: Vec<&Node> =
        seen.documents.of_kind("install.istio.io", "IstioOperator").map(|d| &d.node).collect();
    if there || operators.iter().any(|o| installs(o)) {
        return Plugin::There;
    }
    if operators.is_empty() { Plugin::Unsaid } else { Plugin::Absent }
}

/// Whether the plugin is asked for, by name or by a profile that has it (`manifests/profiles/*.yaml`).
fn installs(operator: &Node) -> bool {
    let on = |path: &[&str]| operator.text(path) == Some("true");
    let profile = operator.text(&["spec", "profile"]).unwrap_or_default();
    on(&["spec", "components", "cni", "enabled"])
        || on(&["spec", "values", "pilot", "cni", "enabled"])
        || on(&["spec", "values", "istio_cni", "enabled"])
        || profile.starts_with("ambient")
        || profile.starts_with("openshift")
}
