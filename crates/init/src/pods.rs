//! Pods of a cluster: alone, or standing for a workload that was not read.

use crate::{
    draft::Draft,
    object::Object,
    selector::covers,
    workloads::{add, owner},
};

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    for object in objects.iter().filter(|o| o.is("", "Pod")) {
        let Some((kind, name)) = owner(object).map(|(k, n)| controller(object, k, n)) else {
            let labels = object.own_labels();
            if taken(object, draft) {
                draft.note(object, "its labels are those of a workload, which stands for it");
            } else {
                add(object, &object.name, "Pod", ("", labels), draft);
            }
            continue;
        };
        let known = draft.workloads.contains_key(&(object.home().to_owned(), name.clone()));
        if known || taken(object, draft) {
            draft.take(object);
        } else if ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"].contains(&kind.as_str()) {
            add(object, &name, &kind, ("", object.own_labels()), draft);
        } else {
            draft.note(object, format!("it belongs to a {kind}, which is no kind of workload in a spec"));
        }
    }
}

/// Whether the pod has exactly the labels that tell a workload apart, and more.
fn taken(object: &Object, draft: &Draft) -> bool {
    let labels = object.own_labels();
    draft
        .workloads_of(object.home())
        .any(|(_, w)| w.existing.kind != "Pod" && covers(&w.existing.labels, &labels))
}

/// A Deployment makes a ReplicaSet whose name ends in the hash that is also on the pods.
fn controller(object: &Object, kind: &str, name: &str) -> (String, String) {
    let labels = object.own_labels();
    let hash = labels.get("pod-template-hash").map(|hash| format!("-{hash}"));
    match hash.and_then(|hash| name.strip_suffix(hash.as_str()).map(str::to_owned)) {
        Some(deployment) if kind == "ReplicaSet" => ("Deployment".to_owned(), deployment),
        _ => (kind.to_owned(), name.to_owned()),
    }
}
