//! A spec of which some of what was written could not be read, and what can still be said of the rest.
//!
//! What could not be read is as if it had not been written, so a check may miss it: what it then says would be
//! wrong. Here that is dropped, so that all that is shown is worth mending.

use std::collections::BTreeSet;

use meshgen_yaml::{Entry, FileId, Node, Place, Problem, Sources, Value};

/// Sections whose parts are looked at one by one. Anything else decides about the rest as well.
const ITEMS: [&str; 9] = [
    "namespaces",
    "repositories",
    "releases",
    "workloads",
    "policies",
    "external",
    "expect",
    "accept",
    "layout",
];
/// Sections that declare names.
const DECLARING: [&str; 4] = ["namespaces", "repositories", "releases", "workloads"];
/// What else an addon shows depends on the others, so all of them are one item.
const ADDONS: &str = "addons";

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
    let addons = section(whole, ADDONS).filter(|addons| broken.contains(&addons.key_place));
    late.retain(|problem| {
        let Some(place) = problem.place else { return false };
        // A name that is declared, though its declaration could not be read.
        let name = sources.slice(place).trim_matches(['"', '\'']);
        let is_declared = declared.contains(name) || is_of_a_release(whole, &broken, name);
        let is_of_addons = addons.is_some_and(|a| holds(a, place) || is_in(name, addons_namespace(whole)));
        !suspect.contains(&start(place)) && !is_declared && !is_of_addons
    });
}

fn section<'n>(whole: &'n Node, name: &str) -> Option<&'n Entry> {
    whole.entries().iter().find(|section| &*section.key.text == name)
}

/// Whether a name may be that of a workload which a broken release runs: the chart calls it after the release, or
/// the release names it itself.
fn is_of_a_release(whole: &Node, broken: &BTreeSet<Place>, name: &str) -> bool {
    let Some((namespace, workload)) = name.split_once('/') else { return false };
    let releases = section(whole, "releases").into_iter().flat_map(|section| section.value.entries());
    releases.filter(|release| broken.contains(&release.key_place)).any(|release| {
        release.key.text.split_once('/').is_some_and(|(home, of)| {
            let own = release.value.get("workloads").and_then(|named| named.get(workload));
            let called =
                workload.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
            home == namespace && (called || own.is_some())
        })
    })
}

/// The namespace in which addons are, as it was written.
fn addons_namespace(whole: &Node) -> &str {
    let said = |section: &str| whole.get(section)?.get("namespace")?.scalar();
    said(ADDONS).or_else(|| said("istio")).map_or("istio-system", |scalar| &scalar.text)
}

/// Whether a name is that of a namespace, or of something in it.
fn is_in(name: &str, namespace: &str) -> bool {
    name.strip_prefix(namespace).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn start(place: Place) -> (FileId, u32) {
    (place.file, place.start)
}

/// The item that holds a place: `policies/shop/web`, say, or all of `addons`. None if it is in no item.
fn item(whole: &Node, place: Place) -> Option<&Entry> {
    let sections = whole.entries().iter().filter(|e| ITEMS.contains(&&*e.key.text));
    let items = sections.flat_map(|section| section.value.entries());
    items.chain(section(whole, ADDONS)).find(|entry| holds(entry, place))
}

fn holds(entry: &Entry, place: Place) -> bool {
    let within =
        |range: Place| range.file == place.file && range.start <= place.start && place.start <= range.end;
    within(entry.key_place) || within(entry.value.place)
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
    fn what_a_broken_release_runs_is_not_missing() {
        insta::assert_snapshot!(found("\
releases:
  a/db: { dgraph: { alpha: { replicas: many } } }
  a/cache: { chart: redis, repository: r, version: 1.0.0, workloads: { redis: { kind: Job } } }
policies:
  a/db-dgraph-alpha: { allow: [] }
  a/redis: { allow: [] }
  a/dbb: { allow: [{ from: [a/web] }] }"), @"
        expected a number from 0 to 65535, found the text `many`
        `labels` is missing
        the workload `a/dbb` is not declared
        the workload `a/web` is not declared
        ");
    }

    #[test]
    fn what_broken_addons_run_is_not_missing() {
        insta::assert_snapshot!(found("\
addons: { prometheus: { retention: 1 }, kiali: {} }
policies:
  istio-system/prometheus: { allow: [{ from: [istio-system/kiali, a/web] }] }"), @"
        addons show a mesh, and there is none
        `1` without quotes is a number
        the workload `a/web` is not declared
        ");
    }

    #[test]
    fn after_something_that_decides_about_all_the_rest_waits() {
        insta::assert_snapshot!(found("\
istio: { version: 1.31 }
policies: { a/wbe: { allow: [] } }"), @"`1.31` without quotes is a number");
    }
}
