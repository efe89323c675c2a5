//! MG041: pods on the network of their node, which policies only seem to cover.

use meshgen_reach::{Direction, End, Match, Matcher, PodView, Policy, PolicyKind};

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG041",
    slug: "host-network",
    title: "policies seem to cover pods that use the network of their node",
    severity: Severity::Warning,
    why: "What a NetworkPolicy does for a pod with `hostNetwork: true` is not defined, and most network plugins do nothing: \
          the pod listens on the node's address and is known by it. Such a pod never gets a sidecar either, so no \
          AuthorizationPolicy and no mTLS mode binds it.",
    way_out: "Give the pod a network of its own, if it can; else protect it with a firewall of the node, or a \
              HostEndpoint of Calico, and accept the finding.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods",
        "https://github.com/kubernetes-sigs/network-policy-api/issues/73",
        "https://istio.io/latest/docs/ops/configuration/mesh/injection-concepts/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let pods = (0..).zip(&seen.mesh().pods).filter(|(_, p)| p.host_network);
    pods.filter_map(|(number, _)| covered(seen, number)).collect()
}

fn covered(seen: &Seen<'_>, number: usize) -> Option<Hit> {
    let (document, template) = seen.template(number)?;
    let cluster = seen.cluster();
    let pod = cluster.pods.get(seen.on_network(number)?)?;
    let end = End::Pod(PodView::new(cluster, pod));
    let meant = |p: &&Policy| {
        let ours = p.kind == PolicyKind::NetworkPolicy && matches!(p.subject, Matcher::Pods { .. });
        ours && p.subject.matches(cluster, end) == Match::Yes
    };
    let network = cluster
        .policies
        .iter()
        .filter(meant)
        .filter(|p| p.rules(Direction::Ingress).is_some() || p.rules(Direction::Egress).is_some());
    let network = network.map(|p| format!("NetworkPolicy {}", p.full_name()));
    let mesh = seen.enforced(number);
    let mesh = mesh.iter().map(|p| format!("AuthorizationPolicy {}/{}", p.meta.namespace, p.meta.name));
    let all: Vec<String> = network.chain(mesh).collect();
    if all.is_empty() {
        return None;
    }
    let said = format!(
        "`{}` is on the network of its node, so {} most likely {} nothing for it",
        seen.called(number),
        names(&all),
        word(&all, "does", "do")
    );
    let hit = Hit::about(document, said, "take `hostNetwork` away, or protect the node");
    Some(match template.path(&["spec", "hostNetwork"]) {
        Some(node) => hit.at(node.place),
        None => hit,
    })
}
