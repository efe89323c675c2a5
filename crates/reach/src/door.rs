//! Doors: ways in from outside that stand in the manifests.

use meshgen_yaml::Place;

use crate::{Labels, cluster::PortRef};

/// An object that lets traffic from outside in to services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Its kind: `Ingress`, `Route`, `HTTPRoute`, `VirtualService`, …
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// Whose pods pass the traffic on.
    pub via: Vec<Via>,
    /// Where it leads.
    pub backends: Vec<Backend>,
}

/// Whose pods pass on what comes in by a [`Door`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The ingress controller: some pod, of which nothing is known.
    Controller,
    /// The pods of a gateway (Gateway API), by namespace and name.
    Gateway(String, String),
    /// The pods that a gateway of Istio, by namespace and name, selects.
    IstioGateway(String, String),
}

/// A gateway: whose pods they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// The labels of its pods.
    pub pods: Labels,
    /// The namespace of its pods; any if none is said.
    pub namespace: Option<String>,
}

/// Ports of a service to which a [`Door`] leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// The namespace of the service.
    pub namespace: String,
    /// The service.
    pub service: String,
    /// Which of its ports.
    pub port: BackendPort,
}

/// How a [`Backend`] names a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackendPort {
    /// Every port.
    All,
    /// A port of the service.
    Service(PortRef),
    /// A port of the pods, or the name of a port of the service (`OpenShift`).
    Target(PortRef),
}
