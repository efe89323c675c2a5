//! The judges of the mesh, the fast and the naive one: about random clusters they agree, and what a real Istio answered
//! both predict.
#![cfg(test)]

mod agree;
mod recorded;
mod stretch;
mod world;
