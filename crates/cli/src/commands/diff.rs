//! `diff`: what a render would change.

use meshgen::tree::{self, before_and_after, diff, differences};
use serde_json::json;

use super::{compare, tree::compared};
use crate::{
    args::TreeArgs,
    exit::Exit,
    report::{Report, painted},
};

pub(crate) fn run(args: &TreeArgs, summary: bool) -> Report {
    let (observed, changes, mut report) = match compared("diff", args) {
        Ok(compared) => compared,
        Err(report) => return *report,
    };
    let differences = differences(&changes);
    let text = diff(&observed, &changes);
    let (before, after) = before_and_after(&observed, &changes);
    let comparison = tree::compare(&before, &after);
    report.result = json!({ "diff": text, "objects": compare::shown(&comparison) });
    report.text =
        painted(&if summary && !comparison.is_nothing() { format!("{comparison}\n") } else { text });
    if summary && comparison.is_nothing() {
        report.text.clear();
    }
    // What no line of a diff shows: modes alone are in it, but not what is in the way, or only disowned.
    let unseen = differences.iter().filter(|d| d.what.is_unseen_in_a_diff());
    report.notes.extend(unseen.map(ToString::to_string));
    if !differences.is_empty() {
        report.exit = Exit::No;
    }
    report
}
