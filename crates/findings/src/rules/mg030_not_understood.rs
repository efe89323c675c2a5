//! MG030: what the judges do not understand.

use std::collections::BTreeMap;

use meshgen_mesh::{Known, Labels, Membership};
use meshgen_yaml::Problem;

use crate::{
    Hit, Rule, Seen, Severity,
    pods::{names, word},
};

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
    hits.extend(unserved_revisions(seen));
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
    let mut by_reason: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, _) in seen.members(Membership::Unknown) {
        let why = seen.mesh().members.get(number).map_or("", |m| m.injection.why.as_str());
        by_reason.entry(why).or_default().push(number);
    }
    let hit = |(why, pods): (&str, Vec<usize>)| {
        let first = pods.iter().find_map(|n| seen.document(seen.mesh().pods.get(*n)?.place))?;
        let is = word(&pods, "is", "are");
        let all = names(pods.iter().map(|n| seen.called(*n)));
        let said = format!("whether {all} {is} in the mesh is not known: {why}");
        Some(Hit::about(first, said, GIVE))
    };
    by_reason.into_iter().filter_map(hit).collect()
}

const GIVE: &str = "give the installation of Istio too: an IstioOperator, or its webhooks";

/// Revisions that namespaces name and that nothing here defines, once each: pods there get no sidecar, as far as one can
/// see. Where pods are unknown because of it, that is told of them.
fn unserved_revisions(seen: &Seen<'_>) -> Vec<Hit> {
    let injector = &seen.mesh().settings.injector;
    let mut by_revision: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, labels) in &seen.mesh().namespaces {
        let Some(revision) = labels.get("istio.io/rev") else { continue };
        let served = injector.called(labels, &Labels::new()).is_some();
        let told = seen.members(Membership::Unknown).any(|(_, pod)| pod.namespace == *name);
        if !served && !told && !labels.contains_key("istio-injection") {
            by_revision.entry(revision).or_default().push(name);
        }
    }
    let hit = |(revision, namespaces): (&str, Vec<&str>)| {
        let declared = |name: &&str| seen.document(seen.cluster().namespaces.get(*name)?.place?);
        let first = namespaces.iter().find_map(declared)?;
        let name = word(&namespaces, "names", "name");
        let all = names(&namespaces);
        let said = if injector.known == Known::All {
            format!(
                "no injector here serves the revision `{revision}`, which {all} {name}: pods there count as outside of the mesh"
            )
        } else {
            format!(
                "nothing here says whether the revision `{revision}` exists, which {all} {name}, so pods there may be in the mesh or not"
            )
        };
        Some(Hit::about(first, said, GIVE))
    };
    by_revision.into_iter().filter_map(hit).collect()
}
