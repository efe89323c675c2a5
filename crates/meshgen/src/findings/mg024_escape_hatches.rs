//! MG024: parts of a spec that bypass its language.

use meshgen_findings::{Hit, Rule, Severity};
use meshgen_spec::Spec;

use super::in_spec;

pub(super) const RULE: Rule = Rule {
    code: "MG024",
    slug: "escape-hatches",
    title: "a part of the spec bypasses its language",
    severity: Severity::Note,
    why: "A policy that is given as a whole `spec` is written as it is: nobody checks that the workloads that it \
          means are there, and it gets neither permissions to send nor authorization to go with it. It is there for what the \
          language has no words for, and worth a second look.",
    way_out: "Say it with `allow` if that can say it. Otherwise accept this, with the reason.",
    sources: &["docs/spec.md, `policies`"],
};

pub(super) fn find(spec: &Spec) -> Vec<Hit> {
    let hit = |target: &meshgen_yaml::At<meshgen_spec::Workloads>| {
        let said = format!("the policy of `{target}` is an escape hatch: its `spec` is written as it is");
        in_spec(
            target.place,
            said,
            "say it with `allow` if that can say it, else accept this with the reason",
        )
    };
    spec.escape_hatches().map(|(target, _)| hit(target)).collect()
}
