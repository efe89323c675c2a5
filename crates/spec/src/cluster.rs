//! Where it runs.

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    AzureLocation, Cidr, Image, KubeContext, KubernetesVersion, Name, RegistryHost, RegistryName,
    ResourceGroup, VersionText, VmSize,
};

/// The cluster: one of three.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cluster {
    /// Azure Kubernetes Service, in its own words.
    Aks(Box<Aks>),
    /// kind: Kubernetes in containers on one machine.
    Kind(Box<Kind>),
    /// Any other cluster, as it is.
    Existing(Existing),
}

/// Azure Kubernetes Service.
///
/// Source: `az aks create` of azure-cli 2.91.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aks {
    /// `--name`: the project's name unless said otherwise.
    #[serde(default)]
    pub name: Option<Name>,
    /// `--location`.
    pub location: AzureLocation,
    /// `--resource-group`: the project's name unless said otherwise.
    #[serde(default)]
    pub resource_group: Option<ResourceGroup>,
    /// `--attach-acr`: the registry for images that are built here. Its name has to be free in all of Azure; it is
    /// made of the project's unless said otherwise.
    #[serde(default)]
    pub registry: Option<RegistryName>,
    /// `--kubernetes-version`: `"1.36"` or `1.36.2`; Azure's default unless said.
    #[serde(default)]
    pub kubernetes: Option<At<KubernetesVersion>>,
    /// The nodes.
    #[serde(default)]
    pub nodes: Nodes,
    /// `--network-plugin`.
    #[serde(default)]
    pub network_plugin: At<NetworkPlugin>,
    /// `--network-plugin-mode`; Azure's default is `overlay`.
    #[serde(default)]
    pub network_plugin_mode: Option<At<NetworkPluginMode>>,
    /// `--network-policy`: what enforces policies.
    #[serde(default)]
    pub network_policy: At<AksPolicyEngine>,
    /// `--network-dataplane`.
    #[serde(default)]
    pub network_dataplane: At<Dataplane>,
    /// `--load-balancer-sku`.
    #[serde(default)]
    pub load_balancer_sku: Option<At<LoadBalancerSku>>,
    /// `--vm-set-type`.
    #[serde(default)]
    pub vm_set_type: Option<At<VmSetType>>,
}

/// Nodes of AKS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nodes {
    /// `--node-count`.
    #[serde(default = "Nodes::default_count")]
    pub count: At<u16>,
    /// `--node-vm-size`; Azure's default unless said.
    #[serde(default)]
    pub vm_size: Option<VmSize>,
    /// `--zones`.
    #[serde(default)]
    pub zones: Vec<At<u8>>,
}

impl Nodes {
    fn default_count() -> At<u16> {
        At::nowhere(3)
    }
}

impl Default for Nodes {
    fn default() -> Self {
        Nodes { count: Nodes::default_count(), vm_size: None, zones: Vec::new() }
    }
}

/// What gives pods their addresses on AKS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPlugin {
    /// Azure CNI.
    #[default]
    Azure,
    /// Retired.
    Kubenet,
    /// One of your own.
    None,
}

/// From which network pods have their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPluginMode {
    /// One of their own.
    Overlay,
}

/// What enforces policies on AKS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AksPolicyEngine {
    /// Calico, managed by AKS: Kubernetes policies only.
    #[default]
    Calico,
    /// Cilium; needs `networkDataplane: cilium`.
    Cilium,
    /// Azure network policy manager. Retired.
    Azure,
    /// Nothing: policies have no effect.
    None,
}

/// What moves packets on AKS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Dataplane {
    /// Azure's own.
    #[default]
    Azure,
    /// Cilium.
    Cilium,
}

/// The kind of load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LoadBalancerSku {
    /// The only one there is.
    Standard,
    /// Retired.
    Basic,
}

/// What nodes are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum VmSetType {
    /// Scale sets.
    VirtualMachineScaleSets,
    /// Single machines.
    VirtualMachines,
    /// Retired.
    AvailabilitySet,
}

/// kind.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kind {
    /// The cluster's name: the project's unless said otherwise.
    #[serde(default)]
    pub name: Option<Name>,
    /// What enforces policies: `calico`, or kind's own `kindnet`.
    #[serde(default = "Kind::default_engine")]
    pub network_policy: At<PolicyEngine>,
    /// The image of nodes, which fixes the version of Kubernetes; kind's own unless said.
    #[serde(default)]
    pub node_image: Option<Image>,
    /// How many nodes beside the control plane.
    #[serde(default)]
    pub workers: u8,
    /// Addresses of pods.
    #[serde(default)]
    pub pod_subnet: Option<Cidr>,
    /// The registry beside the cluster.
    #[serde(default)]
    pub registry: KindRegistry,
    /// Calico, where `networkPolicy` says so.
    #[serde(default)]
    pub calico: Calico,
}

impl Kind {
    fn default_engine() -> At<PolicyEngine> {
        At::nowhere(PolicyEngine::Calico)
    }

    /// Addresses of pods: Calico's own default unless said otherwise.
    pub fn pod_subnet(&self) -> String {
        self.pod_subnet.map_or_else(|| "192.168.0.0/16".to_owned(), |c| c.to_string())
    }
}

/// The registry beside a cluster of kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KindRegistry {
    /// Its port on this machine.
    #[serde(default = "KindRegistry::default_port")]
    pub port: At<u16>,
}

impl KindRegistry {
    fn default_port() -> At<u16> {
        At::nowhere(5001)
    }
}

impl Default for KindRegistry {
    fn default() -> Self {
        KindRegistry { port: KindRegistry::default_port() }
    }
}

/// Calico, by its operator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calico {
    /// Its version.
    #[serde(default = "Calico::default_version")]
    pub version: VersionText,
}

impl Calico {
    fn default_version() -> VersionText {
        #[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
        "3.32.2".parse().unwrap()
    }
}

impl Default for Calico {
    fn default() -> Self {
        Calico { version: Calico::default_version() }
    }
}

/// A cluster that is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Existing {
    /// What enforces policies.
    pub network_policy: PolicyEngine,
    /// The context of kubectl's configuration; the current one unless said.
    #[serde(default)]
    pub context: Option<KubeContext>,
    /// The registry for images that are built here.
    #[serde(default)]
    pub registry: Option<RegistryHost>,
}

/// What enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PolicyEngine {
    /// Calico; the only one that takes Calico's own policies.
    Calico,
    /// Cilium.
    Cilium,
    /// kind's own.
    Kindnet,
    /// Any other that enforces Kubernetes policies.
    Other,
    /// Nothing: policies have no effect.
    None,
}

impl Cluster {
    /// Whether anything enforces policies.
    pub fn enforces_policies(&self) -> bool {
        match self {
            Cluster::Aks(aks) => aks.network_policy.value != AksPolicyEngine::None,
            Cluster::Kind(kind) => kind.network_policy.value != PolicyEngine::None,
            Cluster::Existing(existing) => existing.network_policy != PolicyEngine::None,
        }
    }

    /// Whether the API `projectcalico.org/v3` is served. The Calico that AKS manages does not.
    pub fn takes_calico_policies(&self) -> bool {
        match self {
            Cluster::Aks(_) => false,
            Cluster::Kind(kind) => kind.network_policy.value == PolicyEngine::Calico,
            Cluster::Existing(existing) => existing.network_policy == PolicyEngine::Calico,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_version_of_calico_is_one() {
        assert_eq!(Calico::default().version.as_str(), "3.32.2");
    }
}
