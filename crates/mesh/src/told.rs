//! Verdicts, told: with files and lines in place of places.

use meshgen_yaml::{Place, Sources};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Layer, Outcome, OutcomeTold, Reason, Verdict};

/// A verdict, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// What the client sees, in a word.
    pub outcome: OutcomeTold,
    /// Which requests pass, if it depends on the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remains: Option<String>,
    /// Why; the last one decides.
    pub reasons: Vec<ReasonTold>,
}

/// A reason, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MeshReason")]
pub struct ReasonTold {
    /// What decided.
    pub layer: Layer,
    /// In words.
    pub said: String,
    /// The objects that say so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<ObjectTold>,
}

/// An object, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "MeshObject")]
pub struct ObjectTold {
    /// Its kind.
    pub kind: String,
    /// Its namespace and name.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl Verdict {
    /// The reasons, one a line, each with its objects, files and lines.
    pub fn text(&self, sources: &Sources) -> String {
        let mut text = String::new();
        for reason in self.told(sources).reasons {
            let by: Vec<String> = reason
                .by
                .iter()
                .map(|object| format!("{} {} ({}:{})", object.kind, object.name, object.file, object.line))
                .collect();
            let by = if by.is_empty() { String::new() } else { format!(": {}", by.join(", ")) };
            text.push_str(&format!("  {}{by}\n", reason.said));
        }
        text
    }

    /// The verdict, told. The sources are those from which the mesh was read.
    pub fn told(&self, sources: &Sources) -> Told {
        let remains = match &self.outcome {
            Outcome::Partial(remains) => Some(remains.to_string()),
            Outcome::Open
            | Outcome::Timeout
            | Outcome::Reset
            | Outcome::Closed
            | Outcome::Forbidden
            | Outcome::Unavailable
            | Outcome::Unknown => None,
        };
        let reasons = self.reasons.iter().map(|r| r.told(sources)).collect();
        Told { outcome: self.outcome.told(), remains, reasons }
    }
}

impl Reason {
    /// The reason, told.
    pub fn told(&self, sources: &Sources) -> ReasonTold {
        let at = |place: Place| {
            let file = sources.get(place.file).map(|s| s.name.clone()).unwrap_or_default();
            (file, sources.line_column(place).0)
        };
        let object = |said: &crate::Said| {
            let (file, line) = at(said.place);
            let name = format!("{}/{}", said.namespace, said.name);
            ObjectTold { kind: said.kind.clone(), name, file, line }
        };
        let by = self.by.iter().map(object).collect();
        ReasonTold { layer: self.layer, said: self.said.clone(), by }
    }
}
