//! Profiles of Istio 1.31.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is installed before anything is laid over it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// For production: istiod and an ingress gateway.
    #[default]
    Default,
    /// The same with an egress gateway, access logs and all traces, in little memory.
    Demo,
    /// istiod alone.
    Minimal,
    /// Nothing.
    Empty,
    /// What may come in later versions.
    Preview,
    /// What will not change; the rest of the API is refused.
    Stable,
    /// For a cluster whose control plane is in another one.
    Remote,
    /// Ambient mode: ztunnel and the CNI plugin.
    Ambient,
    /// For `OpenShift`.
    Openshift,
    /// For `OpenShift`, with ambient mode.
    OpenshiftAmbient,
}

/// Which parts a profile installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a table of what is there")]
pub struct ProfileParts {
    /// Definitions and roles.
    pub base: bool,
    /// istiod.
    pub pilot: bool,
    /// `istio-ingressgateway`.
    pub ingress: bool,
    /// `istio-egressgateway`.
    pub egress: bool,
    /// The CNI plugin.
    pub cni: bool,
    /// The proxy of a node.
    pub ztunnel: bool,
}

impl Profile {
    /// The word in an `IstioOperator`.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Default => "default",
            Profile::Demo => "demo",
            Profile::Minimal => "minimal",
            Profile::Empty => "empty",
            Profile::Preview => "preview",
            Profile::Stable => "stable",
            Profile::Remote => "remote",
            Profile::Ambient => "ambient",
            Profile::Openshift => "openshift",
            Profile::OpenshiftAmbient => "openshift-ambient",
        }
    }

    /// Which parts it installs.
    ///
    /// Source: istio release-1.31 `manifests/profiles/*.yaml`.
    pub fn parts(self) -> ProfileParts {
        let default = ProfileParts {
            base: true,
            pilot: true,
            ingress: true,
            egress: false,
            cni: false,
            ztunnel: false,
        };
        match self {
            Profile::Default | Profile::Preview | Profile::Stable => default,
            Profile::Demo => ProfileParts { egress: true, ..default },
            Profile::Minimal => ProfileParts { ingress: false, ..default },
            Profile::Empty => ProfileParts { base: false, pilot: false, ingress: false, ..default },
            // Its pilot is a webhook that points elsewhere: no istiod runs.
            Profile::Remote => ProfileParts { pilot: false, ingress: false, ..default },
            Profile::Ambient | Profile::OpenshiftAmbient => {
                ProfileParts { ingress: false, cni: true, ztunnel: true, ..default }
            }
            Profile::Openshift => ProfileParts { cni: true, ..default },
        }
    }

    /// Whether istiod and gateways are scaled by load. Same source: `demo` is too small for that.
    pub fn scales(self) -> bool {
        self != Profile::Demo
    }

    /// Where the CNI plugin runs, if not with the rest. Same source.
    pub fn cni_namespace(self) -> Option<&'static str> {
        matches!(self, Profile::Openshift | Profile::OpenshiftAmbient).then_some("kube-system")
    }
}
