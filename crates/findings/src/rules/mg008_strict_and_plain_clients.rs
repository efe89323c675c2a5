//! MG008: mTLS is demanded of clients that a policy lets in and that have none.

use std::collections::BTreeMap;

use meshgen_mesh::{Membership, Outcome};
use meshgen_reach::{Action, End, Labels, Match, Matcher, Party, Pod, PodView, Policy, Rule as PolicyRule};
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
type Reset<'a> = BTreeMap<Place, (&'a Policy, Vec<String>, Vec<String>)>;

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut all = Reset::new();
    let clients: Vec<(usize, &Pod)> = (0..)
        .zip(&seen.cluster().pods)
        .filter(|(n, p): &(usize, &Pod)| !p.host_network && seen.membership(*n) == Membership::Plain)
        .collect();
    let strict = |server: usize| {
        let demands = |port: &u16| seen.plain_client(server, *port) == Some(Outcome::Reset);
        seen.membership(server) == Membership::Sidecar && seen.ports(server).iter().any(demands)
    };
    for (server, pod) in seen.pods().filter(|(n, _)| strict(*n)) {
        let policies = seen.cluster().policies.iter().filter(|p| seen.selects(p, pod) == Match::Yes);
        for (policy, rule) in policies.flat_map(|p| p.ingress.iter().flatten().map(move |rule| (p, rule))) {
            if rule.action != Action::Allow {
                continue;
            }
            for (client, _) in clients.iter().filter(|(_, client)| names(seen, rule, client)) {
                for port in reset(seen, *client, server) {
                    let (_, who, whom) = all.entry(rule.place).or_insert((policy, vec![], vec![]));
                    who.push(seen.title(*client));
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
    (who, whom): (Vec<String>, Vec<String>),
) -> Option<Hit> {
    let document = seen.document(policy.place)?;
    let (who, whom) = (listed(who), listed(whom));
    let said = format!(
        "`{}` admits {who} to {whom}, which takes mTLS only: the connection is reset",
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

/// Whether a rule means a client, and not simply everyone.
fn names(seen: &Seen<'_>, rule: &PolicyRule, client: &Pod) -> bool {
    let (cluster, none) = (seen.cluster(), Labels::new());
    let nobody = Seen::stranger("", &none, &none);
    let Party::Stranger(nobody) = &nobody else { return false };
    let view = PodView {
        namespace: &nobody.namespace,
        labels: &nobody.pod,
        account: None,
        host_network: false,
        node: None,
        addresses: &[],
        ports: None,
        host_is_pod: true,
    };
    let names = |peer: &Matcher| {
        peer.matches(cluster, End::Pod(PodView::new(cluster, client))) == Match::Yes
            && peer.matches(cluster, End::Pod(view)) == Match::No
    };
    rule.peers.iter().any(names)
}

/// The ports at which a client sees its connection reset.
fn reset(seen: &Seen<'_>, client: usize, server: usize) -> Vec<u16> {
    let (from, to) = (Party::Pod(client), Party::Pod(server));
    let sees = |port: &u16| seen.judges.verdict(&from, &to, *port, None).map(|verdict| verdict.outcome);
    seen.ports(server).into_iter().filter(|port| sees(port) == Some(Outcome::Reset)).collect()
}
