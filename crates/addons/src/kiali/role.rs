//! What Kiali may do in the cluster.
//!
//! Source: istio release-1.31, `samples/addons/kiali.yaml`, without what only OpenShift has.

use k8s_openapi::api::rbac::v1::PolicyRule;

use crate::{KialiAccess, object::rule};

const READ: [&str; 3] = ["get", "list", "watch"];

/// The groups of Istio's own objects, and of the Gateway API.
const MESH: [&str; 5] = [
    "extensions.istio.io",
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "security.istio.io",
    "telemetry.istio.io",
];

pub(super) fn rules(access: KialiAccess) -> Vec<PolicyRule> {
    let (more, most): (&[&str], &[&str]) = match access {
        KialiAccess::ReadOnly => (&[], &[]),
        KialiAccess::ReadWrite => (&["patch"], &["create", "delete", "patch"]),
    };
    let with = |more: &[&'static str]| [&READ, more].concat();
    vec![
        rule(&[""], &["configmaps", "endpoints", "pods/log"], &READ),
        rule(&[""], &["namespaces", "pods", "replicationcontrollers", "services"], &with(more)),
        // How it asks istiod and proxies what they know.
        rule(&[""], &["pods/portforward"], &["create", "post"]),
        rule(&["apps"], &["daemonsets", "deployments", "replicasets", "statefulsets"], &with(more)),
        rule(&["batch"], &["cronjobs", "jobs"], &with(more)),
        rule(&MESH, &["*"], &with(most)),
        rule(&["admissionregistration.k8s.io"], &["mutatingwebhookconfigurations"], &READ),
        rule(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
    ]
}
