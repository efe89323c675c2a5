//! Calico's own network policies, which the spec keeps in full.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use meshgen_bundle::calico::{GROUP, NetworkPolicySpec};

use crate::{
    allow::{self, Target},
    draft::{Draft, Policy, Raw},
    legal,
    network::put,
    object::{Labels, Object},
};

/// The API in which Calico stores what `projectcalico.org` serves.
const STORED: &str = "crd.projectcalico.org";

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    for object in objects.iter().filter(|o| o.is(GROUP, "NetworkPolicy") || o.is(STORED, "NetworkPolicy")) {
        let written = object.at("/spec").cloned().unwrap_or_else(|| serde_json::json!({}));
        match serde_json::from_value::<NetworkPolicySpec>(written) {
            Ok(spec) => take(object, spec, draft),
            Err(e) => draft.note(object, format!("it stays in force beside what is rendered: {e}")),
        }
    }
}

fn take(object: &Object, mut spec: NetworkPolicySpec, draft: &mut Draft) {
    let namespace = object.home().to_owned();
    // The name of the tier is a part of the name as it is stored.
    let name =
        object.name.strip_prefix("default.").filter(|_| object.group == STORED).unwrap_or(&object.name);
    if !legal::is_name(&namespace) || !legal::is_object_name(name) {
        return draft.note(object, "Kubernetes refuses its name or namespace");
    }
    let selector = spec.selector.get_or_insert_with(|| "all()".to_owned());
    let wanted: Option<Target> = pods(selector).and_then(|pods| allow::target(&namespace, &pods, draft));
    let keys = wanted.into_iter().chain([(namespace.clone(), None)]);
    let Some(key) = keys.into_iter().find(|key| !draft.policies.contains_key(key)) else {
        return draft.note(object, "a spec has one policy for what it protects, and another one is there: it stays in force beside what is rendered");
    };
    draft.take(object);
    draft.declare(&namespace);
    let renamed = Object { name: name.to_owned(), ..object.clone() };
    put(key, Policy { spec: Some(Raw::Calico(Box::new(spec))), ..Policy::default() }, &[&renamed], draft);
}

/// The labels of a selector of the plainest form, `a == 'b' && c == "d"`, or of `all()`.
fn pods(selector: &str) -> Option<LabelSelector> {
    let mut labels = Labels::new();
    if !matches!(selector.trim(), "" | "all()") {
        for term in selector.split("&&") {
            let (key, value) = term.split_once("==")?;
            let value = value.trim();
            let value = ['\'', '"'].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q))?;
            if !legal::is_label(key.trim(), value) {
                return None;
            }
            labels.insert(key.trim().to_owned(), value.to_owned());
        }
    }
    Some(LabelSelector { match_labels: Some(labels).filter(|l| !l.is_empty()), match_expressions: None })
}
