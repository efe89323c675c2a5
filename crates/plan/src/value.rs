//! From values of the spec to values of files.

use meshgen_bundle::{EnvPiece, Only, Value};
use meshgen_spec::{FromEnv, Resources, Tree, TreeMap};

/// The same value.
pub(crate) fn value(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Bool(b) => Value::Bool(*b),
        Tree::Int(n) => Value::Int(*n),
        Tree::Float(x) => Value::Float(*x),
        Tree::Text(text) => Value::Text(text.clone()),
        Tree::FromEnv(variable) => Value::env(variable_piece(variable, Only::Anything)),
        Tree::List(items) => Value::List(items.iter().map(value).collect()),
        Tree::Map(entries) => map(entries),
    }
}

/// The same map.
pub(crate) fn map(entries: &TreeMap) -> Value {
    Value::Map(entries.iter().map(|(key, tree)| (key.value.clone(), value(tree))).collect())
}

pub(crate) fn variable_piece(variable: &FromEnv, only: Only) -> EnvPiece {
    EnvPiece { name: variable.name.to_string(), default: variable.default.clone(), only, quoted: false }
}

/// Texts by name.
pub(crate) fn texts<K: ToString, V: ToString>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
    Value::map(entries.into_iter().map(|(k, v)| (k.to_string(), Value::text(v.to_string()))))
}

/// What a container needs and may use, as Kubernetes has it; nothing where nothing is said.
pub(crate) fn resources(resources: &Resources) -> Option<Value> {
    let mut parts = Vec::new();
    if !resources.requests.is_empty() {
        parts.push(("requests", texts(&resources.requests)));
    }
    if !resources.limits.is_empty() {
        parts.push(("limits", texts(&resources.limits)));
    }
    (!parts.is_empty()).then(|| Value::map(parts))
}
