//! A problem for programs.

use meshgen::yaml::{Place, Problem, Severity, Sources};
use serde::Serialize;

use super::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemJson {
    severity: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<PlaceJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related>,
}

/// Where: lines and columns count from 1, columns in characters; the end is one past the last character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceJson {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
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
            severity: word(problem.severity),
            message: problem.message.clone(),
            causes: Vec::new(),
            help: problem.help.clone(),
            at: problem.place.and_then(|place| PlaceJson::of(sources, place)),
            related: related.collect(),
        }
    }

    pub(crate) fn of_failure(failure: &Failure) -> Self {
        ProblemJson {
            severity: word(Severity::Error),
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

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
