//! What the mesh needs to know of a cluster. Plain values; nothing is judged here.

use std::{collections::BTreeMap, net::IpAddr};

use crate::{Labels, Membership, Meta, Truth, given::may_be_given};

/// Pods that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// The kind of what it was read from: `Deployment`, `Pod`, …
    pub kind: String,
    /// The name of what it was read from.
    pub name: String,
    /// Its labels, as written: before injection.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// Its service account.
    pub account: String,
    /// Whether its containers run as the user or the group of the proxy: all of them, some or none. What these send, its
    /// sidecar leaves alone.
    pub as_proxy: Truth,
    /// Whether it uses the network of its node.
    pub host_network: bool,
    /// The ports that its containers declare.
    pub ports: Vec<ContainerPort>,
    /// The proxy that is written in the manifest, so that none is injected.
    pub proxy: Option<Membership>,
    /// Its addresses, if known.
    pub addresses: Vec<IpAddr>,
    /// Where it is declared.
    pub place: meshgen_yaml::Place,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub number: u16,
    /// Its protocol is TCP.
    pub tcp: bool,
}

/// A Service, or what a ServiceEntry says of pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, and so on.
    pub meta: Meta,
    /// Its host, if that does not follow from its name: that of a ServiceEntry.
    pub own_host: Option<String>,
    /// Labels of the pods behind it; none if it has no selector.
    pub selector: Option<Labels>,
    /// What is behind it by address or by name: of a ServiceEntry, or of a Service without a selector.
    pub endpoints: Vec<Endpoint>,
    /// Whether it is outside of the mesh, so that sidecars use no auto mTLS (`location: MESH_EXTERNAL`).
    pub external: bool,
    /// Whether it lets clients from outside in, and nodes pass on what they send under their own addresses.
    ///
    /// Source: `kubernetes/api` `core/v1/types.go`, `ServiceExternalTrafficPolicy`.
    pub hides: bool,
    /// Whether clients get the addresses of its pods (`clusterIP: None`).
    pub headless: bool,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// Who sees it (annotation `networking.istio.io/exportTo`); nobody said if empty.
    pub export_to: Vec<String>,
}

/// What is behind a Service that does not find its pods by labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The pod that it is, by namespace and name.
    pub pod: Option<(String, String)>,
    /// Whether it takes mTLS, if that does not follow from the pod.
    pub mutual: Option<bool>,
    /// Its ports, by the names of those of the Service.
    pub ports: BTreeMap<String, u16>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name.
    pub name: Option<String>,
    /// What it says of its protocol.
    pub app_protocol: Option<String>,
    /// Its number.
    pub number: u16,
    /// Whether it is of TCP: the mesh leaves UDP and SCTP alone.
    pub tcp: bool,
    /// The port of the pods.
    pub target: Target,
}

/// A port by number or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By number.
    Number(u16),
    /// By the name that a container gives it.
    Name(String),
}

impl Service {
    /// Its name in the cluster. The domain is that of the cluster's DNS, which nearly always is `cluster.local`.
    pub fn host(&self) -> String {
        let own = || format!("{}.{}.svc.cluster.local", self.meta.name, self.meta.namespace);
        self.own_host.clone().unwrap_or_else(own)
    }

    /// Whether a pod is behind it, or may be: a Service of one pod of a StatefulSet leads there.
    pub fn selects(&self, pod: &Pod, labels: &Labels) -> bool {
        let has = |(key, value): (&String, &String)| match labels.get(key) {
            Some(label) => label == value,
            None => may_be_given(pod, key, value),
        };
        let all = |s: &Labels| s.iter().all(has);
        let selected = self.meta.namespace == pod.namespace && self.selector.as_ref().is_some_and(all);
        selected || self.endpoint(pod).is_some()
    }

    /// What says that a pod is behind it, other than its labels.
    fn endpoint(&self, pod: &Pod) -> Option<&Endpoint> {
        let named = |(namespace, name): &(String, String)| {
            pod.kind == "Pod" && *namespace == pod.namespace && *name == pod.name
        };
        let is = |e: &&Endpoint| {
            e.pod.as_ref().is_some_and(named) || e.addresses.iter().any(|a| pod.addresses.contains(a))
        };
        self.endpoints.iter().find(is)
    }

    /// Whether clients take a pod behind it for one that takes mTLS, where that does not follow from the pod. Of addresses
    /// that name no pod, istiod looks for one in the namespace of the Service only.
    ///
    /// Source: `pilot/pkg/serviceregistry/kube/controller/endpointslice.go`.
    pub(crate) fn mutual(&self, pod: &Pod) -> Option<bool> {
        let endpoint = self.endpoint(pod)?;
        let elsewhere = endpoint.pod.is_none() && pod.namespace != self.meta.namespace;
        endpoint.mutual.or(elsewhere.then_some(false))
    }

    /// The port of a pod to which one of its ports leads. A client of a headless Service dials the pod, so there
    /// the port's own number counts.
    pub fn pod_port(&self, port: &ServicePort, pod: &Pod) -> Option<u16> {
        if self.headless {
            return Some(port.number);
        }
        self.target(port, pod)
    }

    /// The port of a pod that one of its ports targets.
    pub fn target(&self, port: &ServicePort, pod: &Pod) -> Option<u16> {
        let ports = self.endpoint(pod).map(|e| &e.ports).filter(|p| !p.is_empty());
        match ports {
            Some(ports) => ports.get(port.name.as_deref().unwrap_or_default()).copied(),
            None => port.on(pod),
        }
    }

    /// Whether a namespace sees it.
    pub fn is_visible(&self, default: &[String], namespace: &str) -> bool {
        let to = if self.export_to.is_empty() { default } else { &self.export_to };
        is_exported(to, &self.meta.namespace, namespace)
    }
}

impl ServicePort {
    /// The port of a pod that it targets.
    pub fn on(&self, pod: &Pod) -> Option<u16> {
        match &self.target {
            Target::Number(number) => Some(*number),
            Target::Name(name) => {
                let named = |p: &&ContainerPort| p.name.as_ref() == Some(name) && p.tcp == self.tcp;
                pod.ports.iter().find(named).map(|p| p.number)
            }
        }
    }
}

/// Whether something of one namespace is exported to another: `*` is all, `.` its own, `~` nobody.
pub(crate) fn is_exported(to: &[String], own: &str, namespace: &str) -> bool {
    to.iter().any(|t| match t.trim() {
        "*" => true,
        "." => own == namespace,
        name => name == namespace,
    })
}
