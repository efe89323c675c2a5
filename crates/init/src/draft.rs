//! A spec in the making. The sections are as they are written; what only the making needs is skipped.

use std::collections::{BTreeMap, BTreeSet};

use meshgen_bundle::calico;
use meshgen_yaml::At;
use serde::Serialize;

use crate::{
    notes::Notes,
    object::{Labels, Object},
};

/// A namespace and a name in it.
pub(crate) type Place = (String, String);

#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) notes: Notes,
    pub(crate) engine: Engine,
    pub(crate) istio: Option<Istio>,
    /// The label that `meshed` selects namespaces by, where a spec has one for all.
    pub(crate) membership: Option<(&'static str, String)>,
    /// The mode of mTLS for the whole mesh.
    pub(crate) mtls: Option<&'static str>,
    pub(crate) namespaces: BTreeMap<String, Namespace>,
    pub(crate) workloads: BTreeMap<Place, Workload>,
    /// By what is protected: a workload, or all of a namespace where there is no name.
    pub(crate) policies: BTreeMap<(String, Option<String>), Policy>,
    /// Objects that the spec accounts for.
    pub(crate) said: BTreeSet<meshgen_yaml::Place>,
}

/// What enforces network policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Engine {
    Calico,
    Cilium,
    Kindnet,
    #[default]
    Other,
}

/// A mesh that is there.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Istio {
    pub(crate) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) cni: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) ambient: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust_domain: Option<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Namespace {
    #[serde(skip_serializing_if = "is_false")]
    pub(crate) existing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mesh: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pod_security: Option<String>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub(crate) labels: Labels,
    #[serde(skip_serializing_if = "Security::is_empty")]
    pub(crate) security: Security,
    /// All its labels, as they are in the cluster.
    #[serde(skip)]
    pub(crate) all_labels: Labels,
}

#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Security {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mtls: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) deny: BTreeSet<Direction>,
}

impl Security {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Security::default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Workload {
    pub(crate) existing: Existing,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "ports")]
    pub(crate) ports: BTreeMap<String, Port>,
    #[serde(skip_serializing_if = "Security::is_empty")]
    pub(crate) security: Security,
    /// All labels of its pods.
    #[serde(skip)]
    pub(crate) pod_labels: Labels,
    /// The names that its containers give to ports, with protocol and number.
    #[serde(skip)]
    pub(crate) container_ports: Vec<(String, String, u16)>,
    /// The object that it was made of.
    #[serde(skip)]
    pub(crate) origin: Option<At<String>>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Existing {
    pub(crate) kind: String,
    pub(crate) labels: Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) service: Option<String>,
}

/// A port of a pod, and that of the Service in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) number: u16,
    pub(crate) service: u16,
    pub(crate) protocol: String,
}

/// A port alone where the number says all.
fn ports<S: serde::Serializer>(ports: &BTreeMap<String, Port>, s: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Written<'a> {
        Number(u16),
        Full {
            port: u16,
            #[serde(skip_serializing_if = "Option::is_none")]
            service: Option<u16>,
            #[serde(skip_serializing_if = "Option::is_none")]
            protocol: Option<&'a str>,
        },
    }
    s.collect_map(ports.iter().map(|(name, p)| {
        let service = (p.service != p.number).then_some(p.service);
        let protocol = (p.protocol != "TCP").then_some(p.protocol.as_str());
        match (service, protocol) {
            (None, None) => (name, Written::Number(p.number)),
            _ => (name, Written::Full { port: p.number, service, protocol }),
        }
    }))
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Policy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow: Option<Vec<Allow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spec: Option<Raw>,
    /// The object that it was made of, or the first of them.
    #[serde(skip)]
    pub(crate) origin: Option<At<String>>,
}

/// A policy in full.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Raw {
    Kubernetes(Box<k8s_openapi::api::networking::v1::NetworkPolicySpec>),
    Calico(Box<calico::NetworkPolicySpec>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allow {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) from: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_namespaces: Option<FromNamespaces>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) from_cidrs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ports: Vec<PortRef>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum FromNamespaces {
    Word(&'static str),
    Named(Vec<String>),
    Labelled(Labels),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub(crate) enum PortRef {
    Name(String),
    Number(u16),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(b: &bool) -> bool {
    !b
}

impl Draft {
    /// Marks an object as accounted for.
    pub(crate) fn take(&mut self, object: &Object) {
        self.said.insert(object.place);
    }

    /// Says why an object is not in the spec as it was.
    pub(crate) fn note(&mut self, object: &Object, why: impl Into<String>) {
        self.take(object);
        self.notes.add(object, why);
    }

    /// Makes sure that a namespace is declared: as somebody else's, when no object of it was read.
    pub(crate) fn declare(&mut self, namespace: &str) {
        if !self.namespaces.contains_key(namespace) {
            // Left out, a mesh mode means a sidecar, and of this namespace nothing is known.
            let mesh = self.istio.is_some().then_some("none");
            let known = Namespace { existing: true, mesh, ..Namespace::default() };
            self.namespaces.insert(namespace.to_owned(), known);
        }
    }

    /// The workloads of a namespace.
    pub(crate) fn workloads_of<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Workload)> {
        let first = (namespace.to_owned(), String::new());
        let rest = self.workloads.range(first..).take_while(move |((ns, _), _)| ns == namespace);
        rest.map(|((_, name), w)| (name.as_str(), w))
    }

    /// The workloads of a namespace whose pods fit.
    pub(crate) fn selected(&self, namespace: &str, fits: impl Fn(&Labels) -> bool) -> BTreeSet<String> {
        let all = self.workloads_of(namespace);
        all.filter(|(_, w)| fits(&w.pod_labels)).map(|(name, _)| name.to_owned()).collect()
    }

    /// Notes every object that nothing else accounted for.
    pub(crate) fn note_the_rest(&mut self, objects: &[Object]) {
        for object in objects {
            if !self.said.contains(&object.place) {
                self.notes.add(object, rest(object));
            }
        }
    }
}

/// Why an object of some other kind is not in the spec.
fn rest(object: &Object) -> &'static str {
    let group = object.group.as_str();
    let kind = object.kind.as_str();
    let decides =
        (group.ends_with("projectcalico.org") || group == "cilium.io" || group == "policy.networking.k8s.io")
            && (kind.contains("Policy") || kind.contains("NetworkSet"));
    if decides {
        "it decides who may call whom, and a spec cannot say it: it stays in force beside what is rendered"
    } else if kind == "AuthorizationPolicy" {
        "a spec says who may call under `policies`, with `AuthorizationPolicy` in `security.enforce`: it stays in force until it is said there"
    } else if group.ends_with("istio.io") || group == "gateway.networking.k8s.io" || kind == "Ingress" {
        "a spec does not say how traffic is routed: it stays with whoever renders it"
    } else {
        "a spec has no place for this kind: it stays with whoever renders it"
    }
}
