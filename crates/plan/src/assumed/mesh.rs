//! The control plane, its settings and its gateways.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use meshgen_bundle::Value;
use meshgen_spec::{Install, Istio, Mesh, Spec, WorkloadKind};
use meshgen_yaml::Problem;

use super::pods::{Pods, Port, meta, service, tcp};
use crate::{
    files::Files,
    istio::{self, Direction},
    labels::{Labels, label},
};

/// The name of what there is once for each revision.
fn with_revision(name: &str, revision: Option<&str>) -> String {
    revision.map_or_else(|| name.to_owned(), |r| format!("{name}-{r}"))
}

/// istiod, once for each revision.
/// Source: istio release-1.31 `manifests/charts/istio-control/istio-discovery/templates`.
pub(super) fn control_plane(mesh: &Mesh, istio: &Istio, files: &mut Files) {
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
pub(super) fn settings(spec: &Spec, istio: &Istio, mesh: &Mesh, files: &mut Files) {
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

/// The `ConfigMap` of the CNI plugin, which shows that it is there. Its pods are on the network of their nodes, and
/// decide nothing about who reaches whom.
/// Source: istio release-1.31 `manifests/charts/istio-cni/templates/configmap-cni.yaml`.
pub(super) fn cni(istio: &Istio, mesh: &Mesh, files: &mut Files) {
    if !mesh.cni {
        return;
    }
    let elsewhere = istio.profile().cni_namespace().filter(|_| istio.version.is_some());
    let namespace = elsewhere.unwrap_or(&mesh.namespace);
    files.assume(ConfigMap {
        metadata: meta(namespace, "istio-cni-config", Labels::new()),
        ..ConfigMap::default()
    });
}

/// Source: istio release-1.31 `manifests/charts/gateways/istio-ingress` and `istio-egress`; the add-on of AKS:
/// <https://learn.microsoft.com/azure/aks/istio-deploy-ingress>.
pub(super) fn gateways(mesh: &Mesh, istio: &Istio, files: &mut Files) {
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
