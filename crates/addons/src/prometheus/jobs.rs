//! What Prometheus scrapes. Jobs have upstream's names, so that other people's dashboards and rules fit.
//!
//! Source: istio release-1.31, `samples/addons/prometheus.yaml`, `extras/prometheus-secure-metrics.yaml`;
//! release-1.10, `samples/addons/prometheus_vm{,_tls}.yaml`. Not here are `prometheus-pushgateway` and
//! `kubernetes-services`: nothing installs what they ask.
//!
//! Labels that a target gives its samples never win over those of the target (`honor_labels` is off): a pod cannot
//! speak for another namespace.

use super::{
    CERTIFICATES, FILE_SD,
    config::{
        Authorization, Config, Discovery, Files, Global, Relabel, Role, Scheme, ScrapeJob, Targets, Tls,
    },
};
use crate::{Prometheus, PrometheusVariant};

const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const CLUSTER_CA: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/// The annotations of pods that say how they are scraped.
const SCRAPE: &str = "kubernetes_pod_annotation_prometheus_io_scrape";
const SLOW: &str = "kubernetes_pod_annotation_prometheus_io_scrape_slow";
const PORT: &str = "kubernetes_pod_annotation_prometheus_io_port";
const PATH: &str = "kubernetes_pod_annotation_prometheus_io_path";
const SCHEME: &str = "kubernetes_pod_annotation_prometheus_io_scheme";
/// Set by the injector where a proxy offers all metrics of its pod over mTLS.
const SECURE_PORT: &str = "kubernetes_pod_annotation_prometheus_istio_io_secure_port";
/// Set by people where a proxy offers its own metrics over mTLS.
const SECURE_ENVOY_PORT: &str = "kubernetes_pod_annotation_prometheus_istio_io_secure_envoy_port";

/// Where a sidecar offers the metrics of its pod and its own, merged. Its injector says so in the annotations.
const MERGED_PORT: &str = "15020";

/// The configuration that a variant needs.
pub(super) fn config(prometheus: &Prometheus) -> Config {
    let variant = prometheus.variant;
    let mut jobs = match variant {
        PrometheusVariant::Plain | PrometheusVariant::Vm | PrometheusVariant::VmTls => Vec::new(),
        PrometheusVariant::SecureMetrics => vec![
            secure("istio-secure-merged-metrics", SECURE_PORT),
            secure("istio-secure-envoy-metrics", SECURE_ENVOY_PORT),
        ],
    };
    jobs.extend([
        itself(),
        api_servers(),
        nodes(),
        cadvisor(),
        mesh(variant),
        pods(variant),
        slow_pods(variant),
    ]);
    jobs.extend([endpoints(), slow_endpoints()]);
    match variant {
        PrometheusVariant::Plain | PrometheusVariant::SecureMetrics => {}
        PrometheusVariant::Vm => jobs.push(virtual_machines()),
        PrometheusVariant::VmTls => {
            jobs.push(ScrapeJob {
                scheme: Some(Scheme::Https),
                tls_config: Some(workload_tls()),
                ..virtual_machines()
            });
        }
    }
    Config {
        global: Global {
            scrape_interval: prometheus.scrape_interval.as_ref().map_or("15s", |d| d.as_str()).to_owned(),
            evaluation_interval: "1m",
        },
        rule_files: vec!["/etc/config/recording_rules.yml", "/etc/config/alerting_rules.yml"],
        scrape_configs: jobs,
    }
}

fn job(job_name: &'static str, role: Role, relabel_configs: Vec<Relabel>) -> ScrapeJob {
    ScrapeJob {
        job_name,
        kubernetes_sd_configs: vec![Discovery { role }],
        relabel_configs,
        ..ScrapeJob::default()
    }
}

/// Over TLS, as the account of the pod.
fn as_account(job: ScrapeJob, insecure_skip_verify: bool) -> ScrapeJob {
    ScrapeJob {
        scheme: Some(Scheme::Https),
        authorization: Some(Authorization { credentials_file: TOKEN }),
        tls_config: Some(Tls { ca_file: CLUSTER_CA, cert_file: None, key_file: None, insecure_skip_verify }),
        ..job
    }
}

fn itself() -> ScrapeJob {
    ScrapeJob {
        job_name: "prometheus",
        static_configs: vec![Targets { targets: vec!["localhost:9090"] }],
        ..ScrapeJob::default()
    }
}

fn api_servers() -> ScrapeJob {
    let labels = ["kubernetes_namespace", "kubernetes_service_name", "kubernetes_endpointslice_port_name"];
    let steps = vec![Relabel::keep(&labels, "default;kubernetes;https")];
    as_account(job("kubernetes-api-servers", Role::EndpointSlice, steps), false)
}

/// The certificate of a kubelet is often signed by itself, so it cannot be verified.
fn nodes() -> ScrapeJob {
    as_account(job("kubernetes-nodes", Role::Node, node_labels()), true)
}

/// What the kubelet measures of containers: CPU, memory, network.
fn cadvisor() -> ScrapeJob {
    ScrapeJob {
        metrics_path: Some("/metrics/cadvisor"),
        ..as_account(job("kubernetes-nodes-cadvisor", Role::Node, node_labels()), true)
    }
}

fn node_labels() -> Vec<Relabel> {
    vec![Relabel::label_map("__meta_kubernetes_node_label_(.+)")]
}

/// Everything in the mesh: what programs measure and what their proxies measure of the traffic, in one go. The port
/// is not captured by sidecars, so this is plain text under STRICT mTLS too.
fn mesh(variant: PrometheusVariant) -> ScrapeJob {
    let mut steps = vec![Relabel::keep(&[SCRAPE, PORT], "true;15020")];
    steps.extend(unless_secure(variant));
    steps.extend(pod_steps());
    job("istio-mesh", Role::Pod, steps)
}

/// Pods that ask for it and are not in the mesh.
fn pods(variant: PrometheusVariant) -> ScrapeJob {
    let mut steps =
        vec![Relabel::keep(&[SCRAPE], "true"), Relabel::drop(SLOW, "true"), Relabel::drop(PORT, MERGED_PORT)];
    steps.extend(unless_secure(variant));
    steps.extend(pod_steps());
    job("kubernetes-pods", Role::Pod, steps)
}

fn slow_pods(variant: PrometheusVariant) -> ScrapeJob {
    let mut steps = vec![Relabel::keep(&[SLOW], "true")];
    steps.extend(unless_secure(variant));
    steps.extend(pod_steps());
    slowly(job("kubernetes-pods-slow", Role::Pod, steps))
}

fn slowly(job: ScrapeJob) -> ScrapeJob {
    ScrapeJob { scrape_interval: Some("5m"), scrape_timeout: Some("30s"), ..job }
}

/// What is scraped over mTLS is not scraped again in plain text: every request would count twice.
fn unless_secure(variant: PrometheusVariant) -> Option<Relabel> {
    match variant {
        PrometheusVariant::SecureMetrics => Some(Relabel::drop(SECURE_PORT, ".+")),
        PrometheusVariant::Plain | PrometheusVariant::Vm | PrometheusVariant::VmTls => None,
    }
}

/// The address that annotations give, and labels that say which pod it is.
fn pod_steps() -> Vec<Relabel> {
    let mut steps = vec![
        Relabel::keep(&["kubernetes_pod_phase"], "Running"),
        Relabel::copy_if(SCHEME, "(https?)", "__scheme__"),
        Relabel::copy_if(PATH, "(.+)", "__metrics_path__"),
    ];
    steps.extend(address(PORT));
    steps.extend(pod_labels());
    steps
}

/// The pod's address and the port of an annotation, if there is one. Addresses of IPv6 stand in brackets.
fn address(port: &'static str) -> [Relabel; 2] {
    let from = ["kubernetes_pod_ip", port];
    [
        Relabel::set_if(&from, r"([0-9.]+);(\d+)", "$1:$2", "__address__"),
        Relabel::set_if(&from, r"([0-9A-Fa-f:]*:[0-9A-Fa-f:.]*);(\d+)", "[$1]:$2", "__address__"),
    ]
}

/// Few labels of pods: each one multiplies the series, and one called `job` would be taken for ours.
fn pod_labels() -> [Relabel; 4] {
    [
        Relabel::label_map(
            "__meta_kubernetes_pod_label_(app|component|release|version|app_kubernetes_io_.+|service_istio_io_.+)",
        ),
        Relabel::copy("kubernetes_namespace", "namespace"),
        Relabel::copy("kubernetes_pod_name", "pod"),
        Relabel::copy("kubernetes_pod_node_name", "node"),
    ]
}

/// Pods whose proxy offers metrics over mTLS on the port of an annotation.
fn secure(job_name: &'static str, port: &'static str) -> ScrapeJob {
    let mut steps = vec![
        Relabel::keep(&[port], ".+"),
        Relabel::keep(&["kubernetes_pod_phase"], "Running"),
        Relabel::copy_if(PATH, "(.+)", "__metrics_path__"),
    ];
    steps.extend(address(port));
    steps.extend(pod_labels());
    ScrapeJob {
        scheme: Some(Scheme::Https),
        tls_config: Some(workload_tls()),
        ..job(job_name, Role::Pod, steps)
    }
}

/// The certificate that the sidecar wrote. Certificates of the mesh carry SPIFFE identities and no host names, which
/// Prometheus cannot verify: the target verifies us, we do not verify the target.
/// Source: <https://istio.io/latest/docs/ops/integrations/prometheus/#tls-settings>.
fn workload_tls() -> Tls {
    Tls {
        ca_file: CERTIFICATES.root,
        cert_file: Some(CERTIFICATES.chain),
        key_file: Some(CERTIFICATES.key),
        insecure_skip_verify: true,
    }
}

/// Services that ask for it, each of their pods.
fn endpoints() -> ScrapeJob {
    let mut steps = vec![
        Relabel::keep(&["kubernetes_service_annotation_prometheus_io_scrape"], "true"),
        Relabel::drop("kubernetes_service_annotation_prometheus_io_scrape_slow", "true"),
    ];
    steps.extend(service_steps());
    job("kubernetes-service-endpoints", Role::EndpointSlice, steps)
}

fn slow_endpoints() -> ScrapeJob {
    let mut steps = vec![Relabel::keep(&["kubernetes_service_annotation_prometheus_io_scrape_slow"], "true")];
    steps.extend(service_steps());
    slowly(job("kubernetes-service-endpoints-slow", Role::EndpointSlice, steps))
}

fn service_steps() -> Vec<Relabel> {
    let mut steps = vec![
        Relabel::copy_if("kubernetes_service_annotation_prometheus_io_scheme", "(https?)", "__scheme__"),
        Relabel::copy_if("kubernetes_service_annotation_prometheus_io_path", "(.+)", "__metrics_path__"),
    ];
    steps.extend(address("kubernetes_service_annotation_prometheus_io_port"));
    steps.extend([
        Relabel::label_map(
            "__meta_kubernetes_service_label_(app|component|release|version|app_kubernetes_io_.+)",
        ),
        Relabel::copy("kubernetes_namespace", "namespace"),
        Relabel::copy("kubernetes_service_name", "service"),
        Relabel::copy("kubernetes_pod_node_name", "node"),
    ]);
    steps
}

/// Workloads on virtual machines, which `vm-discovery` writes into files.
fn virtual_machines() -> ScrapeJob {
    ScrapeJob {
        job_name: "kubernetes-file-sd-endpoints",
        metrics_path: Some("/stats/prometheus"),
        file_sd_configs: vec![Files { files: vec![FILE_SD] }],
        ..ScrapeJob::default()
    }
}
