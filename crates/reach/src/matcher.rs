//! Whom a policy means: its subject, and the peers of its rules.

pub(crate) mod entity;

use std::net::IpAddr;

use crate::{
    Addresses, Labels, Match,
    addresses::AddressRange,
    cluster::{Cluster, ContainerPort, Pod, address_in},
    select::{Selector, View},
};

pub use entity::{Accounts, Entity, Scope};

/// A description of ends of connections.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matcher {
    /// Everyone, the outside included.
    Anyone,
    /// Nobody.
    Nobody,
    /// It could not be read: perhaps everyone, perhaps nobody.
    Unreadable,
    /// Pods by the labels of their namespace and their own.
    Pods {
        /// Their namespaces.
        namespaces: Namespaces,
        /// Their labels.
        pods: Selector,
        /// Whether pods that use their node's network are meant: undefined for NetworkPolicy, so they are
        /// here and the walk tries both (N11); never for admin policies.
        host: bool,
    },
    /// Addresses of the outside. Whether a pod with such an address is meant is left open, and plugins differ (Calico
    /// lets it in, Cilium does not), so it may be one that is known to have one; others are not meant (N8).
    Outside(Addresses),
    /// Addresses, also those of pods (A6).
    Networks(Addresses),
    /// Nodes by label: pods that use their network.
    Nodes(Selector),
    /// Host names: which addresses they have is not known.
    Domains,
    /// Pods that a policy of Calico protects.
    Endpoint(Box<Entity>),
    /// What Calico describes.
    Entity(Box<Entity>),
}

/// Namespaces, as a selector of pods means them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespaces {
    /// The one with this name.
    Named(String),
    /// Those with these labels.
    Selected(Selector),
}

/// One end of a connection, as policies see it.
#[derive(Clone, Copy)]
pub enum End<'a> {
    /// A pod, known or described.
    Pod(PodView<'a>),
    /// Addresses outside of the cluster that no policy tells apart.
    Outside(AddressRange),
}

/// What is known of a pod.
#[derive(Clone, Copy)]
pub struct PodView<'a> {
    /// The labels of its namespace.
    pub namespace: &'a dyn View,
    /// Its own labels.
    pub labels: &'a dyn View,
    /// Its service account, if known.
    pub account: Option<&'a str>,
    /// Whether it uses the network of its node.
    pub host_network: bool,
    /// The node that it runs on, if known.
    pub node: Option<&'a str>,
    /// Its addresses, if known.
    pub addresses: &'a [IpAddr],
    /// The ports that its containers declare, if known.
    pub ports: Option<&'a [ContainerPort]>,
    /// Whether network policies take a pod on the network of its node for a pod. That is left open (N11), so
    /// both readings are tried.
    pub host_is_pod: bool,
}

/// Whether a known address is in a set.
fn is_one_of(addresses: &[IpAddr], set: &Addresses) -> bool {
    addresses.iter().any(|address| set.contains(*address))
}

static NO_LABELS: Labels = Labels::new();

impl<'a> PodView<'a> {
    /// A pod of a cluster.
    pub fn new(cluster: &'a Cluster, pod: &'a Pod) -> PodView<'a> {
        PodView {
            namespace: cluster.namespace_labels(&pod.namespace).unwrap_or(&NO_LABELS),
            labels: pod,
            account: Some(&pod.account),
            host_network: pod.host_network,
            node: pod.node.as_deref(),
            addresses: &pod.addresses,
            ports: Some(&pod.ports),
            host_is_pod: true,
        }
    }
}

impl Namespaces {
    /// Whether a namespace with these labels is meant.
    pub fn select(&self, labels: &dyn View) -> Match {
        match self {
            Namespaces::Named(name) => entity::named(labels, name),
            Namespaces::Selected(selector) => selector.selects(labels),
        }
    }
}

impl Matcher {
    /// Whether an end is meant.
    pub fn matches(&self, cluster: &Cluster, end: End<'_>) -> Match {
        match (self, end) {
            (Matcher::Anyone, _) => Match::Yes,
            (Matcher::Pods { namespaces, pods, host }, End::Pod(pod)) => {
                if pod.host_network && !(*host && pod.host_is_pod) {
                    return Match::No;
                }
                match namespaces.select(pod.namespace) {
                    Match::No => Match::No,
                    other => other.and(pods.selects(pod.labels)),
                }
            }
            (Matcher::Networks(set), End::Pod(pod)) => address_in(pod.addresses, set),
            (Matcher::Outside(set), End::Pod(pod)) if is_one_of(pod.addresses, set) => Match::May,
            (Matcher::Outside(set) | Matcher::Networks(set), End::Outside(range)) => {
                set.contains(range.first).into()
            }
            (Matcher::Nodes(nodes), End::Pod(pod)) if pod.host_network => {
                match pod.node.and_then(|n| cluster.nodes.get(n)) {
                    Some(labels) => nodes.selects(labels),
                    None if nodes.is_empty() => Match::Yes,
                    None => Match::May,
                }
            }
            (Matcher::Unreadable, _) | (Matcher::Domains, End::Outside(_)) => Match::May,
            (Matcher::Endpoint(entity), End::Pod(pod)) => entity.protects(cluster, pod),
            (Matcher::Entity(entity), _) => entity.matches(cluster, end),
            (Matcher::Nobody, _)
            | (Matcher::Pods { .. } | Matcher::Nodes(_) | Matcher::Endpoint(_), End::Outside(_))
            | (Matcher::Outside(_) | Matcher::Nodes(_) | Matcher::Domains, End::Pod(_)) => Match::No,
        }
    }

    /// The address sets that it knows, for cutting the outside into ranges.
    pub fn address_sets(&self) -> Vec<&Addresses> {
        match self {
            Matcher::Outside(set) | Matcher::Networks(set) => vec![set],
            Matcher::Entity(entity) => entity.nets.iter().chain([&entity.not_nets]).collect(),
            Matcher::Anyone
            | Matcher::Nobody
            | Matcher::Unreadable
            | Matcher::Pods { .. }
            | Matcher::Nodes(_)
            | Matcher::Domains
            | Matcher::Endpoint(_) => Vec::new(),
        }
    }

    /// The only namespace whose pods it can mean, if there is one such.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Matcher::Pods { namespaces: Namespaces::Named(name), .. } => Some(name),
            Matcher::Endpoint(entity) => entity.namespace(),
            _ => None,
        }
    }
}
