//! By which names objects of the mesh are looked for: a question about one Service does not go over all rules.

use std::collections::BTreeMap;

use crate::{DestinationRule, Mesh, Route, cluster::is_exported, destination::host_matches};

/// Numbers of objects by names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Rules by their namespaces.
    pub(crate) rules_of: BTreeMap<String, Vec<usize>>,
    /// Sidecars by their namespaces.
    pub(crate) sidecars_of: BTreeMap<String, Vec<usize>>,
    /// Rules by their hosts.
    rules: ByHost,
    /// Routes by their hosts.
    routes: ByHost,
}

/// Numbers by host; those with a wildcard apart.
#[derive(Clone, Debug, Default)]
struct ByHost {
    exact: BTreeMap<String, Vec<usize>>,
    wild: Vec<usize>,
}

impl ByHost {
    fn add(&mut self, host: &str, number: usize) {
        if host.starts_with('*') {
            self.wild.push(number);
        } else {
            self.exact.entry(host.to_ascii_lowercase()).or_default().push(number);
        }
    }

    /// Those that may be about a host, ascending.
    fn about(&self, host: &str) -> Vec<usize> {
        let exact = self.exact.get(&host.to_ascii_lowercase()).into_iter().flatten();
        let mut all: Vec<usize> = exact.chain(&self.wild).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Index {
    pub(crate) fn new(mesh: &Mesh) -> Index {
        let mut index = Index::default();
        for (number, rule) in (0..).zip(&mesh.destination_rules) {
            index.rules_of.entry(rule.meta.namespace.clone()).or_default().push(number);
            index.rules.add(&rule.full_host(), number);
        }
        for (number, sidecar) in (0..).zip(&mesh.sidecars) {
            index.sidecars_of.entry(sidecar.meta.namespace.clone()).or_default().push(number);
        }
        for (number, route) in (0..).zip(&mesh.routes).filter(|(_, route)| route.mesh) {
            route.hosts().for_each(|host| index.routes.add(&host, number));
        }
        index
    }
}

impl Mesh {
    /// The numbers of the rules for a host.
    pub fn rules_for(&self, host: &str) -> Vec<usize> {
        let mut all = self.index.rules.about(host);
        let is = |r: &DestinationRule| host_matches(&r.full_host(), host);
        all.retain(|n| self.destination_rules.get(*n).is_some_and(is));
        all
    }

    /// The routes of sidecars for a host, in the order read.
    pub(crate) fn routes_for(&self, host: &str) -> Vec<&Route> {
        let all = self.index.routes.about(host).into_iter().filter_map(|n| self.routes.get(n));
        all.filter(|r| r.hosts().any(|h| host_matches(&h, host))).collect()
    }

    /// Whether a route binds the sidecars of a namespace.
    pub(crate) fn is_routed_in(&self, route: &Route, namespace: &str) -> bool {
        let to = if route.export_to.is_empty() { &self.settings.route_export } else { &route.export_to };
        is_exported(to, &route.meta.namespace, namespace)
    }
}
