//! Objects, as they are read from manifests.

use std::{collections::BTreeMap, fmt};

use meshgen_yaml::{At, Limits, Node, Place, Problem, Sources, documents, split_documents};
use serde_json::Value;

use crate::{json, notes::Notes};

pub(crate) type Labels = BTreeMap<String, String>;

/// An object of whatever kind.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// Where it starts.
    pub(crate) place: Place,
    /// Its group, without the version; empty for the core group.
    pub(crate) group: String,
    pub(crate) kind: String,
    /// As written: empty where nothing is.
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) value: Value,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
}

impl Object {
    /// Whether it is of a kind, in a group that ends like this.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }

    /// The namespace in which it lands: `default` where none is written, as kubectl has it.
    pub(crate) fn home(&self) -> &str {
        if self.namespace.is_empty() { "default" } else { &self.namespace }
    }

    /// What stands at a path such as `/spec/selector`.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        self.value.pointer(path).filter(|v| !v.is_null())
    }

    /// Text at a path.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Value::as_str)
    }

    /// Labels at a path.
    pub(crate) fn labels(&self, path: &str) -> Labels {
        self.at(path).map(labels).unwrap_or_default()
    }

    /// Its own labels.
    pub(crate) fn own_labels(&self) -> Labels {
        self.labels("/metadata/labels")
    }
}

/// A map of text to text.
pub(crate) fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

/// The items of a list in a value.
pub(crate) fn items<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(path).and_then(Value::as_array).into_iter().flatten()
}

/// Every object in files, in their order; the same object twice only once.
pub(crate) fn read(sources: &Sources, notes: &mut Notes) -> Result<Vec<Object>, Vec<Problem>> {
    let (mut objects, mut problems) = (Vec::new(), Vec::new());
    for (file, source) in sources.iter() {
        for range in split_documents(&source.text) {
            match documents(file, &source.text, range, Limits::default()) {
                Ok(found) => found.iter().for_each(|node| collect(node, None, &mut objects, notes)),
                Err(problem) => problems.push(*problem),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if objects.is_empty() {
        return Err(vec![
            Problem::error(None, "there is no Kubernetes object in what was given")
                .help("give manifests, what `kubectl get -o yaml` prints, or what `helm template` prints"),
        ]);
    }
    Ok(once(objects, notes))
}

/// Adds the object of a document, or those of the list that it is. `of` says what a list of one kind holds, whose
/// items need not say it again.
fn collect(node: &Node, of: Option<(&str, &str)>, objects: &mut Vec<Object>, notes: &mut Notes) {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::scalar).map(|s| s.text.to_string());
    let api = text(node, "apiVersion").or_else(|| of.map(|(api, _)| api.to_owned()));
    let kind = text(node, "kind").or_else(|| of.map(|(_, kind)| kind.to_owned()));
    let (Some(api), Some(kind)) = (api, kind) else {
        let what = At { value: "a document".to_owned(), place: node.place };
        notes.add_other(what, "it says no `apiVersion` and `kind`, so it is no Kubernetes object");
        return;
    };
    if let (Some(items), Some(each)) = (node.get("items"), kind.strip_suffix("List")) {
        let of = (!each.is_empty()).then_some((api.as_str(), each));
        items.items().iter().for_each(|item| collect(item, of, objects, notes));
        return;
    }
    let value = json::of(node);
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    objects.push(Object {
        place: node.place,
        group: api.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
        kind,
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
        value,
    });
}

/// The same object twice is one object: the first counts.
fn once(objects: Vec<Object>, notes: &mut Notes) -> Vec<Object> {
    let mut seen = std::collections::BTreeSet::new();
    objects
        .into_iter()
        .filter(|o| {
            let id = (o.group.clone(), o.kind.clone(), o.home().to_owned(), o.name.clone());
            let new = o.name.is_empty() || seen.insert(id);
            if !new {
                notes.add(o, "it is there twice: only the first was read");
            }
            new
        })
        .collect()
}
