//! One verdict for a connection: what network policies say of it, and what the mesh makes of what they let through.
//!
//! [`World::read`] reads manifests once for both judges; [`Judges`] asks them.

mod closed;
mod compare;
mod judges;
mod list;
mod outside;
mod ports;
mod through;
mod world;

pub use closed::Intruder;
pub use compare::{Change, ChangedLayer, Comparison};
pub use judges::{Judges, Sent};
pub use list::{Refused, Report, Told, Way, WaySeen};
pub use world::World;
