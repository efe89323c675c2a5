//! Namespaces in which somebody could start a pod to call a server: of those that nothing here tells apart, one.

use std::collections::BTreeSet;

use crate::{FRESH, Identity, Membership, Mesh, Rule, Seen, Truth, authorization::condition::Look};

impl Mesh {
    /// The namespaces that a version names where clients of a server may be: in its policies, and by who sees the
    /// Services that lead to it and the rules for them. None of them need be there.
    pub fn homes_named(&self, server: usize) -> BTreeSet<String> {
        let mut all = self.namespaces_meant(server);
        all.extend(self.pods.get(server).map(|p| p.namespace.clone()));
        all.extend(self.bound(server).iter().map(|p| p.meta.namespace.clone()));
        all.extend(self.sidecars.iter().map(|s| s.meta.namespace.clone()));
        let leading = self.members.get(server).map_or(&[][..], |m| &m.services);
        for service in leading.iter().filter_map(|n| self.services.get(*n)) {
            all.extend(exported(&service.export_to));
            let rules = self.rules_for(&service.host());
            for rule in rules.into_iter().filter_map(|n| self.destination_rules.get(n)) {
                all.extend(exported(&rule.export_to).chain([rule.meta.namespace.clone()]));
            }
            for route in self.routes_for(&service.host()) {
                all.extend(exported(&route.export_to).chain([route.meta.namespace.clone()]));
            }
        }
        let settings = &self.settings;
        let defaults = [&settings.service_export, &settings.rule_export, &settings.route_export];
        all.extend(defaults.into_iter().flat_map(|to| exported(to)));
        all.insert(FRESH.to_owned());
        all
    }

    /// What the policies of a server make of pods of a namespace with each of some service accounts. Of two namespaces
    /// that [`Mesh::homes_named`] does not list and of which they make the same, one stands for the other.
    pub fn made_of(&self, server: usize, namespace: &str, accounts: &BTreeSet<String>) -> Vec<Truth> {
        let mut made = Vec::new();
        for account in accounts {
            let seen = self.seen_from(namespace, account);
            for policy in self.bound(server) {
                let look = Look {
                    settings: &self.settings,
                    namespace: &policy.meta.namespace,
                    seen: &seen,
                    any: true,
                    ztunnel: self.membership(server) == Membership::Ambient,
                };
                let conditions = policy.rules.iter().flat_map(Rule::conditions);
                made.extend(conditions.filter(|c| !c.attribute.is_http()).map(|c| c.holds(look)));
            }
        }
        made
    }

    fn seen_from(&self, namespace: &str, account: &str) -> Seen {
        Seen {
            identity: Some(Identity {
                trust_domain: self.settings.trust_domain.clone(),
                namespace: namespace.to_owned(),
                account: account.to_owned(),
            }),
            source: None,
            remote: None,
            destination: None,
            port: 0,
            request: None,
            tokens: false,
        }
    }
}

/// The namespaces to which something is exported by name.
fn exported(to: &[String]) -> impl Iterator<Item = String> {
    to.iter().map(|t| t.trim().to_owned()).filter(|t| !matches!(t.as_str(), "*" | "." | "~"))
}
