//! One connection, one answer, with Istio above the network.
//!
//! [`Mesh::read`] takes manifests, [`Mesh::seen`] says what the client of one connection sees. Written from what Istio's
//! documentation says and from what a real Istio was seen to do (called by the numbers S1, S2, …), and not from the
//! other judge: each question reads the manifests again.
//!
//! Settings are read from an `IstioOperator` only. Waypoints, and gateways that istiod makes, are not known here: what
//! depends on them is [`Seen::Unknown`].

mod ambient;
mod asked;
mod authorization;
mod capture;
mod conditions;
mod connection;
mod encryption;
mod injection;
mod model;
mod modes;
mod node;
mod patterns;
mod protocol;
mod routes;
mod scopes;

pub use asked::{Client, Decision, Identity, Request, Seen, Sight, Token, Try};
pub use injection::How;
pub use model::{Door, Mesh};
