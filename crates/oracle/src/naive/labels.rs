//! Selectors of Kubernetes.
//!
//! Source: apimachinery meta/v1 `LabelSelector`: all of `matchLabels` and all of `matchExpressions`; an empty
//! selector selects everything. `NotIn` and `DoesNotExist` select what does not carry the key.

use serde_json::Value;

use super::model::{Labels, items, string};

/// A mapping of strings.
pub(super) fn labels(value: Option<&Value>) -> Labels {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

/// Whether a selector selects an object with `labels`. A null selector is an empty one.
pub(super) fn selects(selector: &Value, on: &Labels) -> bool {
    let equal = labels(selector.get("matchLabels")).iter().all(|(k, v)| on.get(k) == Some(v));
    equal && items(selector.get("matchExpressions")).iter().all(|e| holds(e, on))
}

fn holds(expression: &Value, on: &Labels) -> bool {
    let value = on.get(&string(expression.get("key")));
    let among = value.is_some_and(|v| items(expression.get("values")).iter().any(|x| x.as_str() == Some(v)));
    match string(expression.get("operator")).as_str() {
        "In" => among,
        "NotIn" => !among,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
