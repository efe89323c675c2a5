//! MG002: a policy means the mesh by a label of namespaces, and who is in no mesh passes.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Membership, Outcome};
use meshgen_reach::{Action, Answer, Labels, Match, Matcher, Party, Policy};

use super::mg001_namespace_labels::means;
use crate::{Hit, Rule, Seen, Severity, listed};

pub(super) const RULE: Rule = Rule {
    code: "MG002",
    slug: "label-is-not-mesh",
    title: "a policy means the mesh by a label of namespaces, and pods outside of the mesh pass",
    severity: Severity::Warning,
    why: "`istio-injection` and `istio.io/rev` say that pods of a namespace are to be injected, not that they are: a pod \
          with `sidecar.istio.io/inject: \"false\"`, one on the network of its node, or one that ran before the label came is \
          in the namespace and in no mesh. Where the server takes plain text, as it does unless mTLS is `STRICT`, \
          such a pod is let in like any other.",
    way_out: "Let the server prove who calls: `PeerAuthentication` with mode `STRICT` for it, and an `AuthorizationPolicy` \
              that names identities (in a spec: `mtls: STRICT`, `enforce: [NetworkPolicy, AuthorizationPolicy]`). A policy \
              can also select pods by the label that injection adds, `security.istio.io/tlsMode: istio`; but whoever \
              starts a pod can write that as well.",
    sources: &[
        "https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy",
        "https://istio.io/latest/docs/concepts/security/#permissive-mode",
    ],
};

/// Labels of namespaces by which the mesh is told apart.
const MESH: [&str; 3] = ["istio-injection", "istio.io/rev", "istio.io/dataplane-mode"];

/// A namespace, and its labels.
type Home<'a> = (&'a String, &'a Labels);

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    // Many policies mean the same namespaces.
    let mut known: BTreeMap<&[Matcher], Vec<Home<'_>>> = BTreeMap::new();
    seen.cluster().policies.iter().filter_map(|policy| passed(seen, policy, &mut known)).collect()
}

fn passed<'a>(
    seen: &Seen<'a>,
    policy: &'a Policy,
    known: &mut BTreeMap<&'a [Matcher], Vec<Home<'a>>>,
) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let rules = policy.ingress.iter().flatten().filter(|rule| rule.action == Action::Allow);
    for rule in rules {
        let all = known.entry(&rule.peers).or_insert_with(|| meshed(seen, &rule.peers));
        let homes = others(all, policy.namespace.as_ref());
        let servers = open(seen, policy, &homes);
        if servers.is_empty() {
            continue;
        }
        let names = listed(homes.iter().map(|(name, _)| (*name).clone()));
        let servers = listed(servers);
        let said = format!(
            "`{}` admits namespaces that are labelled for the mesh ({names}), and a pod there that is in no mesh reaches {servers} in plain text{}",
            policy.full_name(),
            there(seen, &homes)
        );
        let way_out = format!("demand mTLS of {servers}: a PeerAuthentication with mode `STRICT`");
        return Some(Hit::about(document, said, way_out).at(rule.place));
    }
    None
}

/// The namespaces that are meant, and that would not be without the labels of the mesh.
fn meshed<'a>(seen: &Seen<'a>, peers: &[Matcher]) -> Vec<Home<'a>> {
    let without = |labels: &Labels| -> Labels {
        labels
            .iter()
            .filter(|(k, _)| !MESH.contains(&k.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    };
    let by_mesh = |labels: &Labels| {
        let any = |labels: &Labels| peers.iter().any(|peer| means(peer, labels) == Match::Yes);
        MESH.iter().any(|key| labels.contains_key(*key)) && any(labels) && !any(&without(labels))
    };
    let all = seen.cluster().namespaces.iter().map(|(name, ns)| (name, &ns.labels));
    all.filter(|(_, labels)| by_mesh(labels)).collect()
}

/// Those of namespaces that are not the policy's own, which is often admitted by another rule as well; that one, if there
/// is no other.
fn others<'a>(homes: &[Home<'a>], own: Option<&String>) -> Vec<Home<'a>> {
    let others: Vec<Home<'a>> = homes.iter().filter(|(name, _)| Some(*name) != own).copied().collect();
    if others.is_empty() { homes.to_vec() } else { others }
}

/// The ports of protected pods that a pod without a sidecar reaches from one of these namespaces.
fn open(seen: &Seen<'_>, policy: &Policy, homes: &[Home<'_>]) -> BTreeSet<String> {
    let outside_of_mesh = Labels::from([("sidecar.istio.io/inject".to_owned(), "false".to_owned())]);
    let mut servers = BTreeSet::new();
    let meant = seen.meant(&policy.subject);
    for (number, pod) in seen.pods_of(&meant.yes) {
        for port in seen.ports(number) {
            let plain = matches!(seen.plain_client(number, port), Some(Outcome::Open | Outcome::Partial(_)));
            let to = Party::Pod(number);
            // The first that is tried will do for most servers.
            let passes = |(name, labels): &Home<'_>| {
                let from = Seen::stranger(name, labels, &outside_of_mesh);
                seen.lets_through(&from, &to, port) == Answer::Allowed
            };
            if plain && homes.iter().any(passes) {
                servers.insert(format!("{}/{}:{port}", pod.namespace, pod.name));
            }
        }
    }
    servers
}

/// The pods in these namespaces that are in no mesh as things are.
fn there(seen: &Seen<'_>, homes: &[(&String, &Labels)]) -> String {
    let pods = homes.iter().flat_map(|(name, _)| seen.pods_in(name));
    let plain: Vec<String> =
        pods.filter(|(n, _)| seen.membership(*n) == Membership::Plain).map(|(n, _)| seen.title(n)).collect();
    if plain.is_empty() { String::new() } else { format!("; that is true of {} already", listed(plain)) }
}
