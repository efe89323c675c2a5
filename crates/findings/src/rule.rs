//! What a rule is: plain data, and one function.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Hit, Seen};

/// What is told of a kind of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `MG` and three digits. It never changes its meaning.
    #[schemars(regex(pattern = "^MG[0-9]{3}$"))]
    pub code: &'static str,
    /// A name for programs, in small letters and `-`.
    pub slug: &'static str,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Why it matters: a few sentences, in Markdown.
    pub why: &'static str,
    /// How to get out of it: a few sentences, in Markdown.
    pub way_out: &'static str,
    /// Where that is written: pages, specifications, source code.
    pub sources: &'static [&'static str],
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// It does not work, or it does not protect at all.
    Error,
    /// It leaves a hole, or it cuts something off.
    Warning,
    /// It is worth knowing.
    Note,
}

/// Finds what a rule is about.
pub type Find = fn(&Seen<'_>) -> Vec<Hit>;

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Rule {
    /// Where the page about all findings tells of this one.
    pub fn uri(&self) -> String {
        let code = self.code.to_ascii_lowercase();
        format!("https://github.com/meshgen/meshgen/blob/main/docs/findings.md#{code}")
    }
}
