//! A second judge of network policies, and the runner of the corpus.
//!
//! The judge in [`naive`] answers for one packet at a time, by reading the manifests again for each question.
//! It is written from the specification alone, shares no code with the fast judge, and knows no class, cache
//! or set of ports: what it does should be obvious, so that the other one can be held against it.
//!
//! Invariant: [`naive`] depends on nothing but JSON values and addresses.

pub mod arbiter;
pub mod conns;
pub mod corpus;
pub mod manifests;
pub mod naive;
pub mod random;
