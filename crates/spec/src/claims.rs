//! Claims in a file of their own, to be held against manifests that no spec made.

use std::collections::BTreeMap;

use meshgen_yaml::{At, Problem, Severity, Sources, from_node_partly};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Expectation, Name, check, read::document};

/// A file of claims: the section `expect` of a spec, alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// What must be true, in groups.
    pub expect: BTreeMap<At<Name>, Expectation>,
}

/// Reads a file of claims: its name as the user calls it, and its text.
///
/// Gives the claims, unless there is an error, and everything that is wrong. That what they name is there is for
/// the judge.
pub fn read_claims(name: String, text: String, sources: &mut Sources) -> (Option<Claims>, Vec<Problem>) {
    let mut problems = Vec::new();
    let file = sources.add(name, text);
    let node = document(file, sources, "expect:", &mut problems);
    let claims: Option<Claims> = node.and_then(|node| from_node_partly(&node, &mut problems));
    // A claim that could not be read is left out, and its group may only seem to be empty.
    let whole = claims.iter().filter(|_| problems.is_empty());
    for (name, group) in whole.flat_map(|claims| &claims.expect).collect::<Vec<_>>() {
        check::expect::form(name, group, &mut problems);
    }
    problems.sort_by_key(|p| p.place);
    let usable = !problems.iter().any(|p| p.severity == Severity::Error);
    (claims.filter(|_| usable), problems)
}
