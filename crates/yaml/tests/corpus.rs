//! Strings that readers of YAML like to misread, and what two of them made of plain scalars.
//!
//! They are data of their own: without `MESHGEN_CORPUS`, the folder that has them in `yaml/`, these tests only say
//! that they did nothing.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads the files that it is about"
)]

use std::{collections::BTreeMap, path::PathBuf};

use meshgen_yaml::{FileId, Limits, Node, documents, scalar, to_string};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn corpus<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let Ok(folder) = std::env::var("MESHGEN_CORPUS") else {
        eprintln!("skipped: MESHGEN_CORPUS is not set");
        return Vec::new();
    };
    let cases: Vec<T> =
        serde_json::from_slice(&std::fs::read(PathBuf::from(folder).join("yaml").join(file)).unwrap())
            .unwrap();
    assert!(!cases.is_empty());
    cases
}

fn node(text: &str) -> Node {
    documents(FileId(0), text, 0..text.len(), Limits::default()).unwrap().remove(0)
}

#[test]
fn every_string_is_read_again_by_us_and_by_serde_yaml() {
    #[derive(serde::Deserialize)]
    struct Case {
        s: String,
    }
    for Case { s } in corpus::<Case>("strings.json") {
        let value = BTreeMap::from([("value", vec![s.clone()])]);
        let text = to_string(&value).unwrap();
        assert_eq!(
            serde_yaml::from_str::<Value>(&text).unwrap(),
            serde_json::to_value(&value).unwrap(),
            "{text}"
        );
        let item = node(&text).get("value").unwrap().items().first().unwrap().scalar().unwrap().clone();
        assert_eq!(*item.text, *s, "{text}");
        // A key that is too long for some reader is refused.
        let Ok(text) = to_string(&BTreeMap::from([(&s, 1)])) else { continue };
        let key = node(&text).entries().first().unwrap().key.clone();
        assert_eq!(*key.text, *s, "{text}");
    }
}

#[derive(serde::Deserialize)]
struct Scalar {
    yaml: String,
    kubectl: Option<BTreeMap<String, Value>>,
    kustomize: Option<BTreeMap<String, Value>>,
}

impl Scalar {
    /// The plain text, and what kubectl and kustomize read; none where they refuse it.
    fn parts(&self) -> Option<(String, [Option<&Value>; 2])> {
        let read = documents(FileId(0), &self.yaml, 0..self.yaml.len(), Limits::default()).ok()?;
        let scalar = read.first()?.get("k")?.scalar()?.clone();
        let of = [&self.kubectl, &self.kustomize].map(|map| map.as_ref().and_then(|m| m.get("k")));
        scalar.plain.then_some((scalar.text.into(), of))
    }
}

#[test]
fn plain_text_is_text_to_kubectl_and_to_kustomize() {
    let mut texts = 0;
    for case in corpus::<Scalar>("scalars.json") {
        let Some((text, read)) = case.parts() else { continue };
        if scalar::is_plain_safe(&text) {
            texts += 1;
            assert_eq!(read, [Some(&Value::String(text.clone())); 2], "{text:?}");
        }
    }
    eprintln!("{texts} texts");
}

#[test]
fn plain_scalars_are_typed_as_kubectl_types_them() {
    let mut typed = 0;
    for case in corpus::<Scalar>("scalars.json") {
        let Some((text, [Some(read), _])) = case.parts() else { continue };
        let ours = match scalar::go(&text) {
            scalar::Typed::Null => Value::Null,
            scalar::Typed::Bool(b) => b.into(),
            scalar::Typed::Int(n) => i64::try_from(n).unwrap().into(),
            scalar::Typed::Float(x) => x.into(),
            scalar::Typed::Text => text.clone().into(),
        };
        typed += 1;
        assert!(
            ours == *read || ours.as_f64().is_some_and(|x| Some(x) == read.as_f64()),
            "{text:?}: {ours}, not {read}"
        );
    }
    eprintln!("{typed} scalars");
}
