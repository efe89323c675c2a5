//! How Calico describes an end of a connection: everything that is said must hold (C5, C6).
//!
//! Sources: `projectcalico/calico` `api/pkg/apis/projectcalico/v3` (`EntityRule`), and
//! `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go` (what selectors become).

use super::{End, PodView};
use crate::{
    Addresses, Match,
    cluster::{Cluster, NetworkSet, address_in},
    select::{Expression, Labels, Seen, Values, View},
};

/// An end of a connection, as Calico describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity {
    /// Where endpoints are looked for.
    pub scope: Scope,
    /// Labels of endpoints: pods and sets of networks.
    pub selector: Option<Expression>,
    /// Labels that endpoints must not have; addresses that are no endpoint's pass.
    pub not_selector: Option<Expression>,
    /// Addresses.
    pub nets: Option<Addresses>,
    /// Addresses that are left out.
    pub not_nets: Addresses,
    /// Service accounts of pods.
    pub accounts: Option<Accounts>,
}

/// Where endpoints are looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everywhere.
    Anywhere,
    /// In one namespace.
    Own(String),
    /// In namespaces with these labels.
    Namespaces(Expression),
    /// In no namespace: `global()`.
    Global,
}

/// Service accounts: by name, and by label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Accounts {
    /// One of these names; any if empty.
    pub names: Vec<String>,
    /// Their labels.
    pub selector: Option<Expression>,
}

impl Entity {
    /// Everything.
    pub fn anything() -> Entity {
        Entity {
            scope: Scope::Anywhere,
            selector: None,
            not_selector: None,
            nets: None,
            not_nets: Addresses::default(),
            accounts: None,
        }
    }

    /// The only namespace whose pods it can mean by their labels.
    pub(super) fn namespace(&self) -> Option<&str> {
        match &self.scope {
            Scope::Own(name) => Some(name),
            Scope::Anywhere | Scope::Namespaces(_) | Scope::Global => None,
        }
    }

    /// Whether an end is meant.
    pub(super) fn matches(&self, cluster: &Cluster, end: End<'_>) -> Match {
        let mut all = Match::Yes;
        if self.scope != Scope::Anywhere || self.selector.is_some() || self.accounts.is_some() {
            all = all.and(self.selects(cluster, end));
        }
        if let Some(excluded) = self.not_selector.as_ref().filter(|_| all != Match::No) {
            let excluded = Entity { selector: Some(excluded.clone()), ..Entity::anything() };
            all = all.and(excluded.selects(cluster, end).negated());
        }
        if let Some(nets) = &self.nets {
            all = all.and(within(end, nets));
        }
        if !self.not_nets.is_empty() {
            all = all.and(within(end, &self.not_nets).negated());
        }
        all
    }

    /// Whether a pod is protected by a policy for these endpoints. Pods that use their node's network are no
    /// endpoints (N11).
    pub(super) fn protects(&self, cluster: &Cluster, pod: PodView<'_>) -> Match {
        if pod.host_network { Match::No } else { self.selects_pod(cluster, pod) }
    }

    /// Whether the end is an endpoint with the right labels, or has an address of a set of networks that has.
    fn selects(&self, cluster: &Cluster, end: End<'_>) -> Match {
        let by_labels = match end {
            // Pods that use their node's network are no endpoints (N11).
            End::Pod(pod) if !pod.host_network => self.selects_pod(cluster, pod),
            End::Pod(_) | End::Outside(_) => Match::No,
        };
        if by_labels == Match::Yes || self.accounts.is_some() {
            return by_labels;
        }
        let sets = cluster.network_sets.iter().filter(|set| self.selects_set(cluster, set));
        let addresses: Addresses = sets.map(|s| s.addresses.clone()).collect();
        if addresses.is_empty() { by_labels } else { by_labels.or(within(end, &addresses)) }
    }

    fn selects_pod(&self, cluster: &Cluster, pod: PodView<'_>) -> Match {
        let place = match &self.scope {
            Scope::Anywhere => Match::Yes,
            Scope::Global => Match::No,
            Scope::Own(name) => named(pod.namespace, name),
            Scope::Namespaces(selector) => selector.selects(&CalicoNamespace(pod.namespace)),
        };
        if place == Match::No {
            return Match::No;
        }
        let labels = self.selector.as_ref().map_or(Match::Yes, |s| s.selects(&CalicoPod { cluster, pod }));
        let account = self.accounts.as_ref().map_or(Match::Yes, |a| a.select(cluster, pod));
        place.and(labels).and(account)
    }

    fn selects_set(&self, cluster: &Cluster, set: &NetworkSet) -> bool {
        let none = Labels::new();
        let namespace = set.namespace.as_ref().and_then(|n| cluster.namespace_labels(n)).unwrap_or(&none);
        let place = match (&self.scope, &set.namespace) {
            (Scope::Anywhere, _) | (Scope::Global, None) => Match::Yes,
            (Scope::Own(name), Some(namespace)) => (name == namespace).into(),
            (Scope::Namespaces(selector), Some(_)) => selector.selects(&CalicoNamespace(namespace)),
            (Scope::Global, Some(_)) | (Scope::Own(_) | Scope::Namespaces(_), None) => Match::No,
        };
        let mut labels = set.labels.clone();
        labels.extend(namespace.iter().map(|(k, v)| (format!("pcns.{k}"), v.clone())));
        labels.extend(set.namespace.iter().map(|n| ("projectcalico.org/namespace".to_owned(), n.clone())));
        place == Match::Yes && self.selector.as_ref().is_none_or(|s| s.selects(&labels) == Match::Yes)
    }
}

impl Accounts {
    fn select(&self, cluster: &Cluster, pod: PodView<'_>) -> Match {
        let Some(account) = pod.account else { return Match::May };
        let by_name = self.names.is_empty() || self.names.iter().any(|n| n == account);
        let Some(selector) = self.selector.as_ref().filter(|_| by_name) else { return by_name.into() };
        let Seen::Is(namespace) = pod.namespace.seen(NAME) else { return Match::May };
        let none = Labels::new();
        let labels = cluster.accounts.get(&(namespace.to_owned(), account.to_owned())).unwrap_or(&none);
        selector.selects(labels)
    }
}

/// The label by which every namespace carries its name (N12).
pub(crate) const NAME: &str = "kubernetes.io/metadata.name";

/// Whether a namespace has a name.
pub(super) fn named(namespace: &dyn View, name: &str) -> Match {
    match namespace.seen(NAME) {
        Seen::Is(found) => (found == name).into(),
        seen => Values::only(name).hold(seen),
    }
}

fn within(end: End<'_>, set: &Addresses) -> Match {
    match end {
        End::Pod(pod) => address_in(pod.addresses, set),
        End::Outside(range) => set.contains(range.first).into(),
    }
}

/// A namespace as Calico sees it: its labels, and its name as `projectcalico.org/name`.
struct CalicoNamespace<'a>(&'a dyn View);

impl View for CalicoNamespace<'_> {
    fn seen(&self, key: &str) -> Seen<'_> {
        self.0.seen(if key == "projectcalico.org/name" { NAME } else { key })
    }
}

/// A pod as Calico sees it: with labels for its namespace and its service account, and with those that it
/// inherits from their profiles.
///
/// Source: `libcalico-go/lib/backend/k8s/conversion` (`workload_endpoint_default.go`, `NamespaceToProfile`).
struct CalicoPod<'a> {
    cluster: &'a Cluster,
    pod: PodView<'a>,
}

impl View for CalicoPod<'_> {
    fn seen(&self, key: &str) -> Seen<'_> {
        match key {
            "projectcalico.org/namespace" => return self.pod.namespace.seen(NAME),
            "projectcalico.org/orchestrator" => return Seen::Is("k8s"),
            "projectcalico.org/serviceaccount" => return self.pod.account.map_or(Seen::Anything, Seen::Is),
            _ => {}
        }
        if let Some(key) = key.strip_prefix("pcns.") {
            return CalicoNamespace(self.pod.namespace).0.seen(if key == "projectcalico.org/name" {
                NAME
            } else {
                key
            });
        }
        if let Some(key) = key.strip_prefix("pcsa.") {
            let (Seen::Is(namespace), Some(account)) = (self.pod.namespace.seen(NAME), self.pod.account)
            else {
                return Seen::Anything;
            };
            let labels = self.cluster.accounts.get(&(namespace.to_owned(), account.to_owned()));
            return labels.and_then(|l| l.get(key)).map_or(Seen::Absent, |v| Seen::Is(v));
        }
        self.pod.labels.seen(key)
    }
}
