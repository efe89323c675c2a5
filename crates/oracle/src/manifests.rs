//! From folders to JSON values, as kubectl reads them.

use std::path::{Path, PathBuf};

use meshgen_yaml::{FileId, Limits, Node, Sources, Value as Yaml, documents, scalar, split_documents};
use serde_json::{Map, Number, Value};

/// A file that was read.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// All files of a folder and the folders in it that may hold manifests, in the order of their paths.
pub fn folder(dir: &Path) -> Vec<File> {
    let read = |file: &PathBuf| Some(File { name: file.display().to_string(), text: text(file)? });
    files(dir).iter().filter_map(read).collect()
}

/// Values as a file.
pub fn file(name: &str, manifests: &[Value]) -> File {
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": manifests});
    File { name: name.to_owned(), text: list.to_string() }
}

/// Values as the judges read them.
pub fn sources(manifests: &[Value]) -> Sources {
    let mut sources = Sources::default();
    let File { name, text } = file("manifests.json", manifests);
    sources.add(name, text);
    sources
}

/// All manifests of files; `List`s are flattened. What is no YAML, and what is no manifest, is passed by.
pub fn values(files: &[File]) -> Vec<Value> {
    files.iter().flat_map(|f| parse(&f.text)).collect()
}

/// Every file below a folder that may hold manifests, sorted.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The text of a file; none if it cannot be read.
#[expect(clippy::disallowed_methods, reason = "the runner reads the corpus from the disk")]
pub fn text(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok()
}

/// The manifests in a text.
pub fn parse(text: &str) -> Vec<Value> {
    // Inside of brackets kubectl takes tabs before the first word of a line; the parser does not.
    let lines: Vec<String> = text.lines().map(without_leading_tabs).collect();
    let text = &lines.join("\n");
    let whole = |range| documents(FileId(0), text, range, Limits::default());
    split_documents(text)
        .into_iter()
        .flat_map(|range| whole(range).unwrap_or_default())
        .flat_map(|node| flatten(json(&node)))
        .collect()
}

fn without_leading_tabs(line: &str) -> String {
    let words = line.trim_start_matches('\t');
    " ".repeat(8 * (line.len() - words.len())) + words
}

/// The objects of a list (`List`, `PodList`, …), or the object itself if it has a kind.
fn flatten(value: Value) -> Vec<Value> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    match value.get("items").and_then(Value::as_array) {
        Some(items) if kind.ends_with("List") => {
            let one = kind.trim_end_matches("List");
            items.iter().cloned().map(|item| with_kind(item, one)).flat_map(flatten).collect()
        }
        _ if kind.is_empty() => Vec::new(),
        _ => vec![value],
    }
}

/// The items of a typed list (`PodList`) need not say their kind.
fn with_kind(mut item: Value, kind: &str) -> Value {
    if let Some(object) = item.as_object_mut()
        && !kind.is_empty()
    {
        object.entry("kind").or_insert_with(|| kind.into());
    }
    item
}

/// What kubectl makes of a node.
pub fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(entries) => {
            let pairs = entries.iter().map(|e| (e.key.text.to_string(), json(&e.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Scalar(s) if !s.plain => Value::String(s.text.to_string()),
        Yaml::Scalar(s) => match scalar::go(&s.text) {
            scalar::Typed::Null => Value::Null,
            scalar::Typed::Bool(b) => Value::Bool(b),
            scalar::Typed::Int(i) => i64::try_from(i).map_or(Value::Null, Value::from),
            scalar::Typed::Float(f) => Number::from_f64(f).map_or(Value::Null, Value::Number),
            scalar::Typed::Text => Value::String(s.text.to_string()),
        },
    }
}
