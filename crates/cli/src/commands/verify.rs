//! `verify`: what is expected, proven or refuted.

use std::path::{Path, PathBuf};

use meshgen::{
    Claimed, Input, claims, prove,
    reach::Truth,
    spec::{Claims, Spec, read_claims},
    tree::Tree,
    verdict::World,
    yaml::{Problem, Sources},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::judged::{assumed, judged, of_tree};
use crate::{
    exit::Exit,
    input,
    report::{self, Failure, Report},
};

/// A claim and what became of it.
pub(crate) struct Verified {
    claim: Claimed,
    pub(crate) truth: Truth,
    /// The counter-example, or why it is not known.
    told: String,
}

const KIND: &str = "verify";

/// What became of the claims.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VerifyResult")]
pub(crate) struct Told<'v> {
    claims: Vec<ClaimTold>,
    /// What was assumed.
    assumed: &'v [&'static str],
}

/// A claim and what became of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Claim")]
struct ClaimTold {
    group: String,
    /// Its number in its group, from 1.
    number: usize,
    /// The line of the file that it stands in.
    line: usize,
    truth: Truth,
    /// The counter-example, or why it is not known.
    told: String,
}

impl report::Told for Told<'_> {
    const KIND: &'static str = KIND;
}

pub(crate) fn run(files: &[PathBuf], expect: &[PathBuf]) -> Report {
    let mut report = Report::new(KIND);
    let expected: Vec<_> = expect.iter().filter_map(|path| expected(path, &mut report)).collect();
    let Some(judged) = judged(files, &mut report).filter(|_| report.exit == Exit::Yes) else { return report };
    let of_spec = judged.spec.map(|spec| (judged.asked, spec.expect));
    if of_spec.is_none() && expected.is_empty() {
        report.fail(
            Failure::new("these are manifests, and nothing says what is expected of them")
                .help("name a file of claims, which starts with `expect:`, by `--expect`"),
        );
        return report;
    }
    let expected = expected.into_iter().map(|(sources, claims)| (sources, claims.expect));
    let mut all = Vec::new();
    for (sources, expect) in of_spec.into_iter().chain(expected) {
        let verified = proven(&judged.world, claims(&expect), &sources, &mut report);
        report.text.extend(verified.iter().map(|v| v.line(&sources)));
        all.extend(verified.into_iter().map(|v| v.told(&sources)));
    }
    if all.is_empty() && report.exit == Exit::Yes {
        report.fail(Failure::new("nothing is claimed, so that nothing is proven").help(
            "write claims below `expect:`: `- { from: [NAMESPACE/NAME], to: NAMESPACE/NAME, is: open }`",
        ));
        return report;
    }
    let number = |truth: Truth| all.iter().filter(|v| v.truth == truth).count();
    let (proven, refuted, unknown) = (number(Truth::True), number(Truth::Refuted), number(Truth::Unknown));
    report.text.push_str(&format!("{proven} true, {refuted} refuted, {unknown} unknown\n"));
    report.text.push_str(assumed(&judged.world).trim_start());
    if report.exit == Exit::Yes && proven < all.len() {
        report.exit = Exit::No;
    }
    report.tell(&Told { claims: all, assumed: &judged.world.assumed() });
    report
}

/// The claims of a file.
fn expected(path: &Path, report: &mut Report) -> Option<(Sources, Claims)> {
    let (name, text) = match input::read(path) {
        Ok(Input::File(name, text)) => (name, text),
        Ok(Input::Folder(name, _)) => {
            report.fail(
                Failure::new(format!("`{name}` is a folder")).help("`--expect` takes a file of claims"),
            );
            return None;
        }
        Err(failures) => {
            for failure in failures {
                report.fail(failure);
            }
            return None;
        }
    };
    let mut sources = Sources::default();
    let (claims, problems) = read_claims(name, text, &mut sources);
    report.add_problems(sources.clone(), problems);
    Some((sources, claims?))
}

/// Every claim of a spec, held against what it gives. None if it gives nothing that can be judged.
pub(crate) fn verified(
    spec: &Spec,
    sources: &Sources,
    tree: &Tree,
    report: &mut Report,
) -> Option<Vec<Verified>> {
    let claims = claims(&spec.expect);
    if claims.is_empty() {
        return Some(Vec::new());
    }
    Some(proven(&of_tree(tree, report)?, claims, sources, report))
}

fn proven(world: &World, claims: Vec<Claimed>, sources: &Sources, report: &mut Report) -> Vec<Verified> {
    let (mut verified, mut problems) = (Vec::new(), Vec::new());
    let proven = prove(world, &claims);
    for (claim, proven) in claims.into_iter().zip(proven) {
        match proven {
            Ok(proven) => verified.push(Verified { claim, truth: proven.truth, told: proven.told }),
            Err(e) => problems.push(Problem::error(claim.place, e.to_string())),
        }
    }
    report.add_problems(sources.clone(), problems);
    verified
}

impl Verified {
    /// One line, and below it what speaks against the claim.
    pub(crate) fn line(&self, sources: &Sources) -> String {
        let claim = &self.claim;
        let source = sources.get(claim.place.file);
        let place = source.map(|source| &*source.name).unwrap_or_default();
        let (line, _) = sources.line_column(claim.place);
        let text = source.and_then(|source| source.text.lines().nth(line.saturating_sub(1)));
        let text = text.unwrap_or_default().trim().trim_start_matches("- ");
        let mut told =
            format!("{} {}#{} ({place}:{line}) {text}\n", word(self.truth), claim.group, claim.number);
        for line in self.told.lines().filter(|line| !line.is_empty()) {
            told.push_str(&format!("    {line}\n"));
        }
        told
    }

    fn told(self, sources: &Sources) -> ClaimTold {
        ClaimTold {
            line: sources.line_column(self.claim.place).0,
            group: self.claim.group,
            number: self.claim.number,
            truth: self.truth,
            told: self.told,
        }
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true   ",
        Truth::Unknown => "unknown",
        Truth::Refuted => "REFUTED",
    }
}
