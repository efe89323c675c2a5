//! A comparison in words.

use std::fmt::Write;

use super::Comparison;

impl Comparison {
    /// Whether nothing became possible or stopped being so.
    pub fn is_empty(&self) -> bool {
        self.widened.is_empty() && self.narrowed.is_empty()
    }

    /// For a reviewer: at most so many lines of each kind, the widest first.
    pub fn text(&self, lines: usize) -> String {
        let mut text = String::new();
        for (sign, what, changes) in
            [('+', "possible now", &self.widened), ('-', "no longer possible", &self.narrowed)]
        {
            if changes.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{what}:");
            for change in changes.iter().take(lines) {
                let (from, to) = (crate::report::short(&change.from), crate::report::short(&change.to));
                let _ = writeln!(text, "{sign} {from} => {to} : {}", change.ports);
            }
            if changes.len() > lines {
                let _ = writeln!(text, "  and {} more", changes.len() - lines);
            }
        }
        for (what, names) in [("new workloads", &self.added), ("workloads that are gone", &self.removed)] {
            if !names.is_empty() {
                let _ = writeln!(text, "{what}: {}", crate::report::short(names));
            }
        }
        if text.is_empty() { "nobody gained or lost a connection\n".to_owned() } else { text }
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = "| | from | to | ports |\n|---|---|---|---|\n".to_owned();
        for (sign, changes) in [('+', &self.widened), ('-', &self.narrowed)] {
            for change in changes {
                let (from, to) = (crate::report::cell(&change.from), crate::report::cell(&change.to));
                let _ = writeln!(text, "| {sign} | {from} | {to} | {} |", change.ports);
            }
        }
        if self.is_empty() { "Nobody gained or lost a connection.\n".to_owned() } else { text }
    }
}
