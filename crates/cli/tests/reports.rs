//! What is promised to programs: the published schema of reports. That real reports keep it, `ci/reports.py` checks.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(of: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_meshgen"));
    let output = command.args(["schema", "--of", of]).env_clear().output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_published_schema_is_what_the_types_say() {
    let (path, now) = (root().join("docs/reports.schema.json"), schema("report"));
    if env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(&path, &now).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap();
    assert!(published == now, "`just bless` writes docs/reports.schema.json anew");
}

#[test]
fn a_schema_of_one_command_is_the_part_of_it_in_the_whole() {
    let whole: Value = serde_json::from_str(&schema("report")).unwrap();
    for kind in ["reach", "explain", "verify", "compare", "lint"] {
        let mut one: Value = serde_json::from_str(&schema(kind)).unwrap();
        let one = one.as_object_mut().unwrap();
        let definitions = one.remove("definitions").unwrap();
        one.remove("$schema");
        assert_eq!(whole["definitions"][format!("{kind}Report")], Value::Object(one.clone()), "{kind}");
        for (name, definition) in definitions.as_object().unwrap() {
            assert_eq!(whole["definitions"][name], *definition, "{kind}: {name}");
        }
    }
}

#[test]
fn no_object_may_hold_more_than_the_schema_says() {
    let whole: Value = serde_json::from_str(&schema("report")).unwrap();
    let mut closed = 0;
    each(&whole, &mut |schema| {
        if schema.get("type").is_some_and(|kind| kind == "object") {
            assert_eq!(schema["additionalProperties"], false, "{schema}");
            closed += 1;
        }
    });
    assert!(closed > 30, "{closed} objects");
}

fn each(value: &Value, with: &mut impl FnMut(&Value)) {
    with(value);
    match value {
        Value::Object(map) => map.values().for_each(|value| each(value, with)),
        Value::Array(items) => items.iter().for_each(|item| each(item, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
