//! Ways in: which pods can be reached from outside by way of a door, and by which ports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Backend, BackendPort, Certainty, Cluster, Direction, Door, Judge, Labels, Match, Party, Pod, PortRef,
    PortSet, Protocol, Service, ServicePort, Stranger, Traits, Values, Via, Where, side::Permitted,
};

/// A way in from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The kind of the door.
    pub kind: String,
    /// The door: `ns/name`.
    pub door: String,
    /// Where the door stands.
    pub at: Where,
    /// Whose pods pass the traffic on.
    pub via: Party,
    /// The gateway that it comes through, `namespace/name`; none for an ingress controller.
    pub gateway: Option<String>,
    /// The service that it leads to.
    pub service: String,
    /// The pod that it leads to, by its number in [`Cluster::pods`].
    pub pod: usize,
    /// The ports of the pod that it leads to.
    pub ports: PortSet,
    /// Which of them the policies of the pod leave open for whoever passes the traffic on.
    pub permitted: Permitted,
}

/// A way in, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WayTold {
    /// `Ingress ns/name`.
    pub door: String,
    /// Whose pods pass the traffic on.
    pub via: String,
    /// Who is reached.
    pub to: String,
    /// By which ports.
    pub ports: PortSet,
    /// Ports of which it is not known.
    #[serde(skip_serializing_if = "PortSet::is_empty")]
    pub unknown: PortSet,
    /// Where the door stands.
    pub at: Where,
}

impl Judge<'_> {
    /// All ways in. Of an ingress controller that is not in the manifests nothing is known.
    pub fn ways(&self) -> Vec<Way> {
        self.ways_by(&controller())
    }

    /// All ways in, by an ingress controller with these traits.
    pub fn ways_by(&self, controller: &Stranger) -> Vec<Way> {
        let mut all = Vec::new();
        for door in &self.cluster().doors {
            for backend in &door.backends {
                for (pod, ports) in served(self.cluster(), backend) {
                    for (via, party) in self.passing(door, controller) {
                        let gateway = via.gateway();
                        all.push(Way { gateway, ..self.way(door, backend, pod, &ports, party) });
                    }
                }
            }
        }
        all
    }

    fn way(&self, door: &Door, backend: &Backend, pod: usize, ports: &Permitted, via: Party) -> Way {
        let to = Party::Pod(pod);
        let open = match via {
            // What a controller that was not read may send is its own affair.
            Party::Stranger(_) | Party::Address(_) | Party::Range(_) => {
                self.one_side(Direction::Ingress, &to, &via)
            }
            Party::Pod(_) => self.permitted(&via, &to),
        };
        Way {
            kind: door.kind.clone(),
            door: format!("{}/{}", door.namespace, door.name),
            at: self.manifests.find(door.place),
            via,
            gateway: None,
            service: format!("{}/{}", backend.namespace, backend.service),
            pod,
            ports: ports.possible.clone(),
            permitted: open.both(ports),
        }
    }

    /// Whose pods pass on what comes in by a door.
    fn passing<'d>(&self, door: &'d Door, controller: &Stranger) -> Vec<(&'d Via, Party)> {
        let all =
            door.via.iter().flat_map(|via| self.pods_of(via, controller).into_iter().map(move |p| (via, p)));
        all.collect()
    }

    /// Whose pods pass on what comes through a gateway.
    pub(crate) fn pods_passing(&self, via: &Via) -> Vec<Party> {
        self.pods_of(via, &controller())
    }

    fn pods_of(&self, via: &Via, controller: &Stranger) -> Vec<Party> {
        let cluster = self.cluster();
        let gateway = match via {
            Via::Controller => return vec![Party::Stranger(controller.clone())],
            Via::Gateway(..) | Via::IstioGateway(..) => cluster.gateways.get(via),
        };
        let none = Labels::new();
        let (labels, namespace) = gateway.map_or((&none, None), |g| (&g.pods, g.namespace.as_deref()));
        let is = |p: &Pod| {
            let labelled = !labels.is_empty() && labels.iter().all(|(k, v)| p.labels.get(k) == Some(v));
            labelled && namespace.is_none_or(|n| n == p.namespace)
        };
        let known: Vec<Party> =
            cluster.pods.iter().enumerate().filter(|(_, p)| is(p)).map(|(n, _)| Party::Pod(n)).collect();
        if known.is_empty() {
            vec![Party::Stranger(gateway_pod(via, labels, namespace, cluster))]
        } else {
            known
        }
    }

    /// All ways in, told.
    pub fn ways_told(&self) -> Vec<WayTold> {
        let cluster = self.cluster();
        let mut all: Vec<WayTold> = Vec::new();
        for way in self.ways().into_iter().filter(|w| !w.permitted.possible.is_empty()) {
            let told = WayTold {
                door: format!("{} {}", way.kind, way.door),
                via: way.via.title(cluster),
                to: Party::Pod(way.pod).title(cluster),
                unknown: way.permitted.unknown(),
                ports: way.permitted.sure,
                at: way.at,
            };
            if !all.contains(&told) {
                all.push(told);
            }
        }
        all
    }
}

/// An ingress controller of which nothing is known.
fn controller() -> Stranger {
    Stranger {
        name: "ingress-controller".to_owned(),
        namespace: Traits::anything(),
        pod: Traits::anything(),
        account: None,
        ports: None,
    }
}

/// A pod of a gateway: its labels are known in part, its namespace perhaps.
fn gateway_pod(via: &Via, labels: &Labels, namespace: Option<&str>, cluster: &Cluster) -> Stranger {
    let name = match via {
        Via::Controller => "ingress-controller".to_owned(),
        Via::Gateway(ns, name) | Via::IstioGateway(ns, name) => format!("gateway {ns}/{name}"),
    };
    let known: BTreeMap<String, Values> = labels.iter().map(|(k, v)| (k.clone(), Values::only(v))).collect();
    let home = namespace.and_then(|n| cluster.namespace_labels(n));
    Stranger {
        name,
        namespace: home.map_or_else(Traits::anything, Traits::exactly),
        pod: Traits { known, open: true, written: None },
        account: None,
        ports: None,
    }
}

/// The pods behind a backend, with the ports that it leads to.
fn served(cluster: &Cluster, backend: &Backend) -> Vec<(usize, Permitted)> {
    let Some(service) = cluster.services.get(&(backend.namespace.clone(), backend.service.clone())) else {
        return Vec::new();
    };
    let meant = |port: &ServicePort| match is_meant(port, &backend.port) {
        Match::Yes => Some(Certainty::Sure),
        Match::May => Some(Certainty::Unknown),
        Match::No => None,
    };
    let ports: Vec<(&ServicePort, Certainty)> =
        service.ports.iter().filter_map(|p| Some((p, meant(p)?))).collect();
    let of = |pod: &usize| {
        let on = |(port, certainty): &(&ServicePort, Certainty)| {
            let possible = port.on(cluster.pods.get(*pod));
            let sure = if *certainty == Certainty::Sure { possible.clone() } else { PortSet::default() };
            Permitted { sure, possible }
        };
        let all = ports.iter().map(on).reduce(|a, b| a.union(&b)).unwrap_or_default();
        (!all.possible.is_empty()).then_some((*pod, all))
    };
    cluster.pods_behind(&backend.namespace, service).iter().filter_map(of).collect()
}

/// An Ingress names a port of the service, and a Route one of the pods, or the service's port by name. Doors
/// speak TCP.
///
/// An Ingress that names the number of the pods' port where the service has another is answered differently by
/// different controllers (`networking/v1` `ServiceBackendPort`: "on the Service").
fn is_meant(port: &ServicePort, wanted: &BackendPort) -> Match {
    let by = |reference: &PortRef| match reference {
        PortRef::Number(n) => *n == port.number,
        PortRef::Name(name) => port.name.as_ref() == Some(name),
    };
    if port.protocol != Protocol::Tcp {
        return Match::No;
    }
    match wanted {
        BackendPort::All => Match::Yes,
        BackendPort::Service(reference) if by(reference) => Match::Yes,
        BackendPort::Service(reference) if port.target == *reference => Match::May,
        BackendPort::Service(_) => Match::No,
        BackendPort::Target(reference) => (by(reference) || port.target == *reference).into(),
    }
}

impl Via {
    /// The gateway, `namespace/name`.
    fn gateway(&self) -> Option<String> {
        match self {
            Via::Controller => None,
            Via::Gateway(namespace, name) | Via::IstioGateway(namespace, name) => {
                Some(format!("{namespace}/{name}"))
            }
        }
    }
}

impl ServicePort {
    /// The ports of a pod that it leads to.
    pub fn on(&self, pod: Option<&Pod>) -> PortSet {
        match &self.target {
            PortRef::Number(n) => PortSet::one(self.protocol, *n),
            PortRef::Name(name) => {
                let named = pod.into_iter().flat_map(|p| p.ports_named(name, Some(self.protocol)));
                named.map(|(protocol, n)| PortSet::one(protocol, n)).collect()
            }
        }
    }
}

impl Service {
    /// The ports of a pod that one of its own ports leads to; all that it has, if none is said.
    pub fn reach(&self, pod: &Pod, port: Option<u16>) -> PortSet {
        let meant = self.ports.iter().filter(|p| port.is_none_or(|n| n == p.number));
        meant.map(|p| p.on(Some(pod))).collect()
    }
}
