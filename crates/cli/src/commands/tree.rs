//! A spec held against a folder: what `check` and `diff` begin with.

use std::path::Path;

use meshgen::tree::{Changes, Observed, changes, disk::observe};

use super::spec::planned;
use crate::{
    args::{PartArgs, SpecArgs},
    report::{Failure, Report},
};

/// What is there, what would change, and a report with the spec's warnings.
pub(crate) fn compared(
    kind: &'static str,
    args: &SpecArgs,
    out: &Path,
    parts: &PartArgs,
) -> Result<(Observed, Changes, Report), Box<Report>> {
    let (planned, tree) = planned(kind, args)?.render()?;
    let mut report = planned.report;
    let observed = match observe(out, &tree) {
        Ok(observed) => observed,
        Err(e) => {
            report.fail(Failure::of(&e));
            return Err(Box::new(report));
        }
    };
    match changes(&observed, &tree, &parts.selection()) {
        Ok(changes) => Ok((observed, changes, report)),
        Err(e) => {
            report.fail(Failure::of(&e));
            Err(Box::new(report))
        }
    }
}
