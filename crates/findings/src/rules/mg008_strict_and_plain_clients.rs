//! MG008: mTLS is demanded of clients that a policy lets in and that have none.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::{Membership, Outcome};
use meshgen_reach::{
    Action, End, Labels, Match, Matcher, Party, Pod, PodView, Policy, Protocol, Rule as PolicyRule,
};
use meshgen_yaml::Place;

use crate::{Hit, Rule, Seen, Severity, listed};

pub(super) const RULE: Rule = Rule {
    code: "MG008",
    slug: "strict-and-plain-clients",
    title: "a policy lets clients in that are in no mesh, and the server takes mTLS only",
    severity: Severity::Warning,
    why: "`STRICT` refuses whoever comes without the certificate of the mesh, whatever network policies permit: the \
          client sees its connection reset. That it is named in a policy says that it was meant to be served.",
    way_out: "Bring the client into the mesh; or let the port that it needs take plain text (`portLevelMtls`, in a spec \
              `mtls: PERMISSIVE` of the workload); or take it out of the policy.",
    sources: &["https://istio.io/latest/docs/reference/config/security/peer_authentication/"],
};

/// By the place of the rule: the policy, the clients, the servers.
type Reset<'a> = BTreeMap<Place, (&'a Policy, Vec<usize>, Vec<String>)>;

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut all = Reset::new();
    let mut known: BTreeMap<&[Matcher], Vec<usize>> = BTreeMap::new();
    for (server, pod) in seen.pods().filter(|(n, _)| seen.membership(*n) == Membership::Sidecar) {
        let strict = |port: &u16| seen.plain_client(server, *port) == Some(Outcome::Reset);
        let ports: Vec<u16> = seen.ports(server).into_iter().filter(strict).collect();
        if ports.is_empty() {
            continue;
        }
        for (policy, rule) in
            seen.policies_of(server).flat_map(|p| p.ingress.iter().flatten().map(move |rule| (p, rule)))
        {
            if rule.action != Action::Allow {
                continue;
            }
            let clients = known.entry(&rule.peers).or_insert_with(|| plain(seen, &rule.peers));
            for client in clients {
                let admitted: Vec<u16> =
                    ports.iter().copied().filter(|port| admits(rule, pod, *port)).collect();
                for port in reset(seen, *client, server, &admitted) {
                    let (_, who, whom) = all.entry(rule.place).or_insert((policy, vec![], vec![]));
                    who.push(*client);
                    whom.push(format!("{}/{}:{port}", pod.namespace, pod.name));
                }
            }
        }
    }
    all.into_iter().filter_map(|(place, (policy, who, whom))| hit(seen, place, policy, (who, whom))).collect()
}

fn hit(
    seen: &Seen<'_>,
    place: Place,
    policy: &Policy,
    (mut who, whom): (Vec<usize>, Vec<String>),
) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    who.sort_unstable();
    who.dedup();
    let who = listed(who.into_iter().map(|client| seen.title(client)));
    let takes = if whom.iter().all(|one| Some(one) == whom.first()) { "takes" } else { "take" };
    let whom = listed(whom);
    let said = format!(
        "`{}` admits {who} to {whom}, which {takes} mTLS only: the connection is reset",
        policy.full_name()
    );
    Some(
        Hit::about(
            document,
            said,
            format!("bring {who} into the mesh, or take plain text where it is meant"),
        )
        .at(place),
    )
}

/// The clients that are in no mesh and that peers mean, not simply as everyone.
fn plain(seen: &Seen<'_>, peers: &[Matcher]) -> Vec<usize> {
    let named = peers.iter().filter(|peer| !means_anyone(seen, peer));
    let clients: BTreeSet<usize> = named.flat_map(|peer| seen.meant(peer).yes.clone()).collect();
    let is_plain = |n: &usize| {
        let host = seen.cluster().pods.get(*n).is_none_or(|p| p.host_network);
        !host && seen.membership(*n) == Membership::Plain
    };
    clients.into_iter().filter(is_plain).collect()
}

/// Whether a peer means also a pod of which nothing is known.
fn means_anyone(seen: &Seen<'_>, peer: &Matcher) -> bool {
    let none = Labels::new();
    let view = PodView {
        namespace: &none,
        labels: &none,
        account: None,
        host_network: false,
        node: None,
        addresses: &[],
        ports: None,
        host_is_pod: true,
    };
    peer.matches(seen.cluster(), End::Pod(view)) != Match::No
}

/// Whether a rule is about a port of a pod, by number or by name.
fn admits(rule: &PolicyRule, pod: &Pod, port: u16) -> bool {
    let named = |names: &[(Option<Protocol>, String)]| {
        let mut names = names.iter().filter(|(protocol, _)| protocol.is_none_or(|p| p == Protocol::Tcp));
        names.any(|(_, name)| pod.ports_named(name, Some(Protocol::Tcp)).any(|(_, number)| number == port))
    };
    let ports = &rule.ports;
    let left_out = ports.except.contains(Protocol::Tcp, port) || named(&ports.except_names);
    !left_out && (ports.numbers.contains(Protocol::Tcp, port) || named(&ports.names))
}

/// Of ports, those at which a client sees its connection reset.
fn reset(seen: &Seen<'_>, client: usize, server: usize, ports: &[u16]) -> Vec<u16> {
    let (from, to) = (Party::Pod(client), Party::Pod(server));
    let sees = |port: &u16| seen.judges.verdict(&from, &to, *port, None).map(|verdict| verdict.outcome);
    ports.iter().copied().filter(|port| sees(port) == Some(Outcome::Reset)).collect()
}
