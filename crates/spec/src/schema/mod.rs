//! The JSON schema of the language, for editors.
//!
//! The types of the language give it; [`tidy`] brings it into the form that editors show best, and [`rules`] adds
//! what the types alone do not say.

mod close;
mod rules;
#[cfg(test)]
mod tests;
mod tidy;

use schemars::{Schema, generate::SchemaSettings};
use serde_json::Value;

use crate::{EnvName, LabelKey, Name, ObjectName, PortName, Spec, WorkloadName, Workloads};

/// The JSON schema (draft 7, which every editor speaks) of a spec.
///
/// It takes whatever the reader takes, but for `null`, by which an overlay deletes.
pub fn schema() -> Schema {
    let mut value = whole();
    rules::add(&mut value);
    tidy::inline(&mut value);
    Schema::try_from(value).unwrap_or_default()
}

/// The same, closed over the names that a spec declares: editors then complete workloads, namespaces and
/// ports where they are referred to, and mark a name that is not declared.
pub fn schema_for(spec: &Spec) -> Schema {
    let mut value = whole();
    rules::add(&mut value);
    close::over(spec, &mut value);
    tidy::inline(&mut value);
    Schema::try_from(value).unwrap_or_default()
}

/// What the types say, tidied.
fn whole() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    // Keys of maps are there as a pattern only: with these, what they are is there too.
    generator.subschema_for::<Name>();
    generator.subschema_for::<ObjectName>();
    generator.subschema_for::<WorkloadName>();
    generator.subschema_for::<Workloads>();
    generator.subschema_for::<PortName>();
    generator.subschema_for::<LabelKey>();
    generator.subschema_for::<EnvName>();
    let mut value = generator.into_root_schema_for::<Spec>().to_value();
    tidy::tidy(&mut value);
    if let Some(root) = value.as_object_mut() {
        root.insert("title".to_owned(), "meshgen.yaml".into());
    }
    value
}
