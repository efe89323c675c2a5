//! Several files, one spec: overlays override, parts add.

use std::collections::BTreeMap;

use meshgen_yaml::{Entry, Node, Problem, Value};

/// Lays `over` onto `base` as RFC 7386 says: maps merge, anything else replaces, null deletes.
pub(crate) fn overlay(base: Node, over: Node) -> Node {
    match (base.value, over.value) {
        (Value::Map(entries), Value::Map(changes)) => {
            // What is deleted leaves its place empty until the end.
            let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
            let mut known = places(entries.iter().flatten());
            for change in changes {
                let at = known.get(&change.key.text).copied();
                let base = at.and_then(|at| entries.get_mut(at));
                match (base, change.value.is_null()) {
                    (Some(entry), true) => {
                        known.remove(&change.key.text);
                        *entry = None;
                    }
                    (None, true) => {}
                    (Some(entry), false) => {
                        *entry = entry.take().map(|e| Entry { value: overlay(e.value, change.value), ..e });
                    }
                    (None, false) => {
                        known.insert(change.key.text.clone(), entries.len());
                        entries.push(Some(Entry { value: without_nulls(change.value), ..change }));
                    }
                }
            }
            Node { place: base.place, value: Value::Map(entries.into_iter().flatten().collect()) }
        }
        (_, value) => without_nulls(Node { place: over.place, value }),
    }
}

/// Where each key stands, the first time.
fn places<'e>(entries: impl Iterator<Item = &'e Entry>) -> BTreeMap<Box<str>, usize> {
    let mut places = BTreeMap::new();
    for (at, entry) in entries.enumerate() {
        places.entry(entry.key.text.clone()).or_insert(at);
    }
    places
}

/// A null in an overlay deletes, also where there was nothing to delete.
fn without_nulls(node: Node) -> Node {
    let Value::Map(entries) = node.value else { return node };
    let entries = entries
        .into_iter()
        .filter(|e| !e.value.is_null())
        .map(|e| Entry { value: without_nulls(e.value), ..e })
        .collect();
    Node { value: Value::Map(entries), ..node }
}

/// Adds a part to a spec: sections that are maps take each other's keys, sections that are lists follow each
/// other, and whatever is said twice is a problem. Only `meshgen`, the mark of the file, may be in every part.
pub(crate) fn add(whole: &mut Node, part: Node, problems: &mut Vec<Problem>) {
    let (Value::Map(sections), Value::Map(added)) = (&mut whole.value, part.value) else {
        problems.push(
            Problem::error(part.place, "a part of a spec is a map")
                .help("start with a section such as `policies:`"),
        );
        return;
    };
    for section in added {
        let Some(known) = sections.iter_mut().find(|s| s.key.text == section.key.text) else {
            sections.push(section);
            continue;
        };
        match (&mut known.value.value, section.value.value) {
            (Value::Map(entries), Value::Map(more)) => {
                let mut known = places(entries.iter());
                for entry in more {
                    match known.get(&entry.key.text).and_then(|at| entries.get(*at)) {
                        Some(first) => problems.push(twice(first, &entry)),
                        None => {
                            known.insert(entry.key.text.clone(), entries.len());
                            entries.push(entry);
                        }
                    }
                }
            }
            (Value::List(items), Value::List(more)) => items.extend(more),
            (Value::Scalar(a), Value::Scalar(b)) if &*section.key.text == "meshgen" && *a == b => {}
            (_, value) => {
                let value = Node { place: section.value.place, value };
                problems.push(twice(known, &Entry { value, ..section }));
            }
        }
    }
}

fn twice(first: &Entry, second: &Entry) -> Problem {
    Problem::error(second.key_place, format!("`{}` is said twice", second.key.text))
        .related(first.key_place, "said first here")
        .help("the parts of a spec add up: keep one of them, or give an overlay as a file of its own")
}
