//! MG014: a policy that speaks of more, or of less, than its rules let expect.

use meshgen_yaml::{Node, Place};

use crate::{Document, Fields, Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG014",
    slug: "policy-types",
    title: "the rules and the `policyTypes` of a policy do not fit",
    severity: Severity::Warning,
    why: "Without `policyTypes` a policy always speaks of what comes in, and of what is sent only if it has rules for that. So \
          one with `egress` rules alone also refuses all that comes in; and an empty `egress` refuses nothing. With \
          `policyTypes`, rules of a direction that is not in it are not looked at. With policies of Calico it is \
          different: their types follow their rules, and `egress` alone leaves alone what comes in.",
    way_out: "Write `policyTypes` with every direction that the policy is to speak of.",
    sources: &["kubernetes/api networking/v1 `types.go`, NetworkPolicySpec.policyTypes"],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let of_kubernetes = seen.documents.of_kind("networking.k8s.io", "NetworkPolicy");
    of_kubernetes.filter(|d| !seen.is_assumed(d.node.place)).filter_map(surprise).collect()
}

fn surprise(document: &Document) -> Option<Hit> {
    let spec = document.node.path(&["spec"])?;
    let (ingress, egress) = (spec.get("ingress"), spec.get("egress"));
    let rules = |node: Option<&Node>| node.is_some_and(|n| !n.items().is_empty());
    let types: Vec<&str> =
        spec.list(&["policyTypes"]).iter().filter_map(Node::scalar).map(|s| &*s.text).collect();
    let name = document.object.to_string();
    let name = name.split_once('/').map_or(name.as_str(), |(_, name)| name);
    let (said, types, place): (String, &str, Option<Place>) = match (types.as_slice(), ingress, egress) {
        ([], None, Some(node)) if rules(egress) => (
            format!(
                "`{name}` has rules for what is sent and no `policyTypes`, so it also refuses all that comes in"
            ),
            "`policyTypes: [Egress]`, or `[Ingress, Egress]` if that is meant",
            Some(node.place),
        ),
        ([], _, Some(node)) if !rules(egress) => (
            format!(
                "`{name}` has an empty `egress` and no `policyTypes`, so it refuses nothing that is sent"
            ),
            "`policyTypes: [Ingress, Egress]`",
            Some(node.place),
        ),
        ([_, ..], _, Some(node)) if rules(egress) && !types.contains(&"Egress") => (
            format!(
                "`{name}` has rules for what is sent, and its `policyTypes` leave that out: they have no effect"
            ),
            "`policyTypes: [Ingress, Egress]`",
            Some(node.place),
        ),
        ([_, ..], Some(node), _) if rules(ingress) && !types.contains(&"Ingress") => (
            format!(
                "`{name}` has rules for what comes in, and its `policyTypes` leave that out: they have no effect"
            ),
            "`policyTypes: [Ingress, Egress]`",
            Some(node.place),
        ),
        _ => return None,
    };
    Some(Hit::about(document, said, format!("write {types}")).at(place?))
}
