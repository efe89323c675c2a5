//! What controllers give to the pods that they make of a template, so that nobody wrote it.

use crate::Pod;

/// Labels that controllers give to the pods that they make of a template.
///
/// Sources: `kubernetes/api` `apps/v1/types.go` and `batch/v1/types.go`.
const GIVEN: [&str; 10] = [
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
];

/// Whether a label is one that controllers give to pods.
pub fn is_given(key: &str) -> bool {
    GIVEN.contains(&key)
}

/// Whether a pod that comes of a template may have such a label.
pub(crate) fn may_be_given(pod: &Pod, key: &str, value: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match (pod.kind.as_str(), key) {
        ("Deployment", "pod-template-hash")
        | ("StatefulSet", "controller-revision-hash")
        | ("DaemonSet", "controller-revision-hash" | "pod-template-generation")
        | (
            "Job",
            "controller-uid"
            | "batch.kubernetes.io/controller-uid"
            | "batch.kubernetes.io/job-completion-index",
        ) => true,
        ("Job", "job-name" | "batch.kubernetes.io/job-name") => value == pod.name,
        ("StatefulSet", "apps.kubernetes.io/pod-index") => number(value),
        ("StatefulSet", "statefulset.kubernetes.io/pod-name") => {
            let ordinal = value.strip_prefix(&pod.name).and_then(|rest| rest.strip_prefix('-'));
            ordinal.is_some_and(number)
        }
        _ => false,
    }
}
