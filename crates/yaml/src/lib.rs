//! YAML in both directions.
//!
//! *Reading* keeps the place of every key and value, so that whatever is wrong can be shown where it
//! stands: [`documents`] gives [`Node`]s, [`from_node`] makes a typed value of one and reports every
//! problem it has, not the first. *Writing* ([`to_string`]) gives text that each consumer of manifests,
//! whichever YAML version it speaks, reads as the value that was meant.
//!
//! Invariant: what [`to_string`] wrote, [`documents`] reads as the same value.

mod at;
mod de;
mod each;
mod node;
mod problem;
mod read;
pub mod scalar;
mod tabs;
mod write;

pub use at::At;
pub use de::{from_node, from_node_partly, nearest};
pub use each::each;
pub use node::{Entry, Node, Scalar, Value};
pub use problem::{FileId, Place, Problem, Severity, Source, Sources};
pub use read::{Limits, documents, split_documents};
pub use write::{Error as WriteError, to_string, to_writer};
