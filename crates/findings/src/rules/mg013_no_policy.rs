//! MG013: namespaces and pods that no policy protects.

use std::collections::BTreeMap;

use meshgen_reach::{End, Match, PodView};
use meshgen_yaml::Place;

use crate::{Hit, Rule, Seen, Severity, listed, pods::word};

pub(super) const RULE: Rule = Rule {
    code: "MG013",
    slug: "no-policy",
    title: "pods that no network policy protects",
    severity: Severity::Note,
    why: "What no policy selects takes connections from everyone who reaches the network of the cluster, on every port. \
          That policies protect other pods of the namespace does not help these. It is told once for a namespace; those \
          of the cluster and of the mesh itself are left out, and those that a policy of a kind that is not understood may \
          protect.",
    way_out: "Deny what nothing permits: a NetworkPolicy with an empty `podSelector` and `policyTypes: [Ingress]` in the \
              namespace (in a spec: `deny: [ingress]`), and permit what is needed.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-ingress-traffic",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut open: BTreeMap<&str, (Place, Vec<String>, usize)> = BTreeMap::new();
    for (number, pod) in seen.pods() {
        // What is not understood may protect it.
        let end = End::Pod(PodView::new(seen.cluster(), pod));
        let mut unread = seen.cluster().unread.iter().filter(|unread| !unread.host_only);
        if unread.any(|unread| unread.concerns.matches(seen.cluster(), end) != Match::No) {
            continue;
        }
        let (_, names, all) = open.entry(&pod.namespace).or_insert((pod.place, vec![], 0));
        *all += 1;
        let mut policies = seen.near().policies(&pod.namespace).filter(|policy| policy.ingress.is_some());
        if !policies.any(|policy| seen.selects(policy, number) != Match::No) {
            names.push(seen.title(number));
        }
    }
    let hit = |(namespace, (place, names, all)): (&str, (Place, Vec<String>, usize))| {
        let declared = seen.cluster().namespaces.get(namespace).and_then(|ns| ns.place);
        let document = declared.and_then(|place| seen.document(place)).or_else(|| seen.document(place))?;
        let (all, every) = (listed(names.iter().cloned()), names.len() == all);
        let said = if every {
            format!("no network policy protects any pod of `{namespace}`: everyone may connect to {all}")
        } else {
            format!(
                "no network policy protects {all}, while others of `{namespace}` are protected: everyone may connect to {}",
                word(&names, "it", "them")
            )
        };
        let way_out = format!(
            "a NetworkPolicy in `{namespace}` with an empty `podSelector` and `policyTypes: [Ingress]`, and rules for who may come"
        );
        Some(Hit::about(document, said, way_out))
    };
    open.into_iter().filter(|(_, (_, names, _))| !names.is_empty()).filter_map(hit).collect()
}
