//! Settings of the mesh: Istio's `MeshConfig`.
//!
//! Source: `istio/api` release-1.31 `mesh/v1alpha1/config.proto` and `proxy.proto`.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Duration, EnvName, Name, ObjectName, Tree, TreeMap};

/// Settings of the mesh, those that people use as fields, the rest in `extra`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeshConfig {
    /// Where access logs go: `/dev/stdout`; empty for none.
    #[serde(default)]
    pub access_log_file: Option<String>,
    /// `TEXT` or `JSON`.
    #[serde(default)]
    pub access_log_encoding: Option<AccessLogEncoding>,
    /// The format of a line.
    #[serde(default)]
    pub access_log_format: Option<String>,
    /// Whether traces are made.
    #[serde(default)]
    pub enable_tracing: Option<bool>,
    /// Whether clients use mTLS by themselves where the server has it.
    #[serde(default)]
    pub enable_auto_mtls: Option<bool>,
    /// Whether metrics of pods are merged with those of their sidecars, on port 15020.
    #[serde(default)]
    pub enable_prometheus_merge: Option<bool>,
    /// What becomes of calls to hosts that the mesh does not know.
    #[serde(default)]
    pub outbound_traffic_policy: Option<OutboundTrafficPolicy>,
    /// Where the program in a pod listens.
    #[serde(default)]
    pub inbound_traffic_policy: Option<InboundTrafficPolicy>,
    /// The first part of every identity.
    #[serde(default)]
    pub trust_domain: Option<ObjectName>,
    /// The namespace whose policies hold for the whole mesh.
    #[serde(default)]
    pub root_namespace: Option<Name>,
    /// How long a connection may take to come about.
    #[serde(default)]
    pub connect_timeout: Option<Duration>,
    /// Namespaces that istiod looks at, as label selectors.
    #[serde(default)]
    pub discovery_selectors: Vec<Tree>,
    /// Where logs, traces, metrics and questions for permission can go, by name.
    #[serde(default)]
    pub extension_providers: BTreeMap<At<Name>, Tree>,
    /// Which of them are used where nothing else is said.
    #[serde(default)]
    pub default_providers: DefaultProviders,
    /// Settings of every sidecar and gateway.
    #[serde(default)]
    pub default_config: DefaultConfig,
    /// Any other field of `MeshConfig`, handed on as it is.
    #[serde(default)]
    pub extra: TreeMap,
}

/// The form of access logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the words of Istio")]
pub enum AccessLogEncoding {
    Text,
    Json,
}

impl AccessLogEncoding {
    /// The word in `MeshConfig`.
    pub fn as_str(self) -> &'static str {
        match self {
            AccessLogEncoding::Text => "TEXT",
            AccessLogEncoding::Json => "JSON",
        }
    }
}

/// What becomes of calls to hosts that the mesh does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutboundTrafficPolicy {
    /// The mode.
    pub mode: OutboundMode,
}

/// What becomes of calls to hosts that the mesh does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OutboundMode {
    /// They go out.
    AllowAny,
    /// They are refused.
    RegistryOnly,
}

impl OutboundMode {
    /// The word in `MeshConfig`.
    pub fn as_str(self) -> &'static str {
        match self {
            OutboundMode::AllowAny => "ALLOW_ANY",
            OutboundMode::RegistryOnly => "REGISTRY_ONLY",
        }
    }
}

/// Where the program in a pod listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InboundTrafficPolicy {
    /// The mode.
    pub mode: InboundMode,
}

/// Where the program in a pod listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InboundMode {
    /// At the address of the pod.
    Passthrough,
    /// At 127.0.0.1.
    Localhost,
}

impl InboundMode {
    /// The word in `MeshConfig`.
    pub fn as_str(self) -> &'static str {
        match self {
            InboundMode::Passthrough => "PASSTHROUGH",
            InboundMode::Localhost => "LOCALHOST",
        }
    }
}

/// Providers that are used where nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DefaultProviders {
    /// For metrics.
    #[serde(default)]
    pub metrics: Vec<Name>,
    /// For traces.
    #[serde(default)]
    pub tracing: Vec<Name>,
    /// For access logs.
    #[serde(default)]
    pub access_logging: Vec<Name>,
}

/// Settings of every sidecar and gateway: Istio's `ProxyConfig`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DefaultConfig {
    /// Whether programs start only once their sidecar is ready.
    #[serde(default)]
    pub hold_application_until_proxy_starts: Option<bool>,
    /// Threads of a proxy; 0 for one a CPU.
    #[serde(default)]
    pub concurrency: Option<u16>,
    /// How long connections may go on after a change of listeners.
    #[serde(default)]
    pub drain_duration: Option<Duration>,
    /// How long connections may go on after the pod is told to end.
    #[serde(default)]
    pub termination_drain_duration: Option<Duration>,
    /// Variables of the proxy's environment.
    #[serde(default)]
    pub proxy_metadata: BTreeMap<EnvName, String>,
    /// How traces are made: Istio's `Tracing`, handed on as it is.
    #[serde(default)]
    pub tracing: TreeMap,
    /// Any other field of `ProxyConfig`, handed on as it is.
    #[serde(default)]
    pub extra: TreeMap,
}
