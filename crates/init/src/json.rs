//! A YAML node as the JSON that kubectl would send.

use meshgen_yaml::{
    Node, Value as Written,
    scalar::{self, Typed},
};
use serde_json::{Map, Number, Value};

/// The value of a node. Of a key that is written twice, the last counts, as it does for kubectl.
pub(crate) fn of(node: &Node) -> Value {
    match &node.value {
        Written::Scalar(s) if s.plain => plain(&s.text),
        Written::Scalar(s) => Value::String(s.text.to_string()),
        Written::List(items) => Value::Array(items.iter().map(of).collect()),
        Written::Map(entries) => {
            entries.iter().map(|e| (e.key.text.to_string(), of(&e.value))).collect::<Map<_, _>>().into()
        }
    }
}

fn plain(text: &str) -> Value {
    match scalar::go(text) {
        Typed::Null => Value::Null,
        Typed::Bool(b) => b.into(),
        Typed::Int(n) => i64::try_from(n).map_or_else(|_| text.into(), Value::from),
        Typed::Float(x) => Number::from_f64(x).map_or_else(|| text.into(), Value::Number),
        Typed::Text => text.into(),
    }
}
