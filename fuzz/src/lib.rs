//! What the fuzz targets have in common: every question that manifests can be asked, the random clusters that bytes
//! make, and selectors in words.
//!
//! A panic, a hang and a wrong answer are all the same to a fuzzer: a target panics.

pub mod clusters;
pub mod questions;
pub mod words;
