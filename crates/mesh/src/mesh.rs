//! The mesh: everything that was read, and who is in it.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_yaml::{Problem, Sources, each};

use crate::{
    Action, AuthorizationPolicy, DestinationRule, Gateway, Injection, Labels, Membership, ModeOf,
    PeerAuthentication, Pod, Protocol, Reader, RequestAuthentication, Route, Scope, Service, ServiceEntry,
    Settings, SidecarScope, Truth,
    index::Index,
    near::Near,
    object::{Undecided, oldest},
};

/// Everything that was read of a mesh.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// What holds for all of it.
    pub settings: Settings,
    /// Labels of namespaces, by name.
    pub namespaces: BTreeMap<String, Labels>,
    /// Pods, in the order read.
    pub pods: Vec<Pod>,
    /// How each of [`Mesh::pods`] is in the mesh.
    pub members: Vec<Member>,
    /// Services, in the order read.
    pub services: Vec<Service>,
    /// `PeerAuthentications`.
    pub peer_authentications: Vec<PeerAuthentication>,
    /// `DestinationRules`.
    pub destination_rules: Vec<DestinationRule>,
    /// `AuthorizationPolicies`.
    pub policies: Vec<AuthorizationPolicy>,
    /// `RequestAuthentications`.
    pub request_authentications: Vec<RequestAuthentication>,
    /// Sidecars.
    pub sidecars: Vec<SidecarScope>,
    /// `ServiceEntries`.
    pub entries: Vec<ServiceEntry>,
    /// `VirtualServices`.
    pub routes: Vec<Route>,
    /// Gateways, of Istio and of the Gateway API.
    pub gateways: Vec<Gateway>,
    /// What is wrong with the manifests, or not understood.
    pub problems: Vec<Problem>,
    /// The namespaces that were declared, so that their labels are known.
    pub(crate) declared: BTreeSet<String>,
    /// By which names what was read is looked for.
    pub(crate) index: Index,
}

/// How a pod is in the mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// How, and why.
    pub injection: Injection,
    /// Its labels once it runs: policies select by these (S15, S27).
    pub labels: Labels,
    /// The numbers of [`Mesh::policies`] that bind it.
    pub policies: Vec<usize>,
    /// The numbers of [`Mesh::services`] that lead to it.
    pub services: Vec<usize>,
    /// The numbers of [`Mesh::peer_authentications`] that bind it.
    pub peers: Vec<usize>,
    /// Whether what binds it depends on labels that are not known: those of injection, if it is not known whether it is
    /// injected, or those that a controller gives to each of several pods.
    pub unsure: bool,
}

impl Mesh {
    /// Reads manifests. What they do not say of the mesh's settings is assumed, and said in [`Settings::assumed`].
    pub fn read(sources: &Sources) -> Mesh {
        read(sources, None)
    }

    /// Reads manifests of a mesh whose settings are known, and are not read from them.
    pub fn read_with(sources: &Sources, settings: Settings) -> Mesh {
        read(sources, Some(settings))
    }

    /// Works out who is in the mesh.
    pub(crate) fn join(&mut self) {
        // Every namespace carries its name, whether it is declared here or not.
        for name in self.pods.iter().map(|p| &p.namespace) {
            let own = || Labels::from([("kubernetes.io/metadata.name".to_owned(), name.clone())]);
            self.namespaces.entry(name.clone()).or_insert_with(own);
        }
        self.index = Index::new(self);
        let near = Near::of(self);
        let member = |pod: &Pod| self.member(pod, &near);
        self.members = self.pods.iter().map(member).collect();
    }

    /// The pods that were read from an object, by its namespace, kind and name.
    pub fn find(&self, namespace: &str, kind: &str, name: &str) -> Option<usize> {
        let is = |p: &Pod| p.namespace == namespace && p.kind == kind && p.name == name;
        self.pods.iter().position(is)
    }

    /// Whether a namespace is part of the mesh.
    pub(crate) fn discovers(&self, namespace: &str) -> Truth {
        let none = Labels::new();
        let labels = self.namespaces.get(namespace).unwrap_or(&none);
        match self.settings.discovers(labels) {
            true => Truth::Yes,
            false if self.declared.contains(namespace) => Truth::No,
            false => Truth::May,
        }
    }

    /// The labels of a pod once it runs.
    pub fn labels(&self, pod: usize) -> Option<&Labels> {
        self.members.get(pod).map(|m| &m.labels)
    }

    /// How a pod is in the mesh.
    pub fn membership(&self, pod: usize) -> Membership {
        self.members.get(pod).map_or(Membership::Unknown, |m| m.injection.membership)
    }

    /// The pods behind a port of a Service, each with the port of the pod.
    pub fn behind(&self, service: &Service, number: u16) -> Vec<(usize, u16)> {
        let Some(port) = service.ports.iter().find(|p| p.number == number) else { return Vec::new() };
        let pods = (0..).zip(&self.pods).zip(&self.members);
        let is_behind = |((n, pod), member): ((usize, &Pod), &Member)| {
            let there = service.selects(pod, &member.labels);
            there.then(|| service.pod_port(port, pod).map(|p| (n, p))).flatten()
        };
        pods.filter_map(is_behind).collect()
    }

    /// The mode of a port of a pod.
    pub fn mode(&self, pod: usize, port: u16) -> Result<ModeOf, Undecided> {
        self.mode_as(pod, port, self.membership(pod))
    }

    /// The mode of a port of a pod that is in the mesh so.
    pub(crate) fn mode_as(&self, pod: usize, port: u16, member: Membership) -> Result<ModeOf, Undecided> {
        let near = self.members.get(pod).map_or(&[][..], |m| &m.peers);
        let near: Vec<_> = near.iter().filter_map(|n| self.peer_authentications.get(*n)).collect();
        let root = &self.settings.root_namespace;
        if member == Membership::Ambient {
            crate::peer::mode_in_ambient(&near, root, port)
        } else {
            crate::peer::mode(&near, root, port)
        }
    }

    /// The mode of the namespace of a pod: workloads and ports that have another one do not count. Clients decide by it
    /// whether to use auto mTLS at all.
    pub(crate) fn namespace_mode(&self, pod: usize) -> Result<ModeOf, Undecided> {
        let near = self.members.get(pod).map_or(&[][..], |m| &m.peers);
        let near = near.iter().filter_map(|n| self.peer_authentications.get(*n));
        let near: Vec<_> = near.filter(|p| p.selector.is_empty()).collect();
        crate::peer::mode(&near, &self.settings.root_namespace, 0)
    }

    /// The policies that bind a pod.
    pub fn bound(&self, pod: usize) -> Vec<&AuthorizationPolicy> {
        self.bound_as(pod, self.membership(pod))
    }

    /// The policies that bind a pod that is in the mesh so. The proxy of a node knows neither CUSTOM nor AUDIT, and no
    /// policies with targets.
    ///
    /// Source: `pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go`, `convertAuthorizationPolicy`.
    pub(crate) fn bound_as(&self, pod: usize, member: Membership) -> Vec<&AuthorizationPolicy> {
        let numbers = self.members.get(pod).map_or(&[][..], |m| &m.policies);
        let policies = numbers.iter().filter_map(|n| self.policies.get(*n));
        let for_ztunnel = |p: &&AuthorizationPolicy| {
            matches!(p.action, Action::Allow | Action::Deny) && matches!(p.scope, Scope::Selected(_))
        };
        policies.filter(|p| member != Membership::Ambient || for_ztunnel(p)).collect()
    }

    /// Whether tokens count for a pod.
    pub(crate) fn takes_tokens(&self, pod: usize) -> bool {
        let (Some(p), Some(labels)) = (self.pods.get(pod), self.labels(pod)) else { return false };
        self.request_authentications.iter().any(|r| r.binds(&self.settings.root_namespace, p, labels))
    }

    /// What the sidecar of a pod takes a port of it for: what the Sidecar says, else the oldest of the Services that
    /// lead there; what none declares is detected (S7, S35).
    ///
    /// Source: `pilot/pkg/networking/core/listener_inbound.go`.
    pub fn protocol(&self, pod: usize, port: u16) -> Result<Protocol, Undecided> {
        let Some(p) = self.pods.get(pod) else {
            return Ok(Protocol::Detected);
        };
        if let Some(scope) = self.scope(pod)?.filter(|s| !s.ingress.is_empty()) {
            let said = scope.ingress.iter().find(|(number, _)| *number == port);
            return Ok(said.map_or(Protocol::Detected, |(_, protocol)| *protocol));
        }
        let leading = self.members.get(pod).map_or(&[][..], |m| &m.services);
        let leading: Vec<&Service> = leading.iter().filter_map(|n| self.services.get(*n)).collect();
        let says =
            |s: &Service| s.ports.iter().find(|q| q.tcp && s.target(q, p) == Some(port)).map(Protocol::of);
        Ok(oldest(&leading, |s| &s.meta, says)?.unwrap_or(Protocol::Detected))
    }
}

fn read(sources: &Sources, settings: Option<Settings>) -> Mesh {
    let mut reader = Reader::default();
    each(sources, |read| reader.look(&read));
    reader.finish(settings)
}
