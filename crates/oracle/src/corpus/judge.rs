//! What the runner asks of a judge.

use std::collections::BTreeMap;

use super::{Explanations, Exposure, Listing};
use crate::{
    manifests::File,
    naive::{
        Protocol, Verdict,
        mesh::{Decision, Seen, Sight, Try},
    },
};

/// Something that judges manifests.
pub trait Judge {
    /// Takes files of manifests.
    fn read(&self, files: &[File]) -> Box<dyn Subject>;

    /// Takes files of manifests that a mesh is in.
    fn mesh(&self, files: &[File]) -> Box<dyn Meshed>;

    /// Whether Calico's selector selects an object with these labels; none if it is not a selector.
    fn selector(&self, selector: &str, labels: &BTreeMap<String, String>) -> Option<bool>;
}

/// A judge that has read manifests.
pub trait Subject {
    /// The workloads, as `ns/name[Kind]`.
    fn workloads(&self) -> Vec<String>;

    /// Every permitted pair.
    fn listing(&self) -> Listing;

    /// Whether a connection is made. An end is `ns/pod`, `ns/workload`, or an address.
    fn probe(&self, source: &str, destination: &str, protocol: Protocol, port: u16) -> Option<Verdict>;

    /// What is permitted with pods that were not read, perhaps by one port only; none if the judge cannot tell.
    fn exposure(&self, port: Option<(Protocol, u16)>) -> Option<Exposure>;

    /// Why each pair is permitted or refused; none if the judge cannot tell.
    fn explanations(&self) -> Option<Explanations>;
}

/// A judge that has read the manifests of a mesh. A pod is `namespace/name`; none is answered of a pod that is not there.
pub trait Meshed {
    /// Whether a pod gets a sidecar; none also if that is not known.
    fn injected(&self, pod: &str) -> Option<bool>;

    /// What the client of a connection sees.
    fn tried(&self, one: &Try<'_>) -> Option<Seen>;

    /// Whether the sidecar of a pod takes mTLS on a port, or plain text.
    fn taken(&self, pod: &str, port: u16, mutual: bool) -> Option<bool>;

    /// What the policies that bind a pod make of what its sidecar sees.
    fn decided(&self, pod: &str, sight: &Sight) -> Option<Decision>;
}
