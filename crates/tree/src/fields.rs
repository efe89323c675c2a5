//! In which fields two objects differ.

use std::{collections::BTreeSet, fmt};

use meshgen_yaml::{
    Node, Scalar, Value,
    scalar::{Typed, go},
};

use crate::flow::{Fields, Flow, fields};

/// How many characters of a value are shown.
const SHOWN: usize = 80;

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Where: `spec.ingress[0].ports[1].port`, `metadata.labels["app.kubernetes.io/name"]`.
    pub path: String,
    /// The old value on one line, if there was one.
    pub old: Option<String>,
    /// The new value on one line, if there is one.
    pub new: Option<String>,
}

/// The fields that differ, in the order of their paths.
pub(crate) fn field_changes(old: &Node, new: &Node) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", old, new, &mut changes);
    changes
}

fn compare(path: &str, old: &Node, new: &Node, changes: &mut Vec<FieldChange>) {
    match (&old.value, &new.value) {
        (Value::Map(_), Value::Map(_)) => compare_maps(path, &fields(old), &fields(new), changes),
        (Value::List(old), Value::List(new)) => compare_lists(path, old, new, changes),
        _ if is_same(old, new) => {}
        _ => changes.push(change(path, Some(old), Some(new))),
    }
}

fn compare_maps(path: &str, old: &Fields<'_>, new: &Fields<'_>, changes: &mut Vec<FieldChange>) {
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        let path = join(path, key);
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => compare(&path, old, new, changes),
            (old, new) => changes.push(change(&path, old.copied(), new.copied())),
        }
    }
}

/// Items are compared by place, once what is the same at both ends is out of the way: then one item that comes
/// or goes does not make all the items after it look changed.
fn compare_lists(path: &str, old: &[Node], new: &[Node], changes: &mut Vec<FieldChange>) {
    let pairs = |(old, new): &(&Node, &Node)| is_same(old, new);
    let start = old.iter().zip(new).take_while(pairs).count();
    let (old, new) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(pairs).count();
    let old = old.get(..old.len() - end).unwrap_or_default();
    let new = new.get(..new.len() - end).unwrap_or_default();
    for i in 0..old.len().max(new.len()) {
        let path = format!("{path}[{}]", start + i);
        match (old.get(i), new.get(i)) {
            (Some(old), Some(new)) => compare(&path, old, new, changes),
            (old, new) => changes.push(change(&path, old, new)),
        }
    }
}

/// Whether two values are one to kubectl: `yes` is `true`, and `8080` is not `"8080"`.
fn is_same(old: &Node, new: &Node) -> bool {
    match (&old.value, &new.value) {
        (Value::Scalar(old), Value::Scalar(new)) => match (typed(old), typed(new)) {
            (Typed::Text, Typed::Text) => old.text == new.text,
            (old, new) => old == new,
        },
        (Value::List(old), Value::List(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same(old, new))
        }
        (Value::Map(_), Value::Map(_)) => {
            let (old, new) = (fields(old), fields(new));
            old.len() == new.len()
                && old.iter().all(|(key, old)| new.get(key).is_some_and(|new| is_same(old, new)))
        }
        _ => false,
    }
}

fn typed(scalar: &Scalar) -> Typed {
    if scalar.plain { go(&scalar.text) } else { Typed::Text }
}

fn change(path: &str, old: Option<&Node>, new: Option<&Node>) -> FieldChange {
    let one_line = |node| Flow(node).to_string();
    FieldChange { path: path.to_owned(), old: old.map(one_line), new: new.map(one_line) }
}

fn join(path: &str, key: &str) -> String {
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match (path, is_word) {
        ("", true) => key.to_owned(),
        (_, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}

impl fmt::Display for FieldChange {
    /// `spec.replicas: 1 → 2`, with values of any length cut short.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{path}: {} → {}", Short(old), Short(new)),
            (None, Some(new)) => write!(f, "{path}: added {}", Short(new)),
            (Some(old), None) => write!(f, "{path}: removed {}", Short(old)),
            (None, None) => f.write_str(path),
        }
    }
}

struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            Some((at, _)) => write!(f, "{}…", self.0.split_at(at).0),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use meshgen_yaml::{FileId, Limits, documents};

    use super::*;

    fn between(old: &str, new: &str) -> String {
        let node =
            |text: &str| documents(FileId(0), text, 0..text.len(), Limits::default()).unwrap().remove(0);
        let changes = field_changes(&node(old), &node(new));
        changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_field_is_named_by_its_path() {
        let old = "spec: {ingress: [{ports: [{port: 1}, {port: 8080}]}]}";
        insta::assert_snapshot!(between(old, &old.replace("8080", "8081")), @"spec.ingress[0].ports[1].port: 8080 → 8081");
    }

    #[test]
    fn a_key_that_is_no_word_is_quoted() {
        insta::assert_snapshot!(between("labels: {app.kubernetes.io/name: a}", "labels: {app.kubernetes.io/name: b}"), @r#"labels["app.kubernetes.io/name"]: a → b"#);
    }

    #[test]
    fn fields_come_and_go_whole() {
        insta::assert_snapshot!(between("{a: {b: 1}, c: 1}", "{c: 1, d: [{e: \"x y\"}, \"1\", ~]}"), @r#"
        a: removed {b: 1}
        d: added [{e: x y}, "1", null]
        "#);
    }

    #[test]
    fn one_item_that_comes_or_goes_is_one_change() {
        insta::assert_snapshot!(between("[a, b, c]", "[a, x, b, c]"), @"[1]: added x");
        insta::assert_snapshot!(between("[{n: a}, {n: b}]", "[{n: b}]"), @"[0]: removed {n: a}");
        insta::assert_snapshot!(between("[a, a]", "[a]"), @"[1]: removed a");
    }

    #[test]
    fn a_change_of_type_is_a_change() {
        insta::assert_snapshot!(between("a: 8080", "a: \"8080\""), @r#"a: 8080 → "8080""#);
        insta::assert_snapshot!(between("a: [1]", "a: {b: 1}"), @"a: [1] → {b: 1}");
    }

    #[test]
    fn what_kubectl_reads_alike_is_no_change() {
        assert_eq!(between("{a: yes, b: 'x', c: 0x10, d: ~}", "{d: null, c: 16, b: x, a: true}"), "");
        assert_eq!(between("a: |\n  1\n", "a: \"1\\n\""), "");
    }

    #[test]
    fn a_long_value_is_cut_short() {
        insta::assert_snapshot!(between("a: 1", &format!("a: {}", "é".repeat(100))), @"a: 1 → éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…");
    }
}
