//! MG012: a rule that admits nobody who is here.

use meshgen_reach::{Action, Direction, Labels, Match, Matcher, Policy, Rule as PolicyRule};

use crate::{Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG012",
    slug: "peers-match-nobody",
    title: "a rule of a policy means nobody",
    severity: Severity::Warning,
    why: "None of the pods in the namespaces that the rule means has the labels that it asks for, so that nobody is \
          admitted by it. Most often a label is mistyped; or two list items are meant where one is written: \
          `namespaceSelector` and `podSelector` in one item must both fit. It is told where these namespaces have \
          other pods in the manifests, and no custom resources that may make some.",
    way_out: "Compare the selectors of the rule with the labels of the pods that are meant, or remove the rule.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.cluster()
        .policies
        .iter()
        .flat_map(|policy| {
            [Direction::Ingress, Direction::Egress].into_iter().flat_map(move |direction| {
                let rules = policy.rules(direction).unwrap_or_default().iter();
                rules
                    .filter(|rule| rule.action == Action::Allow && means_nobody(seen, rule))
                    .filter_map(move |rule| hit(seen, policy, rule, direction))
            })
        })
        .collect()
}

fn hit(seen: &Seen<'_>, policy: &Policy, rule: &PolicyRule, direction: Direction) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let way = direction.name().to_lowercase();
    let said = format!(
        "{way} rule {} of `{}` means nobody: no pod has the labels that it asks for",
        rule.title(),
        policy.full_name()
    );
    Some(
        Hit::about(document, said, "compare its selectors with the labels of the pods that are meant")
            .at(rule.place),
    )
}

/// Whether each peer of a rule means some namespaces that have pods here, and none of these pods.
fn means_nobody(seen: &Seen<'_>, rule: &PolicyRule) -> bool {
    !rule.peers.is_empty() && rule.peers.iter().all(|peer| is_dead(seen, peer))
}

fn is_dead(seen: &Seen<'_>, peer: &Matcher) -> bool {
    let Matcher::Pods { namespaces, .. } = peer else { return false };
    // What means every namespace, also means those of the cluster that no manifest here describes.
    let any =
        Labels::from([("kubernetes.io/metadata.name".to_owned(), "a-namespace-that-is-not-here".to_owned())]);
    if namespaces.select(&any) != Match::No {
        return false;
    }
    let meant = seen.meant(peer);
    let all = seen.cluster().namespaces.iter();
    // Of one that is named, no other has to be asked.
    let all = all.filter(|(name, _)| peer.namespace().is_none_or(|only| only == name.as_str()));
    let all = all.filter(|(_, ns)| namespaces.select(&ns.labels) != Match::No);
    let names: Vec<&String> = all.map(|(name, _)| name).collect();
    let mut near = names.iter().flat_map(|name| seen.pods_in(name)).peekable();
    let dead = near.peek().is_some() && near.all(|(number, _)| !meant.has(number));
    dead && !names.iter().any(|name| seen.may_be_made(Some(name.as_str())))
}
