//! Istio's own suites: who gets a sidecar, which connections are taken, what policies decide, what is found wrong.
//!
//! Each case becomes manifests, which a judge reads as it reads anybody's; the settings of the mesh are an
//! `IstioOperator` among them. A case of a shape that is not known fails, with what of it is not understood.

mod analyze;
mod authz;
mod envoy;
mod injection;
mod pass_through;
mod reachability;
mod regular;
mod samples;
mod template;
mod webhooks;

use std::path::Path;

use serde_json::{Value, json};

use super::{Judge, Outcome, Suite};
use crate::manifests;

/// What differs in a case, or why it cannot be run.
type Differences = Result<Vec<String>, String>;

/// What runs the cases of a file, with the folder in which it lies.
type Runner = fn(&Value, &Path, &mut Suite, &dyn Judge) -> Result<(), String>;

/// The suites whose cases stand in one file: the file, the suite, and what runs it.
const FILES: [(&str, &str, Runner); 5] = [
    ("mtls_reachability", "istio mtls reachability", reachability::run),
    ("mtls_pass_through", "istio mtls pass-through", pass_through::run),
    ("injection_required", "istio injection", injection::run),
    ("webhook_selectors", "istio webhook selectors", webhooks::run),
    ("analyze_cases", "istio analyze", analyze::run),
];

/// All suites in the folder.
pub(super) fn run(dir: &Path, judge: &dyn Judge) -> Vec<Suite> {
    let mut suites = Vec::new();
    let mut unknown = Suite::new("istio");
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    let mut files: Vec<_> = files.filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    for file in files {
        let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let all = manifests::text(&file).and_then(|t| serde_json::from_str::<Value>(&t).ok());
        match (FILES.iter().find(|(name, ..)| *name == stem), all) {
            (Some((_, name, run)), Some(all)) => {
                let mut suite = Suite::new(name);
                if let Err(why) = run(&all, dir, &mut suite, judge) {
                    suite.add("the file", failed(why));
                } else if suite.cases.is_empty() {
                    suite.add("the file", failed("it has no case".to_owned()));
                }
                suites.push(suite);
            }
            (Some(_), None) => unknown.add(stem, failed("it is no JSON".to_owned())),
            (None, _) => unknown.add(stem, failed("no such suite is known".to_owned())),
        }
    }
    suites.extend(authz::run(&dir.join("authz_builder"), judge));
    suites.extend(Some(unknown).filter(|s| !s.cases.is_empty()));
    suites
}

fn failed(why: String) -> Outcome {
    Outcome::Failed(vec![why])
}

/// What came of a case: one that cannot be run has failed.
fn outcome(differences: Differences) -> Outcome {
    differences.map_or_else(failed, Outcome::of)
}

/// The list at a key.
fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value], String> {
    let list = value.get(key).and_then(Value::as_array).map(Vec::as_slice);
    list.ok_or_else(|| format!("`{key}` is no list"))
}

/// The text at a key.
fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{key}` is no text"))
}

/// The flag at a key.
fn flag(value: &Value, key: &str) -> Result<bool, String> {
    value.get(key).and_then(Value::as_bool).ok_or_else(|| format!("`{key}` is neither true nor false"))
}

/// A case that says more than is understood here would be answered in part only.
fn only(value: &Value, keys: &[&str]) -> Result<(), String> {
    let object = value.as_object().ok_or("it is no mapping")?;
    match object.keys().find(|k| !keys.contains(&k.as_str())) {
        Some(key) => Err(format!("`{key}` is not understood")),
        None => Ok(()),
    }
}

/// The settings of a mesh, as they are given to whoever installs it.
fn operator(mesh: &Value, values: &Value) -> Value {
    json!({
        "apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator",
        "metadata": {"name": "istio", "namespace": "istio-system"},
        "spec": {"meshConfig": mesh, "values": values},
    })
}

/// A namespace with labels.
fn namespace(name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// A pod with labels and annotations.
fn pod(namespace: &str, name: &str, labels: &Value, annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    })
}

#[cfg(test)]
mod tests {
    use super::{super::Fast, *};

    /// What came of the only case of a suite.
    fn came_of(run: Runner, all: &Value) -> Outcome {
        let mut suite = Suite::new("test");
        if let Err(why) = run(all, Path::new("/nowhere"), &mut suite, &Fast) {
            return failed(why);
        }
        suite.cases.remove(0).1
    }

    fn injection(change: impl Fn(&mut Value)) -> Outcome {
        let mut case = json!({
            "name": "a", "policy": "enabled", "host_network": false, "labels": {}, "annotations": {},
            "always_inject": [], "never_inject": [], "want": true,
        });
        change(&mut case);
        came_of(injection::run, &json!({"cases": [case]}))
    }

    #[test]
    fn a_case_passes_by_its_answer_only() {
        assert_eq!(injection(|_| ()), Outcome::Passed);
        assert_eq!(
            injection(|c| c["host_network"] = true.into()),
            failed("- true, not Some(false)".to_owned())
        );
    }

    #[test]
    fn a_case_that_says_more_fails() {
        let more = injection(|c| c["annotations_of_namespace"] = json!({}));
        assert_eq!(more, failed("`annotations_of_namespace` is not understood".to_owned()));
    }

    #[test]
    fn a_row_is_of_a_template_that_is_there() {
        let row = json!({"from_sidecar": true, "to_sidecar": true, "success": true, "mtls": true});
        let case = json!({"name": "a", "templates": ["a.tmpl"], "matrix": [row]});
        let found = came_of(reachability::run, &json!({"cases": [case]}));
        assert_eq!(found, failed("the template `a.tmpl` is missing".to_owned()));
    }

    #[test]
    fn a_webhook_is_asked_about_all_that_it_tells_apart() {
        let all = |inject: &str| {
            let of = json!({"webhook": "a", "namespace": ["istio-injection In [enabled]"], "pod": [inject]});
            came_of(webhooks::run, &json!({"webhooks": [of]}))
        };
        assert_eq!(all("sidecar.istio.io/inject NotIn [false]"), Outcome::Passed);
        assert!(matches!(all("sidecar.istio.io/inject Near [false]"), Outcome::Failed(_)));
    }
}
