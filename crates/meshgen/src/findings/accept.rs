//! What is accepted: in a spec, or in a file of its own for manifests that have no spec.

use meshgen_findings::Acceptance;
use meshgen_spec::{Date, FindingCode, Reason, Spec};
use meshgen_yaml::{At, FileId, Limits, Problem, Sources, documents, from_node, nearest};
use serde::Deserialize;

use super::{ENDED, USELESS, rules};

/// A file of acceptances.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    accept: Vec<One>,
}

/// As in a spec, except that it may be at an object: `NetworkPolicy/shop/cart`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct One {
    finding: At<FindingCode>,
    at: At<String>,
    because: Reason,
    #[serde(default)]
    until: Option<Date>,
}

/// What a spec accepts.
pub fn acceptances_of(spec: &Spec) -> Vec<Acceptance> {
    let accepted = spec.accept.iter().map(|one| Acceptance {
        code: one.finding.to_string(),
        at: one.at.value.clone(),
        because: one.because.to_string(),
        until: one.until.as_ref().map(ToString::to_string),
        place: one.finding.place,
    });
    accepted.collect()
}

/// What a file accepts: a map with the key `accept`, as in a spec, or all that is wrong with it.
pub fn acceptances(file: FileId, sources: &Sources) -> Result<Vec<Acceptance>, Vec<Problem>> {
    let text = sources.get(file).map_or("", |source| source.text.as_str());
    let read = documents(file, text, 0..text.len(), Limits::default()).map_err(|problem| vec![*problem])?;
    let Some(node) = read.first() else {
        let problem =
            Problem::error(None, "the file of acceptances is empty").help("it has a list, `accept`");
        return Err(vec![problem]);
    };
    let mut problems = Vec::new();
    let file: Option<File> = from_node(node, &mut problems);
    let all = file.map(|file| file.accept).unwrap_or_default();
    problems.extend(all.iter().filter_map(|one| unknown(&one.finding)));
    let accepted = all.into_iter().map(|one| Acceptance {
        place: one.finding.place,
        code: one.finding.to_string(),
        at: one.at.value,
        because: one.because.to_string(),
        until: one.until.as_ref().map(ToString::to_string),
    });
    if problems.is_empty() { Ok(accepted.collect()) } else { Err(problems) }
}

/// What a spec accepts and there is no rule for.
pub fn unknown_codes(spec: &Spec) -> Vec<Problem> {
    spec.accept.iter().filter_map(|one| unknown(&one.finding)).collect()
}

fn unknown(code: &At<FindingCode>) -> Option<Problem> {
    let about_acceptances = [ENDED.code, USELESS.code];
    if about_acceptances.contains(&code.as_str()) {
        let problem =
            Problem::error(code.place, format!("`{code}` is about acceptances, and cannot be accepted"));
        return Some(problem.help("change the acceptance that it is about"));
    }
    let known: Vec<&str> =
        rules().iter().map(|rule| rule.code).filter(|c| !about_acceptances.contains(c)).collect();
    if known.contains(&code.as_str()) {
        return None;
    }
    let problem = Problem::error(code.place, format!("no finding has the code `{code}`"));
    Some(match nearest(code.as_str(), known) {
        Some(near) => {
            problem.help(format!("did you mean `{near}`? `meshgen explain {near}` tells what it is"))
        }
        None => problem.help("`docs/findings.md` lists all codes"),
    })
}
