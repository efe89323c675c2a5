//! What is refused: text that could break out of its place, and fields that contradict each other.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use meshgen_scripts::files;
use serde_json::{Value, json};

use crate::contexts::{example, full, parsed};

/// Text that ends a word, starts a command, is expanded, breaks a line or looks like an option.
const HOSTILE: [&str; 32] = [
    "'",
    "\"",
    "$(x)",
    "`x`",
    "${HOME}",
    "$HOME",
    ";x",
    "&x",
    "|x",
    ">x",
    "<x",
    "\nx",
    "\r",
    "\t",
    " x",
    "x ",
    "\u{85}x",
    "\u{2028}x",
    "\u{202e}x",
    "{{ 7*7 }}",
    "{% x %}",
    "---\n",
    "🚀",
    "é",
    "\\",
    "#x",
    "*",
    "~x y",
    "!x",
    "(x",
    "$(shell x)",
    "\0",
];

/// Every place of a text in a context, as a JSON pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| places(v, &format!("{at}/{k}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(n, v)| places(v, &format!("{at}/{n}"), found));
        }
        Value::String(_) => found.push(at.to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A place without its numbers: `/env/*/name`.
fn pattern(place: &str) -> String {
    let part = |p: &str| if p.parse::<usize>().is_ok() { "*".to_owned() } else { p.to_owned() };
    place.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn with(value: &Value, place: &str, text: &str) -> Value {
    let mut value = value.clone();
    *value.pointer_mut(place).unwrap() = json!(text);
    value
}

/// Places, each of its kind once, that take `text` behind what is there or instead of it.
fn taken(text: impl Fn(&str) -> Vec<String>) -> String {
    let mut taken = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for name in ["aks", "kind", "existing"] {
        let value = full(name);
        let mut all = Vec::new();
        places(&value, "", &mut all);
        for place in all.into_iter().filter(|p| seen.insert(pattern(p))) {
            let before = value.pointer(&place).and_then(Value::as_str).unwrap();
            for text in text(before).iter().filter(|t| parsed(with(&value, &place, t)).is_ok()) {
                taken.insert(format!("{} takes {text:?}", pattern(&place)));
            }
        }
    }
    taken.into_iter().collect::<Vec<_>>().join("\n")
}

#[test]
fn only_text_that_is_quoted_or_escaped_may_be_anything() {
    let hostile =
        |before: &str| HOSTILE.iter().flat_map(|t| [(*t).to_owned(), format!("{before}{t}")]).collect();
    assert_snapshot!(taken(hostile));
}

#[test]
fn little_looks_like_an_option() {
    assert_snapshot!(taken(|_| vec!["-rf".to_owned(), "--help".to_owned()]), @r#"
    /cluster/context takes "--help"
    /cluster/context takes "-rf"
    /env/*/value takes "--help"
    /env/*/value takes "-rf"
    /tests/*/title takes "--help"
    /tests/*/title takes "-rf"
    "#);
}

#[test]
fn nothing_is_empty_but_a_value() {
    let empty = |name: &str| {
        let value = full(name);
        let mut all = Vec::new();
        places(&value, "", &mut all);
        all.into_iter().filter(|p| parsed(with(&value, p, "")).is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(empty("aks"), ["/env/0/value"]);
    assert_eq!(empty("kind"), ["/env/0/value"]);
    assert_eq!(empty("existing"), ["/env/0/value"]);
}

#[test]
fn words_say_what_would_be_right() {
    let said = |place: &str, text: &str| {
        let name = if place.contains("calico") { "kind" } else { "aks" };
        parsed(with(&full(name), place, text)).unwrap_err().to_string()
    };
    let all = [
        ("/project", "a b"),
        ("/cluster/resource_group", "x;y"),
        ("/cluster/registry/name", "net-pol"),
        ("/cluster/location", "$(x)"),
        ("/istio/version", "1.31.1'"),
        ("/env/0/name", "PATH"),
        ("/addons/0", "../x"),
        ("/kits/0/tag", "a\nRUN x"),
        ("/kits/0/python_image", "python:3 AS x"),
        ("/tests/0/title", "a\nok 1"),
        ("/tests/0/claims/0/probe/path", "health"),
        ("/tests/0/claims/0/probe/method", "GET x"),
        ("/traffic/grpc_method", "api.Dgraph"),
        ("/cluster/calico/manifests/0/sha256", "abc"),
        ("/cluster/calico/manifests/0/url", "http://x"),
    ];
    assert_snapshot!(all.map(|(place, text)| format!("{place}: {}", said(place, text))).join("\n"));
}

#[test]
fn a_variable_may_not_be_one_of_a_shell_or_of_ours() {
    let taken = |name: &str| parsed(with(&full("aks"), "/env/0/name", name)).is_err();
    for name in [
        "PATH",
        "path",
        "HOME",
        "IFS",
        "LD_PRELOAD",
        "BASH_ENV",
        "ENV",
        "status",
        "argv",
        "KUBECONFIG",
        "REGISTRY",
        "AZ_ACR_NAME",
        "WORK",
        "ROOT",
        "TIMEOUT",
        "PROBE_TRIES",
        "https_proxy",
        "PYTHONPATH",
        "1X",
        "A-B",
        "",
        "É",
        "_",
    ] {
        assert!(taken(name), "{name}");
    }
    for name in ["DG_ACCEPT_LIST", "a", "_x", "MY_PATH", "Registry_2", "ENVIRONMENT", "HOMEPAGE"] {
        assert!(!taken(name), "{name}");
    }
}

/// What a changed example is refused for.
fn refused(name: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = example(name);
    change(&mut value);
    files(&parsed(value).unwrap()).unwrap_err().to_string()
}

#[test]
fn fields_that_contradict_each_other() {
    assert_snapshot!(refused("aks", |c| c["tests"][0]["script"] = json!("scripts/test_3.sh")), @"two files would be `scripts/test_3.sh`: give each its own path");
    assert_snapshot!(refused("aks", |c| c["tests"][0]["script"] = json!("env.sh")), @"two files would be `env.sh`: give each its own path");
    assert_snapshot!(refused("aks", |c| c["env"] = json!([{ "name": "A", "value": "1" }, { "name": "A", "value": "2" }])), @"two variables are called `A`: give each its own name");
    assert_snapshot!(refused("aks", |c| c["kits"] = json!([c["kits"][0], c["kits"][0]])), @"two kits make the image `pydgraph-client:1.0.0`: give each its own name or tag");
    assert_snapshot!(refused("aks", |c| c["wait"][0]["kind"] = json!("pod")), @"`dgraph/demo-dgraph-zero` cannot be waited for, because a `Pod` has no rollout: use a Deployment, a StatefulSet or a DaemonSet");
    assert_snapshot!(refused("aks", |c| c["istio"]["mode"] = json!("aks-addon")), @"the mesh that AKS manages has no revision here: use `aks` and a revision such as `asm-1-30`");
    assert_snapshot!(refused("kind", |c| c["istio"]["mode"] = json!("aks-addon")), @"the mesh that AKS manages has no AKS cluster here: use `aks` and a revision such as `asm-1-30`");
}
