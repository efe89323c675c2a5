//! `accept`.

use meshgen_yaml::{Problem, nearest};

use crate::Spec;

/// Sections that a finding can be in.
const SECTIONS: [&str; 10] = [
    "cluster",
    "istio",
    "security",
    "namespaces",
    "addons",
    "releases",
    "workloads",
    "policies",
    "external",
    "expect",
];

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    for acceptance in &spec.accept {
        let at = acceptance.at.as_str();
        let (section, name) = at.split_once('/').map_or((at, None), |(s, n)| (s, Some(n)));
        if !SECTIONS.contains(&section) {
            let problem = Problem::error(acceptance.at.place, format!("`{at}` is not a place in a spec"));
            problems.push(match nearest(section, SECTIONS) {
                Some(near) => problem.help(format!("did you mean `{near}/…`?")),
                None => problem.help(
                    "write a section and a key of it, such as `policies/shop/cart` or `external/stripe`",
                ),
            });
            continue;
        }
        let known = match (section, name) {
            ("namespaces", Some(name)) => spec.namespaces.keys().any(|n| n.as_str() == name),
            ("releases", Some(name)) => spec.releases.keys().any(|n| n.to_string() == name),
            ("workloads", Some(name)) => spec.workloads.keys().any(|n| n.to_string() == name),
            ("policies", Some(name)) => spec.policies.keys().any(|n| n.to_string() == name),
            ("external", Some(name)) => spec.external.keys().any(|n| n.as_str() == name),
            ("expect", Some(name)) => spec.expect.keys().any(|n| n.as_str() == name),
            // A whole section, or something in one that has no names.
            _ => true,
        };
        if !known {
            problems.push(
                Problem::error(acceptance.at.place, format!("`{at}` is not in this spec"))
                    .help("name a key that is there"),
            );
        }
    }
}
