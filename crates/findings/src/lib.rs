//! Findings: what manifests leave open, or close by mistake, told before it hurts.
//!
//! [`lint`] asks every rule of [`RULES`] about a [`World`]; [`settle`] holds what they find against what is accepted. A
//! rule is one file in `rules`: what it is called, why it matters, how to get out of it, and one function from what is
//! [`Seen`] to [`Hit`]s.
//!
//! Invariants: nothing here knows a spec or a plan, a disk, a clock or the network. A finding is one cause, however many
//! pods it concerns. What is not understood gives no finding, or one that says that it may be.

mod accept;
mod dgraph;
mod documents;
mod finding;
mod index;
mod markdown;
mod page;
mod pods;
mod rule;
mod rules;
mod sarif;
mod seen;
mod told;

use meshgen_verdict::World;

pub use accept::{Acceptance, Accepted, ENDED, Settled, USELESS, accepts, settle};
pub use documents::{Document, Documents, Fields};
pub use finding::{Finding, Hit, Object, Origin};
pub use page::page;
pub use rule::{Find, Rule, Severity};
use rules::ALONE;
pub use rules::{DGRAPH_WHITELIST, RULES};
pub use sarif::{Log, sarif};
pub use seen::{Seen, listed};
pub use told::{FindingTold, PlaceTold, Told};

/// Everything that the rules find in manifests. Where something was no YAML at all, only what would be found whatever it
/// was to say.
pub fn lint(world: &World) -> Vec<Finding> {
    let seen = Seen::new(world);
    let stands = |rule: &Rule| !seen.documents.are_incomplete() || ALONE.contains(&rule.code);
    let rules = RULES.iter().filter(|(rule, _)| stands(rule));
    let found = rules.flat_map(|(rule, find)| find(&seen).into_iter().map(|hit| hit.of(rule)));
    let mut findings: Vec<Finding> = found.collect();
    findings.sort();
    findings
}
