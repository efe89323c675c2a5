//! Findings as SARIF 2.1.0, which code review shows at the lines.
//!
//! Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>.

use std::fmt::Write;

use serde::Serialize;

use crate::{FindingTold, PlaceTold, Rule, Told};

/// A log of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Clone, Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: String,
    information_uri: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    help_uri: String,
    default_configuration: Configuration,
}

#[derive(Clone, Debug, Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Clone, Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Text {
    text: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Clone, Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Clone, Debug, Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
}

/// A log of what was found, by a version of meshgen that knows these rules.
pub fn sarif(told: &Told, rules: &[&Rule], version: &str) -> Log {
    let results = told.findings.iter().filter_map(|finding| result(finding, rules));
    let driver = Driver {
        name: "meshgen",
        version: version.to_owned(),
        information_uri: "https://github.com/meshgen/meshgen",
        rules: rules.iter().map(|rule| descriptor(rule)).collect(),
    };
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results: results.collect() }],
    }
}

fn descriptor(rule: &Rule) -> Descriptor {
    let text = |text: &str| Text { text: text.to_owned() };
    let pascal = |word: &str| {
        word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>()
    };
    Descriptor {
        id: rule.code,
        name: rule.slug.split('-').map(pascal).collect(),
        short_description: text(rule.title),
        full_description: text(rule.why),
        help: Help { text: rule.way_out.to_owned(), markdown: rule.way_out.to_owned() },
        help_uri: rule.uri(),
        default_configuration: Configuration { level: rule.severity.word() },
    }
}

/// Code review shows what stands first: what somebody wrote, where manifests are made of something.
fn result(finding: &FindingTold, rules: &[&Rule]) -> Option<SarifResult> {
    let written = finding.origin.as_ref().or(finding.at.as_ref())?;
    let made = finding.at.as_ref().filter(|at| *at != written);
    let name = finding.object.as_ref().or(finding.path.as_ref());
    let logical = name.map(|name| Logical { fully_qualified_name: name.clone() });
    let also = finding.also.iter().map(|also| location(&also.at, Some(&also.said)));
    let because = finding.accepted.iter().map(|because| Suppression {
        kind: "external",
        status: "accepted",
        justification: because.clone(),
    });
    Some(SarifResult {
        rule_id: finding.code,
        rule_index: rules.iter().position(|rule| rule.code == finding.code)?,
        level: finding.severity.word(),
        message: Text { text: format!("{}. Way out: {}", finding.said, finding.way_out) },
        locations: vec![Location {
            logical_locations: logical.into_iter().collect(),
            ..location(written, None)
        }],
        related_locations: made
            .map(|at| location(at, Some("as it is rendered")))
            .into_iter()
            .chain(also)
            .collect(),
        suppressions: because.collect(),
    })
}

fn location(at: &PlaceTold, said: Option<&str>) -> Location {
    Location {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(&at.file) },
            region: Region { start_line: at.line, start_column: at.column },
        },
        logical_locations: Vec::new(),
        message: said.map(|said| Text { text: said.to_owned() }),
    }
}

/// A relative reference to a file (RFC 3986, 4.2): a `:` in it would be taken for the end of a scheme.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.strip_prefix("./").unwrap_or(file).replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
