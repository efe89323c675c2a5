//! Labels and metadata that planned objects share.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use meshgen_spec::{MeshMode, Name, Spec, Workload};

pub(crate) type Labels = BTreeMap<String, String>;

/// The label that tells the pods of a rendered workload apart.
pub(crate) const NAME: &str = "app.kubernetes.io/name";
/// The version of a workload; Kiali and Istio's metrics show it.
pub(crate) const VERSION: &str = "app.kubernetes.io/version";
/// The label that every namespace carries with its own name; nobody can set another value.
///
/// Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name>.
pub(crate) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Name and namespace.
pub(crate) fn meta(namespace: &Name, name: impl Into<String>) -> ObjectMeta {
    ObjectMeta { name: Some(name.into()), namespace: Some(namespace.to_string()), ..ObjectMeta::default() }
}

/// One label.
pub(crate) fn label(key: &str, value: impl Into<String>) -> Labels {
    Labels::from([(key.to_owned(), value.into())])
}

/// The labels by which policies and Services select the pods of a workload.
pub(crate) fn of_pods(name: &Name, workload: &Workload) -> Labels {
    match &workload.existing {
        Some(existing) => existing.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        None => label(NAME, name.as_str()),
    }
}

/// A selector of these labels. Empty selects all.
pub(crate) fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: (!labels.is_empty()).then_some(labels), match_expressions: None }
}

/// The label of a namespace that brings its pods into the mesh, on this cluster.
///
/// `istio-injection` wins over `istio.io/rev` where both are, and only the default revision looks at it. The add-on
/// of AKS has no default revision.
/// Source: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`.
pub(crate) fn membership(spec: &Spec, namespace: &Name) -> Option<(&'static str, String)> {
    spec.mesh()?;
    match (spec.mesh_mode(namespace), spec.revision(namespace)) {
        (MeshMode::Sidecar, None) => Some(("istio-injection", "enabled".to_owned())),
        (MeshMode::Sidecar, Some(revision)) => Some(("istio.io/rev", revision.to_string())),
        (MeshMode::Ambient, _) => Some(("istio.io/dataplane-mode", "ambient".to_owned())),
        (MeshMode::None, _) => None,
    }
}

/// The membership labels that namespaces of this spec carry.
pub(crate) fn memberships(spec: &Spec) -> Vec<(&'static str, String)> {
    let Some(mesh) = spec.mesh() else { return Vec::new() };
    let sidecar = |revision: Option<Name>| match revision {
        None => ("istio-injection", "enabled".to_owned()),
        Some(revision) => ("istio.io/rev", revision.to_string()),
    };
    let ambient = ("istio.io/dataplane-mode", "ambient".to_owned());
    // Those that there can be, each until one namespace has it: this is asked for every rule.
    let possible = [mesh.old_revision.map(sidecar), Some(sidecar(mesh.revision)), Some(ambient)];
    let is_used = |label: &(&'static str, String)| {
        spec.namespaces.keys().any(|name| membership(spec, name).as_ref() == Some(label))
    };
    possible.into_iter().flatten().filter(is_used).collect()
}
