//! A problem for programs.

use meshgen::yaml::{Place, Problem, Severity, Sources};
use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;

/// What is wrong with the input, or went wrong elsewhere.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemJson {
    severity: SeverityJson,
    message: String,
    /// From the nearest to the deepest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<PlaceJson>,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
}

/// How bad a problem is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProblemSeverity")]
enum SeverityJson {
    Error,
    Warning,
}

/// Where: lines and columns count from 1, columns in characters; the end is one past the last character.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Span")]
struct PlaceJson {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// Another place.
#[derive(Serialize, JsonSchema)]
struct Related {
    at: PlaceJson,
    message: String,
}

impl ProblemJson {
    pub(crate) fn of(sources: &Sources, problem: &Problem) -> Self {
        let related = problem.related.iter().filter_map(|(place, label)| {
            Some(Related { at: PlaceJson::of(sources, *place)?, message: label.clone() })
        });
        ProblemJson {
            severity: problem.severity.into(),
            message: problem.message.clone(),
            causes: Vec::new(),
            help: problem.help.clone(),
            at: problem.place.and_then(|place| PlaceJson::of(sources, place)),
            related: related.collect(),
        }
    }

    pub(crate) fn of_failure(failure: &Failure) -> Self {
        ProblemJson {
            severity: SeverityJson::Error,
            message: failure.message.clone(),
            causes: failure.causes.clone(),
            help: failure.help.clone(),
            at: None,
            related: Vec::new(),
        }
    }
}

impl PlaceJson {
    fn of(sources: &Sources, place: Place) -> Option<Self> {
        let file = sources.get(place.file)?.name.clone();
        let (line, column) = sources.line_column(place);
        let (end_line, end_column) = sources.line_column(Place { start: place.end, ..place });
        Some(PlaceJson { file, line, column, end_line, end_column })
    }
}

impl From<Severity> for SeverityJson {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => SeverityJson::Error,
            Severity::Warning => SeverityJson::Warning,
        }
    }
}
