//! `install.istio.io/v1alpha1` `IstioOperator`: the input of `istioctl install`. No cluster has this kind any more.
//!
//! Source: `istio/istio` release-1.31 `operator/pkg/apis/types.go`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Value;

/// What istioctl is to install.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IstioOperator {
    /// `install.istio.io/v1alpha1`.
    pub api_version: String,
    /// `IstioOperator`.
    pub kind: String,
    /// Its name, which only people read.
    pub metadata: Metadata,
    /// What is asked for.
    pub spec: IstioOperatorSpec,
}

/// A name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The name.
    pub name: String,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IstioOperatorSpec {
    /// What is there before the rest of this is laid over it.
    pub profile: String,
    /// The registry of Istio's images.
    pub hub: String,
    /// Their tag: the version.
    pub tag: String,
    /// The revision; the default one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Settings of the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh_config: Option<Value>,
    /// Parts that differ from the profile.
    #[serde(skip_serializing_if = "Components::is_empty")]
    pub components: Components,
    /// Values of Istio's charts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Value>,
}

/// Parts of Istio.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Components {
    /// Definitions and roles of the whole cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Component>,
    /// istiod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilot: Option<Component>,
    /// The CNI plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cni: Option<Component>,
    /// The proxy of a node, for ambient mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ztunnel: Option<Component>,
    /// Gateways for what comes in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ingress_gateways: Vec<Gateway>,
    /// Gateways for what goes out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub egress_gateways: Vec<Gateway>,
}

impl Components {
    /// Whether nothing differs from the profile.
    pub fn is_empty(&self) -> bool {
        *self == Components::default()
    }
}

/// A part of Istio.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// Whether it is installed.
    pub enabled: bool,
    /// Where, if not with the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k8s: Option<KubernetesResources>,
}

/// A gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// The name of its Deployment and Service.
    pub name: String,
    /// Where it is, if not with the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Whether it is installed.
    pub enabled: bool,
    /// Further labels of its pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub label: BTreeMap<String, String>,
    /// How it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k8s: Option<KubernetesResources>,
}

/// How a part of Istio runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesResources {
    /// Variables of its environment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// An autoscaling/v2 `HorizontalPodAutoscalerSpec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hpa_spec: Option<HpaSpec>,
    /// Nodes on which it may run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: BTreeMap<String, String>,
    /// Annotations of its pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pod_annotations: BTreeMap<String, String>,
    /// How important it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_class_name: Option<String>,
    /// How many pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_count: Option<u16>,
    /// What it needs and may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Its Service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Annotations of its Service.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub service_annotations: BTreeMap<String, String>,
    /// Taints of nodes that it bears.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
}

/// A variable with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EnvVar {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// How many pods, by load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HpaSpec {
    /// At least.
    pub min_replicas: u16,
    /// At most.
    pub max_replicas: u16,
}

/// What a container needs and may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    /// What the scheduler reserves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, String>,
    /// What it may use at most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, String>,
}

/// A v1 `ServiceSpec`, as far as meshgen writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// `ClusterIP`, `NodePort` or `LoadBalancer`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `Cluster` or `Local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_traffic_policy: Option<String>,
    /// Who may call a load balancer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_balancer_source_ranges: Vec<String>,
    /// Its ports. A list here replaces the profile's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Its name.
    pub name: String,
    /// The number.
    pub port: u16,
    /// The port of the pod.
    pub target_port: u16,
}

/// A taint that is borne.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Toleration {
    /// The key of the taint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `Exists` or `Equal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}
