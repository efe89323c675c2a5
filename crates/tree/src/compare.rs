//! What two sets of manifests differ in, object by object. Files, order, comments and style do not matter.

use std::fmt;

use meshgen_bundle::Id;
use meshgen_yaml::{Problem, Sources};

use crate::{
    fields::{FieldChange, field_changes},
    objects::objects,
};

/// What two sets of manifests differ in. Each list is sorted by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Objects that only the new set has.
    pub added: Vec<Id>,
    /// Objects that only the old set has.
    pub removed: Vec<Id>,
    /// Objects that both have, and not alike.
    pub changed: Vec<Changed>,
    /// What could not be read of the old set, or is there twice.
    pub old_problems: Vec<Problem>,
    /// What could not be read of the new set, or is there twice.
    pub new_problems: Vec<Problem>,
}

/// An object that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The object.
    pub id: Id,
    /// The fields that differ; never none.
    pub fields: Vec<FieldChange>,
}

/// Compares two sets of manifests, anybody's.
pub fn compare(old: &Sources, new: &Sources) -> Comparison {
    let (old, new) = (objects(old), objects(new));
    let only = |some: &crate::Objects, other: &crate::Objects| -> Vec<Id> {
        some.by_id.keys().filter(|id| !other.by_id.contains_key(id)).cloned().collect()
    };
    let both = old.by_id.iter().filter_map(|(id, old)| Some((id, old, new.by_id.get(id)?)));
    let changed = both.map(|(id, old, new)| Changed { id: id.clone(), fields: field_changes(old, new) });
    Comparison {
        added: only(&new, &old),
        removed: only(&old, &new),
        changed: changed.filter(|changed| !changed.fields.is_empty()).collect(),
        old_problems: old.problems,
        new_problems: new.problems,
    }
}

impl Comparison {
    /// Whether both sets hold the same objects.
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl fmt::Display for Comparison {
    /// One line an object, `+`, `-` or `~`, and one a field; then the count. Problems are for whoever can show
    /// their places.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.added.iter().try_for_each(|id| writeln!(f, "+ {id}"))?;
        self.removed.iter().try_for_each(|id| writeln!(f, "- {id}"))?;
        for Changed { id, fields } in &self.changed {
            writeln!(f, "~ {id}")?;
            fields.iter().try_for_each(|field| writeln!(f, "    {field}"))?;
        }
        let (added, removed, changed) = (self.added.len(), self.removed.len(), self.changed.len());
        write!(f, "objects: {added} added, {removed} removed, {changed} changed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &[&str], new: &[&str]) -> Comparison {
        let sources = |texts: &[&str]| {
            let mut sources = Sources::default();
            for text in texts {
                sources.add("x.yaml", *text);
            }
            sources
        };
        compare(&sources(old), &sources(new))
    }

    const CART: &str = "\
# the old one
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart
  namespace: shop
spec:
  podSelector: {}
  ingress:
  - ports:
    - port: 7070
    - port: 8080
";

    #[test]
    fn objects_are_added_removed_and_changed() {
        let namespace = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
        let old = [CART, &namespace("gone")];
        let new = [&*CART.replace("8080", "8081"), &namespace("new")];
        insta::assert_snapshot!(between(&old, &new), @"
        + Namespace new
        - Namespace gone
        ~ NetworkPolicy shop/cart
            spec.ingress[0].ports[1].port: 8080 → 8081
        objects: 1 added, 1 removed, 1 changed
        ");
    }

    #[test]
    fn style_order_and_files_do_not_matter() {
        let flow = "{spec: {ingress: [{ports: [{port: 7070}, {port: 8080}]}], podSelector: {}}, \
                    metadata: {namespace: shop, name: cart}, kind: NetworkPolicy, apiVersion: networking.k8s.io/v1}";
        assert!(between(&[CART], &["---\n", flow]).is_nothing());
    }

    #[test]
    fn another_version_of_a_group_is_a_change_and_another_group_another_object() {
        insta::assert_snapshot!(between(&[CART], &[&CART.replace("io/v1", "io/v1beta1")]), @"
        ~ NetworkPolicy shop/cart
            apiVersion: networking.k8s.io/v1 → networking.k8s.io/v1beta1
        objects: 0 added, 0 removed, 1 changed
        ");
        insta::assert_snapshot!(between(&[CART], &[&CART.replace("networking.k8s.io", "projectcalico.org")]), @"
        + NetworkPolicy.projectcalico.org shop/cart
        - NetworkPolicy shop/cart
        objects: 1 added, 1 removed, 0 changed
        ");
    }

    #[test]
    fn what_cannot_be_read_is_said_of_its_side() {
        let comparison = between(&["a: ["], &[CART]);
        assert_eq!((comparison.old_problems.len(), comparison.new_problems.len()), (1, 0));
    }
}
