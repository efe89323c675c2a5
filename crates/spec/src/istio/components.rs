//! Parts of Istio, and how they run.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Cidr, EnvName, LabelKey, LabelValue, Name, PortName, Resources};

/// Parts of Istio, as far as they differ from the profile.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Components {
    /// Definitions and roles of the whole cluster.
    #[serde(default)]
    pub base: Option<Component>,
    /// istiod.
    #[serde(default)]
    pub pilot: Option<Component>,
    /// The CNI plugin, which spares pods the privileged init container.
    #[serde(default)]
    pub cni: Option<Component>,
    /// The proxy of a node, for ambient mode.
    #[serde(default)]
    pub ztunnel: Option<Component>,
    /// Gateways for what comes in, by name. That of the profile is `istio-ingressgateway`.
    #[serde(default)]
    pub ingress_gateways: BTreeMap<At<Name>, GatewayComponent>,
    /// Gateways for what goes out, by name. That of the profile is `istio-egressgateway`.
    #[serde(default)]
    pub egress_gateways: BTreeMap<At<Name>, GatewayComponent>,
}

/// A part of Istio.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Component {
    /// Whether it is installed: as the profile has it unless said.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// How it runs.
    #[serde(default)]
    pub k8s: KubernetesSettings,
}

/// A gateway.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayComponent {
    /// Whether it is installed.
    #[serde(default = "GatewayComponent::on")]
    pub enabled: bool,
    /// Its namespace: that of istiod unless said otherwise.
    #[serde(default)]
    pub namespace: Option<At<Name>>,
    /// Further labels of its pods.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// How it runs.
    #[serde(default)]
    pub k8s: KubernetesSettings,
}

impl GatewayComponent {
    fn on() -> bool {
        true
    }
}

/// How a part of Istio runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubernetesSettings {
    /// How many pods.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// How many pods, by load.
    #[serde(default)]
    pub hpa: Option<At<Hpa>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Nodes on which it may run.
    #[serde(default)]
    pub node_selector: BTreeMap<LabelKey, LabelValue>,
    /// Taints of nodes that it bears.
    #[serde(default)]
    pub tolerations: Vec<TolerationSetting>,
    /// Annotations of its pods.
    #[serde(default)]
    pub pod_annotations: BTreeMap<LabelKey, String>,
    /// Variables of its environment.
    #[serde(default)]
    pub env: BTreeMap<EnvName, String>,
    /// How important it is.
    #[serde(default)]
    pub priority_class_name: Option<Name>,
    /// Its Service.
    #[serde(default)]
    pub service: Option<ServiceSetting>,
    /// Annotations of its Service.
    #[serde(default)]
    pub service_annotations: BTreeMap<LabelKey, String>,
}

/// How many pods, by load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hpa {
    /// At least.
    pub min: u16,
    /// At most.
    pub max: u16,
}

/// A taint that is borne.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TolerationSetting {
    /// The key of the taint; all of them unless said.
    #[serde(default)]
    pub key: Option<LabelKey>,
    /// Its value; any unless said.
    #[serde(default)]
    pub value: Option<LabelValue>,
    /// Its effect; any unless said.
    #[serde(default)]
    pub effect: Option<TaintEffect>,
}

/// What a taint does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum TaintEffect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

impl TaintEffect {
    /// The word in objects.
    pub fn as_str(self) -> &'static str {
        match self {
            TaintEffect::NoSchedule => "NoSchedule",
            TaintEffect::PreferNoSchedule => "PreferNoSchedule",
            TaintEffect::NoExecute => "NoExecute",
        }
    }
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceSetting {
    /// Who can reach it.
    #[serde(rename = "type", default)]
    pub kind: Option<ServiceType>,
    /// Whether the address of the client is kept.
    #[serde(default)]
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// Who may call a load balancer.
    #[serde(default)]
    pub load_balancer_source_ranges: Vec<Cidr>,
    /// Its ports, instead of all of the profile's.
    #[serde(default)]
    pub ports: BTreeMap<At<PortName>, ServicePortSetting>,
}

/// Who can reach a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum ServiceType {
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    NodePort,
    LoadBalancer,
}

impl ServiceType {
    /// The word in objects.
    pub fn as_str(self) -> &'static str {
        match self {
            ServiceType::ClusterIp => "ClusterIP",
            ServiceType::NodePort => "NodePort",
            ServiceType::LoadBalancer => "LoadBalancer",
        }
    }
}

/// Whether the address of the client is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum TrafficPolicy {
    Cluster,
    Local,
}

impl TrafficPolicy {
    /// The word in objects.
    pub fn as_str(self) -> &'static str {
        match self {
            TrafficPolicy::Cluster => "Cluster",
            TrafficPolicy::Local => "Local",
        }
    }
}

/// A port of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePortSetting {
    /// The number.
    pub port: u16,
    /// The port of the pod: the same unless said otherwise.
    #[serde(default)]
    pub target_port: Option<u16>,
}
