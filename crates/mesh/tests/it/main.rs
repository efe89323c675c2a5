//! The rules of Istio, one test each; and what a real Istio says of the same.

#![cfg(test)]

mod doors;
mod meshbox;
mod naive;
mod rules_ambient;
mod rules_authorization;
mod rules_capture;
mod rules_discovery;
mod rules_entries;
mod rules_injection;
mod rules_mtls;
mod rules_network;
mod world;

use meshgen_mesh::{Mesh, Settings};
use meshgen_yaml::Sources;

/// A mesh with Istio as it is installed by default, whose objects are as old as they stand in the text.
fn mesh(text: &str) -> Mesh {
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text);
    with_ages(Mesh::read_with(&sources, Settings::default()))
}

/// Of two objects of a kind, the one that comes first is the older one, as when both are applied in order.
fn with_ages(mut mesh: Mesh) -> Mesh {
    let services = mesh.services.iter_mut().map(|o| &mut o.meta);
    let peers = mesh.peer_authentications.iter_mut().map(|o| &mut o.meta);
    let rules = mesh.destination_rules.iter_mut().map(|o| &mut o.meta);
    let sidecars = mesh.sidecars.iter_mut().map(|o| &mut o.meta);
    let routes = mesh.routes.iter_mut().map(|o| &mut o.meta);
    let all = services.chain(peers).chain(rules).chain(sidecars).chain(routes);
    for (n, meta) in all.enumerate() {
        meta.created = Some(format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60));
    }
    mesh
}
