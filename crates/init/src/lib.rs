//! A first `meshgen.yaml`.
//!
//! [`first_spec`] is one for a newcomer. [`spec_from`] is one for somebody who has manifests: it says in the
//! language whatever the language can say exactly as they do, keeps policies that it cannot say in full, and names
//! everything that it leaves where it is.
//!
//! This crate writes the language and never reads it: that what it writes is accepted, and means the same, is for
//! the tests, which ask the reader and the planner.

mod allow;
mod calico;
mod draft;
mod first;
mod json;
mod legal;
mod mesh;
mod names;
mod namespaces;
mod network;
mod notes;
mod object;
mod pods;
mod selector;
mod services;
mod text;
mod workloads;

use meshgen_yaml::{Problem, Sources};

pub use first::first_spec;
pub use notes::Note;

/// What became of manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The spec.
    pub text: String,
    /// What the spec does not say, or says otherwise, in the order of the files.
    pub notes: Vec<Note>,
}

/// A first spec from manifests: files of any kind and order, `kubectl get -o yaml`, the output of `helm template`.
///
/// Fails when a file is no YAML, or when there is no Kubernetes object in any of them: a spec made of a part would
/// say less than there is.
///
/// ```
/// let mut sources = meshgen_yaml::Sources::default();
/// sources.add("pod.yaml", "
/// apiVersion: v1
/// kind: Pod
/// metadata: { name: web, namespace: shop, labels: { app: web } }
/// spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }] }
/// ");
/// let adopted = meshgen_init::spec_from(&sources).map_err(|problems| format!("{problems:?}"))?;
/// let workloads = adopted.text.split_once("\nworkloads:\n").map(|(_, rest)| rest);
/// assert_eq!(workloads, Some("  shop/web:
///     existing:
///       kind: Pod
///       labels:
///         app: web
///     ports:
///       http: 8080
/// "));
/// # Ok::<(), String>(())
/// ```
pub fn spec_from(sources: &Sources) -> Result<Adopted, Vec<Problem>> {
    let mut draft = draft::Draft::default();
    let objects = object::read(sources, &mut draft.notes)?;
    namespaces::read(&objects, &mut draft);
    workloads::read(&objects, &mut draft);
    pods::read(&objects, &mut draft);
    services::read(&objects, &mut draft);
    mesh::read(&objects, &mut draft);
    network::read(&objects, &mut draft);
    calico::read(&objects, &mut draft);
    draft.name_policies();
    draft.note_the_rest(&objects);
    let text = text::of(&draft);
    Ok(Adopted { text, notes: draft.notes.into_list() })
}
