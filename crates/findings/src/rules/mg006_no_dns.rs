//! MG006: pods that may send something, and may not ask for names.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Labels, Party, Policy, Protocol};

use crate::{Fields, Hit, Rule, Seen, Severity, listed};

pub(super) const RULE: Rule = Rule {
    code: "MG006",
    slug: "no-dns",
    title: "pods may send something and may not ask for names",
    severity: Severity::Warning,
    why: "Where a policy holds what pods send, it holds their questions to DNS as well. Without port 53 nothing is found \
          by name, and a sidecar that starts does not find istiod. UDP is what is asked first; answers that are too \
          long for it come by TCP.",
    way_out: "Permit UDP and TCP 53 to the pods of DNS: `kubernetes.io/metadata.name: kube-system` and `k8s-app: kube-dns`. \
              A spec with `deny: [ingress, egress]` makes that \
              exception itself.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-deny-all-egress-traffic",
        "RFC 7766, section 5",
    ],
};

/// What pods of DNS are called under `k8s-app`: those of the cluster, and the cache that runs on each node.
const APPS: [&str; 3] = ["kube-dns", "coredns", "node-local-dns"];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut dns = seen.serving("kube-system", ("k8s-app", &APPS), 53);
    // Where there are caches on the nodes, pods ask these, whether they are in the manifests or not.
    let cache = Labels::from([("k8s-app".to_owned(), "node-local-dns".to_owned())]);
    let home = Labels::from([("kubernetes.io/metadata.name".to_owned(), "kube-system".to_owned())]);
    dns.push(Seen::stranger(
        "node-local-dns",
        seen.cluster().namespace_labels("kube-system").unwrap_or(&home),
        &cache,
    ));
    // OpenShift has pods of its own for it, which listen on another port.
    let openshift =
        seen.serving("openshift-dns", ("dns.operator.openshift.io/daemonset-dns", &["default"]), 5353);
    let mut lacking: BTreeMap<(String, &str), (&Policy, Vec<String>)> = BTreeMap::new();
    for (number, _) in seen.pods().filter(|(n, _)| asks(seen, *n)) {
        let from = Party::Pod(number);
        let refused = |protocol| {
            let denied =
                |to: &Party, port| seen.judges.network.answer(&from, to, protocol, port) == Answer::Denied;
            dns.iter().all(|to| denied(to, 53))
                && openshift.iter().all(|to| denied(to, 5353))
                && !seen.may_send_by_address(number, protocol, 53)
        };
        let (what, protocol) = match (refused(Protocol::Udp), refused(Protocol::Tcp)) {
            (true, true) => ("UDP and TCP 53", Protocol::Udp),
            (true, false) => ("UDP 53", Protocol::Udp),
            (false, true) => ("TCP 53", Protocol::Tcp),
            (false, false) => continue,
        };
        let policy = dns.first().and_then(|to| seen.refusing(Direction::Egress, &from, to, (protocol, 53)));
        if let Some(policy) = policy {
            lacking.entry((policy.full_name(), what)).or_insert((policy, vec![])).1.push(seen.title(number));
        }
    }
    let hit = |((name, what), (policy, pods)): ((String, &str), (&Policy, Vec<String>))| {
        let document = seen.document(policy.place)?;
        let said = format!("`{name}` keeps {} from {what} of DNS", listed(pods));
        Some(Hit::about(document, said, format!("permit {what} to `k8s-app: kube-dns` in `kube-system`")))
    };
    lacking.into_iter().filter_map(hit).collect()
}

/// Whether a pod has to ask for names: its sidecar does, and whoever may send to others than addresses. One that may send
/// nothing at all is left alone.
fn asks(seen: &Seen<'_>, number: usize) -> bool {
    let sends = seen
        .policies_of(number)
        .filter_map(|p| p.egress.as_ref())
        .flatten()
        .any(|rule| rule.peers.iter().any(|peer| peer.address_sets().is_empty()));
    if !sends && seen.membership(number) != Membership::Sidecar {
        return false;
    }
    // One that is told to ask other servers than those of the cluster does not need these.
    let policy = seen.in_mesh(number).and_then(|pod| seen.template(pod)?.1.text(&["spec", "dnsPolicy"]));
    !matches!(policy, Some("None" | "Default"))
}
