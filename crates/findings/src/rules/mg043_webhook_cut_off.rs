//! MG043: policies that keep the API server from istiod.

use std::collections::BTreeMap;

use meshgen_reach::{Action, Answer, Direction, Labels, Matcher, Party, Policy, Protocol};

use crate::{
    Hit, Rule, Seen, Severity, listed,
    seen::{ISTIOD, is_istiod},
};

pub(super) const RULE: Rule = Rule {
    code: "MG043",
    slug: "webhook-cut-off",
    title: "a policy keeps the API server from the webhook of istiod",
    severity: Severity::Warning,
    why: "The API server asks istiod, on TCP 15017 of its pods, to add the sidecar to every pod that is made, and whether \
          objects of Istio are valid. If it cannot, it refuses to make them (`failurePolicy: Fail`). It comes from the \
          network of a node, or from outside, by an address that no selector means; only on the node of istiod itself \
          do policies leave it alone. What runs already goes on, so it is found with the next rollout.",
    way_out: "Permit TCP 15017 to `app: istiod` from everywhere (it is TLS, and the API server checks who answers), or \
              from the addresses of the API server. A spec with `deny: [ingress]` for that namespace makes the \
              exception itself.",
    sources: &[
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio",
        "https://istio.io/latest/docs/ops/common-problems/injection/",
        "https://github.com/gardener/gardener/issues/6861",
    ],
};

/// Where istiod answers the API server.
const WEBHOOK: u16 = 15017;

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let root = seen.mesh().settings.root_namespace.as_str();
    if permits_addresses(seen, root) {
        return Vec::new();
    }
    let callers = callers(seen);
    let mut cut: BTreeMap<String, (&Policy, Vec<String>)> = BTreeMap::new();
    for istiod in istiod(seen, root) {
        let denied = |from: &Party| seen.lets_through(from, &istiod, WEBHOOK) == Answer::Denied;
        if !callers.iter().all(denied) {
            continue;
        }
        let refusing = callers
            .first()
            .and_then(|from| seen.refusing(Direction::Ingress, from, &istiod, (Protocol::Tcp, WEBHOOK)));
        if let Some(policy) = refusing {
            let title = istiod.title(seen.cluster());
            cut.entry(policy.full_name()).or_insert((policy, vec![])).1.push(title);
        }
    }
    let hit = |(policy, all): (&Policy, Vec<String>)| {
        let document = seen.document(policy.place)?;
        let (policy, all) = (policy.full_name(), listed(all));
        let said = format!(
            "`{policy}` keeps the API server from the webhook of {all}: no pod of the mesh can be made, unless both are \
             on one node"
        );
        Some(Hit::about(document, said, format!("permit TCP {WEBHOOK} to `{}: {}`", ISTIOD.0, ISTIOD.1)))
    };
    cut.into_values().filter_map(hit).collect()
}

/// The pods of istiod; if none is here, one that would have its label, as long as there is a sidecar to be added.
fn istiod(seen: &Seen<'_>, root: &str) -> Vec<Party> {
    let pods = (0..).zip(&seen.cluster().pods);
    let here: Vec<Party> = pods.filter(|(_, p)| is_istiod(p)).map(|(n, _)| Party::Pod(n)).collect();
    if !here.is_empty() || seen.sidecars().next().is_none() {
        return here;
    }
    vec![seen.somebody(
        &format!("{root}/istiod"),
        root,
        &Labels::from([(ISTIOD.0.to_owned(), ISTIOD.1.to_owned())]),
    )]
}

/// Who may be the API server: an address that no block tells apart from others, and where it comes by way of pods of its
/// own, as in AKS and GKE, any pod of `kube-system`.
fn callers(seen: &Seen<'_>) -> Vec<Party> {
    let far = Party::Address([203, 0, 113, 1].into());
    vec![far, seen.somebody("the API server", "kube-system", &Labels::new())]
}

/// Whether a rule that may be about istiod permits some addresses: they may be those of the API server.
fn permits_addresses(seen: &Seen<'_>, root: &str) -> bool {
    let rules = seen.near().policies(root).filter_map(|policy| policy.ingress.as_ref()).flatten();
    let mut rules = rules
        .filter(|rule| rule.action == Action::Allow && rule.ports.numbers.contains(Protocol::Tcp, WEBHOOK));
    rules.any(|rule| rule.peers.iter().flat_map(Matcher::address_sets).any(|set| !set.is_empty()))
}
