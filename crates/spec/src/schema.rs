//! The JSON schema of the language, for editors.

use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::Spec;

/// The JSON schema (draft 7, which every editor speaks) of a spec.
pub fn schema() -> Schema {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Spec>();
    schema.insert("title".to_owned(), "meshgen.yaml".into());
    schema
}

/// The same, closed over the names that a spec declares: editors then complete workloads, namespaces and
/// ports where they are referred to, and mark a name that is not declared.
pub fn schema_for(spec: &Spec) -> Schema {
    let mut schema = schema().to_value();
    let workloads: Vec<String> = spec.workloads.keys().map(ToString::to_string).collect();
    let mut either = workloads.clone();
    either.extend(spec.namespaces.keys().map(|n| format!("{n}/*")));
    let ports: Vec<Value> = spec
        .workloads
        .values()
        .flat_map(|w| w.ports.iter())
        .flat_map(|(name, port)| [json!(name.to_string()), json!(port.port)])
        .fold(Vec::new(), |mut all, port| {
            if !all.contains(&port) {
                all.push(port);
            }
            all
        });
    if let Some(Value::Object(definitions)) = schema.get_mut("definitions") {
        // Keys of `workloads` declare names, so only references are closed.
        close(definitions, "Workloads", &json!(either));
        close(definitions, "PortRef", &json!(ports));
    }
    Schema::try_from(schema).unwrap_or_else(|_| self::schema())
}

/// Replaces what a type accepts by a list of values, keeping its description.
fn close(definitions: &mut Map<String, Value>, name: &str, values: &Value) {
    let Some(Value::Object(definition)) = definitions.get_mut(name) else { return };
    if values.as_array().is_some_and(Vec::is_empty) {
        return;
    }
    for key in ["pattern", "type", "anyOf"] {
        definition.remove(key);
    }
    definition.insert("enum".to_owned(), values.clone());
}
