//! What charts take from the environment.

use std::collections::BTreeMap;

use meshgen_scripts::context::Variable;
use meshgen_spec::{AclSecret, FromEnv, Spec, Tree, Whitelist};
use meshgen_yaml::{Place, Problem};

use super::words::Words;

/// Each variable once, with its default; without one it is empty, and whoever deploys is told to set it.
pub(super) fn variables(spec: &Spec, words: &mut Words) -> Vec<Variable> {
    let mut all: BTreeMap<String, (Place, Option<&str>)> = BTreeMap::new();
    for variable in said(spec) {
        let (name, place) = (variable.name.to_string(), variable.name.place);
        let default = variable.default.as_deref();
        let (first, known) = *all.entry(name.clone()).or_insert((place, default));
        if known != default {
            words.problem(
                Problem::error(place, format!("`{name}` has two defaults"))
                    .related(first, "the other one")
                    .help("give both the same, or use two variables"),
            );
        }
    }
    let variable = |(name, (place, default)): (String, (Place, Option<&str>))| {
        Some(Variable {
            name: words.word(&name, place)?,
            value: words.word(default.unwrap_or_default(), place)?,
        })
    };
    all.into_iter().filter_map(variable).collect()
}

fn said(spec: &Spec) -> Vec<&FromEnv> {
    let mut all = Vec::new();
    for release in spec.releases.values() {
        all.extend(release.values.values().flat_map(Tree::variables));
        let Some(dgraph) = &release.dgraph else { continue };
        match dgraph.whitelist.as_ref().map(|w| &w.value) {
            Some(Whitelist::FromEnv(variable)) => all.push(variable),
            Some(Whitelist::Entries(_)) | None => {}
        }
        if let Some(acl) = &dgraph.acl {
            let AclSecret::FromEnv(variable) = &acl.secret;
            all.push(variable);
        }
    }
    all
}
