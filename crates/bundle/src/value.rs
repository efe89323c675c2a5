//! YAML of a form that only its reader knows, such as the values of a chart.

use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap, SerializeSeq},
};

/// A value. Where it holds a [`Template`] it can only become a file that is a template itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction; finite.
    Float(f64),
    /// Text.
    Text(String),
    /// Text that is put together only where it is deployed.
    Template(Template),
    /// Values, one after the other.
    List(Vec<Value>),
    /// Values by name, in the order in which they are written.
    Map(Vec<(String, Value)>),
}

/// Text of which parts are known only where it is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The parts, one after the other.
    pub pieces: Vec<Piece>,
    /// The whole is written in base64, as the `data` of a Secret has it.
    pub base64: bool,
}

/// A part of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This text.
    Text(String),
    /// A variable of the environment.
    Env(EnvPiece),
}

/// A variable of the environment of whoever deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvPiece {
    /// Its name: letters, digits and `_`, no digit first.
    pub name: String,
    /// What stands for it where it is not set. Without one it must be set.
    pub default: Option<String>,
    /// What its text may be made of.
    pub only: Only,
    /// Written as a JSON string, with its quotes: for text inside of text that is YAML again.
    pub quoted: bool,
}

/// What the text of a variable may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Anything.
    Anything,
    /// Addresses, blocks, ranges and host names, with commas between.
    Addresses,
}

impl Value {
    /// A map.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    /// A variable of the environment, alone.
    pub fn env(piece: EnvPiece) -> Value {
        Value::Template(Template { pieces: vec![Piece::Env(piece)], base64: false })
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Template(_) => false,
        }
    }

    /// The templates in it, in the order in which they are written.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Value::Template(template) => vec![template],
            Value::List(items) => items.iter().flat_map(Value::templates).collect(),
            Value::Map(entries) => entries.iter().flat_map(|(_, v)| v.templates()).collect(),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => Vec::new(),
        }
    }

    /// Sets what stands under a path of keys; maps on the way are made. What is no map is replaced.
    pub fn set(&mut self, path: &[&str], value: Value) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self, Value::Map(_)) {
            *self = Value::Map(Vec::new());
        }
        let Value::Map(entries) = self else { return };
        if let Some((_, at)) = entries.iter_mut().find(|(key, _)| key == first) {
            at.set(rest, value);
        } else {
            let mut at = Value::Null;
            at.set(rest, value);
            entries.push(((*first).to_owned(), at));
        }
    }

    /// Lays `over` onto this: maps merge, anything else replaces.
    pub fn overlay(&mut self, over: Value) {
        match (self, over) {
            (Value::Map(entries), Value::Map(changes)) => {
                for (key, change) in changes {
                    match entries.iter_mut().find(|(k, _)| *k == key) {
                        Some((_, value)) => value.overlay(change),
                        None => entries.push((key, change)),
                    }
                }
            }
            (whole, over) => *whole = over,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(n) => serializer.serialize_i64(*n),
            Value::Float(x) => serializer.serialize_f64(*x),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Template(_) => Err(S::Error::custom("a template has no value before it is deployed")),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_over_wins_and_the_rest_stays() {
        let mut whole = Value::map([("a", Value::map([("b", Value::Int(1)), ("c", Value::Int(2))]))]);
        whole.overlay(Value::map([("a", Value::map([("b", Value::text("x"))])), ("d", Value::Null)]));
        assert_eq!(serde_json::to_string(&whole).unwrap(), r#"{"a":{"b":"x","c":2},"d":null}"#);
    }

    #[test]
    fn maps_on_the_way_are_made() {
        let mut whole = Value::Null;
        whole.set(&["a", "b"], Value::Int(1));
        whole.set(&["a", "c"], Value::Bool(true));
        assert_eq!(serde_json::to_string(&whole).unwrap(), r#"{"a":{"b":1,"c":true}}"#);
    }
}
