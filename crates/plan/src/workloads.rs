//! Workloads that meshgen renders: `ServiceAccount`, Service, Deployment.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{Deployment, DeploymentSpec},
        core::v1::{
            Capabilities, Container, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction, PodSecurityContext,
            PodSpec, PodTemplateSpec, Probe, ResourceRequirements, SeccompProfile, SecretKeySelector,
            SecurityContext, Service, ServiceAccount, ServicePort, ServiceSpec,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use meshgen_bundle::Object;
use meshgen_spec::{
    EnvName, EnvValue, LabelValue, Name, PodSecurity, Resources, Spec, Workload, WorkloadName,
};
use meshgen_yaml::At;

use crate::{
    files::Files,
    labels::{self, Labels, NAME, VERSION, label},
};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (at, workload) in &spec.workloads {
        let Some(image) = &workload.image else { continue };
        for object in objects(spec, at, workload, image.as_str(), image.tag()) {
            files.add_of_workload(&at.namespace, &at.name, object, at.place);
        }
    }
}

/// The objects of a workload that runs an image.
pub(crate) fn objects(
    spec: &Spec,
    at: &WorkloadName,
    workload: &Workload,
    image: &str,
    tag: Option<&str>,
) -> Vec<Object> {
    let (namespace, name) = (&at.namespace, &at.name);
    let mut labels = label(NAME, name.as_str());
    // Without a version Kiali and Istio's metrics say `latest`. A tag that is no label value is left out.
    if let Some(Ok(tag)) = tag.map(str::parse::<LabelValue>) {
        labels.insert(VERSION.to_owned(), tag.to_string());
    }
    let context = Context { spec, namespace, name, workload, labels };
    let mut objects = vec![context.service_account().into()];
    if !workload.ports.is_empty() {
        objects.push(context.service().into());
    }
    objects.push(context.deployment(image).into());
    objects
}

struct Context<'a> {
    spec: &'a Spec,
    namespace: &'a Name,
    name: &'a Name,
    workload: &'a Workload,
    /// Labels of the objects; those of pods have more.
    labels: Labels,
}

impl Context<'_> {
    fn meta(&self) -> ObjectMeta {
        let mut labels = self.labels.clone();
        labels.insert("app.kubernetes.io/part-of".to_owned(), self.spec.project.to_string());
        ObjectMeta { labels: Some(labels), ..labels::meta(self.namespace, self.name.as_str()) }
    }

    /// An identity of its own, so that policies can tell it from its neighbours. Its token is not mounted:
    /// most programs never call the API server.
    fn service_account(&self) -> ServiceAccount {
        ServiceAccount {
            metadata: self.meta(),
            automount_service_account_token: Some(false),
            ..ServiceAccount::default()
        }
    }

    fn service(&self) -> Service {
        let ports = self.workload.ports.iter().map(|(name, port)| ServicePort {
            name: Some(name.to_string()),
            port: port.service.into(),
            target_port: Some(IntOrString::String(name.to_string())),
            protocol: Some(port.protocol.as_str().to_owned()),
            ..ServicePort::default()
        });
        Service {
            metadata: self.meta(),
            spec: Some(ServiceSpec {
                selector: Some(label(NAME, self.name.as_str())),
                ports: Some(ports.collect()),
                ..ServiceSpec::default()
            }),
            ..Service::default()
        }
    }

    fn deployment(&self, image: &str) -> Deployment {
        let mut pod_labels = self.labels.clone();
        pod_labels.extend(self.workload.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        Deployment {
            metadata: self.meta(),
            spec: Some(DeploymentSpec {
                replicas: Some(self.workload.replicas.unwrap_or(1).into()),
                // The version is not in it: a selector can never change.
                selector: LabelSelector {
                    match_labels: Some(label(NAME, self.name.as_str())),
                    match_expressions: None,
                },
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta { labels: Some(pod_labels), ..ObjectMeta::default() }),
                    spec: Some(self.pod(image)),
                },
                ..DeploymentSpec::default()
            }),
            ..Deployment::default()
        }
    }

    fn pod(&self, image: &str) -> PodSpec {
        PodSpec {
            service_account_name: Some(self.name.to_string()),
            automount_service_account_token: Some(false),
            security_context: Some(PodSecurityContext {
                run_as_non_root: self.restricted().then_some(true),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    localhost_profile: None,
                }),
                ..PodSecurityContext::default()
            }),
            containers: vec![self.container(image)],
            ..PodSpec::default()
        }
    }

    fn container(&self, image: &str) -> Container {
        let workload = self.workload;
        let words = |list: &[String]| (!list.is_empty()).then(|| list.iter().map(|w| verbatim(w)).collect());
        let ports = workload.ports.iter().map(|(name, port)| ContainerPort {
            name: Some(name.to_string()),
            container_port: port.port.into(),
            protocol: Some(port.protocol.as_str().to_owned()),
            ..ContainerPort::default()
        });
        let env = workload.env.iter().filter_map(|(name, value)| self.env(name, value));
        Container {
            name: self.name.to_string(),
            image: Some(image.to_owned()),
            command: words(&workload.command),
            args: words(&workload.args),
            ports: Some(ports.collect()).filter(|p: &Vec<_>| !p.is_empty()),
            env: Some(env.collect()).filter(|e: &Vec<_>| !e.is_empty()),
            resources: requirements(&workload.resources),
            readiness_probe: self.readiness(),
            security_context: Some(SecurityContext {
                allow_privilege_escalation: Some(false),
                capabilities: self
                    .restricted()
                    .then(|| Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
                ..SecurityContext::default()
            }),
            ..Container::default()
        }
    }

    /// Whether the namespace asks for hardened pods.
    /// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>.
    fn restricted(&self) -> bool {
        let namespace = self.spec.namespaces.get(self.namespace);
        namespace
            .and_then(|n| n.pod_security.as_ref())
            .is_some_and(|level| level.value == PodSecurity::Restricted)
    }

    fn env(&self, name: &At<EnvName>, value: &EnvValue) -> Option<EnvVar> {
        let text = |text: String| EnvVar { name: name.to_string(), value: Some(text), value_from: None };
        match value {
            EnvValue::Text { text: value, .. } => Some(text(verbatim(value))),
            EnvValue::Secret(key) => Some(EnvVar {
                name: name.to_string(),
                value: None,
                value_from: Some(EnvVarSource {
                    secret_key_ref: Some(SecretKeySelector {
                        name: key.name.to_string(),
                        key: key.key.clone(),
                        optional: None,
                    }),
                    ..EnvVarSource::default()
                }),
            }),
            EnvValue::HostOf(target) => {
                let service = self.spec.workloads.get(&target.value)?.service(&target.name);
                Some(text(format!("{service}.{}.svc.cluster.local", target.namespace)))
            }
            // Refused by the spec's checks: a manifest has no environment.
            EnvValue::FromEnv(_) => None,
        }
    }

    fn readiness(&self) -> Option<Probe> {
        let path = self.workload.health.as_ref()?;
        let port = self.workload.http_port()?;
        Some(Probe {
            http_get: Some(HTTPGetAction {
                path: Some(path.to_string()),
                port: IntOrString::String(port.to_string()),
                ..HTTPGetAction::default()
            }),
            ..Probe::default()
        })
    }
}

/// What a container needs and may use; nothing where nothing is said.
pub(crate) fn requirements(said: &Resources) -> Option<ResourceRequirements> {
    let amounts = |map: &BTreeMap<_, meshgen_spec::Quantity>| {
        let of = |(k, v): (&At<meshgen_spec::LabelKey>, &meshgen_spec::Quantity)| {
            (k.to_string(), Quantity(v.to_string()))
        };
        (!map.is_empty()).then(|| map.iter().map(of).collect())
    };
    let (requests, limits) = (amounts(&said.requests), amounts(&said.limits));
    (requests.is_some() || limits.is_some()).then(|| ResourceRequirements {
        requests,
        limits,
        ..Default::default()
    })
}

/// Text that Kubernetes leaves as it is: `$(NAME)` would be replaced by another variable, and `$$` by `$`.
///
/// Source: `k8s.io/kubernetes/third_party/forked/golang/expansion`: a doubled `$` stands for one.
fn verbatim(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches('$');
        let run = from.len() - after.len();
        out.push_str(before);
        // One alone, before anything but a bracket, is no operator.
        let copies = if run == 1 && !after.starts_with('(') { 1 } else { 2 * run };
        out.extend(std::iter::repeat_n('$', copies));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::verbatim;

    #[test]
    fn text_of_a_spec_is_never_expanded() {
        for (text, written) in [
            ("", ""),
            ("$HOME", "$HOME"),
            ("$(X)", "$$(X)"),
            ("a$$b", "a$$$$b"),
            ("$", "$"),
            ("$$", "$$$$"),
            ("$$(X)$", "$$$$(X)$"),
        ] {
            assert_eq!(verbatim(text), written, "{text:?}");
        }
    }
}
