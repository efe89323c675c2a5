//! Identities, images and ports are those of upstream's addons.
//!
//! Source: istio release-1.31, `samples/addons` and `samples/addons/extras`; release-1.10 for `prometheus_vm` and
//! `prometheus_vm_tls`, whose objects are those of `prometheus`.

use k8s_openapi::{
    api::core::v1::{PodSpec, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};
use meshgen_addons::{Addon, Addons, PrometheusVariant, Zipkin};
use meshgen_bundle::Object;

use crate::common;

/// `kind`, `namespace` or `-`, `name`, then images or ports.
fn lines(addon: &Addon) -> Vec<String> {
    let mut lines: Vec<String> = addon
        .objects
        .iter()
        .map(|object| {
            let id = object.id();
            let namespace = id.namespace.as_deref().unwrap_or("-");
            format!("{} {namespace} {} {}", id.kind, id.name, details(object)).trim_end().to_owned()
        })
        .collect();
    lines.sort();
    lines
}

fn details(object: &Object) -> String {
    match object {
        Object::Deployment(o) => images(o.spec.as_ref().unwrap().template.spec.as_ref().unwrap()),
        Object::StatefulSet(o) => images(o.spec.as_ref().unwrap().template.spec.as_ref().unwrap()),
        Object::Service(o) => {
            o.spec.as_ref().unwrap().ports.iter().flatten().map(port).collect::<Vec<_>>().join(",")
        }
        _ => String::new(),
    }
}

fn images(pod: &PodSpec) -> String {
    let mut images: Vec<&str> = pod.containers.iter().map(|c| c.image.as_deref().unwrap()).collect();
    images.sort_unstable();
    images.join(",")
}

fn port(port: &ServicePort) -> String {
    let target = match port.target_port.as_ref().unwrap() {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    format!("{}:{}->{target}", port.name.as_deref().unwrap(), port.port)
}

fn is(addons: &Addons, name: &str, expected: &[&str]) {
    let all = common::of("1.31.0", addons);
    let addon = all.iter().find(|a| a.name == name).unwrap();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(lines(addon), expected);
}

/// Upstream's, without a dashboard of our own.
fn plain() -> Addons {
    let mut addons = common::all();
    addons.grafana.as_mut().unwrap().watched.clear();
    addons
}

#[test]
fn grafana() {
    is(
        &plain(),
        "grafana",
        &[
            "ServiceAccount istio-system grafana",
            "ConfigMap istio-system grafana",
            "ConfigMap istio-system istio-grafana-dashboards",
            "ConfigMap istio-system istio-services-grafana-dashboards",
            "Service istio-system grafana service:3000->3000",
            "Deployment istio-system grafana docker.io/grafana/grafana:12.0.1",
        ],
    );
}

#[test]
fn jaeger() {
    is(
        &plain(),
        "jaeger",
        &[
            "ConfigMap istio-system jaeger",
            "Deployment istio-system jaeger docker.io/jaegertracing/jaeger:2.17.0",
            "Service istio-system tracing http-query:80->16686,grpc-query:16685->16685",
            "Service istio-system zipkin http-query:9411->9411",
            "Service istio-system jaeger-collector jaeger-collector-http:14268->14268,jaeger-collector-grpc:14250->14250,http-zipkin:9411->9411,grpc-otel:4317->4317,http-otel:4318->4318",
        ],
    );
}

#[test]
fn kiali() {
    is(
        &plain(),
        "kiali",
        &[
            "ServiceAccount istio-system kiali",
            "ConfigMap istio-system kiali",
            "ClusterRole - kiali",
            "ClusterRoleBinding - kiali",
            "Service istio-system kiali http:20001->20001,http-metrics:9090->9090",
            "Deployment istio-system kiali quay.io/kiali/kiali:v2.27",
        ],
    );
}

#[test]
fn loki() {
    is(
        &plain(),
        "loki",
        &[
            "ServiceAccount istio-system loki",
            "ConfigMap istio-system loki",
            "ConfigMap istio-system loki-runtime",
            "ClusterRole - loki-clusterrole",
            "ClusterRoleBinding - loki-clusterrolebinding",
            "Service istio-system loki-memberlist tcp:7946->http-memberlist",
            "Service istio-system loki-headless http-metrics:3100->http-metrics",
            "Service istio-system loki http-metrics:3100->http-metrics,grpc:9095->grpc",
            "StatefulSet istio-system loki docker.io/grafana/loki:3.6.7,docker.io/kiwigrid/k8s-sidecar:2.5.0",
        ],
    );
}

#[test]
fn zipkin() {
    is(
        &Addons { zipkin: Some(Zipkin::default()), ..Addons::default() },
        "zipkin",
        &[
            "Deployment istio-system zipkin docker.io/openzipkin/zipkin-slim:3.4.0",
            "Service istio-system tracing http-query:80->9411",
            "Service istio-system zipkin http-query:9411->9411",
        ],
    );
}

#[test]
fn each_variant_of_prometheus_owns_the_same_objects() {
    let plain =
        "docker.io/prom/prometheus:v3.10.0,ghcr.io/prometheus-operator/prometheus-config-reloader:v0.89.0";
    let vm = "docker.io/istioecosystem/vm-discovery:latest,docker.io/prom/prometheus:v3.10.0,ghcr.io/prometheus-operator/prometheus-config-reloader:v0.89.0";
    for (variant, name, images) in [
        (PrometheusVariant::Plain, "prometheus", plain),
        (PrometheusVariant::SecureMetrics, "prometheus-secure-metrics", plain),
        (PrometheusVariant::Vm, "prometheus_vm", vm),
        (PrometheusVariant::VmTls, "prometheus_vm_tls", vm),
    ] {
        is(
            &common::prometheus(variant),
            name,
            &[
                "ServiceAccount istio-system prometheus",
                "ConfigMap istio-system prometheus",
                "ClusterRole - prometheus",
                "ClusterRoleBinding - prometheus",
                "Service istio-system prometheus http:9090->9090",
                &format!("Deployment istio-system prometheus {images}"),
            ],
        );
    }
}
