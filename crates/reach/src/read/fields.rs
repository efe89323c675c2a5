//! Fields of a node, as kubectl would type them.

use std::collections::BTreeSet;

use meshgen_yaml::{Node, Place, Value, scalar};

use crate::{Addresses, Labels};

/// Why something could not be read.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) place: Place,
    pub(super) message: String,
}

pub(super) type Read<T> = Result<T, Trouble>;

pub(super) trait Fields {
    /// The value under a key, if it is there and not null.
    fn field(&self, key: &str) -> Option<&Node>;
    /// The value at the end of a path.
    fn path(&self, path: &[&str]) -> Option<&Node>;
    /// Text under a key. What is not text (`port: 80`) is given as it was written.
    fn text(&self, key: &str) -> Option<&str>;
    /// The items under a key.
    fn list(&self, key: &str) -> &[Node];
    /// Text of all items under a key.
    fn texts(&self, key: &str) -> Vec<String>;
    /// Whether `true` stands under a key.
    fn flag(&self, key: &str) -> bool;
    /// The labels at the end of a path.
    fn labels(&self, path: &[&str]) -> Labels;
    /// The whole number that this is, if it was not written as text.
    fn integer(&self) -> Option<i128>;
    /// The text that this is.
    fn as_text(&self) -> Option<&str>;
    /// That it has no other keys than these, and each once: of two that are the same most readers take the last.
    fn only(&self, keys: &[&str]) -> Read<()>;
    /// The addresses of a block.
    fn block(&self) -> Read<Addresses>;
    /// That this could not be read.
    fn trouble(&self, message: impl Into<String>) -> Trouble;
}

impl Fields for Node {
    fn field(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|n| !n.is_null())
    }

    fn path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.field(key))
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.field(key)?.as_text()
    }

    fn list(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }

    fn texts(&self, key: &str) -> Vec<String> {
        self.list(key).iter().filter_map(Node::as_text).map(str::to_owned).collect()
    }

    fn flag(&self, key: &str) -> bool {
        let scalar = self.field(key).and_then(Node::scalar);
        scalar.is_some_and(|s| s.plain && scalar::go(&s.text) == scalar::Typed::Bool(true))
    }

    fn labels(&self, path: &[&str]) -> Labels {
        let entries = self.path(path).map_or(&[][..], Node::entries);
        entries.iter().filter_map(|e| Some((e.key.text.to_string(), e.value.as_text()?.to_owned()))).collect()
    }

    fn integer(&self) -> Option<i128> {
        let scalar = self.scalar().filter(|s| s.plain)?;
        match scalar::go(&scalar.text) {
            scalar::Typed::Int(n) => Some(n),
            _ => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        self.scalar().map(|s| &*s.text)
    }

    fn only(&self, keys: &[&str]) -> Read<()> {
        if let Value::Scalar(_) | Value::List(_) = self.value {
            return if self.is_null() { Ok(()) } else { Err(self.trouble("a map is expected here")) };
        }
        let mut seen = BTreeSet::new();
        for entry in self.entries() {
            let (key, place) = (&*entry.key.text, entry.key_place);
            if !keys.contains(&key) {
                return Err(Trouble { place, message: format!("the field `{key}` is not known") });
            }
            if !seen.insert(key) {
                return Err(Trouble { place, message: format!("the field `{key}` is here twice") });
            }
        }
        Ok(())
    }

    fn block(&self) -> Read<Addresses> {
        let text = self.as_text().unwrap_or_default();
        Addresses::block(text)
            .ok_or_else(|| self.trouble(format!("`{text}` is no address block, such as `10.0.0.0/8`")))
    }

    fn trouble(&self, message: impl Into<String>) -> Trouble {
        Trouble { place: self.place, message: message.into() }
    }
}
