//! The runner of the corpus: finds the suites in a folder, runs each case against a judge, and reports.
//!
//! A suite is known by its layout, never by names of cases, so any folder of the same layout runs. What is compared is
//! the *meaning* of an expected file: its rows, not its text.
//!
//! What the expected files of netpol-analyzer mean, as far as it is not plain:
//!
//! - A pod that has an owner is named after it, by `ownerReferences`; a Deployment is not guessed behind a `ReplicaSet`.
//!   No workload is listed with itself. All its pods have one row.
//! - Addresses outside are cut at every `cidr` and `except` of any policy, used or not. IPv4 only. Rows that say the
//!   same are joined before they are compared, so a finer cut is as good.
//! - `ipBlock` means no pod. `networks` of admin policies mean pods that have, or may have, such an address.
//! - `{ingress-controller}` is a pod without labels in a namespace without labels, and TCP only. An Ingress that names
//!   the number of the pods' port in place of the service's is taken to mean it.
//! - Exposure: a row for each description of pods in a rule, unless it says what `entire-cluster` says (of the port that
//!   is focused on, if there is one), or is written in plain labels that a pod which was read has. A rule is counted
//!   for its own description only, or where a label pins it ([`meshgen_reach::Reading::Written`]). Rows of addresses
//!   are repeated for workloads that have another row.
//! - Explanations: of the rules of one policy that say the same, the first is named. A policy that is not a
//!   `NetworkPolicy` is not named where it does not match.
//!
//! Istio's suites are tables, so each row is a case. What `istioctl analyze` says is compared only where it speaks of
//! connections.
//!
//! In the conformance cases of `ClusterNetworkPolicy` pods have addresses and nodes, which stand in an index: they are
//! written as manifests beside those of the case.

mod accepted;
mod explain;
mod fast;
mod istio;
mod judge;
mod listing;
mod meshed;
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
pub use judge::{Judge, Meshed, Subject};
pub use listing::{Exposure, Listing, Peer, Row, Side};
pub use meshed::FastMesh;
pub use naive::Naive;
pub use report::{Outcome, Suite};

/// Runs every suite that stands in a folder.
pub fn run(dir: &Path, judge: &dyn Judge) -> Vec<Suite> {
    let mut suites = netpol_analyzer::run(&dir.join("netpol-analyzer"), judge);
    suites.extend(probes::cluster_network_policy(&dir.join("network-policy-api-cnp"), judge));
    suites.extend(probes::recipes(&dir.join("recipes"), judge));
    suites.extend(selectors::run(&dir.join("calico"), judge));
    suites.extend(topology::run(&dir.join("cluster-topology-analyzer"), judge));
    suites.extend(istio::run(&dir.join("istio"), judge));
    suites
}
