//! What `istioctl analyze` finds wrong.
//!
//! Source: `pkg/config/analysis/analyzers/analyzers_test.go`.

use std::path::Path;

use serde_json::Value;

use super::{
    super::{Judge, Outcome, Suite},
    list, text,
};

pub(super) fn run(all: &Value, dir: &Path, suite: &mut Suite, _: &dyn Judge) -> Result<(), String> {
    for case in list(all, "cases")? {
        let here = list(case, "inputs")?.iter().all(|i| i.as_str().is_some_and(|i| dir.join(i).is_file()));
        let why =
            if here { "a judge with findings is needed" } else { "the manifests of the case are not there" };
        suite.add(text(case, "name")?, Outcome::Skipped(why.to_owned()));
    }
    Ok(())
}
