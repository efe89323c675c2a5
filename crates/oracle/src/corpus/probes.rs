//! Suites of single connections: source, destination, protocol, port, and whether it is made.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::{Judge, Outcome, Subject, Suite};
use crate::{
    manifests,
    naive::{Protocol, Verdict},
};

/// `cases/<name>/{policies,namespaces}.yaml` with `expected.json`; the pods stand in `index.json`.
pub(super) fn cluster_network_policy(dir: &Path, judge: &dyn Judge) -> Option<Suite> {
    let index: Value = serde_json::from_str(&manifests::text(&dir.join("index.json"))?).ok()?;
    let pods = manifests::file("index.json", &pods(&index));
    let mut suite = Suite::new("network-policy-api-cnp");
    for case in folders(&dir.join("cases")) {
        let mut all = manifests::folder(&case.1);
        all.push(pods.clone());
        let Some(expected) = read(&case.1.join("expected.json")) else { continue };
        let outcome = probed(expected.get("probes").unwrap_or(&expected), &*judge.read(&all));
        suite.add(case.0, outcome);
    }
    Some(suite)
}

/// `policy.yaml`, `resources.yaml`, `expected.json`.
pub(super) fn recipes(dir: &Path, judge: &dyn Judge) -> Option<Suite> {
    let mut suite = Suite::new("recipes");
    for (name, folder) in folders(dir) {
        let Some(expected) = read(&folder.join("expected.json")) else { continue };
        suite.add(name, probed(&expected, &*judge.read(&manifests::folder(&folder))));
    }
    (!suite.cases.is_empty()).then_some(suite)
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_str(&manifests::text(file)?).ok()
}

/// The folders in a folder, by name.
pub(super) fn folders(dir: &Path) -> BTreeMap<String, std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let folders = entries.map(|e| e.path()).filter(|p| p.is_dir());
    folders.filter_map(|p| Some((p.file_name()?.to_string_lossy().into_owned(), p))).collect()
}

fn probed(probes: &Value, subject: &dyn Subject) -> Outcome {
    let mut differences = Vec::new();
    for probe in probes.as_array().into_iter().flatten() {
        let text = |key| probe.get(key).and_then(Value::as_str).unwrap_or_default();
        let port = probe.get("port").and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok());
        let (Some(protocol), Some(port)) = (Protocol::parse(text("protocol")), port) else { continue };
        let expected =
            if probe.get("allowed") == Some(&true.into()) { Verdict::Allowed } else { Verdict::Denied };
        let found = subject.probe(text("src"), text("dst"), protocol, port);
        if found != Some(expected) {
            let found = found.map_or("no such pod".to_owned(), |v| format!("{v:?}"));
            let ends = format!("{} => {}", text("src"), text("dst"));
            differences.push(format!("- {ends} {} {port}: {expected:?}, not {found}", protocol.name()));
        }
    }
    Outcome::of(differences)
}

/// The pods of an index as manifests, each with its node.
fn pods(index: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for pod in index.get("pods").and_then(Value::as_array).into_iter().flatten() {
        let text = |key| pod.get(key).and_then(Value::as_str).unwrap_or_default();
        let node = format!("node-of-{}-{}", text("namespace"), text("name"));
        let named = pod.get("named_ports").and_then(Value::as_object).into_iter().flatten();
        let ports = named.filter_map(|(name, port)| {
            let (protocol, number) = port.as_str()?.split_once('/')?;
            let number: u16 = number.parse().ok()?;
            Some(json!({"name": name, "protocol": protocol, "containerPort": number}))
        });
        let ports: Vec<Value> = ports.collect();
        all.push(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": text("namespace"), "name": text("name"), "labels": pod.get("labels")},
            "spec": {
                "nodeName": node,
                "hostNetwork": pod.get("hostNetwork"),
                "containers": [{"name": "server", "image": "server", "ports": ports}],
            },
            "status": {"podIP": text("ip"), "podIPs": [{"ip": text("ip")}]},
        }));
        all.push(json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": node, "labels": pod.get("node_labels")},
        }));
    }
    all
}
