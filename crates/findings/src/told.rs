//! Findings, told: files and lines in place of places.

use meshgen_yaml::{Place, Sources};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Accepted, Finding, Settled, Severity};

/// What was found, told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LintResult")]
pub struct Told {
    /// What nobody accepts, then what somebody accepts.
    pub findings: Vec<FindingTold>,
}

/// A finding, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Finding")]
pub struct FindingTold {
    /// The code of its rule.
    #[schemars(regex(pattern = "^MG[0-9]{3}$"))]
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What the rule is about.
    pub title: &'static str,
    /// The object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Where it stands in the manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<PlaceTold>,
    /// What asked for it, in the language of the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<PlaceTold>,
    /// What was found.
    pub said: String,
    /// What would be right.
    pub way_out: String,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoTold>,
    /// Why it is accepted, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// The last day on which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Another place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RelatedPlace")]
pub struct AlsoTold {
    /// Where.
    pub at: PlaceTold,
    /// What is there.
    pub said: String,
}

/// A place: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Place")]
pub struct PlaceTold {
    /// The name of the file.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl PlaceTold {
    /// A place in files; none if it is not in them.
    pub fn of(sources: &Sources, place: Place) -> Option<PlaceTold> {
        let file = sources.get(place.file)?.name.clone();
        let (line, column) = sources.line_column(place);
        Some(PlaceTold { file, line, column })
    }
}

impl Settled {
    /// The same, told. `manifests` are the files in which findings are, `asked` those of what the manifests are made of.
    pub fn told(&self, manifests: &Sources, asked: &Sources) -> Told {
        let open = self.open.iter().map(|finding| told(finding, manifests, asked));
        let accepted = self.accepted.iter().map(|Accepted { finding, because, until }| FindingTold {
            accepted: Some(because.clone()),
            until: until.clone(),
            ..told(finding, manifests, asked)
        });
        Told { findings: open.chain(accepted).collect() }
    }
}

fn told(finding: &Finding, manifests: &Sources, asked: &Sources) -> FindingTold {
    let (rule, hit) = (finding.rule, &finding.hit);
    let origin = hit.origin.as_ref();
    let also = hit.also.iter().filter_map(|(place, said)| {
        Some(AlsoTold { at: PlaceTold::of(manifests, *place)?, said: said.clone() })
    });
    FindingTold {
        code: rule.code,
        severity: rule.severity,
        title: rule.title,
        object: hit.object.as_ref().map(ToString::to_string),
        at: hit.at.and_then(|place| PlaceTold::of(manifests, place)),
        path: origin.map(|origin| origin.path.clone()),
        origin: origin.and_then(|origin| PlaceTold::of(asked, origin.place)),
        said: hit.said.clone(),
        way_out: hit.way_out.clone(),
        also: also.collect(),
        accepted: None,
        until: None,
    }
}
