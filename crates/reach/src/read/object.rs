//! What all objects have.

use meshgen_yaml::{Node, Place};

use super::fields::Fields;

/// An object, its kind told apart from its group.
pub(super) struct Object<'a> {
    pub(super) node: &'a Node,
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    /// `default` where none is said, as kubectl does.
    pub(super) namespace: String,
    pub(super) has_namespace: bool,
    pub(super) name: String,
    pub(super) place: Place,
}

/// What a list says of its items, which need not say it again: the API server leaves `kind` and `apiVersion` out of the
/// items of a `NetworkPolicyList`.
#[derive(Clone, Copy, Default)]
pub(super) struct Listed<'a> {
    pub(super) kind: &'a str,
    pub(super) version: &'a str,
}

impl<'a> Object<'a> {
    pub(super) fn new(node: &'a Node, of: Listed<'a>) -> Object<'a> {
        let kind = node.text("kind").unwrap_or(of.kind);
        let version = node.text("apiVersion").unwrap_or(of.version);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let metadata = |key| node.field("metadata").and_then(|m| m.text(key));
        Object {
            node,
            group,
            kind,
            namespace: metadata("namespace").unwrap_or("default").to_owned(),
            has_namespace: metadata("namespace").is_some(),
            name: metadata("name").or_else(|| metadata("generateName")).unwrap_or_default().to_owned(),
            place: node.place,
        }
    }

    pub(super) fn spec(&self) -> Option<&'a Node> {
        self.node.field("spec")
    }

    pub(super) fn full_name(&self) -> String {
        if self.has_namespace { format!("{}/{}", self.namespace, self.name) } else { self.name.clone() }
    }
}
