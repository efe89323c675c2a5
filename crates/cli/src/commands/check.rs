//! `check`: whether a tree is what its spec gives.

use meshgen::tree::{Difference, differences};
use serde_json::{Value, json};

use super::tree::compared;
use crate::{args::TreeArgs, exit::Exit, report::Report};

pub(crate) fn run(args: &TreeArgs) -> Report {
    let (changes, mut report) = match compared("check", args) {
        Ok((_, changes, report)) => (changes, report),
        Err(report) => return *report,
    };
    let differences = differences(&changes);
    report.text = differences.iter().map(|difference| format!("{difference}\n")).collect();
    report.result = json!({ "differences": differences.iter().map(shown).collect::<Vec<_>>() });
    if differences.is_empty() {
        report.notes.push(format!("`{}` is what the spec gives", args.out.display()));
    } else {
        report.exit = Exit::No;
    }
    report
}

fn shown(difference: &Difference) -> Value {
    json!({ "path": difference.path, "what": difference.what.word(), "message": difference.to_string() })
}
