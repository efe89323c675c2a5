//! The selectors by which the injector is called.
//!
//! Each webhook is a case: every namespace and every pod that the selectors of the suite tell apart, of those that it
//! selects. Those that none selects are a case of their own.
//! Source: `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::{Value, json};

use super::{
    super::{Judge, Suite},
    list, namespace, only, operator, outcome, pod, text,
};
use crate::manifests;

type Labels = BTreeMap<String, String>;

/// One condition, as `key Operator [a,b]`.
struct Condition {
    key: String,
    operator: String,
    values: Vec<String>,
}

struct Webhook {
    name: String,
    /// The setting without which it is not installed.
    only: Option<String>,
    namespace: Vec<Condition>,
    pod: Vec<Condition>,
}

/// Namespaces for which the injector does nothing even if it is called (`pkg/kube/inject/inject.go`).
const NEVER: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// The case of what no webhook selects.
const NONE: &str = "no webhook";

const NAME: &str = "kubernetes.io/metadata.name";

pub(super) fn run(all: &Value, _: &Path, suite: &mut Suite, judge: &dyn Judge) -> Result<(), String> {
    only(all, &["source", "license", "note", "webhooks"])?;
    let webhooks: Vec<Webhook> = list(all, "webhooks")?.iter().map(webhook).collect::<Result<_, _>>()?;
    let spaces = combinations(&webhooks, |w| &w.namespace);
    let pods = combinations(&webhooks, |w| &w.pod);
    let settings: BTreeSet<Option<String>> = webhooks.iter().map(|w| w.only.clone()).chain([None]).collect();
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::from([(NONE, Vec::new())]);
    for setting in &settings {
        let here = |w: &&Webhook| w.only.is_none() || w.only == *setting;
        let installed: Vec<&Webhook> = webhooks.iter().filter(here).collect();
        for (space, labels) in spaces.iter().flat_map(|s| pods.iter().map(move |p| (s, p))) {
            let selects = |w: &&&Webhook| all_hold(&w.namespace, space) && all_hold(&w.pod, labels);
            let mut by: Vec<&str> = installed.iter().filter(selects).map(|w| w.name.as_str()).collect();
            let expected = !by.is_empty() && !never(space, labels);
            if by.is_empty() {
                by.push(NONE);
            }
            let injected = injected(setting.as_deref(), space, labels, judge);
            // Another control plane, of which nobody told, may serve the revision.
            let open = by == [NONE] && [space, labels].iter().any(|l| l.contains_key("istio.io/rev"));
            let is_met = injected == Some(expected) || (open && injected.is_none());
            let said = format!("- namespace {space:?}, pod {labels:?}: {expected}, not {injected:?}");
            for name in by {
                found.entry(name).or_default().extend((!is_met).then(|| said.clone()));
            }
        }
    }
    let names = webhooks.iter().map(|w| w.name.as_str()).chain([NONE]);
    for name in names {
        let differences = found.remove(name).ok_or("it selects nothing".to_owned());
        suite.add(name, outcome(differences));
    }
    Ok(())
}

/// What the injector refuses once it is called.
fn never(space: &Labels, labels: &Labels) -> bool {
    space.get(NAME).is_some_and(|n| NEVER.contains(&n.as_str()))
        || labels.get("sidecar.istio.io/inject").is_some_and(|v| v == "false")
}

fn webhook(value: &Value) -> Result<Webhook, String> {
    only(value, &["webhook", "namespace", "pod"])?;
    let name = text(value, "webhook")?;
    let setting = name.split_once("(only ").and_then(|(_, rest)| rest.strip_suffix(')'));
    let conditions = |key: &str| list(value, key)?.iter().map(condition).collect::<Result<Vec<_>, String>>();
    Ok(Webhook {
        name: name.to_owned(),
        only: setting.map(str::to_owned),
        namespace: conditions("namespace")?,
        pod: conditions("pod")?,
    })
}

fn condition(value: &Value) -> Result<Condition, String> {
    let text = value.as_str().ok_or("a condition is no text")?;
    let mut words = text.splitn(3, ' ');
    let (Some(key), Some(operator)) = (words.next(), words.next()) else {
        return Err(format!("the condition `{text}` is not understood"));
    };
    let needs = match operator {
        "In" | "NotIn" => true,
        "Exists" | "DoesNotExist" => false,
        _ => return Err(format!("the condition `{text}` is not understood")),
    };
    let list = words.next().map(|l| l.trim_matches(['[', ']']).split(',').map(|v| v.trim().to_owned()));
    let values: Vec<String> = list.into_iter().flatten().collect();
    if needs == values.is_empty() {
        return Err(format!("the condition `{text}` is not understood"));
    }
    Ok(Condition { key: key.to_owned(), operator: operator.to_owned(), values })
}

fn all_hold(conditions: &[Condition], labels: &Labels) -> bool {
    conditions.iter().all(|c| {
        let value = labels.get(&c.key);
        let among = value.is_some_and(|v| c.values.contains(v));
        match c.operator.as_str() {
            "In" => among,
            "NotIn" => !among,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    })
}

/// Labels with each value that conditions name, with another one, and without.
fn combinations(webhooks: &[Webhook], of: impl Fn(&Webhook) -> &Vec<Condition>) -> Vec<Labels> {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for condition in webhooks.iter().flat_map(of) {
        let all = values.entry(&condition.key).or_default();
        all.insert("other");
        all.extend(condition.values.iter().map(String::as_str));
    }
    let mut all = vec![Labels::new()];
    for (key, values) in values {
        let with = |labels: &Labels| {
            let each = values.iter().map(|v| {
                let mut one = labels.clone();
                one.insert(key.to_owned(), (*v).to_owned());
                one
            });
            // Every namespace carries its name.
            let without = (key != NAME).then(|| labels.clone());
            each.chain(without).collect::<Vec<Labels>>()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

fn injected(setting: Option<&str>, space: &Labels, labels: &Labels, judge: &dyn Judge) -> Option<bool> {
    let values = match setting {
        Some(setting) => json!({"sidecarInjectorWebhook": {setting: true}}),
        None => json!({}),
    };
    let name = space.get(NAME).map_or("other", String::as_str);
    let all = [
        operator(&json!({}), &values),
        namespace(name, &json!(space)),
        pod(name, "p", &json!(labels), &json!({})),
    ];
    let file = manifests::file("case.json", &all);
    judge.mesh(&[file]).injected(&format!("{name}/p"))
}
