//! `verify`: what a spec expects, proven or refuted.

use meshgen::{Claimed, claims, prove, reach::Truth, spec::Spec, tree::Tree, yaml::Sources};
use serde_json::{Value, json};

use super::{
    judged::of_tree,
    spec::{Planned, planned},
};
use crate::{
    args::SpecArgs,
    exit::Exit,
    report::{Failure, Report},
};

/// A claim and what became of it.
pub(crate) struct Verified {
    claim: Claimed,
    pub(crate) truth: Truth,
    /// The counter-example, or why it is not known.
    told: String,
}

pub(crate) fn run(args: &SpecArgs) -> Report {
    let (planned, tree) = match planned("verify", args).and_then(Planned::render) {
        Ok(rendered) => rendered,
        Err(report) => return *report,
    };
    let (mut report, sources) = (planned.report, planned.project.sources);
    let Some(verified) = verified(&planned.spec, &tree, &mut report) else { return report };
    let number = |truth: Truth| verified.iter().filter(|v| v.truth == truth).count();
    let (proven, refuted, unknown) = (number(Truth::True), number(Truth::Refuted), number(Truth::Unknown));
    report.text = verified.iter().map(|v| v.line(&sources)).collect();
    report.text.push_str(&format!("{proven} true, {refuted} refuted, {unknown} unknown\n"));
    report.result = json!({ "claims": verified.iter().map(|v| v.json(&sources)).collect::<Vec<_>>() });
    if report.exit == Exit::Yes && proven < verified.len() {
        report.exit = Exit::No;
    }
    report
}

/// Every claim of a spec, held against what it gives. None if it gives nothing that can be judged.
pub(crate) fn verified(spec: &Spec, tree: &Tree, report: &mut Report) -> Option<Vec<Verified>> {
    let claims = claims(spec);
    if claims.is_empty() {
        return Some(Vec::new());
    }
    let world = of_tree(tree, report)?;
    let mut verified = Vec::new();
    let proven = prove(&world, spec, &claims);
    for (claim, proven) in claims.into_iter().zip(proven) {
        match proven {
            Ok(proven) => verified.push(Verified { claim, truth: proven.truth, told: proven.told }),
            Err(e) => report.fail(Failure::of(&e)),
        }
    }
    Some(verified)
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

    fn json(&self, sources: &Sources) -> Value {
        json!({
            "group": self.claim.group,
            "number": self.claim.number,
            "line": sources.line_column(self.claim.place).0,
            "truth": self.truth,
            "told": self.told,
        })
    }
}

fn word(truth: Truth) -> &'static str {
    match truth {
        Truth::True => "true   ",
        Truth::Unknown => "unknown",
        Truth::Refuted => "REFUTED",
    }
}
