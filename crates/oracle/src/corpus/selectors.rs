//! Calico's selectors: which labels they select, and which are none.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use super::{Judge, Outcome, Suite};
use crate::manifests;

/// `selectors.json`: `selector_tests` and `badSelectors`.
pub(super) fn run(dir: &Path, judge: &dyn Judge) -> Option<Suite> {
    let all: Value = serde_json::from_str(&manifests::text(&dir.join("selectors.json"))?).ok()?;
    let mut suite = Suite::new("calico selectors");
    let list = |key: &str| all.get(key).and_then(Value::as_array).into_iter().flatten();
    for (n, case) in list("selector_tests").enumerate() {
        let selector = case.get("selector").and_then(Value::as_str).unwrap_or_default();
        let mut differences = Vec::new();
        for (key, expected) in [("matches", true), ("non_matches", false)] {
            for labels in case.get(key).and_then(Value::as_array).into_iter().flatten() {
                let found = judge.selector(selector, &labels_of(labels));
                if found != Some(expected) {
                    differences.push(format!("- `{selector}` on {labels}: {expected}, not {found:?}"));
                }
            }
        }
        suite.add(format!("{n} {selector}"), Outcome::of(differences));
    }
    for bad in list("badSelectors").filter_map(Value::as_str) {
        let found = judge.selector(bad, &BTreeMap::new());
        let differences = found.map(|_| format!("- `{bad}` is no selector, and was read as one"));
        suite.add(format!("bad {bad}"), Outcome::of(differences.into_iter().collect()));
    }
    Some(suite)
}

fn labels_of(value: &Value) -> BTreeMap<String, String> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}
