//! The objects of anybody's manifests.

use std::collections::{BTreeMap, btree_map};

use meshgen_bundle::Id;
use meshgen_yaml::{FileId, Limits, Node, Place, Problem, Scalar, Sources, documents, split_documents};

/// The objects of some files, by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The objects. Of two with one identity the last, as with `kubectl apply`.
    pub by_id: BTreeMap<Id, Node>,
    /// Documents that are no YAML, and objects that are there twice.
    pub problems: Vec<Problem>,
}

/// The objects of some files. The items of a list are objects of their own, as for kubectl; a document without
/// a kind and a name, such as a `values.yaml` or a kustomization, is none.
pub fn objects(sources: &Sources) -> Objects {
    let mut objects = Objects::default();
    for (file, source) in sources.iter() {
        objects.read(file, &source.text);
    }
    objects
}

/// `apiVersion` and `kind`, which the items of a typed list may leave out.
#[derive(Clone, Copy, Default)]
struct Type<'a> {
    api_version: &'a str,
    kind: &'a str,
}

impl Objects {
    fn read(&mut self, file: FileId, text: &str) {
        for range in split_documents(text) {
            match documents(file, text, range, Limits::default()) {
                Ok(nodes) => nodes.into_iter().for_each(|node| self.add(node, Type::default())),
                Err(problem) => self.problems.push(*problem),
            }
        }
    }

    fn add(&mut self, node: Node, default: Type<'_>) {
        let api_version = text(&node, "apiVersion").unwrap_or(default.api_version).to_owned();
        let kind = text(&node, "kind").unwrap_or(default.kind).to_owned();
        if let (Some(item_kind), Some(items)) = (kind.strip_suffix("List"), node.get("items")) {
            // Only a typed list says what its items are.
            let api_version = if item_kind.is_empty() { "" } else { &api_version };
            for item in items.items() {
                self.add(item.clone(), Type { api_version, kind: item_kind });
            }
        } else if let Some(id) = id(&node, &api_version, &kind) {
            self.insert(id, node);
        }
    }

    fn insert(&mut self, id: Id, node: Node) {
        match self.by_id.entry(id) {
            btree_map::Entry::Vacant(entry) => {
                entry.insert(node);
            }
            btree_map::Entry::Occupied(mut entry) => {
                self.problems.push(twice(entry.key(), node.place, entry.get().place));
                entry.insert(node);
            }
        }
    }
}

fn id(node: &Node, api_version: &str, kind: &str) -> Option<Id> {
    let metadata = node.get("metadata")?;
    let name = text(metadata, "name")?;
    if api_version.is_empty() || kind.is_empty() {
        return None;
    }
    Some(Id {
        group: api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned(),
        kind: kind.to_owned(),
        namespace: text(metadata, "namespace").map(str::to_owned),
        name: name.to_owned(),
    })
}

/// The text of a key, unless it is absent, null or empty.
fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key)
        .and_then(Node::scalar)
        .filter(|s| !Scalar::is_null(s) && !s.text.is_empty())
        .map(|s| &*s.text)
}

fn twice(id: &Id, place: Place, first: Place) -> Problem {
    Problem::warning(place, format!("`{id}` is there twice, and only this one counts"))
        .related(first, "the other one")
        .help("remove one of them")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let mut sources = Sources::default();
        sources.add("a.yaml", text);
        let objects = objects(&sources);
        let ids = objects.by_id.keys().map(|id| format!("{} {id}", id.group));
        ids.chain(objects.problems.iter().map(|p| p.message.clone())).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn an_object_is_known_by_group_kind_namespace_and_name() {
        let text = "\
            apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: cart}\n\
            ---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
        insta::assert_snapshot!(found(text), @"
         Namespace shop
        networking.k8s.io NetworkPolicy shop/cart
        ");
    }

    #[test]
    fn what_has_no_kind_or_no_name_is_no_object() {
        assert_eq!(
            found(
                "replicas: 3\n---\n- 1\n---\napiVersion: v1\nkind: Kustomization\n---\nkind: Pod\nmetadata: {name: a}"
            ),
            ""
        );
        assert_eq!(found("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}"), "");
    }

    #[test]
    fn the_items_of_a_list_are_objects() {
        let text = "\
            apiVersion: v1\nkind: List\nitems:\n\
            - {apiVersion: v1, kind: Service, metadata: {namespace: shop, name: cart}}\n\
            - {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: shop}}]}\n";
        insta::assert_snapshot!(found(text), @"
        Namespace shop
        Service shop/cart
        ");
    }

    #[test]
    fn a_typed_list_says_what_its_items_are() {
        let text =
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicyList, items: [{metadata: {name: a}}]}";
        insta::assert_snapshot!(found(text), @"networking.k8s.io NetworkPolicy a");
        assert_eq!(found("{apiVersion: v1, kind: List, items: [{metadata: {name: a}}]}"), "");
    }

    #[test]
    fn a_document_that_is_no_yaml_does_not_hide_the_others() {
        let text = "a: [\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
        insta::assert_snapshot!(found(text), @"
         Namespace shop
        this is not YAML: unclosed bracket '['
        ");
    }

    #[test]
    fn the_last_of_two_with_one_identity_counts() {
        let one = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
        insta::assert_snapshot!(found(&format!("{one}---\n{one}")), @"
         Namespace shop
        `Namespace shop` is there twice, and only this one counts
        ");
    }
}
