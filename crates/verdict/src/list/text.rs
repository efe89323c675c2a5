//! The list in words.

use std::fmt::Write;

use meshgen_mesh::ReasonTold;
use meshgen_reach::{Certainty, cell, short};

use super::{Refused, Report, Told, Way};

/// What stands above the refusals.
const REFUSED: &str = "Let through by the network, refused by the mesh:";

impl Report {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let _ = writeln!(
                text,
                "{} => {} : {}{}",
                short(&line.from),
                short(&line.to),
                line.ports,
                line.note()
            );
        }
        if !self.refused.is_empty() {
            let _ = writeln!(text, "\n{REFUSED}");
        }
        for line in &self.refused {
            let _ = writeln!(
                text,
                "{} => {} : {} {}",
                short(&line.from),
                short(&line.to),
                line.ports,
                line.note()
            );
        }
        if !self.ways.is_empty() {
            let _ = writeln!(text, "\nWays in from outside:");
        }
        for Way { way, .. } in self.ways.iter().filter(|w| w.is_open()) {
            let _ = writeln!(text, "{} ({}) => {} : {}", way.door, way.via, way.to, way.told());
        }
        for way in &self.ways {
            for seen in &way.seen {
                let Way { way, .. } = way;
                let _ = writeln!(text, "{} ({}) => {} : {}", way.door, way.via, way.to, seen.told());
            }
        }
        let _ = writeln!(text, "\n{}", self.coverage.sentence());
        text + &self.assumed()
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = "| from | to | ports |\n|---|---|---|\n".to_owned();
        for line in &self.lines {
            let _ = writeln!(
                text,
                "| {} | {} | {}{} |",
                cell(&line.from),
                cell(&line.to),
                line.ports,
                line.note()
            );
        }
        for Way { way, .. } in self.ways.iter().filter(|w| w.is_open()) {
            let _ =
                writeln!(text, "| outside, by {} ({}) | `{}` | {} |", way.door, way.via, way.to, way.told());
        }
        for way in &self.ways {
            for seen in &way.seen {
                let Way { way, .. } = way;
                let _ = writeln!(
                    text,
                    "| outside, by {} ({}) | `{}` | {} |",
                    way.door,
                    way.via,
                    way.to,
                    seen.told()
                );
            }
        }
        if !self.refused.is_empty() {
            let _ = writeln!(
                text,
                "\n{REFUSED}\n\n| from | to | ports | what the client sees |\n|---|---|---|---|"
            );
        }
        for line in &self.refused {
            let (from, to) = (cell(&line.from), cell(&line.to));
            let _ = writeln!(text, "| {from} | {to} | {} | {} |", line.ports, line.note());
        }
        let _ = writeln!(text, "\n{}", self.coverage.sentence());
        text + &self.assumed()
    }

    fn assumed(&self) -> String {
        if self.assumed.is_empty() {
            String::new()
        } else {
            format!("assumed: {}\n", self.assumed.join("; "))
        }
    }
}

impl Told {
    /// What is said after the ports.
    fn note(&self) -> String {
        let because = self.because.as_ref().map(because).unwrap_or_default();
        match (&self.remains, self.certainty) {
            (Some(remains), _) => format!(" (partial: {remains}; {because})"),
            (None, Certainty::Unknown) if because.is_empty() => " (unknown)".to_owned(),
            (None, Certainty::Unknown) => format!(" (unknown: {because})"),
            (None, Certainty::Sure) if because.is_empty() => String::new(),
            (None, Certainty::Sure) => format!(" ({because})"),
        }
    }
}

impl Refused {
    fn note(&self) -> String {
        let because = self.because.as_ref().map(because).unwrap_or_default();
        format!("({}: {because})", self.outcome.word())
    }
}

/// What decided, in words: the layer, what it says, and the objects with their places.
pub(crate) fn because(reason: &ReasonTold) -> String {
    let by: Vec<String> =
        reason.by.iter().map(|o| format!("{} {} ({}:{})", o.kind, o.name, o.file, o.line)).collect();
    let by = if by.is_empty() { String::new() } else { format!(", {}", by.join(", ")) };
    format!("{}, {}{by}", reason.layer.word(), reason.said)
}
