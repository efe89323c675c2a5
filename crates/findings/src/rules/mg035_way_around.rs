//! MG035: a gateway leads a client to a server that refuses it directly.

use std::collections::BTreeSet;

use meshgen_mesh::{Below, By, Call, Client, Outcome, Verdict};
use meshgen_reach::{Answer, Party, Protocol, Way};

use crate::{
    Fields, Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG035",
    slug: "way-around",
    title: "a gateway leads clients to a server that refuses them directly",
    severity: Severity::Note,
    why: "A server behind a gateway sees the gateway's address and identity, never the caller's. So whoever reaches the \
          gateway reaches what it leads to, pods of the cluster too that a network policy or an AuthorizationPolicy of the \
          server refuses. A gateway in the namespace of the server often needs no rule at all.",
    way_out: "Say on the gateway who may come in (an AuthorizationPolicy or a NetworkPolicy for its pods), lead only to \
              what is meant for all, or demand a token of the request; and accept the finding where the gateway is the \
              door that is meant.",
    sources: &[
        "https://istio.io/latest/docs/tasks/security/authorization/authz-ingress/",
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut told = BTreeSet::new();
    let mut hits = Vec::new();
    for way in seen.judges.network.ways() {
        // Of a controller that is not here nothing is known.
        let Some(gateway) = way.gateway.clone() else { continue };
        let Some(port) = way.permitted.sure.ranges(Protocol::Tcp).next().map(|(first, _)| first) else {
            continue;
        };
        if !told.insert((way.door.clone(), gateway.clone(), way.pod)) || !leads(seen, &way, port) {
            continue;
        }
        let around: Vec<String> = clients(seen, &way, port, &gateway);
        hits.extend(hit(seen, &way, port, (&gateway, &around)));
    }
    hits
}

fn hit(seen: &Seen<'_>, way: &Way, port: u16, (gateway, around): (&str, &[String])) -> Option<Hit> {
    if around.is_empty() {
        return None;
    }
    let door = seen.cluster().doors.iter();
    let mut door = door.filter(|d| d.kind == way.kind && format!("{}/{}", d.namespace, d.name) == way.door);
    let document = seen.document(door.next()?.place)?;
    let said = format!(
        "{} may not connect to port {port} of `{}`, but {} to it by way of the gateway `{gateway}`",
        names(around),
        seen.title(way.pod),
        word(around, "comes", "come")
    );
    Some(Hit::about(
        document,
        said,
        format!("say who may come in to the gateway `{gateway}`, or lead elsewhere"),
    ))
}

/// Whether the gateway's own connection gets through the mesh.
fn leads(seen: &Seen<'_>, way: &Way, port: u16) -> bool {
    let Some(server) = seen.in_mesh(way.pod) else { return false };
    let Some(gateway) = gateway_in_mesh(seen, way) else {
        // Nothing is known of its pods: what plain text gets, anyone gets.
        return seen.plain_client(way.pod, port).is_some_and(|outcome| is_open(&outcome));
    };
    let by = service_of(seen, server, port);
    let call = Call { client: Client::Gateway(gateway, None), server, port, by };
    is_open(&seen.mesh().any(&call, Below::Passes).outcome)
}

/// The pod of the mesh that is the gateway.
fn gateway_in_mesh(seen: &Seen<'_>, way: &Way) -> Option<usize> {
    let here = match way.via {
        Party::Pod(pod) => seen.in_mesh(pod),
        Party::Address(_) | Party::Range(_) | Party::Stranger(_) => None,
    };
    // istiod writes the pods of a gateway of the Gateway API.
    let written = || {
        let (namespace, name) = way.gateway.as_deref()?.split_once('/')?;
        seen.mesh().find(namespace, "Gateway", &format!("{name}-istio"))
    };
    here.or_else(written)
}

fn service_of(seen: &Seen<'_>, server: usize, port: u16) -> By {
    let services = seen.mesh().members.get(server).map_or(&[][..], |m| &m.services);
    let by = services.iter().find_map(|number| {
        let service = seen.mesh().services.get(*number)?;
        let leads =
            |p: &&meshgen_mesh::ServicePort| seen.mesh().behind(service, p.number).contains(&(server, port));
        service.ports.iter().find(leads).map(|p| By::Service(*number, p.number))
    });
    by.unwrap_or(By::Address)
}

/// The pods that the server refuses, and that the gateway lets in.
fn clients(seen: &Seen<'_>, way: &Way, port: u16, gateway: &str) -> Vec<String> {
    let server = Party::Pod(way.pod);
    let doors = ports(seen, way, gateway);
    let around = |client: &usize| {
        let from = Party::Pod(*client);
        let refused = |v: Verdict| {
            matches!(v.outcome, Outcome::Timeout | Outcome::Reset | Outcome::Closed | Outcome::Forbidden)
        };
        let is_gateway = way.via == from || *client == way.pod;
        let direct = seen.judges.verdict(&from, &server, port, None);
        !is_gateway
            && direct.is_some_and(refused)
            && doors.iter().any(|door| comes_in(seen, &from, way, *door))
    };
    (0..seen.cluster().pods.len())
        .filter(|n| seen.cluster().pods.get(*n).is_some_and(|p| seen.document(p.place).is_some()))
        .filter(around)
        .map(|n| seen.title(n))
        .collect()
}

fn comes_in(seen: &Seen<'_>, from: &Party, way: &Way, door: u16) -> bool {
    if seen.lets_through(from, &way.via, door) != Answer::Allowed {
        return false;
    }
    let client = seen.judges.verdict(from, &way.via, door, None);
    // A policy on the gateway may refuse it; where its pods are not here, only the network is asked.
    client.is_none_or(|v| is_open(&v.outcome))
}

/// The ports on which the pods of the gateway listen.
fn ports(seen: &Seen<'_>, way: &Way, gateway: &str) -> BTreeSet<u16> {
    let mut all = match way.via {
        Party::Pod(pod) => seen.ports(pod),
        Party::Address(_) | Party::Range(_) | Party::Stranger(_) => BTreeSet::new(),
    };
    let documents = seen.documents.iter().filter(|d| d.object.kind == "Gateway");
    let named = documents.filter(|d| {
        format!("{}/{}", d.object.namespace.as_deref().unwrap_or_default(), d.object.name) == gateway
    });
    for document in named {
        let listeners = document.node.list(&["spec", "listeners"]).iter().filter_map(|l| l.text(&["port"]));
        let servers = document.node.list(&["spec", "servers"]).iter();
        let servers = servers.filter_map(|s| s.text(&["port", "number"]));
        all.extend(listeners.chain(servers).filter_map(|p| p.parse::<u16>().ok()));
    }
    all
}

fn is_open(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Open | Outcome::Partial(_))
}
