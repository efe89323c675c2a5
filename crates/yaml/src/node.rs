//! A YAML document as it was written, each key and value with its place.

use crate::Place;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands. For a value taken by alias: where the anchor is.
    pub place: Place,
    /// What was written.
    pub value: Value,
}

/// What was written. Scalars are not typed yet: what `1.20` or `no` means depends on who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, quoted or not.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order written. A key written twice is here twice.
    Map(Vec<Entry>),
}

/// Text, and whether it was written bare: only then may it be a number, a boolean or null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text, escapes resolved.
    pub text: Box<str>,
    /// Written without quotes, and not as a block.
    pub plain: bool,
}

/// One key of a mapping with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Scalar,
    /// Where the key stands.
    pub key_place: Place,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The value of the last entry with this key, if this is a mapping that has one.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|e| &*e.key.text == key).map(|e| &e.value)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::List(_) => &[],
        }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Scalar(_) | Value::Map(_) => &[],
        }
    }

    /// The scalar, if this is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(s) => Some(s),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Whether this is null: an empty value, `~` or `null`, written bare.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }
}

impl Scalar {
    /// Whether this is null: an empty value, `~` or `null`, written bare.
    pub fn is_null(&self) -> bool {
        self.plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}
