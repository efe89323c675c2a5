//! What shows the mesh: Istio's addons.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Duration, Existing, Name, Origin, Port, Protocol, Quantity, Resources, Url, Workload, WorkloadKind,
    Workloads,
};

/// Which addons there are. Those that would own the same objects exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addons {
    /// Their namespace: that of the control plane unless said otherwise.
    #[serde(default)]
    pub namespace: Option<At<Name>>,
    /// Metrics. Grafana and Kiali need it.
    #[serde(default)]
    pub prometheus: Option<At<PrometheusAddon>>,
    /// Dashboards.
    #[serde(default)]
    pub grafana: Option<At<GrafanaAddon>>,
    /// Traces.
    #[serde(default)]
    pub jaeger: Option<At<JaegerAddon>>,
    /// The graph of the mesh.
    #[serde(default)]
    pub kiali: Option<At<KialiAddon>>,
    /// Logs.
    #[serde(default)]
    pub loki: Option<At<LokiAddon>>,
    /// Traces, instead of Jaeger.
    #[serde(default)]
    pub zipkin: Option<At<ZipkinAddon>>,
}

/// Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PrometheusAddon {
    /// How it reaches what it scrapes.
    #[serde(default)]
    pub variant: PrometheusVariant,
    /// How long samples are kept.
    #[serde(default)]
    pub retention: Option<At<Duration>>,
    /// How often targets are scraped.
    #[serde(default)]
    pub scrape_interval: Option<At<Duration>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

/// How Prometheus reaches what it scrapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrometheusVariant {
    /// In plain text, from the port that sidecars do not capture.
    #[default]
    Plain,
    /// Also over mTLS, with a certificate that a sidecar writes for it.
    SecureMetrics,
    /// Also workloads on virtual machines.
    Vm,
    /// The same over mTLS.
    VmTls,
}

/// Grafana.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrafanaAddon {
    /// What somebody may do who has not logged in.
    #[serde(default)]
    pub visitors: GrafanaRole,
    /// Where browsers find it, for links.
    #[serde(default)]
    pub url: Option<At<Url>>,
    /// Dashboards of workloads, by their names; one for each release and namespace in the mesh unless said.
    #[serde(default)]
    pub watched: BTreeMap<At<Name>, Vec<At<Workloads>>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

/// A role in Grafana.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum GrafanaRole {
    /// Looks at dashboards.
    #[default]
    Viewer,
    /// Also changes them.
    Editor,
    /// Also changes where data comes from.
    Admin,
}

/// Jaeger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JaegerAddon {
    /// Where browsers find it, for links.
    #[serde(default)]
    pub url: Option<At<Url>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

/// Kiali.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KialiAddon {
    /// What visitors may change.
    #[serde(default)]
    pub access: KialiAccess,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

/// What Kiali may do in the cluster, and so whoever reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum KialiAccess {
    /// Looks.
    #[default]
    ReadOnly,
    /// Also changes Istio's objects.
    ReadWrite,
}

/// Loki.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LokiAddon {
    /// The size of its volume.
    #[serde(default)]
    pub storage: Option<Quantity>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

/// Zipkin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZipkinAddon {
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
}

impl Addons {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Addons { namespace: self.namespace.clone(), ..Addons::default() }
    }

    /// The workloads that they run, by name, so that policies can name them.
    ///
    /// Source: istio release-1.31 `samples/addons`.
    pub(crate) fn declared(&self) -> Vec<(Name, Workload)> {
        const NAME: &str = "app.kubernetes.io/name";
        let all = [
            (self.prometheus.is_some(), "prometheus", NAME, true, ("http", 9090)),
            (self.grafana.is_some(), "grafana", NAME, true, ("service", 3000)),
            (self.jaeger.is_some(), "jaeger", "app", false, ("grpc-otel", 4317)),
            (self.kiali.is_some(), "kiali", NAME, true, ("http", 20001)),
            (self.loki.is_some(), "loki", NAME, true, ("http-metrics", 3100)),
            (self.zipkin.is_some(), "zipkin", "app", false, ("http-query", 9411)),
        ];
        let one = |(_, name, key, account, (port, number)): (bool, &str, &str, bool, (&str, u16))| {
            let existing = Existing {
                kind: if name == "loki" { WorkloadKind::StatefulSet } else { WorkloadKind::Deployment },
                labels: BTreeMap::from([(key.parse().ok()?, name.parse().ok()?)]),
                service_account: if account { Some(name.parse().ok()?) } else { None },
                service: (name == "jaeger").then(|| "jaeger-collector".parse().ok()).flatten(),
            };
            let port = (
                At::nowhere(port.parse().ok()?),
                Port { port: number, service: number, protocol: Protocol::Tcp },
            );
            let workload = Workload {
                existing: Some(At::nowhere(existing)),
                ports: BTreeMap::from([port]),
                origin: Origin::Addon,
                ..Workload::default()
            };
            Some((name.parse().ok()?, workload))
        };
        all.into_iter().filter(|(is_there, ..)| *is_there).filter_map(one).collect()
    }
}
