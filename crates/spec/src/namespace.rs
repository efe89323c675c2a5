//! Namespaces.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{LabelKey, LabelValue, Name, Security};

/// A namespace, and what holds in it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// How its pods take part in the mesh: `sidecar` where there is a mesh, unless said otherwise.
    #[serde(default)]
    pub mesh: Option<MeshMode>,
    /// Which control plane serves it, while two of them run: the new one unless said; `default` is the one
    /// without a revision.
    #[serde(default)]
    pub revision: Option<At<Name>>,
    /// The level of the Pod Security Standards that is enforced in it.
    #[serde(default)]
    pub pod_security: Option<At<PodSecurity>>,
    /// Further labels.
    #[serde(default)]
    pub labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// Somebody else's: known, so that it can be named here, and not rendered.
    #[serde(default)]
    pub existing: bool,
    /// What holds here instead of the spec's `security`.
    #[serde(default)]
    pub security: Security,
}

/// How pods take part in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MeshMode {
    /// An Envoy in each pod.
    Sidecar,
    /// Through the node's ztunnel.
    Ambient,
    /// Not at all.
    None,
}

/// A level of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PodSecurity {
    /// No restriction.
    Privileged,
    /// No known privilege escalation.
    Baseline,
    /// Hardened pods only.
    Restricted,
}

impl PodSecurity {
    /// The word in labels.
    pub fn as_str(self) -> &'static str {
        match self {
            PodSecurity::Privileged => "privileged",
            PodSecurity::Baseline => "baseline",
            PodSecurity::Restricted => "restricted",
        }
    }
}
