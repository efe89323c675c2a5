//! What was written, read by others: by `serde_yaml`, an independent reader of YAML, as values without types and
//! into the types of k8s-openapi.

use meshgen::{
    bundle::{Bundle, Object},
    tree,
};
use serde::Deserialize;
use serde_json::Value;

/// Checks all files of a bundle, and gives their documents.
pub(crate) fn check(bundle: &Bundle) -> Vec<Value> {
    let files = tree::render(bundle).unwrap().files;
    let written: Vec<Value> = files.iter().filter(|f| f.resource).flat_map(|f| documents(&f.text)).collect();
    let meant: Vec<&Object> = bundle.objects().collect();
    assert_eq!(written.len(), meant.len());
    for (written, meant) in written.iter().zip(&meant) {
        assert_eq!(*written, serde_json::to_value(meant).unwrap());
    }
    let mut stream = Vec::new();
    tree::stream(bundle, &mut stream).unwrap();
    let stream = String::from_utf8(stream).unwrap();
    assert_eq!(documents(&stream), written);
    for (document, meant) in serde_yaml::Deserializer::from_str(&stream).zip(&meant) {
        assert_eq!(meant.read_alike(document).unwrap(), **meant);
    }
    written
}

fn documents(text: &str) -> Vec<Value> {
    if text.is_empty() {
        // Else it would be one empty document.
        return Vec::new();
    }
    serde_yaml::Deserializer::from_str(text).map(|document| Value::deserialize(document).unwrap()).collect()
}

/// Command, arguments and environment of the only container, as the container gets them.
pub(crate) fn texts_of_the_container(documents: &[Value]) -> Vec<String> {
    let container = documents.iter().find_map(|d| d.pointer("/spec/template/spec/containers/0")).unwrap();
    let list = |key: &str| container[key].as_array().unwrap().clone();
    let env = list("env").into_iter().map(|variable| variable["value"].clone());
    let texts = list("command").into_iter().chain(list("args")).chain(env);
    texts.map(|text| expanded(text.as_str().unwrap())).collect()
}

/// What the kubelet makes of text, where no variable is there to be named.
///
/// Source: `Expand` in `k8s.io/kubernetes/third_party/forked/golang/expansion/expand.go`: `$$` is `$`, `$(NAME)` is a
/// variable, here a mistake, and any other `$` is itself.
fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('$', Some('$')) => {
                chars.next();
                out.push('$');
            }
            ('$', Some('(')) => panic!("{text:?} names a variable"),
            (c, _) => out.push(c),
        }
    }
    out
}
