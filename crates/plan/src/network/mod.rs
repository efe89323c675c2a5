//! Network policies, before it is said in which API.

mod calico;
mod kubernetes;

use std::collections::BTreeSet;

use ipnet::IpNet;
use meshgen_bundle::Object;
use meshgen_spec::{Enforce, Name, PortRef, Protocol, Security, Spec, Workloads};

use crate::labels::{self, Labels};

/// A policy of one namespace.
#[derive(Clone, Debug)]
pub(crate) struct NetworkPolicy<'a> {
    pub(crate) namespace: &'a Name,
    pub(crate) name: String,
    /// Whom it protects. Empty selects all pods of the namespace.
    pub(crate) pods: Labels,
    /// What may come in. `Some` isolates, so that nothing else comes in; `None` leaves it alone.
    pub(crate) ingress: Option<Vec<Rule>>,
    /// What may go out; likewise.
    pub(crate) egress: Option<Vec<Rule>>,
}

/// Any of the peers, on any of the ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The other side. Empty is everybody, also outside of the cluster.
    pub(crate) peers: Vec<Peer>,
    /// Ports of the pod that receives. Empty is all.
    pub(crate) ports: Vec<PodPort>,
}

/// The other side of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Peer {
    /// Pods with these labels, in these namespaces.
    Pods(In, Labels),
    /// Addresses, without the exceptions.
    Net(IpNet, Vec<IpNet>),
}

/// Namespaces of a peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum In {
    /// That of the policy.
    Own,
    /// These, by name.
    Named(Vec<String>),
    /// Those with these labels; empty is all.
    Labelled(Labels),
}

/// A port of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PodPort {
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
}

impl PodPort {
    pub(crate) fn tcp(port: u16) -> Self {
        PodPort { port, protocol: Protocol::Tcp }
    }

    pub(crate) fn udp(port: u16) -> Self {
        PodPort { port, protocol: Protocol::Udp }
    }
}

impl NetworkPolicy<'_> {
    /// The object, in the API that is asked for.
    pub(crate) fn into_object(self, security: &Security) -> Object {
        if security.enforces(Enforce::CalicoNetworkPolicy) {
            calico::object(self)
        } else {
            kubernetes::object(self)
        }
    }
}

/// Where the pods of one namespace are, seen from a policy of another.
pub(crate) fn seen_from(policy: &Name, namespace: &Name) -> In {
    if policy == namespace { In::Own } else { In::Named(vec![namespace.to_string()]) }
}

/// Workloads as the other side of a policy in `namespace`.
pub(crate) fn peer(spec: &Spec, namespace: &Name, which: &Workloads) -> Peer {
    let pods = match which {
        Workloads::All(_) => Labels::new(),
        Workloads::One(one) => pods(spec, &Workloads::One(one.clone())),
    };
    Peer::Pods(seen_from(namespace, which.namespace()), pods)
}

/// The labels that select workloads inside their namespace.
pub(crate) fn pods(spec: &Spec, which: &Workloads) -> Labels {
    match which {
        Workloads::All(_) => Labels::new(),
        Workloads::One(one) => {
            spec.workloads.get(one).map(|w| labels::of_pods(&one.name, w)).unwrap_or_default()
        }
    }
}

/// The ports that are meant, of all workloads that are meant: one name may be several numbers.
pub(crate) fn ports<'a>(
    spec: &Spec,
    which: &Workloads,
    refs: impl Iterator<Item = &'a PortRef>,
) -> Vec<PodPort> {
    let refs: Vec<&PortRef> = refs.collect();
    let sidecar = spec.sidecar_ports(which).iter().copied();
    let is_named = |port: &u16| refs.iter().any(|r| **r == PortRef::Number(*port));
    let mut found: BTreeSet<PodPort> = sidecar.filter(is_named).map(PodPort::tcp).collect();
    for (_, workload) in spec.workloads_in(which) {
        for (name, port) in &workload.ports {
            let meant = |r: &&PortRef| match r {
                PortRef::Name(n) => *n == name.value,
                PortRef::Number(n) => *n == port.port,
            };
            if refs.iter().any(meant) {
                found.insert(PodPort { port: port.port, protocol: port.protocol });
            }
        }
    }
    found.into_iter().collect()
}
