//! What the manifests say is in the cluster. Plain values; nothing is judged here.

use std::{collections::BTreeMap, fmt, net::IpAddr};

use meshgen_yaml::{Place, Problem};

use crate::{
    Addresses, Labels, Match, Matcher, Policy, Protocol, Seen, Values, View,
    door::{Door, Gateway, Via},
};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Namespaces by name, also those that only other objects name.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Workloads, by namespace, name and kind.
    pub workloads: Vec<Workload>,
    /// The pods of the workloads: one for a template, and one for each pod that was read.
    pub pods: Vec<Pod>,
    /// Services, by namespace and name.
    pub services: BTreeMap<(String, String), Service>,
    /// Labels of service accounts, by namespace and name.
    pub accounts: BTreeMap<(String, String), Labels>,
    /// Labels of nodes, by name.
    pub nodes: BTreeMap<String, Labels>,
    /// Policies that are enforced, in the order read.
    pub policies: Vec<Policy>,
    /// Calico's tiers, by name.
    pub tiers: BTreeMap<String, Tier>,
    /// Calico's sets of networks.
    pub network_sets: Vec<NetworkSet>,
    /// Ways in from outside.
    pub doors: Vec<Door>,
    /// The gateways that doors name.
    pub gateways: BTreeMap<Via, Gateway>,
    /// What was read, is not understood, and could change an answer.
    pub unread: Vec<Unread>,
    /// What is wrong with the manifests, in the order read.
    pub problems: Vec<Problem>,
    /// Of these, where those stand that only say that an object belongs to a mesh, which is not judged here.
    pub above: Vec<Place>,
}

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Its labels, `kubernetes.io/metadata.name` included (N12).
    pub labels: Labels,
    /// Where it is declared; nowhere if only other objects name it, and then its labels are assumed.
    pub place: Option<Place>,
}

/// Pods that one object owns, or one pod that nobody owns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its kind: `Deployment`, `Pod`, …
    pub kind: String,
    /// Where it is declared.
    pub place: Place,
}

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// The number of its workload in [`Cluster::workloads`].
    pub workload: usize,
    /// Its namespace.
    pub namespace: String,
    /// Its own name; for a template that of the workload.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// What may stand under keys of which it is not known: whoever makes pods, or changes them on their way into the
    /// cluster, may have added them.
    pub unsure: BTreeMap<String, Values>,
    /// Its service account.
    pub account: String,
    /// The ports that its containers declare.
    pub ports: Vec<ContainerPort>,
    /// Whether it uses the network of its node.
    pub host_network: bool,
    /// The node that it runs on, if known.
    pub node: Option<String>,
    /// Its addresses, if known.
    pub addresses: Vec<IpAddr>,
    /// Where it is declared.
    pub place: Place,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerPort {
    /// Its name.
    pub name: Option<String>,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
    /// Whether it is of a container that is added on the way into the cluster, so that nobody who speaks of the ports of
    /// the pod means it.
    pub added: bool,
}

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Labels of the pods behind it; none if it has no selector.
    pub selector: Option<Labels>,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Where it is declared.
    pub place: Place,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port of the pods.
    pub target: PortRef,
}

/// A port by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortRef {
    /// By number.
    Number(u16),
    /// By name.
    Name(String),
}

/// A tier of Calico.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Lower comes first; absent is last (C1).
    pub order: Option<f64>,
    /// Whether what no rule matches passes to the next tier, and is not denied (C2).
    pub passes: bool,
    /// Where it is declared.
    pub place: Place,
}

/// A `NetworkSet` or, without a namespace, a `GlobalNetworkSet` of Calico.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSet {
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// The addresses in it.
    pub addresses: Addresses,
}

/// Something that is not understood, and whom it could concern: answers about them are unknown.
#[derive(Clone, Debug)]
pub struct Unread {
    /// What it is, in words.
    pub what: String,
    /// Where it stands.
    pub place: Place,
    /// Whom it could concern.
    pub concerns: Matcher,
    /// Whether it concerns only pods that use the network of their node.
    pub host_only: bool,
}

impl Cluster {
    /// The labels of a namespace. One that was not declared has its name as a label and nothing else.
    pub fn namespace_labels(&self, name: &str) -> Option<&Labels> {
        self.namespaces.get(name).map(|n| &n.labels)
    }

    /// The pods of a workload.
    pub fn pods_of(&self, workload: usize) -> impl Iterator<Item = (usize, &Pod)> {
        self.pods.iter().enumerate().filter(move |(_, p)| p.workload == workload)
    }

    /// The Services of a namespace, by name.
    pub fn services_in(&self, namespace: &str) -> impl Iterator<Item = (&str, &Service)> {
        let own = self.services.range((namespace.to_owned(), String::new())..);
        let own = own.take_while(move |((home, _), _)| home == namespace);
        own.map(|((_, name), service)| (name.as_str(), service))
    }

    /// The pods behind a Service.
    pub fn pods_behind(&self, namespace: &str, service: &Service) -> Vec<usize> {
        let behind = |p: &Pod| p.namespace == namespace && service.selects(p);
        (0..).zip(&self.pods).filter(|(_, p)| behind(p)).map(|(n, _)| n).collect()
    }
}

impl Service {
    /// Whether a pod of its namespace is behind it, or may be: a Service of one pod of a StatefulSet leads there.
    pub fn selects(&self, pod: &Pod) -> bool {
        let has = |(key, value): (&String, &String)| match pod.labels.get(key) {
            Some(label) => label == value,
            None => pod.unsure.get(key).is_some_and(|values| values.allows(value)),
        };
        self.selector.as_ref().is_some_and(|selector| selector.iter().all(has))
    }
}

impl Pod {
    /// The numbers of the ports with a name and a protocol; of any protocol if none is given.
    ///
    /// N6: name *and* protocol must match (`np-guard/netpol-analyzer#405`).
    pub fn ports_named(
        &self,
        name: &str,
        protocol: Option<Protocol>,
    ) -> impl Iterator<Item = (Protocol, u16)> {
        let named = move |p: &&ContainerPort| {
            p.name.as_deref() == Some(name) && protocol.is_none_or(|wanted| wanted == p.protocol)
        };
        self.ports.iter().filter(named).map(|p| (p.protocol, p.number))
    }
}

impl View for Pod {
    fn seen(&self, key: &str) -> Seen<'_> {
        match (self.labels.get(key), self.unsure.get(key)) {
            (Some(value), _) => Seen::Is(value),
            (None, Some(values)) => values.seen(),
            (None, None) => Seen::Absent,
        }
    }
}

/// Whether a set holds these addresses of a pod; without any, those that pods may have.
pub(crate) fn address_in(addresses: &[IpAddr], set: &Addresses) -> Match {
    let (all, some) = if addresses.is_empty() {
        let possible = Addresses::of_pods();
        (set.contains_all(&possible), !set.intersection(&possible).is_empty())
    } else {
        let inside = |a: &IpAddr| set.contains(*a);
        (addresses.iter().all(inside), addresses.iter().any(inside))
    };
    match (all, some) {
        (true, _) => Match::Yes,
        (false, true) => Match::May,
        (false, false) => Match::No,
    }
}

/// `ns/name[Kind]`
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}[{}]", self.namespace, self.name, self.kind)
    }
}
