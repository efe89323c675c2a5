//! Fields of a node, as kubectl would type them.

use meshgen_yaml::{Node, Place, Value, scalar};

use crate::{Labels, Meta, Operator, Requirement, Selector};

/// Why something could not be read.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) place: Place,
    pub(crate) message: String,
}

pub(crate) trait Fields {
    /// The value at the end of a path, if it is there and not null.
    fn at(&self, path: &[&str]) -> Option<&Node>;
    /// Text at the end of a path; what is not text (`port: 80`) is given as it was written.
    fn word(&self, path: &[&str]) -> Option<&str>;
    /// The items at the end of a path.
    fn list(&self, path: &[&str]) -> &[Node];
    /// Text of all items at the end of a path.
    fn words(&self, path: &[&str]) -> Vec<String>;
    /// A boolean at the end of a path, if there is one.
    fn flag(&self, path: &[&str]) -> Option<bool>;
    /// A port number at the end of a path.
    fn port(&self, path: &[&str]) -> Option<u16>;
    /// The map of texts at the end of a path.
    fn labels(&self, path: &[&str]) -> Labels;
    /// The label selector at the end of a path; an empty one if nothing is there.
    fn selector(&self, path: &[&str]) -> Result<Selector, Trouble>;
    /// The selector of a policy of Istio at the end of a path: labels only. `matchExpressions` is no field of it, so an API
    /// server drops it, or refuses the object.
    ///
    /// Source: `istio/api` `type/v1beta1/selector.proto`, `WorkloadSelector`.
    fn workload_selector(&self, path: &[&str]) -> (Selector, Result<(), Trouble>);
    /// That there are no other keys than these.
    fn only(&self, keys: &[&str]) -> Result<(), Trouble>;
    /// That this could not be read.
    fn trouble(&self, message: impl Into<String>) -> Trouble;
}

impl Fields for Node {
    fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key)).filter(|n| !n.is_null())
    }

    fn word(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.scalar().map(|s| &*s.text)
    }

    fn list(&self, path: &[&str]) -> &[Node] {
        self.at(path).map_or(&[], Node::items)
    }

    fn words(&self, path: &[&str]) -> Vec<String> {
        self.list(path).iter().filter_map(|n| n.scalar().map(|s| s.text.to_string())).collect()
    }

    fn flag(&self, path: &[&str]) -> Option<bool> {
        let scalar = self.at(path)?.scalar().filter(|s| s.plain)?;
        match scalar::go(&scalar.text) {
            scalar::Typed::Bool(yes) => Some(yes),
            _ => None,
        }
    }

    fn port(&self, path: &[&str]) -> Option<u16> {
        self.word(path)?.parse().ok()
    }

    fn labels(&self, path: &[&str]) -> Labels {
        let entries = self.at(path).map_or(&[][..], Node::entries);
        let text = |n: &Node| n.scalar().map(|s| s.text.to_string());
        entries.iter().filter_map(|e| Some((e.key.text.to_string(), text(&e.value)?))).collect()
    }

    fn selector(&self, path: &[&str]) -> Result<Selector, Trouble> {
        let Some(node) = self.at(path) else { return Ok(Selector::default()) };
        node.only(&["matchLabels", "matchExpressions"])?;
        let mut selector = Selector::labels(&node.labels(&["matchLabels"]));
        for expression in node.list(&["matchExpressions"]) {
            let key = expression.word(&["key"]).ok_or_else(|| expression.trouble("a `key` is missing"))?;
            let word = expression.word(&["operator"]).unwrap_or_default();
            let operator = Operator::parse(word)
                .ok_or_else(|| expression.trouble(format!("the operator `{word}` is not known")))?;
            let values = expression.words(&["values"]);
            selector.requirements.push(Requirement { key: key.to_owned(), operator, values });
        }
        Ok(selector)
    }

    fn workload_selector(&self, path: &[&str]) -> (Selector, Result<(), Trouble>) {
        let Some(node) = self.at(path) else { return (Selector::default(), Ok(())) };
        (Selector::labels(&node.labels(&["matchLabels"])), node.only(&["matchLabels"]))
    }

    fn only(&self, keys: &[&str]) -> Result<(), Trouble> {
        match &self.value {
            Value::Map(entries) => match entries.iter().find(|e| !keys.contains(&&*e.key.text)) {
                None => Ok(()),
                Some(e) => Err(Trouble {
                    place: e.key_place,
                    message: format!("the field `{}` is not known", e.key.text),
                }),
            },
            Value::Scalar(_) if self.is_null() => Ok(()),
            Value::Scalar(_) | Value::List(_) => Err(self.trouble("a map is expected here")),
        }
    }

    fn trouble(&self, message: impl Into<String>) -> Trouble {
        Trouble { place: self.place, message: message.into() }
    }
}

/// What every object has.
pub(crate) fn meta(node: &Node, kind: &str) -> Meta {
    let word = |key| node.word(&["metadata", key]);
    Meta {
        kind: kind.to_owned(),
        namespace: word("namespace").unwrap_or("default").to_owned(),
        name: word("name").or_else(|| word("generateName")).unwrap_or_default().to_owned(),
        labels: node.labels(&["metadata", "labels"]),
        annotations: node.labels(&["metadata", "annotations"]),
        created: word("creationTimestamp").map(str::to_owned),
        place: node.place,
    }
}
