//! `schema`: what editors know of a spec, and programs of a report.

use std::path::PathBuf;

use meshgen::{
    findings,
    spec::{schema, schema_for},
};
use schemars::Schema;

use super::{compare, explain, reach, spec::planned, verify};
use crate::{
    args::{SchemaOf, SpecArgs},
    report::{AnyReport, Failure, Report, ReportOf, of},
};

const KIND: &str = "schema";

pub(crate) fn run(files: &[PathBuf], reports: Option<SchemaOf>) -> Report {
    let (schema, mut report) = if let Some(reports) = reports {
        (of_reports(reports), Report::new(KIND))
    } else if files.is_empty() {
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

type Any = AnyReport<
    reach::Told,
    explain::Told<'static>,
    verify::Told<'static>,
    compare::Told<'static>,
    findings::Told,
>;

/// The schema of what commands print with `--output-format json`.
fn of_reports(reports: SchemaOf) -> Schema {
    match reports {
        SchemaOf::Reach => of::<ReportOf<reach::Told>>(),
        SchemaOf::Explain => of::<ReportOf<explain::Told<'static>>>(),
        SchemaOf::Verify => of::<ReportOf<verify::Told<'static>>>(),
        SchemaOf::Compare => of::<ReportOf<compare::Told<'static>>>(),
        SchemaOf::Lint => of::<ReportOf<findings::Told>>(),
        SchemaOf::Report => of::<Any>(),
    }
}
