//! `schema [FILE]`: the JSON schema of the language; with a spec, closed over the names that it declares.

use std::io::{Error, Write, stdout};

#[expect(clippy::disallowed_methods, reason = "a program for `ci/editor.py`")]
fn main() -> Result<(), Error> {
    let schema = match std::env::args().nth(1) {
        None => meshgen_spec::schema(),
        Some(file) => {
            let input = meshgen_spec::Input::File(file.clone(), std::fs::read_to_string(file)?);
            let (spec, problems) = meshgen_spec::read(vec![input], &mut meshgen_yaml::Sources::default());
            meshgen_spec::schema_for(&spec.ok_or_else(|| Error::other(format!("{problems:#?}")))?)
        }
    };
    let mut text = serde_json::to_string_pretty(&schema)?;
    text.push('\n');
    stdout().write_all(text.as_bytes())
}
