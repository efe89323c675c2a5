//! Our dashboards, under the names that upstream's have.

mod control_plane;
mod dgraph;
mod mesh;
mod model;
mod performance;
mod plot;
mod traffic;
mod wasm;
mod watched;
mod written;
mod ztunnel;

use std::collections::BTreeMap;

use self::model::Dashboard;
use crate::{Mesh, Watched};

pub(crate) use self::model::PROMETHEUS_UID;

/// The title of the dashboard of a service, to which Kiali links.
pub(crate) const SERVICE_TITLE: &str = "Mesh services";
/// The title of the dashboard of a workload, to which Kiali links.
pub(crate) const WORKLOAD_TITLE: &str = "Mesh workloads";

/// Dashboards about Istio itself, by the name of their file.
pub(crate) fn of_istio(mesh: &Mesh) -> Result<BTreeMap<String, String>, serde_json::Error> {
    files([
        ("istio-performance-dashboard.json".to_owned(), performance::dashboard()),
        ("pilot-dashboard.json".to_owned(), control_plane::dashboard(mesh)),
        ("ztunnel-dashboard.json".to_owned(), ztunnel::dashboard(mesh)),
    ])
}

/// Dashboards about what runs in the mesh, by the name of their file.
pub(crate) fn of_traffic(mesh: &Mesh) -> Result<BTreeMap<String, String>, serde_json::Error> {
    files([
        ("istio-extension-dashboard.json".to_owned(), wasm::dashboard()),
        ("istio-mesh-dashboard.json".to_owned(), mesh::overview(mesh)),
        ("istio-service-dashboard.json".to_owned(), mesh::services(mesh)),
        ("istio-workload-dashboard.json".to_owned(), mesh::workloads(mesh)),
    ])
}

/// The dashboard of what somebody watches, by the name of its file.
pub(crate) fn of_watched(watched: &Watched) -> Result<BTreeMap<String, String>, serde_json::Error> {
    files([(format!("traffic-{}.json", watched.name), watched::traffic(watched))])
}

fn files(
    dashboards: impl IntoIterator<Item = (String, Dashboard)>,
) -> Result<BTreeMap<String, String>, serde_json::Error> {
    dashboards.into_iter().map(|(file, dashboard)| Ok((file, written::json(&dashboard)?))).collect()
}

/// The namespaces of the mesh, as a choice.
fn members(mesh: &Mesh) -> Vec<String> {
    mesh.members.iter().map(ToString::to_string).collect()
}
