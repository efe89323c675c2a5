//! Clients: what of them a server's verdict may depend on.

use std::{cell::RefCell, collections::BTreeMap};

use super::{Apart, captured, inside};
use crate::{
    Attribute, Condition, Identity, Membership, Mesh, Rule, Seen, Service, Truth,
    authorization::condition::Look, pattern::is_name,
};

/// What clients of a class have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClientKey<'m> {
    pub(super) membership: Membership,
    /// Whether what binds it is not known.
    unsure: bool,
    pub(super) namespace: &'m str,
    account: &'m str,
    capture: Vec<(&'m str, &'m str)>,
    as_proxy: Truth,
    pub(super) scope: Option<usize>,
    /// The rules with a selector that bind it.
    rules: Vec<usize>,
    /// Whether its address is in each block that policies name.
    inside: Vec<Truth>,
}

impl<'m> Apart<'m> {
    pub(super) fn new(mesh: &'m Mesh) -> Apart<'m> {
        let blocks = mesh.blocks();
        let bound: Vec<usize> = (0..)
            .zip(&mesh.destination_rules)
            .filter(|(_, r)| !r.selector.is_empty())
            .map(|(n, _)| n)
            .collect();
        let mut numbers: BTreeMap<ClientKey<'m>, u32> = BTreeMap::new();
        let (mut keys, mut first) = (Vec::new(), Vec::new());
        let mut clients = Vec::with_capacity(mesh.pods.len());
        for (number, pod) in (0..).zip(&mesh.pods) {
            let labels = mesh.labels(number);
            let binds = |n: &&usize| {
                let rule = mesh.destination_rules.get(**n);
                rule.zip(labels)
                    .is_some_and(|(r, l)| r.meta.namespace == pod.namespace && r.selector.selects(l))
            };
            let key = ClientKey {
                membership: mesh.membership(number),
                unsure: mesh.members.get(number).is_some_and(|m| m.unsure),
                namespace: &pod.namespace,
                account: &pod.account,
                capture: captured(pod),
                as_proxy: pod.as_proxy,
                scope: mesh.scope_number(number),
                rules: bound.iter().filter(binds).copied().collect(),
                inside: inside(&blocks, pod),
            };
            let class = *numbers.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone());
                first.push(number);
                u32::try_from(keys.len() - 1).unwrap_or(u32::MAX)
            });
            clients.push(class);
        }
        let mut by_namespace: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (class, key) in (0..).zip(&keys) {
            by_namespace.entry(key.namespace).or_default().push(class);
        }
        let general = general(&keys);
        let of_entries = mesh.entries_by_address().flat_map(|e| &e.addresses).map(String::as_str);
        let of_servers: Vec<&str> = blocks.iter().copied().chain(of_entries).collect();
        let servers = super::servers::classes(mesh, &of_servers);
        let meant = RefCell::new(BTreeMap::new());
        let outbound = super::ports::outbound(mesh);
        Apart { mesh, clients, servers, keys, first, by_namespace, general, meant, outbound }
    }

    /// How many classes of clients there are.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Sets of classes of clients: of clients that are in the same of these sets, a server makes the same.
    pub fn cuts(&self, server: usize) -> Vec<Vec<u32>> {
        let mut cuts = self.general.clone();
        for policy in self.mesh.bound(server) {
            for condition in policy.rules.iter().flat_map(Rule::conditions) {
                for value in condition.values.iter().chain(&condition.not_values) {
                    cuts.extend(self.meant(&condition.attribute, value, &policy.meta.namespace));
                }
            }
        }
        let leading = self.mesh.members.get(server).map_or(&[][..], |m| &m.services);
        for service in leading.iter().filter_map(|n| self.mesh.services.get(*n)) {
            self.by_service(service, &mut cuts);
        }
        if !self.mesh.sidecars.is_empty() {
            self.by_scope(leading, &mut cuts);
        }
        self.by_entries(&mut cuts);
        cuts.retain(|set| !set.is_empty() && set.len() < self.keys.len());
        cuts.sort();
        cuts.dedup();
        cuts
    }

    /// The clients that a value of a condition is about, for sure and perhaps.
    fn meant(&self, attribute: &Attribute, value: &str, namespace: &str) -> Vec<Vec<u32>> {
        let home = match attribute {
            Attribute::ServiceAccount => namespace,
            Attribute::Principal
            | Attribute::Namespace
            | Attribute::TrustDomain
            | Attribute::Ip
            | Attribute::RemoteIp => "",
            _ => return Vec::new(),
        };
        let key = (attribute.clone(), value.to_owned(), home.to_owned());
        if let Some(known) = self.meant.borrow().get(&key) {
            return known.clone();
        }
        let condition = Condition {
            attribute: attribute.clone(),
            values: vec![value.to_owned()],
            not_values: Vec::new(),
        };
        let (mut yes, mut may) = (Vec::new(), Vec::new());
        for class in self.candidates(attribute, value, namespace) {
            let Some(seen) = self.seen(class) else { continue };
            let look =
                Look { settings: &self.mesh.settings, namespace, seen: &seen, any: false, ztunnel: false };
            match condition.holds(look) {
                Truth::Yes => yes.push(class),
                Truth::May => may.push(class),
                Truth::No => {}
            }
        }
        let found = vec![yes, may];
        self.meant.borrow_mut().insert(key, found.clone());
        found
    }

    /// The classes that a value can be about: most values name a namespace.
    fn candidates(&self, attribute: &Attribute, value: &str, namespace: &str) -> Vec<u32> {
        let parts: Vec<&str> = value.split('/').collect();
        let named = match (attribute, parts.as_slice()) {
            (Attribute::Namespace, [name])
            | (Attribute::Principal, [_, _, name, _, _])
            | (Attribute::ServiceAccount, [name, _]) => Some(*name),
            (Attribute::ServiceAccount, [_]) => Some(namespace),
            _ => None,
        };
        // In the identities of a namespace that is called `ns`, other parts can be taken for it.
        let all = self.mesh.settings.trust_domain == "ns" || self.by_namespace.contains_key("ns");
        match named.filter(|name| is_name(name) && !all) {
            Some(name) => self.by_namespace.get(name).cloned().unwrap_or_default(),
            None => (0..u32::try_from(self.keys.len()).unwrap_or(u32::MAX)).collect(),
        }
    }

    fn seen(&self, class: u32) -> Option<Seen> {
        let key = self.keys.get(class as usize)?;
        let pod = self.first.get(class as usize).copied().filter(|_| !key.inside.is_empty());
        let address = pod.and_then(|n| self.mesh.pods.get(n)).and_then(|p| p.addresses.first().copied());
        Some(Seen {
            identity: Some(Identity {
                trust_domain: self.mesh.settings.trust_domain.clone(),
                namespace: key.namespace.to_owned(),
                account: key.account.to_owned(),
            }),
            source: address,
            remote: address,
            destination: None,
            port: 0,
            request: None,
            tokens: false,
        })
    }

    fn of_namespace(&self, name: &str) -> Vec<u32> {
        self.by_namespace.get(name).cloned().unwrap_or_default()
    }

    /// By who sees a Service, and the rules and routes for it.
    fn by_service(&self, service: &Service, cuts: &mut Vec<Vec<u32>>) {
        let mesh = self.mesh;
        let exports = |to: &[String], own: &str, cuts: &mut Vec<Vec<u32>>| {
            cuts.push(self.of_namespace(own));
            cuts.extend(
                to.iter()
                    .filter(|t| !matches!(t.trim(), "*" | "." | "~"))
                    .map(|t| self.of_namespace(t.trim())),
            );
        };
        let visible = |key: &&ClientKey<'_>| service.is_visible(&mesh.settings.service_export, key.namespace);
        cuts.push((0..).zip(&self.keys).filter(|(_, k)| visible(k)).map(|(n, _)| n).collect());
        for number in mesh.rules_for(&service.host()) {
            let Some(rule) = mesh.destination_rules.get(number) else { continue };
            exports(
                if rule.export_to.is_empty() { &mesh.settings.rule_export } else { &rule.export_to },
                &rule.meta.namespace,
                cuts,
            );
            if !rule.selector.is_empty() {
                cuts.push(
                    (0..)
                        .zip(&self.keys)
                        .filter(|(_, k)| k.rules.contains(&number))
                        .map(|(n, _)| n)
                        .collect(),
                );
            }
        }
        for route in mesh.routes_for(&service.host()) {
            let to =
                if route.export_to.is_empty() { &mesh.settings.service_export } else { &route.export_to };
            exports(to, &route.meta.namespace, cuts);
        }
    }

    /// By the entries about addresses that clients know.
    fn by_entries(&self, cuts: &mut Vec<Vec<u32>>) {
        let mesh = self.mesh;
        for entry in mesh.entries_by_address() {
            for (port, _) in &entry.ports {
                let scope = |key: &ClientKey<'_>| key.scope.and_then(|n| mesh.sidecars.get(n));
                let knows = |key: &ClientKey<'_>| mesh.knows_entry(scope(key), key.namespace, entry, *port);
                cuts.push((0..).zip(&self.keys).filter(|(_, k)| knows(k)).map(|(n, _)| n).collect());
            }
        }
    }

    /// By what the Sidecars of clients make of the Services that lead to a server.
    fn by_scope(&self, leading: &[usize], cuts: &mut Vec<Vec<u32>>) {
        let mesh = self.mesh;
        let mut alike: BTreeMap<(Option<usize>, bool, Vec<bool>), Vec<u32>> = BTreeMap::new();
        for (class, key) in (0..).zip(&self.keys) {
            let scope = key.scope.and_then(|n| mesh.sidecars.get(n));
            let ports = leading
                .iter()
                .filter_map(|n| mesh.services.get(*n))
                .flat_map(|s| s.ports.iter().map(move |p| (s, p.number)));
            let known: Vec<bool> =
                ports.map(|(service, port)| mesh.knows(scope, key.namespace, service, port)).collect();
            let refuses = mesh.refuses_unknown(scope);
            // Who refuses is named by the Sidecar that says so.
            let named = key.scope.filter(|n| refuses || *n == usize::MAX);
            alike.entry((named, refuses, known)).or_default().push(class);
        }
        cuts.extend(alike.into_values());
    }
}

/// By how clients are in the mesh, and by which connections their sidecars take.
fn general(keys: &[ClientKey<'_>]) -> Vec<Vec<u32>> {
    let mut members: BTreeMap<Membership, Vec<u32>> = BTreeMap::new();
    let mut captures: BTreeMap<_, Vec<u32>> = BTreeMap::new();
    for (class, key) in (0..).zip(keys) {
        members.entry(key.membership).or_default().push(class);
        captures.entry((key.capture.as_slice(), key.as_proxy)).or_default().push(class);
    }
    members.into_values().chain(captures.into_values()).collect()
}
