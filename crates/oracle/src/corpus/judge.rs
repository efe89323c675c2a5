//! What the runner asks of a judge.

use std::collections::BTreeMap;

use super::{Explanations, Exposure, Listing};
use crate::{
    manifests::File,
    naive::{Protocol, Verdict},
};

/// Something that judges manifests.
pub trait Judge {
    /// Takes files of manifests.
    fn read(&self, files: &[File]) -> Box<dyn Subject>;

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
