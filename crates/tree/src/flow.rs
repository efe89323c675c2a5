//! A value on one line.

use std::{collections::BTreeMap, fmt};

use meshgen_yaml::{Node, Value, scalar::is_plain_safe};

/// The fields of a map, whose order means nothing. Of a key that is there twice, the last counts.
pub(crate) type Fields<'n> = BTreeMap<&'n str, &'n Node>;

pub(crate) fn fields(map: &Node) -> Fields<'_> {
    map.entries().iter().map(|e| (&*e.key.text, &e.value)).collect()
}

/// Shows a value on one line, in the flow style of YAML with quotes where its type would be mistaken. For
/// people: it is not meant to be read again.
pub(crate) struct Flow<'n>(pub(crate) &'n Node);

impl fmt::Display for Flow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            Value::Scalar(scalar) if scalar.is_null() => f.write_str("null"),
            Value::Scalar(scalar) if scalar.plain || is_plain_safe(&scalar.text) => f.write_str(&scalar.text),
            Value::Scalar(scalar) => write!(f, "{:?}", scalar.text),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", comma(i), Flow(item))?;
                }
                f.write_str("]")
            }
            Value::Map(_) => {
                f.write_str("{")?;
                for (i, (key, value)) in fields(self.0).into_iter().enumerate() {
                    write!(f, "{}{key}: {}", comma(i), Flow(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

fn comma(i: usize) -> &'static str {
    if i > 0 { ", " } else { "" }
}
