//! The runner of the corpus: finds the suites in a folder, runs each case against a judge, and reports.
//!
//! A suite is known by its layout, never by names of cases, so any folder of the same layout runs.

mod accepted;
mod explain;
mod fast;
mod judge;
mod listing;
mod naive;
mod netpol_analyzer;
mod probes;
mod report;
mod selectors;
mod told;
mod topology;

use std::path::Path;

pub use accepted::Accepted;
pub use explain::{Explanations, Paragraph, Reasons, Why};
pub use fast::Fast;
pub use judge::{Judge, Subject};
pub use listing::{Exposure, Listing, Peer, Row, Side};
pub use naive::Naive;
pub use report::{Outcome, Suite};

/// Runs every suite that stands in a folder.
pub fn run(dir: &Path, judge: &dyn Judge) -> Vec<Suite> {
    let mut suites = netpol_analyzer::run(&dir.join("netpol-analyzer"), judge);
    suites.extend(probes::cluster_network_policy(&dir.join("network-policy-api-cnp"), judge));
    suites.extend(probes::recipes(&dir.join("recipes"), judge));
    suites.extend(selectors::run(&dir.join("calico"), judge));
    suites.extend(topology::run(&dir.join("cluster-topology-analyzer"), judge));
    suites.extend(later(dir));
    suites
}

/// The suites of the mesh are for a judge of the mesh.
fn later(dir: &Path) -> Option<Suite> {
    let folder = dir.join("istio");
    let mut suite = Suite::new("istio");
    let files = crate::manifests::files(&folder);
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "json")) {
        let name = file.file_stem().map(|s| s.to_string_lossy().into_owned());
        suite.add(name.unwrap_or_default(), Outcome::Skipped("a judge of the mesh is needed".to_owned()));
    }
    folder.is_dir().then_some(suite)
}
