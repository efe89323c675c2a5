//! One connection, one answer, with Istio above the network.

mod asked;

pub use asked::{Client, Decision, Identity, Request, Seen, Sight, Token, Try};
