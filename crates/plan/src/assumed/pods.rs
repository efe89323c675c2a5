//! Pods and Services, as far as they decide who reaches whom.

use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec, StatefulSet, StatefulSetSpec},
        core::v1::{
            Container, ContainerPort, Namespace, PodSpec, PodTemplateSpec, Service, ServiceAccount,
            ServicePort, ServiceSpec,
        },
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use meshgen_bundle::Object;
use meshgen_spec::WorkloadKind;

use crate::{
    files::Files,
    labels::{Labels, selector},
};

/// Pods that are alike.
pub(super) struct Pods<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: WorkloadKind,
    pub(super) replicas: i32,
    pub(super) account: &'a str,
    pub(super) labels: Labels,
    /// Which of them select.
    pub(super) selector: Labels,
    pub(super) container: &'a str,
    pub(super) ports: Vec<Port>,
}

/// A port of pods, and of the Service in front of them.
#[derive(Clone)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) service: u16,
    pub(super) protocol: &'static str,
}

pub(super) fn tcp(name: &str, port: u16, service: u16) -> Port {
    Port { name: name.to_owned(), port, service, protocol: "TCP" }
}

pub(super) fn meta(namespace: &str, name: &str, labels: Labels) -> ObjectMeta {
    ObjectMeta {
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        labels: (!labels.is_empty()).then_some(labels),
        ..ObjectMeta::default()
    }
}

/// A namespace that the spec does not render. Its labels are not known, but for those that say that it is no member.
fn namespace(name: &str, files: &mut Files) {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    files.assume(Namespace { metadata, ..Namespace::default() });
}

impl Pods<'_> {
    pub(super) fn assume(self, files: &mut Files) {
        namespace(self.namespace, files);
        files.assume(ServiceAccount {
            metadata: meta(self.namespace, self.account, Labels::new()),
            ..ServiceAccount::default()
        });
        files.assume(self.object());
    }

    pub(super) fn object(&self) -> Object {
        let metadata = meta(self.namespace, self.name, self.labels.clone());
        let (select, template) = (selector(self.selector.clone()), self.template());
        match self.kind {
            WorkloadKind::StatefulSet => StatefulSet {
                metadata,
                spec: Some(StatefulSetSpec {
                    replicas: Some(self.replicas),
                    selector: select,
                    template,
                    ..StatefulSetSpec::default()
                }),
                ..StatefulSet::default()
            }
            .into(),
            WorkloadKind::DaemonSet => DaemonSet {
                metadata,
                spec: Some(DaemonSetSpec { selector: select, template, ..DaemonSetSpec::default() }),
                ..DaemonSet::default()
            }
            .into(),
            // Whatever makes the pods, they are pods: a Deployment stands for the rest.
            WorkloadKind::Deployment
            | WorkloadKind::ReplicaSet
            | WorkloadKind::Job
            | WorkloadKind::CronJob
            | WorkloadKind::Pod => Deployment {
                metadata,
                spec: Some(DeploymentSpec {
                    replicas: Some(self.replicas),
                    selector: select,
                    template,
                    ..DeploymentSpec::default()
                }),
                ..Deployment::default()
            }
            .into(),
        }
    }

    fn template(&self) -> PodTemplateSpec {
        let ports = self.ports.iter().map(|p| ContainerPort {
            name: Some(p.name.clone()),
            container_port: p.port.into(),
            protocol: Some(p.protocol.to_owned()),
            ..ContainerPort::default()
        });
        let container = Container {
            name: self.container.to_owned(),
            ports: Some(ports.collect()).filter(|p: &Vec<_>| !p.is_empty()),
            ..Container::default()
        };
        PodTemplateSpec {
            metadata: Some(ObjectMeta { labels: Some(self.labels.clone()), ..ObjectMeta::default() }),
            spec: Some(PodSpec {
                service_account_name: Some(self.account.to_owned()),
                containers: vec![container],
                ..PodSpec::default()
            }),
        }
    }
}

pub(super) fn service(
    namespace: &str,
    name: &str,
    select: &Labels,
    ports: &[Port],
    headless: bool,
    files: &mut Files,
) {
    let port = |p: &Port| ServicePort {
        name: Some(p.name.clone()),
        port: p.service.into(),
        target_port: Some(IntOrString::Int(p.port.into())),
        protocol: Some(p.protocol.to_owned()),
        ..ServicePort::default()
    };
    files.assume(Service {
        metadata: meta(namespace, name, Labels::new()),
        spec: Some(ServiceSpec {
            cluster_ip: headless.then(|| "None".to_owned()),
            selector: Some(select.clone()),
            ports: Some(ports.iter().map(port).collect()),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    });
}
