//! Whether two versions of a mesh treat a server alike: it is looked at what binds it, and nothing is judged.

use std::collections::BTreeSet;

use crate::{
    AuthorizationPolicy, DestinationRule, Listener, Membership, Mesh, Meta, PeerAuthentication, Pod, Route,
    Rule, Service, ServiceEntry, Settings, SidecarScope, ambient,
};

/// What differs between two versions that could change what becomes of connections to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differs {
    /// What is asked for, on the side of the server or of its clients: policies, modes, rules, routes, settings, and how
    /// the server is in the mesh.
    pub rules: bool,
    /// The Services that lead to the server.
    pub services: bool,
}

impl Differs {
    /// Whether anything does.
    pub fn at_all(self) -> bool {
        self.rules || self.services
    }
}

impl Mesh {
    /// Whether something of the whole mesh differs that could matter to every server: settings, and what Sidecars say of
    /// clients.
    pub fn differs_everywhere(&self, other: &Mesh) -> bool {
        let said = |s: &Settings| Settings { assumed: Vec::new(), ..s.clone() };
        let entries = |mesh: &Mesh| mesh.entries_by_address().cloned().collect::<Vec<_>>();
        said(&self.settings) != said(&other.settings)
            || !all(&self.sidecars, &other.sidecars, scope)
            || !all(&entries(self), &entries(other), entry)
    }

    /// What differs for a server, by its number here and in the other version, where nothing differs everywhere.
    pub fn differs_at(&self, server: usize, other: &Mesh, its: usize) -> Differs {
        let (here, there) = (self.binding(server), other.binding(its));
        let services = !same(&here.services, &there.services, service);
        let ports = |mesh: &Mesh, n: usize| mesh.pods.get(n).map(|p| (p.ports.clone(), p.addresses.clone()));
        Differs {
            rules: !here.is_same(&there),
            services: services || ports(self, server) != ports(other, its),
        }
    }

    fn binding(&self, server: usize) -> Binding<'_> {
        let member = self.members.get(server);
        let services: Vec<&Service> = numbered(&self.services, member.map_or(&[], |m| &m.services));
        let hosts: Vec<String> = services.iter().map(|s| s.host()).collect();
        let rules: Vec<usize> = hosts.iter().flat_map(|h| self.rules_for(h)).collect();
        let pod = self.pods.get(server);
        let space = pod.and_then(|p| self.namespaces.get(&p.namespace));
        let label = |key: &str| member.and_then(|m| m.labels.get(key)).map(String::as_str);
        let waypoint = "istio.io/use-waypoint";
        Binding {
            plain: format!("{:?}", member.map(|m| (&m.injection, m.unsure))),
            said: [
                label("security.istio.io/tlsMode"),
                label(waypoint),
                label(ambient::TUNNEL),
                space.and_then(|l| l.get(waypoint)).map(String::as_str),
            ],
            annotated: pod.map(annotated).unwrap_or_default(),
            tokens: self.takes_tokens(server),
            beside: services.iter().filter(|s| s.headless).map(|s| self.members_behind(s)).collect(),
            listeners: self.listeners(server).into_iter().map(|(port, l, _)| (port, l)).collect(),
            policies: self.bound(server),
            peers: numbered(&self.peer_authentications, member.map_or(&[], |m| &m.peers)),
            rules: numbered(&self.destination_rules, &rules),
            routes: hosts.iter().flat_map(|h| self.routes_for(h)).collect(),
            services,
        }
    }
}

impl Mesh {
    fn members_behind(&self, service: &Service) -> BTreeSet<Membership> {
        let all = self.pods.iter().zip(&self.members);
        all.filter(|(p, m)| service.selects(p, &m.labels)).map(|(_, m)| m.injection.membership).collect()
    }
}

/// What binds a server.
struct Binding<'m> {
    /// How it is in the mesh, and why.
    plain: String,
    said: [Option<&'m str>; 4],
    annotated: Vec<(&'m str, &'m str)>,
    tokens: bool,
    /// How the pods behind headless Services are in the mesh: clients encrypt by all of them.
    beside: Vec<BTreeSet<Membership>>,
    /// What it listens for, if it is a gateway.
    listeners: Vec<(u16, &'m Listener)>,
    policies: Vec<&'m AuthorizationPolicy>,
    peers: Vec<&'m PeerAuthentication>,
    rules: Vec<&'m DestinationRule>,
    routes: Vec<&'m Route>,
    services: Vec<&'m Service>,
}

impl Binding<'_> {
    fn is_same(&self, other: &Binding<'_>) -> bool {
        let own = |b: &Binding<'_>| (b.plain.clone(), b.tokens, b.beside.clone());
        own(self) == own(other)
            && self.said == other.said
            && self.annotated == other.annotated
            && self.listeners == other.listeners
            && same(&self.policies, &other.policies, policy)
            && same(&self.peers, &other.peers, peer)
            && same(&self.rules, &other.rules, rule)
            && same(&self.routes, &other.routes, route)
    }
}

/// The annotations of a pod that Istio may look at.
fn annotated(pod: &Pod) -> Vec<(&str, &str)> {
    let all = pod.annotations.iter().filter(|(k, _)| k.contains("istio.io/"));
    all.map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

fn numbered<'m, T>(all: &'m [T], numbers: &[usize]) -> Vec<&'m T> {
    numbers.iter().filter_map(|n| all.get(*n)).collect()
}

fn same<T>(here: &[&T], there: &[&T], is: impl Fn(&T, &T) -> bool) -> bool {
    here.len() == there.len() && here.iter().zip(there).all(|(a, b)| is(a, b))
}

fn all<T>(here: &[T], there: &[T], is: impl Fn(&T, &T) -> bool) -> bool {
    here.len() == there.len() && here.iter().zip(there).all(|(a, b)| is(a, b))
}

/// Where an object stands does not count.
fn meta(a: &Meta, b: &Meta) -> bool {
    (&a.namespace, &a.name, &a.created) == (&b.namespace, &b.name, &b.created)
}

fn policy(a: &AuthorizationPolicy, b: &AuthorizationPolicy) -> bool {
    let rules = |a: &Rule, b: &Rule| (&a.from, &a.to, &a.when) == (&b.from, &b.to, &b.when);
    let said = |p: &AuthorizationPolicy| (p.action, p.provider.clone(), p.dry_run, p.broken.clone());
    meta(&a.meta, &b.meta) && said(a) == said(b) && a.scope == b.scope && all(&a.rules, &b.rules, rules)
}

fn peer(a: &PeerAuthentication, b: &PeerAuthentication) -> bool {
    meta(&a.meta, &b.meta)
        && (&a.selector, a.mode, &a.ports, &a.broken) == (&b.selector, b.mode, &b.ports, &b.broken)
}

fn rule(a: &DestinationRule, b: &DestinationRule) -> bool {
    meta(&a.meta, &b.meta)
        && (&a.host, &a.selector, &a.traffic, a.by_secret, a.subsets_say, &a.export_to, &a.broken)
            == (&b.host, &b.selector, &b.traffic, b.by_secret, b.subsets_say, &b.export_to, &b.broken)
}

fn entry(a: &ServiceEntry, b: &ServiceEntry) -> bool {
    meta(&a.meta, &b.meta)
        && (&a.hosts, &a.addresses, &a.ports, a.passes_on, a.internal, &a.export_to)
            == (&b.hosts, &b.addresses, &b.ports, b.passes_on, b.internal, &b.export_to)
}

fn route(a: &Route, b: &Route) -> bool {
    meta(&a.meta, &b.meta)
        && (&a.names, a.mesh, a.subsets, &a.http, a.other, &a.export_to)
            == (&b.names, b.mesh, b.subsets, &b.http, b.other, &b.export_to)
}

fn scope(a: &SidecarScope, b: &SidecarScope) -> bool {
    meta(&a.meta, &b.meta)
        && (&a.selector, &a.egress, a.registry_only, &a.ingress, &a.broken)
            == (&b.selector, &b.egress, b.registry_only, &b.ingress, &b.broken)
}

fn service(a: &Service, b: &Service) -> bool {
    meta(&a.meta, &b.meta)
        && a.meta.labels.get("istio.io/use-waypoint") == b.meta.labels.get("istio.io/use-waypoint")
        && (a.headless, &a.ports, &a.export_to) == (b.headless, &b.ports, &b.export_to)
        && (&a.own_host, &a.endpoints, a.external, a.hides)
            == (&b.own_host, &b.endpoints, b.external, b.hides)
}
