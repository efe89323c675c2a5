//! MG021: network policies of ambient pods that know only the ports of the application.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_mesh::Membership;
use meshgen_reach::{Direction, Labels, Party, Permitted, Policy, PortSet, Protocol};

use crate::{Hit, Rule, Seen, Severity, pods::names};

/// The port of HBONE, by which the proxies of nodes talk (I11).
const HBONE: u16 = 15008;

/// The label by which namespaces and pods are in an ambient mesh.
const MODE: &str = "istio.io/dataplane-mode";

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
    let mut hits: Vec<Hit> = Vec::new();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for (server, clients) in between(seen, &ambient) {
        told.insert(server);
        hits.extend(hit(seen, server, &clients));
    }
    hits.extend(with_namespaces(seen, &ambient, &told));
    hits
}

/// Servers with the clients that are cut off from them, both here, and the port that is let through instead.
fn between(seen: &Seen<'_>, ambient: &[usize]) -> Vec<(usize, Vec<(usize, u16)>)> {
    if ambient.len() < 2 {
        return Vec::new();
    }
    // Of all pairs the judge's own table says at once what the network permits.
    let cells = seen.judges.network.cells();
    let mut clients: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for client in ambient {
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
        (!cut.is_empty()).then_some((server, cut))
    };
    ambient.iter().filter_map(|server| cut_off(*server)).collect()
}

/// Pods that are not here, of namespaces that are in the mesh: what policies let them through to, and what they let
/// through to them.
fn with_namespaces<'a>(seen: &Seen<'a>, ambient: &[usize], told: &BTreeSet<usize>) -> Vec<Hit> {
    let namespaces = seen.cluster().namespaces.iter();
    let is_ambient = |labels: &Labels| labels.get(MODE).is_some_and(|mode| mode == "ambient");
    let strangers: Vec<(&'a String, Party)> = namespaces
        .filter(|(_, ns)| is_ambient(&ns.labels))
        .map(|(name, _)| (name, seen.somebody(name, name, &Labels::new())))
        .collect();
    if strangers.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<Hit> = Vec::new();
    // Pods of a class are alike to the network.
    let classes = seen.judges.network.cells().of_pod;
    let mut known: BTreeMap<(u32, &str, Direction), PortSet> = BTreeMap::new();
    let mut permitted = |pod: usize, name: &'a str, stranger: &Party, direction: Direction| {
        let own = Party::Pod(pod);
        let ask = || match direction {
            Direction::Ingress => seen.judges.network.permitted(stranger, &own).possible,
            Direction::Egress => seen.judges.network.permitted(&own, stranger).possible,
        };
        let class = classes.get(pod).copied().unwrap_or(u32::MAX);
        known.entry((class, name, direction)).or_insert_with(ask).clone()
    };
    for pod in ambient.iter().copied().filter(|pod| !told.contains(pod)) {
        let home = seen.cluster().pods.get(pod).map(|p| &p.namespace);
        if let Some(policy) = seen.binding(pod, Direction::Ingress).first() {
            let from = |(name, stranger): &(&'a String, Party)| {
                let permitted = permitted(pod, name, stranger, Direction::Ingress);
                let port = seen.ports(pod).into_iter().find(|port| permitted.contains(Protocol::Tcp, *port));
                port.filter(|_| !permitted.contains(Protocol::Tcp, HBONE)).map(|port| ((*name).clone(), port))
            };
            let cut: Vec<(String, u16)> = strangers.iter().filter_map(from).collect();
            hits.extend(unseen(seen, policy, &cut, |port, all| {
                format!("`{}` is to be reached at port {port} by pods of {all}", seen.title(pod))
            }));
        }
        if let Some(policy) = seen.binding(pod, Direction::Egress).first() {
            let to = |(name, stranger): &(&'a String, Party)| {
                let permitted = permitted(pod, name, stranger, Direction::Egress);
                let first = permitted.ranges(Protocol::Tcp).next().map(|(first, _)| first);
                first
                    .filter(|_| !permitted.contains(Protocol::Tcp, HBONE))
                    .map(|port| ((*name).clone(), port))
            };
            // Of namespaces with pods that are here, these tell.
            let empty = strangers
                .iter()
                .filter(|(name, _)| Some(*name) != home && seen.pods_in(name).next().is_none());
            let cut: Vec<(String, u16)> = empty.filter_map(to).collect();
            hits.extend(unseen(seen, policy, &cut, |port, all| {
                format!("`{}` may send to port {port} of pods of {all}", seen.title(pod))
            }));
        }
    }
    hits
}

fn unseen(
    seen: &Seen<'_>,
    policy: &Policy,
    cut: &[(String, u16)],
    said: impl Fn(u16, String) -> String,
) -> Option<Hit> {
    let (_, port) = cut.first()?;
    let said = said(*port, names(cut.iter().map(|(name, _)| name)));
    let said = format!(
        "{said}, but all are in an ambient mesh, where packets go to port 15008, which is not let through"
    );
    let way_out = format!("admit TCP 15008 where `{}` admits {port}", policy.full_name());
    Some(Hit::about(seen.document(policy.place)?, said, way_out))
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
        "`{}` is to be reached at port {port} by {}, but all are in an ambient mesh, where packets go to port 15008, \
         which is not let through",
        seen.title(server),
        names(all)
    );
    Some(Hit::about(document, said, format!("admit TCP 15008 where `{}` admits {port}", policy.full_name())))
}
