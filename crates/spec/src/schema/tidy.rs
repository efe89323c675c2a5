//! The schema of the types in the form that editors show best.
//!
//! Of several alternatives an editor shows the description of whichever fits, offers each of them, and complains in
//! the words of the nearest. So alternatives that are none to the user become one thing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Tidies a root schema.
pub(super) fn tidy(root: &mut Value) {
    let names = names(root);
    each(root, &mut |schema| {
        without_null(schema);
        enumerated(schema);
        one_key(schema);
        keys(schema, &names);
        // The limits are there; `uint16` is no format of JSON schema, and a default of nothing is no news.
        schema.remove("format");
        let nothing = |v: &Value| v.is_null() || *v == json!([]) || *v == json!({});
        if schema.get("default").is_some_and(nothing) {
            schema.remove("default");
        }
    });
}

/// Writes text types where they are referred to with a description: of two, editors show that of the type, and the one
/// of the field says more.
pub(super) fn inline(root: &mut Value) {
    let definitions = root.get("definitions").and_then(Value::as_object).into_iter().flatten();
    let texts: BTreeMap<String, Object> = definitions
        .filter(|(_, d)| d.get("type").is_some_and(|t| t == "string"))
        .filter_map(|(name, d)| Some((format!("#/definitions/{name}"), d.as_object()?.clone())))
        .collect();
    each(root, &mut |schema| {
        let Some([only]) = schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
        let text = only.get("$ref").and_then(Value::as_str).and_then(|name| texts.get(name));
        if let Some(text) = text.filter(|_| schema.contains_key("description")) {
            schema.remove("allOf");
            for (key, value) in text {
                schema.entry(key).or_insert_with(|| value.clone());
            }
        }
    });
}

/// Calls `with` for every schema in a value, the innermost first.
fn each(value: &mut Value, with: &mut impl FnMut(&mut Object)) {
    match value {
        Value::Object(map) => {
            map.iter_mut().filter(|(key, _)| *key != "enum").for_each(|(_, v)| each(v, with));
            with(map);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The definitions that are a text with a pattern, by the pattern.
fn names(root: &Value) -> BTreeMap<String, String> {
    let definitions = root.get("definitions").and_then(Value::as_object).into_iter().flatten();
    definitions.filter_map(|(name, d)| Some((d.get("pattern")?.as_str()?.to_owned(), name.clone()))).collect()
}

/// Leaving a field out is saying nothing; `null` is for overlays.
fn without_null(schema: &mut Object) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|t| t != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(all)) = schema.get_mut("anyOf") else { return };
    all.retain(|s| s.get("type").is_none_or(|t| t != "null"));
    if all.len() == 1
        && let Some(all) = schema.remove("anyOf")
    {
        schema.insert("allOf".to_owned(), all);
    }
}

/// Words with a description each: `enum` with `enumDescriptions`, so that the key keeps a description of its own.
fn enumerated(schema: &mut Object) {
    let Some(Value::Array(all)) = schema.get("oneOf") else { return };
    let words: Option<Vec<Value>> = all.iter().map(|s| s.get("const").cloned()).collect();
    let Some(words) = words else { return };
    let told: Vec<Value> = all.iter().map(|s| s.get("description").cloned().unwrap_or_default()).collect();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("enumDescriptions".to_owned(), told.into());
}

/// Maps of which each has another single key: one map that has exactly one of these keys.
fn one_key(schema: &mut Object) {
    let Some(Value::Array(all)) = schema.get("oneOf") else { return };
    let mut properties = Object::new();
    for one in all {
        let Some((key, value)) = single(one) else { return };
        // What is said of the choice is more to the point than what is said of the type.
        let mut said = Object::new();
        said.insert("allOf".to_owned(), json!([value]));
        said.insert("description".to_owned(), one.get("description").cloned().unwrap_or_default());
        properties.insert(key.clone(), said.into());
    }
    let keys: Vec<&str> = properties.keys().map(String::as_str).collect();
    let words: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
    let message = format!("say exactly one of {}", words.join(", "));
    let (any, alone) = (any_of(&keys, &message), alone(&keys, &message));
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.insert("anyOf".to_owned(), any);
    schema.insert("dependencies".to_owned(), alone.into());
}

/// At least one of these keys. `errorMessage` is what some editors show.
pub(super) fn any_of(keys: &[&str], message: &str) -> Value {
    keys.iter().map(|key| json!({ "required": [key], "errorMessage": message })).collect()
}

/// No two of these keys: `dependencies` of each on the absence of those after it, where the complaint then stands.
pub(super) fn alone(keys: &[&str], message: &str) -> Object {
    let after =
        |i: usize| keys.iter().skip(i + 1).map(|k| ((*k).to_owned(), json!(false))).collect::<Object>();
    let all = keys.iter().enumerate().filter(|(i, _)| i + 1 < keys.len());
    all.map(|(i, key)| ((*key).to_owned(), json!({ "properties": after(i), "errorMessage": message })))
        .collect()
}

/// The only property of a map that must have it.
fn single(schema: &Value) -> Option<(&String, &Value)> {
    let mut properties = schema.get("properties")?.as_object()?.iter();
    let (first, None) = (properties.next()?, properties.next()) else { return None };
    (schema.get("required")? == &json!([first.0])).then_some(first)
}

/// Keys with a pattern: `propertyNames`, which has a message, where a pattern alone says that the key is not allowed.
fn keys(schema: &mut Object, names: &BTreeMap<String, String>) {
    let Some(Value::Object(patterns)) = schema.get("patternProperties") else { return };
    let mut patterns = patterns.iter();
    let (Some((pattern, value)), None) = (patterns.next(), patterns.next()) else { return };
    let Some(name) = names.get(pattern) else { return };
    let value = value.clone();
    schema.remove("patternProperties");
    schema.insert("propertyNames".to_owned(), json!({ "$ref": format!("#/definitions/{name}") }));
    schema.insert("additionalProperties".to_owned(), value);
}
