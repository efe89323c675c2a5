//! The manifests as they were written, object by object: for rules about what a model of them leaves out.

use meshgen_yaml::{Node, Place, Sources, each};

use crate::Object;

/// An object as it was written.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is called.
    pub object: Object,
    /// All of it.
    pub node: Node,
    /// The place of its name: what is shown of it.
    pub title: Place,
}

/// All objects, in the order read.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    all: Vec<Document>,
    lost: bool,
}

/// Fields of a node.
pub trait Fields {
    /// The value at the end of a path, if it is there and not null.
    fn path(&self, path: &[&str]) -> Option<&Node>;
    /// The text at the end of a path. What is not text (`port: 80`) is given as it was written.
    fn text(&self, path: &[&str]) -> Option<&str>;
    /// The items at the end of a path.
    fn list(&self, path: &[&str]) -> &[Node];
}

impl Fields for Node {
    fn path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key).filter(|n| !n.is_null()))
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.path(path)?.scalar().map(|s| &*s.text)
    }

    fn list(&self, path: &[&str]) -> &[Node] {
        self.path(path).map_or(&[], Node::items)
    }
}

impl Documents {
    /// The objects of these files. What is no YAML is passed by: the judges report it.
    pub fn read(sources: &Sources) -> Documents {
        let mut all = Documents::default();
        each(sources, |read| match read {
            Ok(nodes) => nodes.into_iter().for_each(|node| all.add(node, "", "")),
            Err(_) => all.lost = true,
        });
        all
    }

    /// Whether something was no YAML, so that there may be objects that nobody knows of.
    pub fn are_incomplete(&self) -> bool {
        self.lost
    }

    /// Adds an object, or those of a list. Its items need not say again what the list says of their kind and version.
    fn add(&mut self, node: Node, kind: &str, version: &str) {
        let kind = node.text(&["kind"]).unwrap_or(kind).to_owned();
        let version = node.text(&["apiVersion"]).unwrap_or(version).to_owned();
        match kind.strip_suffix("List") {
            Some(item) if node.path(&["items"]).is_some() => {
                node.list(&["items"]).iter().for_each(|n| self.add(n.clone(), item, &version));
            }
            _ if kind.is_empty() => {}
            _ => self.all.push(Document::new(node, kind, &version)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.all.iter()
    }

    /// Those of a kind.
    pub fn of_kind<'a>(&'a self, group: &'a str, kind: &'a str) -> impl Iterator<Item = &'a Document> {
        self.all.iter().filter(move |d| d.object.group == group && d.object.kind == kind)
    }

    /// The one in which a place is. They stand in the order in which they were read, and none is in another.
    pub fn at(&self, place: Place) -> Option<&Document> {
        let start = |place: Place| (place.file, place.start);
        let after = self.all.partition_point(|d| start(d.node.place) <= start(place));
        let before = self.all.get(after.checked_sub(1)?)?;
        let all = before.node.place;
        (all.file == place.file && place.start <= all.end).then_some(before)
    }
}

impl Document {
    fn new(node: Node, kind: String, version: &str) -> Document {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let named = |key| node.text(&["metadata", key]).map(str::to_owned);
        let namespace = named("namespace").unwrap_or_else(|| "default".to_owned());
        let object = Object {
            namespace: Some(namespace).filter(|_| !is_cluster_wide(&kind)),
            name: named("name").or_else(|| named("generateName")).unwrap_or_default(),
            group: group.to_owned(),
            kind,
        };
        let title = node.path(&["metadata", "name"]).map_or(node.place, |n| n.place);
        Document { object, node, title }
    }

    /// A label or an annotation, as it was written.
    pub fn metadata(&self, what: &str, key: &str) -> Option<&Node> {
        self.node.path(&["metadata", what, key])
    }
}

/// Kinds that stand outside of namespaces, as far as a finding can be about one.
fn is_cluster_wide(kind: &str) -> bool {
    kind.starts_with("Cluster")
        || kind.starts_with("Global")
        || kind.ends_with("AdminNetworkPolicy")
        || kind.ends_with("WebhookConfiguration")
        || matches!(kind, "Namespace" | "Node" | "CustomResourceDefinition" | "Tier" | "GatewayClass")
}
