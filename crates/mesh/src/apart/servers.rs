//! Servers: what of them a verdict may depend on.

use std::collections::BTreeMap;

use super::{captured, inside};
use crate::{Membership, Mesh, Pod, Protocol, Service, Truth};

/// What servers of a class have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ServerKey<'m> {
    membership: Membership,
    /// Whether what binds it is not known.
    unsure: bool,
    why: &'m str,
    policies: &'m [usize],
    peers: &'m [usize],
    tokens: bool,
    /// The Sidecar that says something of its ports.
    ingress: Option<usize>,
    capture: Vec<(&'m str, &'m str)>,
    labels: Vec<Option<&'m str>>,
    services: Vec<ServiceKey<'m>>,
    inside: Vec<Truth>,
    /// The gateways that it is of.
    gateways: Vec<usize>,
}

/// What Services that lead to a server have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ServiceKey<'m> {
    /// It is this one.
    Itself(usize),
    /// It is one like this, and the only one.
    Alike {
        hides: bool,
        ports: Vec<(u16, Option<u16>, Protocol, bool)>,
        /// The rules for it, and whether they are of its own namespace.
        rules: Vec<(usize, bool)>,
        routes: Vec<(&'m str, &'m str)>,
    },
}

/// The class of each pod.
pub(super) fn classes(mesh: &Mesh, blocks: &[&str]) -> Vec<u32> {
    let mut numbers: BTreeMap<ServerKey<'_>, u32> = BTreeMap::new();
    let mut classes = Vec::with_capacity(mesh.pods.len());
    for (number, pod) in (0..).zip(&mesh.pods) {
        let fresh = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        classes.push(*numbers.entry(key(mesh, blocks, number, pod)).or_insert(fresh));
    }
    classes
}

fn key<'m>(mesh: &'m Mesh, blocks: &[&str], number: usize, pod: &'m Pod) -> ServerKey<'m> {
    let member = mesh.members.get(number);
    let membership = mesh.membership(number);
    let why = member.filter(|_| membership == Membership::Unknown).map(|m| m.injection.why.as_str());
    let label = |key: &str| mesh.labels(number).and_then(|l| l.get(key)).map(String::as_str);
    let space = mesh.namespaces.get(&pod.namespace);
    let waypoint = space.and_then(|l| l.get("istio.io/use-waypoint")).map(String::as_str);
    let speaks = |n: &usize| mesh.sidecars.get(*n).is_none_or(|s| !s.ingress.is_empty());
    let services = member.map_or(&[][..], |m| &m.services);
    ServerKey {
        membership,
        unsure: member.is_some_and(|m| m.unsure),
        why: why.unwrap_or_default(),
        policies: member.map_or(&[][..], |m| &m.policies),
        peers: member.map_or(&[][..], |m| &m.peers),
        tokens: mesh.takes_tokens(number),
        ingress: mesh.scope_number(number).filter(speaks),
        capture: captured(pod),
        labels: vec![label("security.istio.io/tlsMode"), label("istio.io/use-waypoint"), waypoint],
        services: services.iter().map(|n| service(mesh, *n, pod, services.len() == 1)).collect(),
        inside: inside(blocks, pod),
        gateways: mesh.gateways_of(number),
    }
}

fn service<'m>(mesh: &'m Mesh, number: usize, pod: &Pod, only: bool) -> ServiceKey<'m> {
    let Some(service) = mesh.services.get(number).filter(|s| only && is_plain(mesh, s)) else {
        return ServiceKey::Itself(number);
    };
    let host = service.host();
    let own =
        |n: usize| mesh.destination_rules.get(n).is_some_and(|r| r.meta.namespace == service.meta.namespace);
    ServiceKey::Alike {
        hides: service.hides,
        ports: service
            .ports
            .iter()
            .map(|p| (p.number, service.pod_port(p, pod), Protocol::of(p), p.tcp))
            .collect(),
        rules: mesh.rules_for(&host).into_iter().map(|n| (n, own(n))).collect(),
        routes: mesh
            .routes_for(&host)
            .into_iter()
            .map(|r| (r.meta.namespace.as_str(), r.meta.name.as_str()))
            .collect(),
    }
}

/// Whether nothing looks at its name or at the other pods behind it.
fn is_plain(mesh: &Mesh, service: &Service) -> bool {
    let everywhere = |to: &[String]| to.iter().any(|t| t.trim() == "*");
    let seen = if service.export_to.is_empty() { &mesh.settings.service_export } else { &service.export_to };
    let waypoint = service.meta.labels.contains_key("istio.io/use-waypoint");
    !service.headless
        && service.endpoints.is_empty()
        && service.own_host.is_none()
        && !waypoint
        && everywhere(seen)
        && mesh.sidecars.iter().all(|s| s.egress.is_empty() && s.broken.is_none())
}
