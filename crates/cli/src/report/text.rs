//! A report for people.

use std::io::{self, Write};

use meshgen::yaml::Severity;

use super::{Report, snippet};

pub(super) fn print(report: &Report) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(report.text.as_bytes())?;
    out.flush()?;
    let mut err = anstream::stderr().lock();
    let (mut errors, mut warnings) = (report.failures.len(), 0);
    for (sources, problems) in &report.problems {
        for problem in problems {
            match problem.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
            writeln!(err, "{}\n", snippet::problem(sources, problem))?;
        }
    }
    for failure in &report.failures {
        writeln!(err, "{}\n", snippet::failure(failure))?;
    }
    if errors + warnings > 1 {
        writeln!(err, "{}", count(errors, warnings))?;
    }
    report.notes.iter().try_for_each(|note| writeln!(err, "{note}"))
}

fn count(errors: usize, warnings: usize) -> String {
    let number = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (_, 0) => number(errors, "error"),
        (0, _) => number(warnings, "warning"),
        _ => format!("{}, {}", number(errors, "error"), number(warnings, "warning")),
    }
}
