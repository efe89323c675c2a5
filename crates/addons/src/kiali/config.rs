//! The configuration of Kiali 2, as far as we write it.
//!
//! Source: kiali `config/config.go`. A signing key is needed only where somebody logs in (`validateSigningKey`), so
//! none is written.

use serde::Serialize;

use crate::{
    Addons, KialiAccess, Mesh,
    dashboard::{SERVICE_TITLE, WORKLOAD_TITLE},
    grafana,
};

#[derive(Serialize)]
pub(super) struct Config {
    auth: Auth,
    deployment: Deployment,
    external_services: ExternalServices,
    istio_namespace: String,
    kiali_feature_flags: FeatureFlags,
    server: Server,
}

#[derive(Serialize)]
struct Auth {
    strategy: &'static str,
}

#[derive(Serialize)]
struct Deployment {
    cluster_wide_access: bool,
    instance_name: &'static str,
    namespace: String,
    view_only_mode: bool,
}

#[derive(Serialize)]
struct ExternalServices {
    grafana: Grafana,
    prometheus: Prometheus,
    tracing: Tracing,
}

#[derive(Default, Serialize)]
struct Grafana {
    enabled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    internal_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    external_url: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    datasource_uid: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dashboards: Vec<Dashboard>,
}

/// A dashboard to link to, and how its variables are called.
#[derive(Serialize)]
struct Dashboard {
    name: &'static str,
    variables: Variables,
}

#[derive(Default, Serialize)]
struct Variables {
    namespace: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    service: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    workload: &'static str,
}

#[derive(Serialize)]
struct Prometheus {
    url: String,
}

#[derive(Default, Serialize)]
struct Tracing {
    enabled: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    provider: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    internal_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    external_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    use_grpc: bool,
}

#[derive(Serialize)]
struct FeatureFlags {
    ui_defaults: UiDefaults,
}

#[derive(Serialize)]
struct UiDefaults {
    namespaces: Vec<String>,
}

#[derive(Serialize)]
struct Server {
    port: u16,
    web_root: &'static str,
    observability: Observability,
}

#[derive(Serialize)]
struct Observability {
    metrics: Metrics,
}

#[derive(Serialize)]
struct Metrics {
    enabled: bool,
    port: u16,
}

/// Knows of the addons that are there and of no others: Kiali takes those that it is not told of for granted.
pub(super) fn config(mesh: &Mesh, addons: &Addons, access: KialiAccess) -> Config {
    Config {
        auth: Auth { strategy: "anonymous" },
        deployment: Deployment {
            cluster_wide_access: true,
            instance_name: "kiali",
            namespace: mesh.namespace.to_string(),
            view_only_mode: match access {
                KialiAccess::ReadOnly => true,
                KialiAccess::ReadWrite => false,
            },
        },
        external_services: ExternalServices {
            grafana: addons.grafana.as_ref().map(|g| grafana(mesh, g)).unwrap_or_default(),
            prometheus: Prometheus { url: format!("http://prometheus.{}:9090", mesh.namespace) },
            tracing: addons.jaeger.as_ref().map(|j| tracing(mesh, j)).unwrap_or_default(),
        },
        istio_namespace: mesh.control_plane.to_string(),
        kiali_feature_flags: FeatureFlags {
            ui_defaults: UiDefaults { namespaces: mesh.members.iter().map(ToString::to_string).collect() },
        },
        server: Server {
            port: 20001,
            web_root: "/kiali",
            observability: Observability { metrics: Metrics { enabled: true, port: 9090 } },
        },
    }
}

fn grafana(mesh: &Mesh, grafana: &crate::Grafana) -> Grafana {
    let namespace = "var-namespace";
    Grafana {
        enabled: true,
        internal_url: format!("http://grafana.{}:3000", mesh.namespace),
        external_url: grafana.url.as_ref().map(ToString::to_string).unwrap_or_default(),
        datasource_uid: grafana::PROMETHEUS_UID,
        dashboards: vec![
            Dashboard {
                name: SERVICE_TITLE,
                variables: Variables { namespace, service: "var-service", ..Variables::default() },
            },
            Dashboard {
                name: WORKLOAD_TITLE,
                variables: Variables { namespace, workload: "var-workload", ..Variables::default() },
            },
        ],
    }
}

/// Over gRPC. Source: <https://kiali.io/docs/configuration/p8s-jaeger-grafana/tracing/jaeger/>.
fn tracing(mesh: &Mesh, jaeger: &crate::Jaeger) -> Tracing {
    Tracing {
        enabled: true,
        provider: "jaeger",
        internal_url: format!("http://tracing.{}:16685/jaeger", mesh.namespace),
        external_url: jaeger.url.as_ref().map(ToString::to_string).unwrap_or_default(),
        use_grpc: true,
    }
}
