//! The Istio add-on of AKS.
//!
//! Source: <https://learn.microsoft.com/azure/aks/istio-about>.

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Mesh, MeshConfig, trust_domain};
use crate::AsmRevision;

/// The add-on: AKS installs and upgrades istiod, in `aks-istio-system`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManagedIstio {
    /// Its revision, `asm-1-30`. Namespaces join the mesh by it and by nothing else.
    pub revision: At<AsmRevision>,
    /// Its ingress gateways, in `aks-istio-ingress`.
    #[serde(default)]
    pub ingress_gateways: Vec<At<AksIngress>>,
    /// Settings of the mesh, in the `ConfigMap` that the add-on reads.
    #[serde(default)]
    pub mesh_config: Option<At<MeshConfig>>,
}

/// An ingress gateway of the add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AksIngress {
    /// With a public address.
    External,
    /// With an address of the virtual network.
    Internal,
}

impl AksIngress {
    /// The word in commands.
    pub fn as_str(self) -> &'static str {
        match self {
            AksIngress::External => "external",
            AksIngress::Internal => "internal",
        }
    }

    /// The name of its Deployment and Service, and its label `istio`.
    pub fn name(self) -> String {
        format!("aks-istio-ingressgateway-{}", self.as_str())
    }
}

impl ManagedIstio {
    pub(super) fn mesh(&self) -> Mesh {
        Mesh {
            version: self.revision.istio_version(),
            revision: self.revision.as_str().parse().ok(),
            old_revision: None,
            // On by default in new installs since asm-1-30.
            // Source: <https://learn.microsoft.com/azure/aks/istio-cni>.
            cni: self.revision.minor() >= 30,
            ambient: false,
            namespace: "aks-istio-system".to_owned(),
            trust_domain: trust_domain(self.mesh_config.as_ref().and_then(|m| m.trust_domain.as_ref())),
        }
    }
}
