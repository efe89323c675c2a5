//! The list of everything: what the network permits, and what the mesh makes of it.
//!
//! The network's table has classes of ends that no network policy tells apart. These are cut further by what the mesh
//! tells apart ([`atoms`]); for each kind of server, one client of each kind is judged ([`kinds`]), and both are put
//! together ([`table`]). No step goes over all pairs of pods.

pub(crate) mod atoms;
pub(crate) mod kinds;
mod lines;
mod mermaid;
mod report;
pub(crate) mod seen;
pub(crate) mod table;
mod text;
mod ways;

pub use report::{Refused, Report, Told};
pub(crate) use seen::tcp;
pub use ways::{Way, WaySeen};
