//! Problems as plain lines of text, with their places.

use std::fmt::Write;

use meshgen::{
    Project,
    yaml::{Place, Problem, Severity},
};

/// One line for each problem, and indented below it the place of whatever belongs to it and what would be right.
pub(crate) fn shown(project: &Project) -> String {
    let mut text = String::new();
    for problem in &project.problems {
        let Problem { severity, place, message, help, related } = problem;
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(text, "{}: {severity}: {message}", at(project, *place)).unwrap();
        for (place, label) in related {
            writeln!(text, "    {}: {label}", at(project, Some(*place))).unwrap();
        }
        if let Some(help) = help {
            writeln!(text, "    help: {help}").unwrap();
        }
    }
    text
}

fn at(project: &Project, place: Option<Place>) -> String {
    let Some(place) = place else { return "-".to_owned() };
    let name = project.sources.get(place.file).map_or("nowhere", |s| &s.name);
    let (line, column) = project.sources.line_column(place);
    format!("{name}:{line}:{column}")
}
