//! MG011: a policy that selects no pod.

use meshgen_mesh::{Labels, Meta, PeerAuthentication, Scope, Selector, is_given};
use meshgen_reach::Policy;

use crate::{Hit, Rule, Seen, Severity};

pub(super) const RULE: Rule = Rule {
    code: "MG011",
    slug: "selects-nothing",
    title: "a policy selects no pod",
    severity: Severity::Warning,
    why: "A policy whose selector fits no pod is accepted by the cluster and protects nobody. Most often a label is \
          mistyped, or is one of the Deployment and not of its pods. It is told where the namespace has other \
          pods in the manifests; those that are not in them may be meant, as may be those that custom resources make.",
    way_out: "Compare the selector with the labels of the pods (`spec.template.metadata.labels`), or remove the policy.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource",
        "https://istio.io/latest/docs/reference/config/type/workload-selector/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let policies = seen.cluster().policies.iter().filter_map(|policy| of_network(seen, policy));
    policies.chain(of_mesh(seen)).collect()
}

fn of_network(seen: &Seen<'_>, policy: &Policy) -> Option<Hit> {
    let lonely = match &policy.namespace {
        Some(own) => seen.near().pods(own).is_empty(),
        None => seen.cluster().pods.is_empty(),
    };
    // Pods that are made of something else than a template are not seen here.
    if lonely || !seen.meant(&policy.subject).is_empty() || seen.may_be_made(policy.namespace.as_deref()) {
        return None;
    }
    let said = format!("`{}` selects no pod", policy.full_name());
    Some(Hit::about(seen.document(policy.place)?, said, instead(policy.namespace.as_deref())))
}

fn instead(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("compare its selector with the labels of the pods in `{namespace}`"),
        None => "compare its selector with the labels of the pods".to_owned(),
    }
}

/// Policies of the mesh: they select pods by the labels that these have once they are injected.
fn of_mesh(seen: &Seen<'_>) -> Vec<Hit> {
    let mesh = seen.mesh();
    let root = mesh.settings.root_namespace.as_str();
    let authorizations = mesh.policies.iter().filter_map(|policy| match &policy.scope {
        Scope::Selected(selector) => unselected(seen, &policy.meta, selector, policy.meta.namespace == root),
        Scope::Targets(_) => None,
    });
    let peers = mesh.peer_authentications.iter().filter_map(|peer: &PeerAuthentication| {
        // One with a selector in the root namespace binds nobody.
        if peer.meta.namespace == root && !peer.selector.is_empty() {
            let instead = "leave out the selector, or put it into the namespace of the pods that are meant";
            return nobody(
                seen,
                &peer.meta,
                "in the root namespace one with a selector means nobody",
                instead,
            );
        }
        unselected(seen, &peer.meta, &peer.selector, false)
    });
    authorizations.chain(peers).collect()
}

fn unselected(seen: &Seen<'_>, meta: &Meta, selector: &Selector, everywhere: bool) -> Option<Hit> {
    let mesh = seen.mesh();
    let pods =
        mesh.pods.iter().zip(&mesh.members).filter(|(pod, _)| everywhere || pod.namespace == meta.namespace);
    let labels: Vec<&Labels> = pods.map(|(_, member)| &member.labels).collect();
    // What controllers add may well fit.
    let written = selector.requirements.iter().filter(|r| !is_given(&r.key)).cloned().collect();
    let written = Selector { requirements: written };
    if labels.is_empty() || selector.is_empty() || labels.iter().any(|labels| written.selects(labels)) {
        return None;
    }
    if seen.may_be_made(Some(meta.namespace.as_str()).filter(|_| !everywhere)) {
        return None;
    }
    nobody(seen, meta, "it selects no pod", &instead(Some(&meta.namespace)))
}

fn nobody(seen: &Seen<'_>, meta: &Meta, why: &str, instead: &str) -> Option<Hit> {
    let document = seen.document(meta.place)?;
    let said = format!("{} `{}/{}` has no effect: {why}", meta.kind, meta.namespace, meta.name);
    Some(Hit::about(document, said, instead))
}
