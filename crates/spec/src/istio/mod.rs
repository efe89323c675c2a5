//! The mesh: what is installed, or what is there.

mod components;
mod managed;
mod mesh_config;
mod profile;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

pub use components::{
    Component, Components, GatewayComponent, Hpa, KubernetesSettings, ServicePortSetting, ServiceSetting,
    ServiceType, TaintEffect, TolerationSetting, TrafficPolicy,
};
pub use managed::{AksIngress, ManagedIstio};
pub use mesh_config::{
    AccessLogEncoding, DefaultConfig, DefaultProviders, InboundMode, InboundTrafficPolicy, MeshConfig,
    OutboundMode, OutboundTrafficPolicy,
};
pub use profile::{Profile, ProfileParts};

use crate::{IstioVersion, Name, ObjectName, RegistryHost, TreeMap, VersionText};

/// Istio: installed (`version`), managed by AKS (`managed`), or there (`existing`).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Istio {
    /// The version to install.
    #[serde(default)]
    pub version: Option<At<IstioVersion>>,
    /// How it is installed.
    #[serde(default)]
    pub install: Option<At<Install>>,
    /// What is there before the rest of this is laid over it: `default` unless said otherwise.
    #[serde(default)]
    pub profile: Option<At<Profile>>,
    /// The registry of Istio's images: `docker.io/istio` unless said otherwise.
    #[serde(default)]
    pub hub: Option<At<RegistryHost>>,
    /// Their tag: the version unless said otherwise.
    #[serde(default)]
    pub tag: Option<At<VersionText>>,
    /// The revision, when more than one control plane runs. Namespaces then carry `istio.io/rev`.
    #[serde(default)]
    pub revision: Option<At<Name>>,
    /// Settings of the mesh.
    #[serde(default)]
    pub mesh_config: Option<At<MeshConfig>>,
    /// Parts of Istio, as far as they differ from the profile.
    #[serde(default)]
    pub components: Components,
    /// Values of Istio's charts, handed on as they are.
    #[serde(default)]
    pub values: TreeMap,
    /// The control plane that is there until every namespace has moved.
    #[serde(default)]
    pub upgrade: Option<At<Upgrade>>,
    /// The add-on that AKS manages.
    #[serde(default)]
    pub managed: Option<At<ManagedIstio>>,
    /// Facts of a mesh that is there: it is relied on, not installed.
    #[serde(default)]
    pub existing: Option<At<ExistingIstio>>,
}

/// How Istio is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Install {
    /// `istioctl install`.
    #[default]
    Istioctl,
    /// Istio's charts, in a state file of helmfile.
    Helm,
}

/// An upgrade by revision: both control planes run, and namespaces move one by one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Upgrade {
    /// The control plane that goes.
    pub from: OldControlPlane,
}

/// A control plane that goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OldControlPlane {
    /// Its version.
    pub version: IstioVersion,
    /// Its revision; left out for the default one.
    #[serde(default)]
    pub revision: Option<Name>,
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
    /// The version; for the add-on of AKS that of its revision.
    pub version: String,
    /// The revision that namespaces must name; none for the default one.
    pub revision: Option<Name>,
    /// The revision that is on its way out, if there is one; the inner none is the default one.
    pub old_revision: Option<Option<Name>>,
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
        match (&self.existing, &self.managed) {
            (Some(existing), _) => existing.mesh(),
            (None, Some(managed)) => managed.mesh(),
            (None, None) => self.installed_mesh(),
        }
    }

    /// The profile that is installed.
    pub fn profile(&self) -> Profile {
        self.profile.as_ref().map_or(Profile::Default, |p| p.value)
    }

    /// How it is installed.
    pub fn install(&self) -> Install {
        self.install.as_ref().map_or(Install::Istioctl, |i| i.value)
    }

    /// The version with all of its parts.
    pub fn full_version(version: &IstioVersion) -> String {
        match version.as_str().split('.').count() {
            2 => format!("{version}.0"),
            _ => version.to_string(),
        }
    }

    fn installed_mesh(&self) -> Mesh {
        let parts = self.profile().parts();
        let on = |component: &Option<Component>, profile: bool| {
            component.as_ref().and_then(|c| c.enabled).unwrap_or(profile)
        };
        let ztunnel = on(&self.components.ztunnel, parts.ztunnel);
        Mesh {
            version: self.version.as_ref().map(|v| Istio::full_version(v)).unwrap_or_default(),
            revision: named(self.revision.as_ref().map(|r| &r.value)),
            old_revision: self.upgrade.as_ref().map(|u| named(u.from.revision.as_ref())),
            cni: on(&self.components.cni, parts.cni),
            ambient: ztunnel,
            namespace: "istio-system".to_owned(),
            trust_domain: trust_domain(self.mesh_config.as_ref().and_then(|m| m.trust_domain.as_ref())),
        }
    }
}

impl ExistingIstio {
    fn mesh(&self) -> Mesh {
        Mesh {
            version: self.version.to_string(),
            revision: named(self.revision.as_ref()),
            old_revision: None,
            cni: self.cni || self.ambient,
            ambient: self.ambient,
            namespace: self.namespace.as_ref().map_or("istio-system", Name::as_str).to_owned(),
            trust_domain: trust_domain(self.trust_domain.as_ref()),
        }
    }
}

/// `default` is what Istio calls the revision without a name.
fn named(revision: Option<&Name>) -> Option<Name> {
    revision.filter(|r| r.as_str() != "default").cloned()
}

fn trust_domain(said: Option<&ObjectName>) -> String {
    said.map_or("cluster.local", ObjectName::as_str).to_owned()
}
