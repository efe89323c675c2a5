//! The one JSON object of every command.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Failure, Report, problem::ProblemJson};

/// The version of the envelope; it changes when a field goes or means something else.
const VERSION: u32 = 1;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    /// The command.
    kind: &'static str,
    /// The version of the envelope; it changes when a field goes or means something else.
    #[schemars(range(min = VERSION, max = VERSION))]
    version: u32,
    /// 0: done, and the answer is yes; 1: done, and the answer is no; 2: it could not be done.
    #[schemars(range(max = 2))]
    exit_code: u8,
    /// What is wrong with the input, and what else went wrong.
    problems: Vec<ProblemJson>,
    /// What a command found; its shape depends on the kind. Absent if nothing could be looked at.
    #[serde(skip_serializing_if = "Value::is_null")]
    result: Value,
}

impl Envelope {
    pub(crate) fn of(report: &Report) -> Self {
        let placed = report.problems.iter().flat_map(|(sources, problems)| {
            problems.iter().map(move |problem| ProblemJson::of(sources, problem))
        });
        let failures = report.failures.iter().map(|failure: &Failure| ProblemJson::of_failure(failure));
        Envelope {
            kind: report.kind,
            version: VERSION,
            exit_code: report.exit.code(),
            problems: placed.chain(failures).collect(),
            result: report.result.clone(),
        }
    }
}
