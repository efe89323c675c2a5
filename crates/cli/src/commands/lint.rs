//! `lint`: what manifests leave open or close by mistake; and what the code of a finding means.

use std::path::PathBuf;

use meshgen::{
    findings::{
        Acceptance, Finding, Settled, Severity, Told, USELESS, acceptances, acceptances_of, lint, lint_spec,
        rule, rules, sarif, settle,
    },
    spec::Date,
    yaml::{Sources, nearest},
};

use super::{
    explain,
    judged::{Judged, add, judged},
};
use crate::{
    args::{FailOnFinding, LintArgs, OutputFormat},
    exit::Exit,
    input,
    report::{self, Failure, Report},
};

const KIND: &str = "lint";

impl report::Told for Told {
    const KIND: &'static str = KIND;
}

pub(crate) fn run(files: &[PathBuf], args: &LintArgs, format: OutputFormat) -> Report {
    let mut report = Report::new(KIND);
    // What is not understood hides no finding that does not depend on it: the rules say nothing of what is unknown.
    let Some(mut judged) = judged(files, &mut report) else { return report };
    let Some(accepted) = accepted(&mut judged, &args.accept, &mut report) else { return report };
    let mut settled = settled(&judged, &accepted, args);
    if report.exit == Exit::Failed {
        // What an acceptance is for may be what is not told.
        settled.open.retain(|finding| finding.rule.code != USELESS.code);
    }
    let manifests = &judged.world.manifests.sources;
    let told = settled.told(manifests, &judged.asked);
    if settled.open.iter().any(|finding| args.fail_on.is_met(finding)) {
        report.exit = report.exit.max(Exit::No);
    }
    if settled.undated > 0 {
        let note = "no day was given, so no acceptance has ended: say `--today YYYY-MM-DD`";
        report.notes.push(format!("note: {note}"));
    }
    report.text = match format {
        OutputFormat::Json => String::new(),
        OutputFormat::Text if args.sarif => {
            let log = sarif(&told, &rules(), env!("CARGO_PKG_VERSION"));
            serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
        }
        OutputFormat::Text if args.markdown => told.markdown(),
        OutputFormat::Text => text(&settled, manifests, &judged.asked),
    };
    report.tell(&told);
    report
}

/// What the spec accepts, and what files accept; none if one of these is not understood.
fn accepted(judged: &mut Judged, files: &[PathBuf], report: &mut Report) -> Option<Vec<Acceptance>> {
    let mut all: Vec<Acceptance> = judged.spec.iter().flat_map(acceptances_of).collect();
    let mut understood = true;
    for path in files {
        match input::read(path) {
            Ok(input) => {
                for file in add(input, &mut judged.asked) {
                    match acceptances(file, &judged.asked) {
                        Ok(more) => all.extend(more),
                        Err(problems) => {
                            understood = false;
                            report.add_problems(judged.asked.clone(), problems);
                        }
                    }
                }
            }
            Err(failures) => {
                understood = false;
                for failure in failures {
                    report.fail(failure);
                }
            }
        }
    }
    understood.then_some(all)
}

/// What is found of the codes that are wanted, held against what is accepted of them.
fn settled(judged: &Judged, accepted: &[Acceptance], args: &LintArgs) -> Settled {
    let wanted = |code: &str| match (args.only.as_slice(), args.skip.as_slice()) {
        ([], skip) => !skip.contains(&code),
        (only, _) => only.contains(&code),
    };
    let found = match &judged.spec {
        Some(spec) => lint_spec(spec, &judged.origins, &judged.asked, &judged.world),
        None => lint(&judged.world),
    };
    let found = found.into_iter().filter(|finding| wanted(finding.rule.code)).collect();
    let accepted: Vec<Acceptance> = accepted.iter().filter(|one| wanted(&one.code)).cloned().collect();
    let mut settled = settle(found, &accepted, args.today.as_ref().map(Date::as_str));
    settled.open.retain(|finding| wanted(finding.rule.code));
    settled
}

impl FailOnFinding {
    fn is_met(self, finding: &Finding) -> bool {
        let least = match self {
            FailOnFinding::Error => Severity::Error,
            FailOnFinding::Warning => Severity::Warning,
            FailOnFinding::Note => Severity::Note,
            FailOnFinding::Never => return false,
        };
        finding.severity() <= least
    }
}

fn text(settled: &Settled, manifests: &Sources, asked: &Sources) -> String {
    let mut text: String =
        settled.open.iter().map(|finding| report::finding(manifests, asked, finding) + "\n\n").collect();
    for accepted in &settled.accepted {
        let hit = &accepted.finding.hit;
        let path = hit.origin.as_ref().map(|origin| origin.path.clone());
        let at = path.or_else(|| hit.object.as_ref().map(ToString::to_string)).unwrap_or_default();
        let until = accepted.until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
        text.push_str(&format!(
            "accepted {} at {at}: {}{until}\n",
            accepted.finding.rule.code, accepted.because
        ));
    }
    text + &count(settled)
}

fn count(settled: &Settled) -> String {
    let of = |severity: Severity| settled.open.iter().filter(|f| f.severity() == severity).count();
    let mut parts = Vec::new();
    for (severity, word) in
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
    {
        match of(severity) {
            0 => {}
            1 => parts.push(format!("1 {word}")),
            n => parts.push(format!("{n} {word}s")),
        }
    }
    if !settled.accepted.is_empty() {
        parts.push(format!("{} accepted", settled.accepted.len()));
    }
    match settled.open.first() {
        None if parts.is_empty() => "no findings\n".to_owned(),
        None => format!("no findings but {}\n", parts.join(", ")),
        Some(first) => {
            format!("{}; more of a code: `meshgen explain {}`\n", parts.join(", "), first.rule.code)
        }
    }
}

/// What the code of a finding means.
pub(crate) fn explain(code: &str) -> Report {
    let mut report = Report::new(explain::KIND);
    match rule(code) {
        Some(rule) => {
            report.text = rule.explained();
            report.tell(&explain::Told::Rule { rule });
        }
        None => {
            let known = rules().into_iter().map(|rule| rule.code);
            let failure =
                Failure::new(format!("`{code}` is not the code of a finding, and nobody is connected to"));
            report.fail(match nearest(code, known) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure
                    .help("name both ends: `meshgen explain FROM TO`; or a code: `meshgen explain MG001`"),
            });
        }
    }
    report
}
