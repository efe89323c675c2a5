//! MG032: sidecars that are to keep their own pod in.

use std::collections::BTreeMap;

use meshgen_reach::Direction;
use meshgen_yaml::{Node, Place};

use crate::{
    Document, Fields, Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG032",
    slug: "registry-only",
    title: "a sidecar is relied on to keep its pod from the outside",
    severity: Severity::Warning,
    why: "`REGISTRY_ONLY` makes a sidecar refuse what it does not know. But the sidecar runs in the pod that it is to keep \
          in: whoever owns the pod goes around it, with the user id of the proxy, an excluded port, UDP, or no sidecar at \
          all. It finds mistakes; it does not stop an attacker.",
    way_out: "Add a NetworkPolicy of the type `Egress` for these pods: it is enforced outside of them.",
    sources: &[
        "https://istio.io/latest/docs/ops/best-practices/security/#understand-traffic-capture-limitations",
        "https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/#security-note",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut open: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
    for (number, _) in seen.sidecars() {
        if let Some(place) = kept_by(seen, number)
            && seen.on_network(number).is_some_and(|n| seen.binding(n, Direction::Egress).is_empty())
        {
            open.entry(place).or_default().push(number);
        }
    }
    open.into_iter().filter_map(|(place, pods)| hit(seen, place, &pods)).collect()
}

fn hit(seen: &Seen<'_>, place: Place, pods: &[usize]) -> Option<Hit> {
    let document = seen.document(place)?;
    let all = names(pods.iter().map(|n| seen.called(*n)));
    let said = format!(
        "only {} {all} from what is in no registry: no network policy is about {} egress",
        word(pods, "its own sidecar keeps", "their own sidecars keep"),
        word(pods, "its", "their")
    );
    Some(Hit::about(document, said, "add a NetworkPolicy of the type `Egress` for these pods").at(place))
}

/// What makes the sidecar of a pod refuse what it does not know.
fn kept_by(seen: &Seen<'_>, pod: usize) -> Option<Place> {
    let (p, labels) = (seen.mesh().pods.get(pod)?, seen.mesh().labels(pod)?);
    let own = |d: &&Document| d.object.namespace.as_ref() == Some(&p.namespace);
    let scopes = seen.documents.of_kind("networking.istio.io", "Sidecar").filter(own);
    let binds = |d: &&Document| {
        let wanted = d.node.path(&["spec", "workloadSelector", "labels"]).map_or(&[][..], Node::entries);
        wanted.iter().all(|e| labels.get(&*e.key.text).map(String::as_str) == crate::pods::text(&e.value))
    };
    let mut scopes: Vec<&Document> = scopes.filter(binds).collect();
    // One with a selector comes before that of the namespace.
    scopes.sort_by_key(|d| d.node.path(&["spec", "workloadSelector"]).is_none());
    let own = scopes.iter().find_map(|d| d.node.path(&["spec", "outboundTrafficPolicy", "mode"]));
    if let Some(mode) = own {
        return is_registry_only(mode).then_some(mode.place);
    }
    if !seen.mesh().settings.registry_only {
        return None;
    }
    let operators = seen.documents.of_kind("install.istio.io", "IstioOperator");
    let said = |d: &Document| {
        ["meshConfig", "values"]
            .iter()
            .find_map(|key| {
                let path: &[&str] = if *key == "values" {
                    &["spec", "values", "meshConfig"]
                } else {
                    &["spec", "meshConfig"]
                };
                d.node.path(path)?.path(&["outboundTrafficPolicy", "mode"]).filter(|m| is_registry_only(m))
            })
            .map(|m| m.place)
    };
    let maps = seen.documents.of_kind("", "ConfigMap").filter(|d| d.object.name.starts_with("istio"));
    let mut maps = maps.filter_map(|d| d.node.path(&["data", "mesh"]));
    operators.into_iter().find_map(said).or_else(|| maps.next().map(|m| m.place))
}

fn is_registry_only(mode: &Node) -> bool {
    crate::pods::text(mode) == Some("REGISTRY_ONLY")
}
