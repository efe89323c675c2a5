//! Label selectors.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use crate::object::Labels;

/// Whether something with these labels is selected. An empty selector selects all.
///
/// Source: `k8s.io/apimachinery/pkg/apis/meta/v1` `LabelSelectorAsSelector`.
pub(crate) fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let plain = selector.match_labels.iter().flatten().all(|(k, v)| labels.get(k) == Some(v));
    plain && selector.match_expressions.iter().flatten().all(|r| holds(r, labels))
}

fn holds(requirement: &LabelSelectorRequirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    let listed = value.is_some_and(|v| requirement.values.iter().flatten().any(|l| l == v));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

/// The labels that a selector asks for, if it asks for nothing else.
pub(crate) fn labels_only(selector: &LabelSelector) -> Option<Labels> {
    let plain = selector.match_expressions.iter().flatten().next().is_none();
    plain.then(|| selector.match_labels.clone().unwrap_or_default())
}

/// Whether all these labels are on something.
pub(crate) fn covers(wanted: &Labels, labels: &Labels) -> bool {
    wanted.iter().all(|(k, v)| labels.get(k) == Some(v))
}
