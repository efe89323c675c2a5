//! MG030: what the judges do not understand.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_yaml::Problem;

use crate::{Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG030",
    slug: "not-understood",
    title: "something that could change an answer is not understood",
    severity: Severity::Warning,
    why: "What cannot be read, or is not known here, is not passed by in silence: answers that depend on it are unknown, and \
          a rule that says nothing of it has not looked.",
    way_out: "Correct it, if it is a mistake; else take answers about what it concerns for unknown, and ask the cluster.",
    sources: &["docs/reach.md"],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let (cluster, mesh) = (seen.cluster(), seen.mesh());
    // That an object belongs to the mesh is no problem where the mesh is judged too.
    let above = |p: &&Problem| p.place.is_some_and(|place| cluster.above.contains(&place));
    let network = cluster.problems.iter().filter(|p| !above(p));
    let mut hits: Vec<Hit> = Vec::new();
    for problem in network.chain(&mesh.problems) {
        let hit = told(seen, problem);
        if hit.at.is_none_or(|place| !seen.is_assumed(place)) && !hits.contains(&hit) {
            hits.push(hit);
        }
    }
    hits.extend(unknown_members(seen));
    hits
}

fn told(seen: &Seen<'_>, problem: &Problem) -> Hit {
    let way_out =
        problem.help.clone().unwrap_or_else(|| "correct it, or take answers about it for unknown".to_owned());
    let hit = match problem.place.and_then(|place| seen.document(place)) {
        // No object can be named: what stands there could be any.
        None if seen.documents.are_incomplete() => Hit {
            object: None,
            at: problem.place,
            also: Vec::new(),
            said: format!("{}: what other objects show together is not told", problem.message),
            way_out: "correct it first".to_owned(),
            origin: None,
        },
        Some(document) => Hit::about(document, &problem.message, way_out),
        None => Hit {
            object: None,
            at: problem.place,
            also: Vec::new(),
            said: problem.message.clone(),
            way_out,
            origin: None,
        },
    };
    let hit = match problem.place {
        Some(place) => hit.at(place),
        None => hit,
    };
    problem.related.iter().fold(hit, |hit, (place, label)| hit.also(*place, label))
}

/// Pods of which it is not known whether they are in the mesh, by the reason.
fn unknown_members(seen: &Seen<'_>) -> Vec<Hit> {
    let mut by_reason: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (number, pod) in seen.members(Membership::Unknown) {
        let why = seen.mesh().members.get(number).map_or("", |m| m.injection.why.as_str());
        by_reason.entry((&pod.namespace, why)).or_default().push(number);
    }
    let hit = |((_, why), pods): ((&str, &str), Vec<usize>)| {
        let first = pods.iter().find_map(|n| seen.document(seen.mesh().pods.get(*n)?.place))?;
        let all = names(pods.iter().map(|n| seen.called(*n)));
        let said = format!("whether {all} are in the mesh is not known: {why}");
        Some(Hit::about(first, said, "give the installation of Istio too: an IstioOperator, or its webhooks"))
    };
    by_reason.into_iter().filter_map(hit).collect()
}
