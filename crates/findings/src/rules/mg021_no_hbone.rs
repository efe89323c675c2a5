//! MG021: network policies of ambient pods that know only the ports of the application.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Direction, Permitted, Protocol};

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
    let ambient: Vec<usize> =
        seen.members(Membership::Ambient).filter_map(|(n, _)| seen.on_network(n)).collect();
    if ambient.len() < 2 {
        return Vec::new();
    }
    // Of all pairs the judge's own table says at once what the network permits.
    let cells = seen.judges.network.cells();
    let mut clients: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for client in &ambient {
        clients.entry(cells.of_pod.get(*client).copied().unwrap_or(u32::MAX)).or_default().push(*client);
    }
    let cut_off = |server: usize| {
        let class = cells.of_pod.get(server)?;
        let (_, column) = cells.columns.iter().find(|(to, _)| to.contains(*class))?;
        let mut cut: Vec<(usize, u16)> = Vec::new();
        for (value, sources) in column {
            let Some(port) = cells.values.get(*value as usize).and_then(|v| instead(seen, server, v)) else {
                continue;
            };
            let of = sources.iter().filter_map(|class| clients.get(&class)).flatten();
            cut.extend(of.filter(|client| **client != server).map(|client| (*client, port)));
        }
        cut.sort_unstable();
        hit(seen, server, &cut)
    };
    ambient.iter().filter_map(|server| cut_off(*server)).collect()
}

/// The port that is let through, if the tunnel is not.
fn instead(seen: &Seen<'_>, server: usize, permitted: &Permitted) -> Option<u16> {
    if permitted.possible.contains(Protocol::Tcp, HBONE) {
        return None;
    }
    seen.ports(server).into_iter().find(|port| permitted.sure.contains(Protocol::Tcp, *port))
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
