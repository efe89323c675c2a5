//! The schema closed over the names that a spec declares.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{Spec, Workloads};

/// Closes references to workloads, namespaces and ports. What declares a name stays open.
pub(super) fn over(spec: &Spec, root: &mut Value) {
    let workloads: Vec<String> = spec.workloads.keys().map(ToString::to_string).collect();
    let namespaces: Vec<String> = spec.namespaces.keys().map(ToString::to_string).collect();
    let mut either = workloads.clone();
    either.extend(namespaces.iter().map(|n| format!("{n}/*")));
    close(root, "/definitions/Workloads", &json!(either));
    close(root, "/definitions/Tagged/properties/hostOf", &json!(workloads));
    close(root, "/definitions/Namespaces/anyOf/1/items", &json!(namespaces));
    let all = spec.workloads.values().flat_map(|w| &w.ports);
    let all: Vec<Value> = all.flat_map(|(name, port)| [json!(name.to_string()), json!(port.port)]).collect();
    close(root, "/definitions/Claim/properties/ports/items", &once(&all));
    policies(spec, root);
}

/// Each once, names before numbers.
fn once(ports: &[Value]) -> Value {
    let numbers: BTreeSet<u64> = ports.iter().filter_map(Value::as_u64).collect();
    let names: BTreeSet<&str> = ports.iter().filter_map(Value::as_str).collect();
    names.into_iter().map(Value::from).chain(numbers.into_iter().map(Value::from)).collect()
}

/// Replaces what is accepted by a list of values, keeping its description. Where nothing is declared, it stays open.
fn close(root: &mut Value, at: &str, values: &Value) {
    let Some(Value::Object(schema)) = root.pointer_mut(at) else { return };
    if values.as_array().is_none_or(Vec::is_empty) {
        return;
    }
    for key in ["pattern", "patternErrorMessage", "type", "anyOf", "allOf", "$ref"] {
        schema.remove(key);
    }
    schema.insert("enum".to_owned(), values.clone());
}

/// Under each policy, the ports of what it protects.
fn policies(spec: &Spec, root: &mut Value) {
    let namespaces = spec.namespaces.keys().map(|n| Workloads::All(n.value.clone()));
    let workloads = spec.workloads.keys().map(|w| Workloads::One(w.value.clone()));
    let keys: Map<String, Value> = workloads
        .chain(namespaces)
        .filter_map(|target| {
            let ports = spec.workloads_in(&target).flat_map(|(_, w)| &w.ports);
            let own = ports.flat_map(|(name, port)| [json!(name.to_string()), json!(port.port)]);
            let sidecar = spec.sidecar_ports(&target).iter().map(|port| json!(port));
            let ports: Vec<Value> = own.chain(sidecar).collect();
            let closed = json!({ "properties": { "ports": { "items": { "enum": once(&ports) } } } });
            let policy = json!({ "allOf": [
                { "$ref": "#/definitions/Policy" },
                { "properties": { "allow": { "items": closed } } }
            ] });
            (!ports.is_empty()).then(|| (target.to_string(), policy))
        })
        .collect();
    if let Some(Value::Object(policies)) = root.pointer_mut("/properties/policies") {
        policies.insert("properties".to_owned(), keys.into());
    }
}
