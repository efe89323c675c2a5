//! What a client's sidecar knows, and what it does with the rest (I12, S9, S36).
//!
//! `REGISTRY_ONLY` and the hosts of a Sidecar are no security boundary: they bind only the pods whose owners let them.

use crate::{
    Labels, Mesh, Meta, Protocol, Selector, Service, Truth,
    destination::host_matches,
    object::{Undecided, oldest},
};

/// A `Sidecar`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidecarScope {
    /// Its name, and so on.
    pub meta: Meta,
    /// Its workloads; none means all of its namespace.
    pub selector: Selector,
    /// What they know; everything if nothing is said.
    pub egress: Vec<Egress>,
    /// Whether what they do not know is refused.
    pub registry_only: Option<bool>,
    /// The protocols of ports of the pod, in place of what Services say; nothing if it lists none.
    pub ingress: Vec<(u16, Protocol)>,
    /// What of it is not understood.
    pub broken: Option<String>,
}

/// What a workload knows, for a port or for all ports that no other one is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    /// The port.
    pub port: Option<u16>,
    /// `namespace/host`.
    pub hosts: Vec<String>,
}

impl Mesh {
    /// The Sidecar that binds a pod: by selector, else for its namespace, else that of the root namespace.
    ///
    /// Source: `pilot/pkg/model/push_context.go`, `getSidecarScope`.
    pub(crate) fn scope(&self, pod: usize) -> Result<Option<&SidecarScope>, Undecided> {
        let (Some(p), Some(labels)) = (self.pods.get(pod), self.labels(pod)) else { return Ok(None) };
        let root = self.settings.root_namespace.as_str();
        let of = |namespace: &str| {
            let numbers = self.index.sidecars_of.get(namespace).into_iter().flatten();
            numbers.filter_map(|n| self.sidecars.get(*n))
        };
        let levels: [Vec<&SidecarScope>; 3] = [
            of(&p.namespace).filter(|s| !s.selector.is_empty() && s.selector.selects(labels)).collect(),
            of(&p.namespace).filter(|s| s.selector.is_empty()).collect(),
            of(root).filter(|s| s.selector.is_empty()).collect(),
        ];
        for level in levels {
            if let Some(broken) = level.iter().find_map(|s| s.broken.clone()) {
                return Err(Undecided { names: vec![broken] });
            }
            let same = |s: &SidecarScope| (s.egress.clone(), s.registry_only, s.ingress.clone());
            if let Some(found) = oldest(&level, |s| &s.meta, |s| Some(same(s)))? {
                return Ok(level.into_iter().find(|s| same(s) == found));
            }
        }
        Ok(None)
    }

    /// Whether the sidecar of a pod knows a Service, on a port of it.
    pub(crate) fn knows(
        &self,
        scope: Option<&SidecarScope>,
        client: &str,
        service: &Service,
        port: u16,
    ) -> bool {
        self.discovers(&service.meta.namespace) == Truth::Yes
            && service.is_visible(&self.settings.service_export, client)
            && is_imported(scope, client, &service.meta.namespace, &service.host(), port)
    }

    /// Whether the sidecar of a pod refuses what it does not know.
    pub(crate) fn refuses_unknown(&self, scope: Option<&SidecarScope>) -> bool {
        scope.and_then(|s| s.registry_only).unwrap_or(self.settings.registry_only)
    }
}

/// Whether a Sidecar lets its workloads know a host. An entry for the port counts in place of those for all ports.
pub(crate) fn is_imported(
    scope: Option<&SidecarScope>,
    client: &str,
    namespace: &str,
    host: &str,
    port: u16,
) -> bool {
    let Some(scope) = scope.filter(|s| !s.egress.is_empty()) else { return true };
    let exact: Vec<&Egress> = scope.egress.iter().filter(|e| e.port == Some(port)).collect();
    let general = || scope.egress.iter().filter(|e| e.port.is_none()).collect();
    let entries: Vec<&Egress> = if exact.is_empty() { general() } else { exact };
    entries.iter().flat_map(|e| &e.hosts).any(|h| {
        let Some((space, name)) = h.split_once('/') else { return false };
        let space = match space {
            "*" => true,
            "." => namespace == client,
            other => namespace == other,
        };
        space && host_matches(name, host)
    })
}

/// A `RequestAuthentication`: with one, tokens count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestAuthentication {
    /// Its name, and so on.
    pub meta: Meta,
    /// Whom it binds.
    pub scope: crate::Scope,
    /// The issuers of tokens that it takes.
    pub issuers: Vec<String>,
}

impl RequestAuthentication {
    /// Whether it binds a pod, and takes tokens at all.
    pub fn binds(&self, root: &str, pod: &crate::Pod, labels: &Labels) -> bool {
        let near = self.meta.namespace == pod.namespace || self.meta.namespace == root;
        let scope = match &self.scope {
            crate::Scope::Selected(selector) => selector.selects(labels),
            crate::Scope::Targets(_) => false,
        };
        near && scope && !self.issuers.is_empty()
    }
}

/// A `VirtualService`, as far as it says where requests of the mesh go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, and so on.
    pub meta: Meta,
    /// Its hosts, as written.
    pub names: Vec<String>,
    /// Whether it binds sidecars.
    pub mesh: bool,
    /// Whether it leads to subsets.
    pub subsets: bool,
    /// Its HTTP routes, in order; none if there are only others.
    pub http: Vec<HttpRoute>,
    /// Whether it says something of TCP or TLS.
    pub other: bool,
    /// Who sees it; nobody said if empty.
    pub export_to: Vec<String>,
}

/// One HTTP route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRoute {
    /// Methods and paths; any of them, or all requests if there are none.
    pub matches: Vec<RouteMatch>,
    /// Whether it only leads to hosts of the VirtualService, and does nothing else.
    pub stays: bool,
}

/// What a request has to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteMatch {
    /// Its method.
    pub method: Option<String>,
    /// How its path begins.
    pub prefix: Option<String>,
    /// Its path.
    pub exact: Option<String>,
    /// Whether there are conditions that are not told here.
    pub more: bool,
}

impl Route {
    /// Its hosts in full.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = String> {
        self.names.iter().map(|h| {
            if h.contains('.') || h == "*" {
                h.clone()
            } else {
                format!("{h}.{}.svc.cluster.local", self.meta.namespace)
            }
        })
    }
}
