//! What will run and is not rendered: the control plane, its gateways, DNS, the pods of charts, other people's
//! workloads. Whoever judges what is emitted reads it beside the tree; nobody applies it.
//!
//! Only what decides who reaches whom is here: names, labels, service accounts, ports.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec, StatefulSet, StatefulSetSpec},
        core::v1::{
            ConfigMap, Container, ContainerPort, Namespace, PodSpec, PodTemplateSpec, Service,
            ServiceAccount, ServicePort, ServiceSpec,
        },
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use meshgen_bundle::{Object, Value};
use meshgen_spec::{Install, Istio, Mesh, Origin, Spec, WorkloadKind, WorkloadName};
use meshgen_yaml::Problem;

use crate::{
    files::Files,
    istio::{self, Direction},
    labels::{self, Labels, label, selector},
};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let anything = spec.istio.is_some()
        || spec.workloads.values().any(|w| w.existing.is_some() && w.origin != Origin::Addon);
    if !anything {
        return;
    }
    dns(files);
    if let (Some(istio), Some(mesh)) = (&spec.istio, spec.mesh()) {
        control_plane(&mesh, istio, files);
        settings(spec, istio, &mesh, files);
        gateways(&mesh, istio, files);
    }
    workloads(spec, files);
}

/// Pods that are alike.
struct Pods<'a> {
    namespace: &'a str,
    name: &'a str,
    kind: WorkloadKind,
    replicas: i32,
    account: &'a str,
    labels: Labels,
    /// Which of them select.
    selector: Labels,
    container: &'a str,
    ports: Vec<Port>,
}

/// A port of pods, and of the Service in front of them.
#[derive(Clone)]
struct Port {
    name: String,
    port: u16,
    service: u16,
    protocol: &'static str,
}

fn tcp(name: &str, port: u16, service: u16) -> Port {
    Port { name: name.to_owned(), port, service, protocol: "TCP" }
}

fn meta(namespace: &str, name: &str, labels: Labels) -> ObjectMeta {
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
    fn assume(self, files: &mut Files) {
        namespace(self.namespace, files);
        files.assume(ServiceAccount {
            metadata: meta(self.namespace, self.account, Labels::new()),
            ..ServiceAccount::default()
        });
        files.assume(self.object());
    }

    fn object(&self) -> Object {
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

fn service(namespace: &str, name: &str, select: &Labels, ports: &[Port], headless: bool, files: &mut Files) {
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

/// Source: <https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/>: the Service is called
/// `kube-dns` everywhere.
fn dns(files: &mut Files) {
    let select = label("k8s-app", "kube-dns");
    let ports = [("dns", "UDP"), ("dns-tcp", "TCP")].map(|(name, protocol)| Port {
        name: name.to_owned(),
        port: 53,
        service: 53,
        protocol,
    });
    service("kube-system", "kube-dns", &select, &ports, false, files);
    Pods {
        namespace: "kube-system",
        name: "coredns",
        kind: WorkloadKind::Deployment,
        replicas: 2,
        account: "coredns",
        labels: select.clone(),
        selector: select,
        container: "coredns",
        ports: ports.to_vec(),
    }
    .assume(files);
}

/// The name of what there is once for each revision.
fn with_revision(name: &str, revision: Option<&str>) -> String {
    revision.map_or_else(|| name.to_owned(), |r| format!("{name}-{r}"))
}

/// istiod, once for each revision.
/// Source: istio release-1.31 `manifests/charts/istio-control/istio-discovery/templates`.
fn control_plane(mesh: &Mesh, istio: &Istio, files: &mut Files) {
    let parts = istio.profile().parts();
    let pilot = istio.components.pilot.as_ref().and_then(|c| c.enabled).unwrap_or(parts.pilot);
    if istio.version.is_some() && !pilot {
        return;
    }
    let revisions = [Some(mesh.revision.clone()), mesh.old_revision.clone()];
    for revision in revisions.into_iter().flatten() {
        let revision = revision.as_ref().map(meshgen_spec::Name::as_str);
        let name = with_revision("istiod", revision);
        let mut select = label("app", "istiod");
        match revision {
            Some(revision) => select.extend(label("istio.io/rev", revision)),
            None => select.extend(label("istio", "pilot")),
        }
        let mut all = select.clone();
        all.entry("istio.io/rev".to_owned()).or_insert_with(|| "default".to_owned());
        all.extend(label("sidecar.istio.io/inject", "false"));
        let ports = vec![
            tcp("grpc-xds", 15010, 15010),
            tcp("https-dns", 15012, 15012),
            tcp("https-webhook", 15017, 443),
            tcp("http-monitoring", 15014, 15014),
        ];
        service(&mesh.namespace, &name, &select, &ports, false, files);
        let mut selector = select;
        if revision.is_none() {
            // The selector of a Deployment cannot be changed, so without a revision it is what it always was.
            selector.remove("app");
        }
        Pods {
            namespace: &mesh.namespace,
            name: &name,
            kind: WorkloadKind::Deployment,
            replicas: 1,
            account: &name,
            labels: all,
            selector,
            container: "discovery",
            ports,
        }
        .assume(files);
    }
}

/// The settings that hold, in the `ConfigMap` in which istiod reads them.
fn settings(spec: &Spec, istio: &Istio, mesh: &Mesh, files: &mut Files) {
    let mut value = Value::map([
        ("trustDomain", Value::text(mesh.trust_domain.clone())),
        ("rootNamespace", Value::text(mesh.namespace.clone())),
    ]);
    if istio.existing.is_none()
        && let Some(said) = istio::mesh_config::effective(spec, istio)
    {
        value.overlay(said);
    }
    match meshgen_yaml::to_string(&value) {
        Ok(text) => {
            let name = with_revision("istio", mesh.revision.as_ref().map(meshgen_spec::Name::as_str));
            files.assume(ConfigMap {
                metadata: meta(&mesh.namespace, &name, Labels::new()),
                data: Some(BTreeMap::from([("mesh".to_owned(), text)])),
                ..ConfigMap::default()
            });
        }
        Err(e) => files.problem(Problem::error(None, e.to_string())),
    }
}

/// Source: istio release-1.31 `manifests/charts/gateways/istio-ingress` and `istio-egress`; the add-on of AKS:
/// <https://learn.microsoft.com/azure/aks/istio-deploy-ingress>.
fn gateways(mesh: &Mesh, istio: &Istio, files: &mut Files) {
    if let Some(managed) = &istio.managed {
        for ingress in &managed.ingress_gateways {
            let name = ingress.name();
            let labels = Labels::from(["app", "istio"].map(|key| (key.to_owned(), name.clone())));
            gateway("aks-istio-ingress", &name, &name, labels, gateway_ports(Direction::Ingress), files);
        }
    }
    if istio.version.is_none() {
        return;
    }
    for g in istio::gateways(istio).into_iter().filter(|g| g.enabled) {
        let namespace = g.namespace().unwrap_or(&mesh.namespace);
        // Source for the second: istio release-1.31 `manifests/charts/gateway/templates`.
        let account = match istio.install() {
            Install::Istioctl => format!("{}-service-account", g.name),
            Install::Helm => g.name.to_owned(),
        };
        let said = g.ports();
        let ports = if said.is_empty() {
            gateway_ports(g.direction)
        } else {
            said.iter().map(|(name, port, target)| tcp(name, *target, *port)).collect()
        };
        gateway(namespace, g.name, &account, g.labels(), ports, files);
    }
}

/// The ports that gateways have unless said otherwise.
fn gateway_ports(direction: Direction) -> Vec<Port> {
    let status = (direction == Direction::Ingress).then(|| tcp("status-port", 15021, 15021));
    status.into_iter().chain([tcp("http2", 8080, 80), tcp("https", 8443, 443)]).collect()
}

fn gateway(namespace: &str, name: &str, account: &str, select: Labels, ports: Vec<Port>, files: &mut Files) {
    service(namespace, name, &select, &ports, false, files);
    let mut all = select.clone();
    // Its proxy is there from the start, or injected by a template of its own: it is no sidecar.
    all.extend(label("sidecar.istio.io/inject", "false"));
    Pods {
        namespace,
        name,
        kind: WorkloadKind::Deployment,
        replicas: 1,
        account,
        labels: all,
        selector: select,
        container: "istio-proxy",
        ports,
    }
    .assume(files);
}

/// Workloads of releases, and those of other people.
fn workloads(spec: &Spec, files: &mut Files) {
    // The objects of addons are rendered.
    for (name, workload) in spec.workloads.iter().filter(|(_, w)| w.origin != Origin::Addon) {
        let Some(existing) = &workload.existing else { continue };
        let member = member(spec, name, &workload.origin);
        let ports: Vec<Port> = workload
            .ports
            .iter()
            .map(|(n, p)| Port {
                name: n.to_string(),
                port: p.port,
                service: p.service,
                protocol: p.protocol.as_str(),
            })
            .collect();
        let select = labels::of_pods(&name.name, workload);
        services(name, workload, &select, &ports, member.as_ref(), files);
        let more = member.iter().flat_map(|m| &m.pod_labels).map(|(k, v)| (k.to_string(), v.to_string()));
        let pods = Pods {
            namespace: name.namespace.as_str(),
            name: name.name.as_str(),
            kind: existing.kind,
            replicas: member.as_ref().map_or(1, |m| m.replicas.into()),
            account: workload.service_account(&name.name),
            labels: select.clone().into_iter().chain(more).collect(),
            selector: select,
            container: name.name.as_str(),
            ports,
        };
        if spec.namespaces.get(&name.namespace).is_some_and(|n| n.existing) {
            pods.assume(files);
        } else {
            files.assume(ServiceAccount {
                metadata: meta(pods.namespace, pods.account, Labels::new()),
                ..ServiceAccount::default()
            });
            files.assume(pods.object());
        }
    }
}

/// The Service, and the headless one where Dgraph's chart has ports that are only there.
fn services(
    name: &WorkloadName,
    workload: &meshgen_spec::Workload,
    select: &Labels,
    ports: &[Port],
    member: Option<&meshgen_spec::Member>,
    files: &mut Files,
) {
    let is_plain = |p: &&Port| member.is_none_or(|m| m.on_service.contains(&p.name.as_str()));
    let is_headless = |p: &&Port| member.is_some_and(|m| m.on_headless.contains(&p.name.as_str()));
    let plain: Vec<Port> = ports.iter().filter(is_plain).cloned().collect();
    let headless: Vec<Port> = ports.iter().filter(is_headless).cloned().collect();
    let service_name = workload.service(&name.name);
    let namespace = name.namespace.as_str();
    if !plain.is_empty() {
        service(namespace, service_name, select, &plain, false, files);
    }
    if !headless.is_empty() {
        service(namespace, &format!("{service_name}-headless"), select, &headless, true, files);
    }
}

/// What Dgraph's chart says of one of its workloads.
fn member(spec: &Spec, name: &WorkloadName, origin: &Origin) -> Option<meshgen_spec::Member> {
    let Origin::Release(release) = origin else { return None };
    let dgraph = spec.releases.get(release)?.dgraph.as_ref()?;
    dgraph.members(&release.name).into_iter().find(|m| m.name == name.name)
}
