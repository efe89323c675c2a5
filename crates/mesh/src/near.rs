//! What binds a pod: each is asked only of what stands near it, in its namespace or the root one.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use crate::{
    Injection, Labels, Member, Membership, Mesh, Meta, Pod, Scope, Service,
    given::{is_given, may_be_given},
    injection::labels_after_injection,
};

/// Numbers of objects by their namespaces.
type ByNamespace = BTreeMap<String, Vec<usize>>;

/// What may bind a pod, by namespace: each pod is asked of those near it only.
pub(crate) struct Near {
    policies: ByNamespace,
    services: ByNamespace,
    /// Services by the addresses of what is behind them: their namespace does not matter then.
    addressed: BTreeMap<IpAddr, Vec<usize>>,
    peers: ByNamespace,
    tokens: ByNamespace,
    /// The labels that only controllers give, as selectors ask for them.
    given: BTreeSet<(String, String)>,
}

/// The labels, of those that only controllers give, for which something of the mesh is.
fn given(mesh: &Mesh) -> BTreeSet<(String, String)> {
    let scopes = mesh.policies.iter().map(|policy| &policy.scope);
    let scopes = scopes.chain(mesh.request_authentications.iter().map(|tokens| &tokens.scope));
    let selected = scopes.filter_map(|scope| match scope {
        Scope::Selected(selector) => Some(selector),
        Scope::Targets(_) => None,
    });
    let peers = mesh.peer_authentications.iter().map(|peer| &peer.selector);
    let all = selected.chain(peers).chain(mesh.sidecars.iter().map(|scope| &scope.selector));
    let asked = all.flat_map(|s| &s.requirements).filter(|r| is_given(&r.key));
    asked.flat_map(|r| r.values.iter().map(|value| (r.key.clone(), value.clone()))).collect()
}

/// The numbers of what binds a pod.
#[derive(PartialEq)]
struct Bound {
    policies: Vec<usize>,
    services: Vec<usize>,
    peers: Vec<usize>,
    others: [Vec<usize>; 3],
}

impl Near {
    pub(crate) fn of(mesh: &Mesh) -> Near {
        Near {
            policies: by_namespace(&mesh.policies, |o| &o.meta),
            services: by_namespace(&mesh.services, |o| &o.meta),
            addressed: by_address(&mesh.services),
            peers: by_namespace(&mesh.peer_authentications, |o| &o.meta),
            tokens: by_namespace(&mesh.request_authentications, |o| &o.meta),
            given: given(mesh),
        }
    }
}

fn by_namespace<T>(all: &[T], meta: impl Fn(&T) -> &Meta) -> ByNamespace {
    let mut found = ByNamespace::new();
    for (number, one) in (0..).zip(all) {
        found.entry(meta(one).namespace.clone()).or_default().push(number);
    }
    found
}

fn by_address(all: &[Service]) -> BTreeMap<IpAddr, Vec<usize>> {
    let mut found: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    for (number, service) in (0..).zip(all) {
        for address in service.endpoints.iter().flat_map(|e| &e.addresses) {
            found.entry(*address).or_default().push(number);
        }
    }
    found
}

/// The numbers, of these, of those that are wanted, in order.
fn wanted<T>(all: &[T], of: BTreeSet<usize>, is: impl Fn(&T) -> bool) -> Vec<usize> {
    of.into_iter().filter(|n| all.get(*n).is_some_and(&is)).collect()
}

impl Mesh {
    pub(crate) fn member(&self, pod: &Pod, near: &Near) -> Member {
        let none = Labels::new();
        let namespace = self.namespaces.get(&pod.namespace).unwrap_or(&none);
        let injection = Injection::of(&self.settings, namespace, pod);
        let labels = labels_after_injection(pod, injection.membership);
        let injected = labels_after_injection(pod, Membership::Sidecar);
        let unsure = injection.membership == Membership::Unknown
            && self.bound_by(pod, &labels, near) != self.bound_by(pod, &injected, near);
        let unsure = unsure || self.binds_some_only(pod, &labels, near);
        let Bound { policies, services, peers, .. } = self.bound_by(pod, &labels, near);
        Member { injection, labels, policies, services, peers, unsure }
    }

    /// Whether of the pods that come of a template some are bound by more, or by less, than others: by what selects labels
    /// that their controller gives them. Services are not asked: those of single pods come beside one for all.
    fn binds_some_only(&self, pod: &Pod, labels: &Labels, near: &Near) -> bool {
        let mut given = near
            .given
            .iter()
            .filter(|(key, value)| !labels.contains_key(key) && may_be_given(pod, key, value));
        let all = self.bound_by(pod, labels, near);
        given.any(|(key, value)| {
            let mut labels = labels.clone();
            labels.insert(key.clone(), value.clone());
            let one = self.bound_by(pod, &labels, near);
            (&one.policies, &one.peers, &one.others) != (&all.policies, &all.peers, &all.others)
        })
    }

    /// What binds a pod with these labels, of what stands in its namespace or in the root one: nothing else can.
    fn bound_by(&self, pod: &Pod, labels: &Labels, near: &Near) -> Bound {
        let root = &self.settings.root_namespace;
        let space = &pod.namespace;
        let here = |all: &ByNamespace| {
            let own = all.get(space).into_iter().flatten();
            let roots = all.get(root).filter(|_| root != space).into_iter().flatten();
            own.chain(roots).copied().collect::<BTreeSet<usize>>()
        };
        let policies = wanted(&self.policies, here(&near.policies), |a| a.binds(root, pod, labels));
        let mut may_lead = here(&near.services);
        may_lead.extend(pod.addresses.iter().filter_map(|a| near.addressed.get(a)).flatten());
        let services = wanted(&self.services, may_lead, |s| s.selects(pod, labels));
        let peers = wanted(&self.peer_authentications, here(&near.peers), |p| p.binds(root, space, labels));
        let scopes = wanted(&self.sidecars, here(&self.index.sidecars_of), |s| s.selector.selects(labels));
        let tokens =
            wanted(&self.request_authentications, here(&near.tokens), |r| r.binds(root, pod, labels));
        let rules =
            wanted(&self.destination_rules, here(&self.index.rules_of), |r| r.selector.selects(labels));
        Bound { policies, services, peers, others: [scopes, tokens, rules] }
    }
}
