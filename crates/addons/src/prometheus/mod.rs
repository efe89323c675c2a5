//! Prometheus, in four variants that own the same objects.

mod config;
mod jobs;
mod pod;
mod rules;

use std::collections::BTreeMap;

use k8s_openapi::api::rbac::v1::PolicyRule;
use meshgen_bundle::Object;

use crate::{
    Error, Mesh, Program, Prometheus, PrometheusVariant,
    object::{Owner, labels, number, owned, port, rule},
    pins::{Pins, pin},
    written,
};

/// Where the sidecar writes the certificate of the pod, and its files.
struct Certificates {
    folder: &'static str,
    root: &'static str,
    chain: &'static str,
    key: &'static str,
}

const CERTIFICATES: Certificates = Certificates {
    folder: "/etc/istio-certs",
    root: "/etc/istio-certs/root-cert.pem",
    chain: "/etc/istio-certs/cert-chain.pem",
    key: "/etc/istio-certs/key.pem",
};

/// The `ConfigMap` that `vm-discovery` writes, and where its files are seen.
const FILE_SD_CONFIG_MAP: &str = "file-sd-config";
const FILE_SD_FOLDER: &str = "/etc/file_sd";
const FILE_SD: &str = "/etc/file_sd/*.json";

/// What upstream calls the file of a variant.
pub(crate) fn file(variant: PrometheusVariant) -> &'static str {
    match variant {
        PrometheusVariant::Plain => "prometheus",
        PrometheusVariant::SecureMetrics => "prometheus-secure-metrics",
        PrometheusVariant::Vm => "prometheus_vm",
        PrometheusVariant::VmTls => "prometheus_vm_tls",
    }
}

pub(crate) fn objects(mesh: &Mesh, pins: &Pins, prometheus: &Prometheus) -> Result<Vec<Object>, Error> {
    let images = pin(pins.prometheus, Program::Prometheus, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "prometheus",
        selector: labels([
            ("app.kubernetes.io/component", "server"),
            ("app.kubernetes.io/instance", "prometheus"),
            ("app.kubernetes.io/name", "prometheus"),
        ]),
        version: images.server.tag,
    };
    Ok(vec![
        owner.service_account().into(),
        owner.config_map("prometheus", configuration(prometheus)?).into(),
        owner.cluster_role("prometheus", rights(prometheus.variant)).into(),
        owner.cluster_role_binding("prometheus", "prometheus").into(),
        owner.service("prometheus", vec![port("http", 9090, number(9090))]).into(),
        owner.deployment(pod::template(mesh, &owner, images, prometheus)?).into(),
    ])
}

fn configuration(prometheus: &Prometheus) -> Result<BTreeMap<String, String>, Error> {
    Ok(BTreeMap::from([
        ("alerting_rules.yml".to_owned(), written(Program::Prometheus, &rules::alerts())?),
        ("prometheus.yml".to_owned(), written(Program::Prometheus, &jobs::config(prometheus))?),
        ("recording_rules.yml".to_owned(), written(Program::Prometheus, &rules::none())?),
    ]))
}

/// To look for targets, and to be let in by the API server and by kubelets.
fn rights(variant: PrometheusVariant) -> Vec<PolicyRule> {
    const READ: &[&str] = &["get", "list", "watch"];
    let mut rules = vec![
        rule(&[""], &["nodes", "nodes/metrics", "services", "pods"], READ),
        rule(&["discovery.k8s.io"], &["endpointslices"], READ),
        PolicyRule {
            non_resource_urls: Some(owned(&["/metrics"])),
            verbs: owned(&["get"]),
            ..PolicyRule::default()
        },
    ];
    match variant {
        PrometheusVariant::Plain | PrometheusVariant::SecureMetrics => {}
        PrometheusVariant::Vm | PrometheusVariant::VmTls => rules.extend(rights_of_vm_discovery()),
    }
    rules
}

/// It reads workload entries and keeps one `ConfigMap`. Upstream lets it write all of them; what can be bound to a
/// name is, and `create` cannot.
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>.
fn rights_of_vm_discovery() -> [PolicyRule; 4] {
    [
        rule(&["networking.istio.io"], &["workloadentries"], &["get", "list", "watch"]),
        rule(&[""], &["configmaps"], &["list", "watch"]),
        rule(&[""], &["configmaps"], &["create"]),
        PolicyRule {
            resource_names: Some(owned(&[FILE_SD_CONFIG_MAP])),
            ..rule(&[""], &["configmaps"], &["get", "update", "patch", "delete"])
        },
    ]
}
