//! Namespaces: membership in the mesh, Pod Security, further labels.

use crate::{
    draft::{Draft, Namespace},
    legal,
    object::{Labels, Object},
};

/// Namespaces that belong to the cluster or the mesh, not to whoever adopts a spec.
pub(crate) const SYSTEM: [&str; 7] = [
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "istio-system",
    "aks-istio-system",
    "calico-system",
];

/// The labels of the Pod Security admission controller start like this.
/// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.
const POD_SECURITY: &str = "pod-security.kubernetes.io/";

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    for object in objects.iter().filter(|o| o.is("", "Namespace")) {
        if !legal::is_name(&object.name) {
            draft.note(object, "its name is not a DNS label, so Kubernetes refuses it");
            continue;
        }
        draft.take(object);
        let labels = object.own_labels();
        let namespace = Namespace {
            existing: SYSTEM.contains(&object.name.as_str()),
            mesh: None,
            pod_security: pod_security(object, &labels, draft),
            labels: further(object, &labels, draft),
            all_labels: labels,
            ..Namespace::default()
        };
        draft.namespaces.insert(object.name.clone(), namespace);
    }
}

/// How a namespace's own labels say that its pods take part in the mesh.
///
/// Source: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`; the label for
/// ambient mode: <https://istio.io/latest/docs/ambient/usage/add-workloads/>.
pub(crate) fn membership(labels: &Labels) -> Option<&'static str> {
    let has = |key: &str, value: &str| labels.get(key).is_some_and(|v| v == value);
    if has("istio-injection", "enabled") {
        return Some("sidecar");
    }
    if labels.get("istio-injection").is_none()
        && labels.get("istio.io/rev").is_some_and(|rev| !rev.is_empty())
    {
        return Some("sidecar");
    }
    has("istio.io/dataplane-mode", "ambient").then_some("ambient")
}

/// The level that is enforced. In a spec it is also the one that warns and audits.
fn pod_security(object: &Object, labels: &Labels, draft: &mut Draft) -> Option<String> {
    let of = |when: &str| labels.get(&format!("{POD_SECURITY}{when}"));
    let level =
        of("enforce").filter(|l| matches!(l.as_str(), "privileged" | "baseline" | "restricted")).cloned();
    let others = labels
        .iter()
        .filter(|(key, _)| key.starts_with(POD_SECURITY) && *key != &format!("{POD_SECURITY}enforce"));
    let differs = others.clone().any(|(_, value)| Some(value) != level.as_ref());
    match &level {
        Some(level) if differs => draft.note(
            object,
            format!("its Pod Security labels say more than one level, or a version: `podSecurity: {level}` enforces, warns and audits"),
        ),
        None if others.count() > 0 => {
            draft.note(object, "its Pod Security labels enforce no level, and `podSecurity` would: they are left out");
        }
        _ => {}
    }
    level
}

/// The labels that are neither said by the rest of the spec nor set by Kubernetes.
fn further(object: &Object, labels: &Labels, draft: &mut Draft) -> Labels {
    let said = ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode", "kubernetes.io/metadata.name"];
    let mut further = labels.clone();
    further.retain(|key, _| !said.contains(&key.as_str()) && !key.starts_with(POD_SECURITY));
    if further.iter().any(|(k, v)| !legal::is_label(k, v)) {
        draft.note(object, "it has labels that Kubernetes refuses: they are left out");
        further.retain(|k, v| legal::is_label(k, v));
    }
    further
}
