//! What shows the mesh: Istio's addons.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Duration, Name, Quantity, Resources, Url, Workloads};

/// Which addons there are. Those that would own the same objects exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Addons {
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
        *self == Addons::default()
    }
}
