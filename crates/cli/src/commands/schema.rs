//! `schema`: what editors know of a spec.

use std::path::PathBuf;

use meshgen::spec::{schema, schema_for};

use super::spec::planned;
use crate::{
    args::SpecArgs,
    report::{Failure, Report},
};

const KIND: &str = "schema";

pub(crate) fn run(files: &[PathBuf]) -> Report {
    let (schema, mut report) = if files.is_empty() {
        (schema(), Report::new(KIND))
    } else {
        match planned(KIND, &SpecArgs { file: files.to_owned() }) {
            Ok(planned) => (schema_for(&planned.spec), planned.report),
            Err(report) => return *report,
        }
    };
    match serde_json::to_string_pretty(&schema) {
        Ok(text) => report.text = text + "\n",
        Err(e) => report.fail(Failure::caused("the schema is no JSON", &e)),
    }
    report.result = schema.to_value();
    report
}
