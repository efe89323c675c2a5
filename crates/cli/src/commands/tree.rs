//! A spec held against a folder: what `check` and `diff` begin with.

use meshgen::tree::{Changes, Observed, changes, disk::observe};

use super::spec::planned;
use crate::{
    args::TreeArgs,
    report::{Failure, Report},
};

/// What is there, what would change, and a report with the spec's warnings.
pub(crate) fn compared(
    kind: &'static str,
    args: &TreeArgs,
) -> Result<(Observed, Changes, Report), Box<Report>> {
    let (planned, tree) = planned(kind, &args.spec)?.render()?;
    let mut report = planned.report;
    let observed = match observe(&args.out, &tree) {
        Ok(observed) => observed,
        Err(e) => {
            report.fail(Failure::of(&e));
            return Err(Box::new(report));
        }
    };
    match changes(&observed, &tree, &args.parts.selection()) {
        Ok(changes) => Ok((observed, changes, report)),
        Err(e) => {
            report.fail(Failure::of(&e));
            Err(Box::new(report))
        }
    }
}
