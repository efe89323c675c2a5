//! The mesh, as far as membership depends on it.

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{IstioVersion, Name, ObjectName};

/// Istio: either to be installed (`version`), or there (`existing`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Istio {
    /// The version to install.
    #[serde(default)]
    pub version: Option<At<IstioVersion>>,
    /// The revision, when more than one control plane runs. Namespaces then carry `istio.io/rev`.
    #[serde(default)]
    pub revision: Option<Name>,
    /// Install what ambient mode needs.
    #[serde(default)]
    pub ambient: bool,
    /// Parts of Istio.
    #[serde(default)]
    pub components: Components,
    /// Facts of a mesh that is there: it is relied on, not installed.
    #[serde(default)]
    pub existing: Option<At<ExistingIstio>>,
}

/// Parts of Istio that can be switched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Components {
    /// The CNI plugin, which spares pods the privileged init container.
    #[serde(default)]
    pub cni: Toggle,
}

/// On or off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Toggle {
    /// On.
    #[serde(default)]
    pub enabled: bool,
}

/// A mesh that is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExistingIstio {
    /// Its version.
    pub version: IstioVersion,
    /// Its revision; `default` is the one of namespaces labelled `istio-injection`.
    #[serde(default)]
    pub revision: Option<Name>,
    /// It has the CNI plugin.
    #[serde(default)]
    pub cni: bool,
    /// It has ambient mode.
    #[serde(default)]
    pub ambient: bool,
    /// Where its control plane runs: `istio-system`, or `aks-istio-system` for the add-on of AKS.
    #[serde(default)]
    pub namespace: Option<Name>,
    /// The trust domain of its identities: `cluster.local` unless it was changed.
    #[serde(default)]
    pub trust_domain: Option<ObjectName>,
}

/// What the rest needs to know of the mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mesh {
    /// The revision that namespaces must name; none for the default one.
    pub revision: Option<Name>,
    /// Pods need no privileged init container.
    pub cni: bool,
    /// Ambient mode is there.
    pub ambient: bool,
    /// Where the control plane runs.
    pub namespace: String,
    /// The first part of every identity.
    pub trust_domain: String,
}

impl Istio {
    /// The facts that matter, wherever they were said.
    pub fn mesh(&self) -> Mesh {
        let named = |revision: &Option<Name>| revision.clone().filter(|r| r.as_str() != "default");
        match &self.existing {
            Some(existing) => Mesh {
                revision: named(&existing.revision),
                cni: existing.cni || existing.ambient,
                ambient: existing.ambient,
                namespace: existing.namespace.as_ref().map_or("istio-system", Name::as_str).to_owned(),
                trust_domain: existing
                    .trust_domain
                    .as_ref()
                    .map_or("cluster.local", ObjectName::as_str)
                    .to_owned(),
            },
            None => Mesh {
                revision: named(&self.revision),
                // Ambient mode brings the CNI plugin with it.
                cni: self.components.cni.enabled || self.ambient,
                ambient: self.ambient,
                namespace: "istio-system".to_owned(),
                trust_domain: "cluster.local".to_owned(),
            },
        }
    }
}
