//! The JSON schema of what commands tell programs. It is derived from the types that are serialised, so neither can
//! change without the other; `docs/reports.schema.json` is the published copy.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{
    JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema, transform::RecursiveTransform,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::Envelope;

/// What a command tells programs, as the `result` of the envelope.
pub(crate) trait Told: Serialize + JsonSchema {
    /// The command.
    const KIND: &'static str;
}

/// The schema (draft 7) of a type, as it is printed: closed, so that a field that is not in it is noticed.
pub(crate) fn of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07().for_serialize().with_transform(RecursiveTransform(close));
    settings.into_generator().into_root_schema_for::<T>()
}

/// In an object nothing else may be, and what can be left out is never null.
fn close(schema: &mut Schema) {
    // The limits are there; `uint16` is no format of JSON schema.
    schema.remove("format");
    if schema.get("type").is_none_or(|kind| kind != "object") {
        return;
    }
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (name, property) in properties {
        if !required.contains(&json!(name)) {
            without_null(property);
        }
    }
    schema.insert("additionalProperties".to_owned(), false.into());
}

fn without_null(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(kinds) = schema.get("type").and_then(Value::as_array)
        && let [only] = kinds.iter().filter(|kind| **kind != "null").cloned().collect::<Vec<_>>().as_slice()
    {
        schema.insert("type".to_owned(), only.clone());
    }
    if let Some(Value::Array(mut all)) = schema.remove("anyOf") {
        all.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
        let key = if all.len() == 1 { "allOf" } else { "anyOf" };
        schema.insert(key.to_owned(), all.into());
    }
}

/// What one command prints.
pub(crate) struct ReportOf<T>(PhantomData<T>);

impl<T: Told> JsonSchema for ReportOf<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Report", T::KIND).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let result = generator.subschema_for::<T>();
        let mut schema = envelope(generator, &json!({ "const": T::KIND }), result);
        schema.insert("title".to_owned(), format!("meshgen {}", T::KIND).into());
        // Whatever could be done has a result.
        schema.insert("if".to_owned(), json!({ "properties": { "exitCode": { "maximum": 1 } } }));
        schema.insert("then".to_owned(), json!({ "required": ["result"] }));
        schema
    }
}

/// What any command prints.
pub(crate) struct AnyReport<A, B, C, D, E>(PhantomData<(A, B, C, D, E)>);

impl<A: Told, B: Told, C: Told, D: Told, E: Told> JsonSchema for AnyReport<A, B, C, D, E> {
    fn schema_name() -> Cow<'static, str> {
        "report".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let other =
            json!({ "type": "string", "not": { "enum": [A::KIND, B::KIND, C::KIND, D::KIND, E::KIND] } });
        json_schema!({
            "title": "meshgen",
            "description": "What a command prints with `--output-format json`.",
            "oneOf": [
                generator.subschema_for::<ReportOf<A>>(),
                generator.subschema_for::<ReportOf<B>>(),
                generator.subschema_for::<ReportOf<C>>(),
                generator.subschema_for::<ReportOf<D>>(),
                generator.subschema_for::<ReportOf<E>>(),
                envelope(generator, &other, json_schema!({ "description": "Of other commands nothing is promised." })),
            ],
        })
    }
}

/// The schema of the envelope around a result.
fn envelope(generator: &mut SchemaGenerator, kind: &Value, result: Schema) -> Schema {
    let mut schema = Envelope::json_schema(generator);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("kind".to_owned(), kind.clone());
        properties.insert("result".to_owned(), result.to_value());
    }
    schema
}
