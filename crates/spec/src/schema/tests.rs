//! The schema says what the reader says.

use std::sync::LazyLock;

use fancy_regex::Regex;
use proptest::prelude::*;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use crate::{
    Cidr, Date, EnvName, FindingCode, Folder, GrpcService, Host, Image, Input, IstioVersion, LabelKey,
    LabelValue, Name, ObjectName, Path, PortName, Quantity, Reason, SecretKey, WorkloadName, Workloads, read,
    schema, schema_for,
};

/// A text type: its name, its pattern, and whether the reader takes a text.
type Text = (&'static str, Regex, fn(&str) -> bool);

/// The pattern of a text type.
fn pattern<T: JsonSchema>() -> Regex {
    let mut generator: SchemaGenerator = SchemaSettings::draft07().into_generator();
    let schema = T::json_schema(&mut generator);
    Regex::new(schema.get("pattern").and_then(Value::as_str).unwrap()).unwrap()
}

macro_rules! types {
    ($($name:ident),*) => {
        vec![$((stringify!($name), pattern::<$name>(), |s: &str| $name::try_from(s.to_owned()).is_ok())),*]
    };
}

/// Types of which the pattern says all that the reader says.
static EXACT: LazyLock<Vec<Text>> = LazyLock::new(|| {
    types!(
        EnvName,
        FindingCode,
        GrpcService,
        Host,
        IstioVersion,
        LabelKey,
        LabelValue,
        Name,
        ObjectName,
        Path,
        PortName,
        Quantity,
        Reason,
        SecretKey,
        WorkloadName,
        Workloads
    )
});

/// Types of which no pattern can say it: which days there are, which folder is ours, what an address is.
static LOOSE: LazyLock<Vec<Text>> = LazyLock::new(|| types!(Cidr, Date, Folder, Image));

/// Text made of what names are made of, with a few mistakes in it.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{0,3}[-a-z0-9]{0,3}[a-z0-9]{0,2}",
        "[-a-zA-Z0-9_.]{0,6}",
        "[-a-z0-9./*]{0,8}",
        "([a-z]{1,3}[./]){0,3}[-a-zA-Z0-9_]{0,3}",
        "[a-z]{60,66}(\\.[a-z]{1,3})?",
        "[a-z.]{1,4}(/[a-z_.-]{1,4}){0,2}(:[a-zA-Z0-9_.-]{1,4})?(@sha256:[0-9a-f]{64})?",
        "[0-9]{0,3}(\\.[0-9]{1,3}){0,4}(/[0-9]{1,3})?",
        "[0-9a-f]{0,2}(:[0-9a-f]{0,2}){0,4}(/[0-9]{1,3})?",
        "[0-9]{1,3}(\\.[0-9]{0,2})?[a-zA-Z]{0,2}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        "MG[0-9]{2,4}",
        "/[ -~]{0,6}",
        "[ -~\n\té\u{a0}]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_pattern_takes_what_the_reader_takes(text in texts()) {
        for (name, pattern, reads) in EXACT.iter() {
            prop_assert_eq!(pattern.is_match(&text).unwrap(), reads(&text), "{} {:?}", name, text);
        }
        for (name, pattern, reads) in LOOSE.iter() {
            prop_assert!(pattern.is_match(&text).unwrap() || !reads(&text), "{} {:?}", name, text);
        }
    }
}

/// Calls `with` for every definition and property, with its path.
fn each(value: &Value, path: &str, with: &mut impl FnMut(&str, &Value)) {
    for key in ["definitions", "properties"] {
        for (name, schema) in value.get(key).and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}/{name}");
            with(&path, schema);
            each(schema, &path, with);
        }
    }
}

#[test]
fn everything_has_a_description() {
    let mut silent = Vec::new();
    each(&schema().to_value(), "", &mut |path, schema| {
        let said = schema.get("description").and_then(Value::as_str).is_some_and(|d| !d.is_empty());
        if !said {
            silent.push(path.to_owned());
        }
    });
    assert_eq!(silent, Vec::<String>::new());
}

#[test]
fn every_word_of_an_enum_is_shown() {
    let schema = schema().to_value();
    let at = |path: &str| schema.pointer(path).unwrap().to_string();
    assert_eq!(at("/definitions/MeshMode/enum"), r#"["sidecar","ambient","none"]"#);
    assert_eq!(at("/definitions/MeshMode/enumDescriptions/0"), r#""An Envoy in each pod.""#);
    assert!(!schema.to_string().contains("null"));
}

#[test]
fn a_default_is_what_holds_where_nothing_is_said() {
    let read = |text: &str| {
        let spec = format!("meshgen: v1\nproject: project\nnamespaces: {{ a: {{}} }}\n{text}\n");
        let (spec, problems) =
            read(vec![Input::File("x".to_owned(), spec)], &mut meshgen_yaml::Sources::default());
        spec.unwrap_or_else(|| panic!("{problems:#?}"))
    };
    let kind = "cluster: { kind: {} }";
    for (silent, said) in [
        (
            "cluster: { aks: { location: westus2 } }",
            "cluster: { aks: { location: westus2, networkPolicy: calico, networkDataplane: azure, nodes: { count: 3 } } }".to_owned(),
        ),
        (kind, "cluster: { kind: { networkPolicy: calico } }".to_owned()),
        (kind, format!("{kind}\nlayout: {{ apps: apps }}")),
    ] {
        assert_eq!(read(silent), read(&said));
    }
    let mesh =
        |more: &str| read(&format!("{kind}\nistio: {{ existing: {{ version: '1.31'{more} }} }}")).mesh();
    assert_eq!(mesh(""), mesh(", namespace: istio-system, trustDomain: cluster.local"));
    let enforced =
        |more: &str| read(&format!("{kind}\nsecurity: {{ {more} }}")).security.enforces_network_policy();
    assert!(enforced("") && enforced("enforce: [NetworkPolicy]"));
}

#[test]
fn a_spec_closes_what_it_declares() {
    let text = "
meshgen: v1
project: p
cluster: { kind: {} }
namespaces: { a: {}, b: {} }
workloads:
  a/x: { image: 'x:1', ports: { http: 80 } }
  a/y: { image: 'x:1', ports: { tcp: { port: 9000, service: 90 } } }
  b/z: { image: 'x:1' }
";
    let input = Input::File("x".to_owned(), text.to_owned());
    let (spec, _) = read(vec![input], &mut meshgen_yaml::Sources::default());
    let closed = schema_for(&spec.unwrap()).to_value();
    let at = |path: &str| closed.pointer(path).unwrap().to_string();
    let ports = |key: &str| {
        at(&format!(
            "/properties/policies/properties/{key}/allOf/1/properties/allow/items/properties/ports/items/enum"
        ))
    };
    insta::assert_snapshot!([
        at("/definitions/Workloads/enum"),
        at("/definitions/Namespaces/anyOf/1/items/enum"),
        at("/definitions/Tagged/properties/hostOf/enum"),
        at("/definitions/Claim/properties/ports/items/enum"),
        ports("a~1x"),
        ports("a~1*"),
    ].join("\n"), @r#"
    ["a/x","a/y","b/z","a/*","b/*"]
    ["a","b"]
    ["a/x","a/y","b/z"]
    ["http","tcp",80,9000]
    ["http",80]
    ["http","tcp",80,9000]
    "#);
}
