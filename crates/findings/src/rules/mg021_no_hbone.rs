//! MG021: network policies of ambient pods that know only the ports of the application.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Answer, Direction, Party};

use crate::{Hit, Rule, Seen, Severity, pods::names};

/// The port of HBONE, by which the proxies of nodes talk (I11).
const HBONE: u16 = 15008;

pub(super) const RULE: Rule = Rule {
    code: "MG021",
    slug: "no-hbone",
    title: "a network policy cuts off the tunnel of ambient pods",
    severity: Severity::Error,
    why: "Between pods of an ambient mesh every connection travels to port 15008 of the pod, whatever port was dialled. A \
          network policy that admits the port of the application and not 15008 admits only clients outside of the mesh.",
    way_out: "Admit TCP 15008 from the clients that are in the mesh. A network policy can then no longer tell ports apart: \
              an AuthorizationPolicy does.",
    sources: &[
        "https://istio.io/latest/docs/ambient/usage/networkpolicy/",
        "https://github.com/istio/istio/issues/51034",
        "https://github.com/istio/istio/issues/56659",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let ambient: Vec<usize> = seen.members(Membership::Ambient).map(|(n, _)| n).collect();
    let known: Vec<usize> = ambient.iter().filter_map(|n| seen.on_network(*n)).collect();
    let mut cut: BTreeMap<usize, Vec<(usize, u16)>> = BTreeMap::new();
    for server in &known {
        for client in known.iter().filter(|client| *client != server) {
            if let Some(port) = cut_off(seen, *client, *server) {
                cut.entry(*server).or_default().push((*client, port));
            }
        }
    }
    cut.into_iter().filter_map(|(server, clients)| hit(seen, server, &clients)).collect()
}

/// The port that would be let through, if the tunnel is not.
fn cut_off(seen: &Seen<'_>, client: usize, server: usize) -> Option<u16> {
    let (from, to) = (Party::Pod(client), Party::Pod(server));
    if seen.lets_through(&from, &to, HBONE) != Answer::Denied {
        return None;
    }
    seen.ports(server).into_iter().find(|port| seen.lets_through(&from, &to, *port) == Answer::Allowed)
}

fn hit(seen: &Seen<'_>, server: usize, clients: &[(usize, u16)]) -> Option<Hit> {
    let (client, port) = clients.first()?;
    let policies = seen.binding(server, Direction::Ingress);
    let policy = policies.first().or(seen.binding(*client, Direction::Egress).first()).copied()?;
    let document = seen.document(policy.place)?;
    let all = clients.iter().map(|(client, _)| seen.title(*client));
    let said = format!(
        "`{}` is to be reached at port {port} by {}, all of an ambient mesh, but the port that their packets have is \
         15008, which is not let through",
        seen.title(server),
        names(all)
    );
    Some(Hit::about(document, said, format!("admit TCP 15008 where `{}` admits {port}", policy.full_name())))
}
