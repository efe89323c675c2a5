//! Objects in the shape that all addons share.

use std::{collections::BTreeMap, fmt::Write as _};

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy},
        core::v1::{ConfigMap, PodSpec, PodTemplateSpec, Service, ServiceAccount, ServicePort, ServiceSpec},
        rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, RoleRef, Subject},
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use sha2::{Digest, Sha256};

use crate::Label;

pub(crate) type Labels = BTreeMap<String, String>;

/// Keeps sidecars out. The label decides; upstream's older annotation is deprecated.
/// Source: istio `pkg/kube/inject/inject.go`.
pub(crate) const NO_SIDECAR: (&str, &str) = ("sidecar.istio.io/inject", "false");

/// Labels from pairs.
pub(crate) fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Labels {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

/// What all objects of one program have in common.
pub(crate) struct Owner<'a> {
    pub(crate) namespace: &'a Label,
    /// The name of its account, its role and its pods.
    pub(crate) name: &'static str,
    /// The labels that select its pods, as upstream has them: `istioctl dashboard` looks for them.
    pub(crate) selector: Labels,
    /// The version of the program.
    pub(crate) version: &'static str,
}

impl Owner<'_> {
    /// The labels of objects and pods.
    pub(crate) fn labels(&self) -> Labels {
        let mut all = self.selector.clone();
        all.insert("app.kubernetes.io/version".to_owned(), self.version.to_owned());
        all
    }

    pub(crate) fn meta(&self, name: &str) -> ObjectMeta {
        ObjectMeta { namespace: Some(self.namespace.to_string()), ..self.cluster_meta(name) }
    }

    /// Of what stands outside of namespaces.
    pub(crate) fn cluster_meta(&self, name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.to_owned()), labels: Some(self.labels()), ..ObjectMeta::default() }
    }

    pub(crate) fn service_account(&self) -> ServiceAccount {
        ServiceAccount { metadata: self.meta(self.name), ..ServiceAccount::default() }
    }

    pub(crate) fn config_map(&self, name: &str, data: BTreeMap<String, String>) -> ConfigMap {
        ConfigMap { metadata: self.meta(name), data: Some(data), ..ConfigMap::default() }
    }

    pub(crate) fn service(&self, name: &str, ports: Vec<ServicePort>) -> Service {
        Service {
            metadata: self.meta(name),
            spec: Some(ServiceSpec {
                type_: Some("ClusterIP".to_owned()),
                selector: Some(self.selector.clone()),
                ports: Some(ports),
                ..ServiceSpec::default()
            }),
            ..Service::default()
        }
    }

    pub(crate) fn cluster_role(&self, name: &str, rules: Vec<PolicyRule>) -> ClusterRole {
        ClusterRole { metadata: self.cluster_meta(name), rules: Some(rules), ..ClusterRole::default() }
    }

    /// Gives the role to the account of the program.
    pub(crate) fn cluster_role_binding(&self, name: &str, role: &str) -> ClusterRoleBinding {
        ClusterRoleBinding {
            metadata: self.cluster_meta(name),
            role_ref: RoleRef {
                api_group: Some("rbac.authorization.k8s.io".to_owned()),
                kind: "ClusterRole".to_owned(),
                name: role.to_owned(),
            },
            subjects: Some(vec![Subject {
                kind: "ServiceAccount".to_owned(),
                name: self.name.to_owned(),
                namespace: Some(self.namespace.to_string()),
                api_group: None,
            }]),
        }
    }

    /// A pod outside of the mesh. `config` is what it reads when it starts: another one means another pod.
    pub(crate) fn pod(&self, config: Option<&BTreeMap<String, String>>, spec: PodSpec) -> PodTemplateSpec {
        let mut all = self.labels();
        all.extend(labels([NO_SIDECAR]));
        let digest = config.map(|data| labels([("checksum/config", &digest(data))]));
        PodTemplateSpec {
            metadata: Some(ObjectMeta { labels: Some(all), annotations: digest, ..ObjectMeta::default() }),
            spec: Some(spec),
        }
    }

    /// One pod, replaced at once: two of them would not share their data.
    pub(crate) fn deployment(&self, template: PodTemplateSpec) -> Deployment {
        Deployment {
            metadata: self.meta(self.name),
            spec: Some(DeploymentSpec {
                replicas: Some(1),
                strategy: Some(DeploymentStrategy {
                    type_: Some("Recreate".to_owned()),
                    rolling_update: None,
                }),
                selector: LabelSelector {
                    match_labels: Some(self.selector.clone()),
                    match_expressions: None,
                },
                template,
                ..DeploymentSpec::default()
            }),
            ..Deployment::default()
        }
    }
}

/// Adds annotations by which Prometheus finds what a pod measures.
pub(crate) fn scraped(mut pod: PodTemplateSpec, port: u16) -> PodTemplateSpec {
    let annotations = labels([("prometheus.io/scrape", "true"), ("prometheus.io/port", &port.to_string())]);
    let metadata = pod.metadata.get_or_insert_default();
    metadata.annotations.get_or_insert_default().extend(annotations);
    pod
}

fn digest(data: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (key, value) in data {
        // Lengths, so that no two maps are one text.
        hash.update(key.len().to_be_bytes());
        hash.update(key);
        hash.update(value.len().to_be_bytes());
        hash.update(value);
    }
    hex(&hash.finalize())
}

/// Bytes as lower-case digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}

/// A port of a Service that leads to the same port of its pods, or to another one.
pub(crate) fn port(name: &str, number: u16, target: IntOrString) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: number.into(),
        target_port: Some(target),
        protocol: Some("TCP".to_owned()),
        ..ServicePort::default()
    }
}

/// The number of a port of a pod.
pub(crate) fn number(port: u16) -> IntOrString {
    IntOrString::Int(port.into())
}

/// The name of a port of a pod.
pub(crate) fn named(port: &str) -> IntOrString {
    IntOrString::String(port.to_owned())
}

/// What may be done to resources of API groups.
pub(crate) fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> PolicyRule {
    PolicyRule {
        api_groups: Some(owned(groups)),
        resources: Some(owned(resources)),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}

pub(crate) fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}
