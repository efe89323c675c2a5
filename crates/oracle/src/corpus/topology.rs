//! Whole applications with the policies that a tool made for them. No list is expected, so a judge is held
//! against the naive one.

use std::path::Path;

use super::{
    Judge, Naive, Outcome, Suite,
    listing::{differences, merged},
    probes::folders,
};
use crate::manifests;

/// `tests/<app>`, with `expected_netpol_output.*` in it.
pub(super) fn run(dir: &Path, judge: &dyn Judge) -> Option<Suite> {
    let mut suite = Suite::new("cluster-topology-analyzer");
    for (name, folder) in folders(&dir.join("tests")) {
        let all = manifests::folder(&folder);
        let expected = Naive.read(&all).listing();
        let found = judge.read(&all).listing();
        suite.add(name, Outcome::of(differences(&merged(&expected.rows), &merged(&found.rows))));
    }
    (!suite.cases.is_empty()).then_some(suite)
}
