//! Findings about a spec and about what it gives, in the words of the spec.
//!
//! [`lint`] asks the rules about manifests, [`lint_spec`] those and the rules of [`SPEC_RULES`], which need to know
//! what was meant; there every finding tells what in the spec asked for the object.

mod accept;
mod mg016_whitelist;
mod mg023_retired;
mod mg024_escape_hatches;
mod mg031_host_names;
mod paths;

use meshgen_bundle::Id;
use meshgen_plan::Origins;
use meshgen_spec::Spec;
use meshgen_verdict::World;
use meshgen_yaml::{Place, Sources};

pub use accept::{acceptances, acceptances_of, unknown_codes};
pub use meshgen_findings::*;
pub use paths::Paths;

/// Finds in a spec what a rule is about. The path of each origin is filled in later.
pub type FindInSpec = fn(&Spec) -> Vec<Hit>;

/// The rules that are about a spec, in the order of their codes.
pub const SPEC_RULES: &[(Rule, FindInSpec)] = &[
    (mg016_whitelist::RULE, mg016_whitelist::find),
    (mg023_retired::RULE, mg023_retired::find),
    (mg024_escape_hatches::RULE, mg024_escape_hatches::find),
    (mg031_host_names::RULE, mg031_host_names::find),
];

/// All rules, in the order of their codes.
pub fn rules() -> Vec<&'static Rule> {
    let of_specs = SPEC_RULES.iter().map(|(rule, _)| rule);
    let of_manifests = RULES.iter().map(|(rule, _)| rule);
    let mut all: Vec<&'static Rule> = of_manifests.chain(of_specs).chain([&ENDED, &USELESS]).collect();
    all.sort();
    // Some are about manifests and about what stands in a spec alone.
    all.dedup();
    all
}

/// The rule of a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().into_iter().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// What the rules find in a spec and in the manifests that it gives. `asked` are the files of the spec.
pub fn lint_spec(spec: &Spec, origins: &Origins, asked: &Sources, world: &World) -> Vec<Finding> {
    let paths = Paths::of(asked);
    let mut findings = lint(world);
    for finding in &mut findings {
        let place = finding.hit.object.as_ref().and_then(|object| origins.get(&id(object)));
        finding.hit.origin = place.and_then(|place| paths.origin(*place));
    }
    for (rule, find) in SPEC_RULES {
        for mut hit in find(spec) {
            hit.origin = hit.origin.and_then(|origin| paths.origin(origin.place));
            findings.push(hit.of(rule));
        }
    }
    findings.sort();
    findings
}

fn id(object: &Object) -> Id {
    let Object { group, kind, namespace, name } = object.clone();
    Id { group, kind, namespace, name }
}

/// What a rule finds at a place of the spec.
fn in_spec(place: Place, said: impl Into<String>, way_out: impl Into<String>) -> Hit {
    let origin = Some(Origin { place, path: String::new() });
    Hit { object: None, at: None, also: Vec::new(), said: said.into(), way_out: way_out.into(), origin }
}
