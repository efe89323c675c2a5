//! Specs made from manifests: what they say, that they are accepted, and that they mean the same.

#[cfg(test)]
mod common;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod same;
#[cfg(test)]
mod words;
#[cfg(test)]
mod world;
