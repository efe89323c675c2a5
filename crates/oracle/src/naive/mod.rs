//! One packet, one answer.
//!
//! [`Cluster::read`] takes manifests, [`Cluster::verdict`] says what happens to a connection. Where the
//! specification leaves the answer open, every possible answer is followed, and [`Verdict::Undefined`] is said
//! when they differ.

mod admin;
mod calico;
mod kubernetes;
mod labels;
pub mod mesh;
mod model;
mod selector;
mod tiers;

pub use model::{Cluster, Flow, NamedPort, Peer, Pod, Protocol, Verdict};
pub use selector::{Selector, parse as parse_selector};
pub use tiers::{Direction, Outcomes};
