//! MG004: a policy means the mesh by `istio-injection`, and namespaces are in it by a revision.

use meshgen_mesh::Membership;
use meshgen_reach::{Action, Labels, Match, Policy};

use super::mg001_namespace_labels::means;
use crate::{Hit, Rule, Seen, Severity, listed};

pub(super) const RULE: Rule = Rule {
    code: "MG004",
    slug: "revision-missed",
    title: "a policy on `istio-injection` misses namespaces that are in the mesh by `istio.io/rev`",
    severity: Severity::Warning,
    why: "A namespace is put into the mesh by `istio-injection: enabled` or by `istio.io/rev` with the name of a revision; \
          the mesh that AKS manages knows the second one only. A policy that selects by the first refuses the clients of \
          all namespaces that have the second, although they are meshed.",
    way_out: "Name the namespaces: `kubernetes.io/metadata.name`, `In`, and their names; or select by both labels. In a \
              spec `fromNamespaces: meshed` takes the label that the cluster uses.",
    sources: &[
        "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy",
        "https://learn.microsoft.com/azure/aks/istio-deploy-addon#enable-sidecar-injection",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    seen.cluster().policies.iter().filter_map(|policy| missing(seen, policy)).collect()
}

fn missing(seen: &Seen<'_>, policy: &Policy) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let rules = || policy.ingress.iter().flatten().filter(|rule| rule.action == Action::Allow);
    let admits =
        |labels: &Labels| rules().flat_map(|r| &r.peers).any(|peer| means(peer, labels) != Match::No);
    let missed = |labels: &Labels| {
        if !labels.contains_key("istio.io/rev") || admits(labels) {
            return false;
        }
        let mut other = labels.clone();
        other.remove("istio.io/rev");
        let bare = admits(&other);
        other.insert("istio-injection".to_owned(), "enabled".to_owned());
        !bare && admits(&other)
    };
    let all =
        seen.cluster().namespaces.iter().filter(|(name, ns)| missed(&ns.labels) && is_meshed(seen, name));
    let names: Vec<String> = all.map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return None;
    }
    let names = listed(names);
    let said = format!(
        "`{}` admits namespaces with `istio-injection: enabled`, and misses {names}, in the mesh by `istio.io/rev`",
        policy.full_name()
    );
    let first = rules().next().map_or(policy.place, |rule| rule.place);
    Some(Hit::about(document, said, format!("admit {names} by `kubernetes.io/metadata.name`")).at(first))
}

/// Whether a pod of a namespace is in the mesh, or may be.
fn is_meshed(seen: &Seen<'_>, namespace: &str) -> bool {
    let mut members = seen.pods_in(namespace).map(|(n, _)| seen.membership(n));
    members.any(|member| matches!(member, Membership::Sidecar | Membership::Unknown))
}
