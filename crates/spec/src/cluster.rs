//! Where it runs, as far as policies depend on it.

use schemars::JsonSchema;
use serde::Deserialize;

/// The cluster: one of three.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cluster {
    /// Azure Kubernetes Service, in its own words.
    Aks(Aks),
    /// kind: Kubernetes in containers on one machine.
    Kind(Kind),
    /// Any other cluster, as it is.
    Existing(Existing),
}

/// Azure Kubernetes Service.
///
/// Source: `az aks create` of azure-cli 2.91.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aks {
    /// `--network-policy`: what enforces policies.
    #[serde(default)]
    pub network_policy: AksPolicyEngine,
    /// `--network-dataplane`.
    #[serde(default)]
    pub network_dataplane: Dataplane,
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
    /// Azure network policy manager. Retired on Windows, and on Linux from 2028-09-30.
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

/// kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kind {
    /// What enforces policies: `calico`, or kind's own `kindnet`.
    #[serde(default = "Kind::default_engine")]
    pub network_policy: PolicyEngine,
}

impl Kind {
    fn default_engine() -> PolicyEngine {
        PolicyEngine::Calico
    }
}

/// A cluster that is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Existing {
    /// What enforces policies.
    pub network_policy: PolicyEngine,
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
            Cluster::Aks(aks) => aks.network_policy != AksPolicyEngine::None,
            Cluster::Kind(Kind { network_policy }) | Cluster::Existing(Existing { network_policy }) => {
                *network_policy != PolicyEngine::None
            }
        }
    }

    /// Whether the API `projectcalico.org/v3` is served. The Calico that AKS manages does not.
    pub fn takes_calico_policies(&self) -> bool {
        match self {
            Cluster::Aks(_) => false,
            Cluster::Kind(Kind { network_policy }) | Cluster::Existing(Existing { network_policy }) => {
                *network_policy == PolicyEngine::Calico
            }
        }
    }
}
