//! What the injector decides of a pod once it is called.
//!
//! Source: `pkg/kube/inject/webhook_test.go`, `TestInjectRequired`.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    super::{Judge, Suite},
    Differences, flag, list, only, operator, outcome, pod, text,
};
use crate::manifests;

pub(super) fn run(all: &Value, _: &Path, suite: &mut Suite, judge: &dyn Judge) -> Result<(), String> {
    for (number, case) in list(all, "cases")?.iter().enumerate() {
        suite.add(format!("{number} {}", text(case, "name")?), outcome(one(case, judge)));
    }
    Ok(())
}

fn one(case: &Value, judge: &dyn Judge) -> Differences {
    let keys =
        ["name", "policy", "host_network", "labels", "annotations", "always_inject", "never_inject", "want"];
    only(case, &keys)?;
    let at = |key| case.get(key).ok_or(format!("`{key}` is missing"));
    let values = json!({
        "global": {"proxy": {"autoInject": text(case, "policy")?}},
        "sidecarInjectorWebhook": {
            "alwaysInjectSelector": list(case, "always_inject")?,
            "neverInjectSelector": list(case, "never_inject")?,
        },
    });
    // The suite asks the injector itself, so it is called for every pod.
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "istio-sidecar-injector"},
        "webhooks": [{
            "name": "all.sidecar-injector.istio.io",
            "clientConfig": {"service": {"name": "istiod", "namespace": "istio-system", "path": "/inject"}},
        }],
    });
    let mut pod = pod("default", "p", at("labels")?, at("annotations")?);
    if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) {
        spec.insert("hostNetwork".to_owned(), at("host_network")?.clone());
    }
    let file = manifests::file("case.json", &[operator(&json!({}), &values), webhook, pod]);
    let (found, want) = (judge.mesh(&[file]).injected("default/p"), flag(case, "want")?);
    Ok((found != Some(want)).then(|| format!("- {want}, not {found:?}")).into_iter().collect())
}
