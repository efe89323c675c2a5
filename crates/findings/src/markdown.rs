//! Findings as Markdown, for a comment on a change.

use std::fmt::Write;

use crate::{FindingTold, Told};

impl Told {
    /// A table of what nobody accepts, and one of what somebody accepts.
    pub fn markdown(&self) -> String {
        let (accepted, open): (Vec<_>, Vec<_>) = self.findings.iter().partition(|f| f.accepted.is_some());
        let mut text = String::new();
        if open.is_empty() {
            text.push_str("No findings.\n");
        } else {
            text.push_str("| | where | what | way out |\n|---|---|---|---|\n");
        }
        for f in &open {
            let (said, way_out) = (cell(&f.said), cell(&f.way_out));
            let _ = writeln!(
                text,
                "| **{}** {} | {} | {said} | {way_out} |",
                f.code,
                f.severity.word(),
                place(f)
            );
        }
        if !accepted.is_empty() {
            text.push_str("\nAccepted:\n\n| | where | what | because |\n|---|---|---|---|\n");
        }
        for f in &accepted {
            let until = f.until.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
            let because = cell(f.accepted.as_deref().unwrap_or_default());
            let _ = writeln!(text, "| {} | {} | {} | {because}{until} |", f.code, place(f), cell(&f.said));
        }
        text
    }
}

fn place(f: &FindingTold) -> String {
    let name = f.object.as_ref().or(f.path.as_ref()).cloned().unwrap_or_default();
    let at = [&f.at, &f.origin].into_iter().flatten().map(|at| format!("`{}:{}`", at.file, at.line));
    format!("`{}`<br>{}", cell(&name), at.collect::<Vec<_>>().join("<br>"))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
