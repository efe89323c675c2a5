//! A comparison in words.

use std::fmt::Write;

use meshgen_reach::{cell, short};

use super::{Change, ChangedLayer, Comparison};

impl From<meshgen_reach::Comparison> for Comparison {
    fn from(network: meshgen_reach::Comparison) -> Comparison {
        let change = |c: meshgen_reach::Change| {
            let meshgen_reach::Change { from, to, ports, pairs, unseen } = c;
            Change { from, to, ports, pairs, unseen, layer: None, remains: None, unknown: false }
        };
        Comparison {
            widened: network.widened.into_iter().map(change).collect(),
            narrowed: network.narrowed.into_iter().map(change).collect(),
            added: network.added,
            removed: network.removed,
            assumed: Vec::new(),
        }
    }
}

impl Change {
    /// What is said after the ports: which requests, and what changed if it is not the network.
    fn note(&self) -> String {
        let mut notes = Vec::new();
        notes.extend(self.remains.as_ref().map(|r| format!("partial: {r}")));
        notes.extend(self.unknown.then(|| "unknown".to_owned()));
        notes.extend(self.layer.filter(|l| *l == ChangedLayer::Mesh).map(|_| "by the mesh".to_owned()));
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
    }
}

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
                let (from, to) = (short(&change.from), short(&change.to));
                let _ = writeln!(text, "{sign} {from} => {to} : {}{}", change.ports, change.note());
            }
            if changes.len() > lines {
                let _ = writeln!(text, "  and {} more", changes.len() - lines);
            }
        }
        for (what, names) in [("new workloads", &self.added), ("workloads that are gone", &self.removed)] {
            if !names.is_empty() {
                let _ = writeln!(text, "{what}: {}", short(names));
            }
        }
        if text.is_empty() {
            "nobody gained or lost a connection\n".clone_into(&mut text);
        }
        if !self.assumed.is_empty() {
            let _ = writeln!(text, "assumed: {}", self.assumed.join("; "));
        }
        text
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = "| | from | to | ports |\n|---|---|---|---|\n".to_owned();
        for (sign, changes) in [('+', &self.widened), ('-', &self.narrowed)] {
            for change in changes {
                let (from, to) = (cell(&change.from), cell(&change.to));
                let _ = writeln!(text, "| {sign} | {from} | {to} | {}{} |", change.ports, change.note());
            }
        }
        if self.is_empty() { "Nobody gained or lost a connection.\n".to_owned() } else { text }
    }
}
