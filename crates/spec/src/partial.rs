//! A spec of which some of what was written could not be read, and what can still be said of the rest.
//!
//! What could not be read is as if it had not been written, so a check may miss it: what it then says would be
//! wrong. Here that is dropped, so that all that is shown is worth mending.

use std::collections::BTreeSet;

use meshgen_yaml::{Entry, FileId, Node, Place, Problem, Sources, Value};

/// Sections whose parts are looked at one by one. Anything else decides about the rest as well.
const ITEMS: [&str; 7] = ["namespaces", "workloads", "policies", "external", "expect", "accept", "layout"];
/// Sections that declare names.
const DECLARING: [&str; 2] = ["namespaces", "workloads"];

/// Drops from `late`, what checks found, whatever may only follow from `early`, what could not be read.
pub(crate) fn drop_what_follows(whole: &Node, early: &[Problem], late: &mut Vec<Problem>, sources: &Sources) {
    if early.is_empty() {
        return;
    }
    let mut suspect = BTreeSet::new();
    let mut broken = BTreeSet::new();
    for problem in early {
        let Some((item, place)) = problem.place.and_then(|place| Some((item(whole, place)?, place))) else {
            late.clear();
            return;
        };
        broken.insert(item.key_place);
        suspect.insert(start(item.key_place));
        beside(&item.value, place, &mut suspect);
    }
    let declared = declared(whole, &broken);
    late.retain(|problem| {
        let Some(place) = problem.place else { return false };
        // A name that is declared, though its declaration could not be read.
        let is_declared = declared.contains(sources.slice(place).trim_matches(['"', '\'']));
        !suspect.contains(&start(place)) && !is_declared
    });
}

fn start(place: Place) -> (FileId, u32) {
    (place.file, place.start)
}

/// The item that holds a place: `policies/shop/web`, say. None if it is in no item.
fn item(whole: &Node, place: Place) -> Option<&Entry> {
    let sections = whole.entries().iter().filter(|e| ITEMS.contains(&&*e.key.text));
    sections.flat_map(|section| section.value.entries()).find(|entry| holds(entry, place))
}

fn holds(entry: &Entry, place: Place) -> bool {
    let is_in =
        |range: Place| range.file == place.file && range.start <= place.start && place.start <= range.end;
    is_in(entry.key_place) || is_in(entry.value.place)
}

/// Where a check would point that misses what could not be read at `place`: at the keys and values of each map
/// around it.
fn beside(node: &Node, place: Place, suspect: &mut BTreeSet<(FileId, u32)>) {
    for entry in node.entries() {
        suspect.insert(start(entry.key_place));
        suspect.insert(start(entry.value.place));
    }
    node.entries().iter().filter(|entry| holds(entry, place)).for_each(|e| beside(&e.value, place, suspect));
    node.items().iter().for_each(|item| beside(item, place, suspect));
}

/// Every word of a broken item that declares names.
fn declared<'n>(whole: &'n Node, broken: &BTreeSet<Place>) -> BTreeSet<&'n str> {
    let mut words = BTreeSet::new();
    let sections = whole.entries().iter().filter(|e| DECLARING.contains(&&*e.key.text));
    for entry in sections.flat_map(|section| section.value.entries()) {
        if broken.contains(&entry.key_place) {
            words.insert(&*entry.key.text);
            collect(&entry.value, &mut words);
        }
    }
    words
}

fn collect<'n>(node: &'n Node, words: &mut BTreeSet<&'n str>) {
    match &node.value {
        Value::Scalar(scalar) => {
            words.insert(&scalar.text);
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Map(entries) => {
            for entry in entries {
                words.insert(&entry.key.text);
                collect(&entry.value, words);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Input, read};

    /// The messages for a spec of one namespace, with more sections.
    fn found(sections: &str) -> String {
        let head = "meshgen: v1\nproject: a\ncluster: { existing: { networkPolicy: calico } }\nnamespaces: { a: {} }\n";
        let mut sources = meshgen_yaml::Sources::default();
        let (_, problems) =
            read(vec![Input::File("a.yaml".to_owned(), format!("{head}{sections}"))], &mut sources);
        problems.iter().map(|p| p.message.clone()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_wrong_elsewhere_is_still_found() {
        insta::assert_snapshot!(found("\
workloads: { a/web: { image: 'x:1', replica: 2 } }
policies: { a/wbe: { allow: [] } }"), @"
        `replica` is not a key that is known here
        the workload `a/wbe` is not declared
        ");
    }

    #[test]
    fn what_only_follows_is_not_told() {
        insta::assert_snapshot!(found("\
workloads: { a/web: { image: X, ports: { http: 0 } } }
policies: { a/web: { allow: [{ from: [a/web], ports: [http] }] } }"), @"
        `X` is not an image reference: write `registry/path/name:tag` or `…@sha256:…`, the path in lower case
        `0` is not a port: use 1 to 65535
        ");
    }

    #[test]
    fn after_something_that_decides_about_all_the_rest_waits() {
        insta::assert_snapshot!(found("\
istio: { version: 1.31 }
policies: { a/wbe: { allow: [] } }"), @"`1.31` without quotes is a number");
    }
}
