//! MG001: a policy admits by a label that whoever may label a namespace can set.

use meshgen_reach::{
    Action, Match, Matcher, Namespaces, Policy, Rule as PolicyRule, Scope, Traits, Values, View,
};

use crate::{Hit, Rule, Seen, Severity, pods::word};

pub(super) const RULE: Rule = Rule {
    code: "MG001",
    slug: "namespace-labels",
    title: "a policy trusts a label that whoever may label a namespace can set",
    severity: Severity::Warning,
    why: "A rule that admits namespaces by a label of their own choice admits whoever may create or label a namespace: \
          with one `kubectl label` a namespace is let in. Only `kubernetes.io/metadata.name`, and in policies of Calico \
          `projectcalico.org/name`, are set by the cluster and cannot be changed.",
    way_out: "Name the namespaces: `kubernetes.io/metadata.name`, `In`, and their names (in a spec: `fromNamespaces: \
              [a, b]`, or `from`). Or let admission control decide who may set the label, and accept the finding.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name",
        "https://docs.tigera.io/calico/latest/network-policy/policy-rules/namespace-policy",
    ],
};

/// Labels that the cluster itself sets to the name of the namespace.
const NAMES: [&str; 2] = ["kubernetes.io/metadata.name", "projectcalico.org/name"];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.cluster().policies.iter().filter_map(|policy| trusting(seen, policy)).collect()
}

fn trusting(seen: &Seen<'_>, policy: &Policy) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let rules = policy.ingress.iter().flatten().filter(|rule| rule.action == Action::Allow);
    let trusting: Vec<&PolicyRule> = rules.filter(|rule| rule.peers.iter().any(trusts)).collect();
    let first = trusting.first()?;
    let names = now(seen, &trusting);
    let number = if trusting.len() > 1 { "rules that admit" } else { "a rule that admits" };
    let now = word(&trusting, "it now admits", "they now admit");
    let said = format!(
        "`{}` has {number} namespaces by a label that can be set on any namespace; {now} {names}",
        policy.full_name()
    );
    let named = if names.starts_with('`') { names.as_str() } else { "the namespaces that are meant" };
    let way_out = format!("admit {named} by `kubernetes.io/metadata.name`");
    let hit = Hit::about(document, said, way_out).at(first.place);
    Some(trusting.iter().skip(1).fold(hit, |hit, rule| hit.also(rule.place, "and here")))
}

/// Whether a namespace that nobody has named yet is let in once it is labelled, and not before.
fn trusts(peer: &Matcher) -> bool {
    let named = |key: &&str| ((*key).to_owned(), Values::only("a-namespace-that-is-not-here"));
    let known = NAMES.iter().map(named).collect();
    let labelled = Traits { known, open: true, written: None };
    let bare = Traits { open: false, ..labelled.clone() };
    means(peer, &labelled) != Match::No && means(peer, &bare) == Match::No
}

/// Whether a peer means a namespace with these labels, and says so by labels of namespaces.
pub(super) fn means(peer: &Matcher, namespace: &dyn View) -> Match {
    match peer {
        Matcher::Pods { namespaces: Namespaces::Selected(selector), .. } => selector.selects(namespace),
        Matcher::Entity(entity) => match &entity.scope {
            Scope::Namespaces(expression) => expression.selects(namespace),
            Scope::Anywhere | Scope::Own(_) | Scope::Global => Match::No,
        },
        Matcher::Pods { namespaces: Namespaces::Named(_), .. }
        | Matcher::Anyone
        | Matcher::Nobody
        | Matcher::Unreadable
        | Matcher::Outside(_)
        | Matcher::Networks(_)
        | Matcher::Nodes(_)
        | Matcher::Domains
        | Matcher::Endpoint(_) => Match::No,
    }
}

/// The namespaces that are let in as things are.
fn now(seen: &Seen<'_>, rules: &[&PolicyRule]) -> String {
    let peers: Vec<&Matcher> =
        rules.iter().flat_map(|rule| &rule.peers).filter(|peer| trusts(peer)).collect();
    let admits = |labels| peers.iter().any(|peer| means(peer, labels) != Match::No);
    let admitted = seen.cluster().namespaces.iter().filter(|(_, ns)| admits(&ns.labels));
    let names: Vec<String> = admitted.map(|(name, _)| format!("`{name}`")).collect();
    if names.is_empty() { "no namespace that is here".to_owned() } else { names.join(", ") }
}
