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
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "{}: {severity}: {message}", at(project, *place));
        for (place, label) in related {
            let _ = writeln!(text, "    {}: {label}", at(project, Some(*place)));
        }
        if let Some(help) = help {
            let _ = writeln!(text, "    help: {help}");
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
