//! Where it runs.

use serde::{Deserialize, Serialize};

use crate::word::{
    AcrName, ClusterName, ImageRef, Keyword, Label, Line, Registry, ResourceGroup, Sha256, TreePath, Url,
    Version,
};

/// The cluster: one of three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Cluster {
    /// Azure Kubernetes Service.
    Aks(Aks),
    /// Kubernetes in containers on one machine.
    Kind(Kind),
    /// Any cluster that is there.
    Existing(Existing),
}

/// What `az aks create` is told. None: the option is left out, and Azure chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aks {
    /// The cluster's name.
    pub name: ClusterName,
    /// The resource group that everything goes into.
    pub resource_group: ResourceGroup,
    /// The region.
    pub location: Keyword,
    /// A minor version or a patch release.
    pub kubernetes: Option<Version>,
    /// How many nodes.
    pub node_count: u16,
    /// Their size.
    pub vm_size: Option<Keyword>,
    /// Availability zones; none: Azure spreads nothing.
    pub zones: Vec<Keyword>,
    /// `--network-plugin`
    pub network_plugin: Option<Keyword>,
    /// `--network-plugin-mode`
    pub network_plugin_mode: Option<Keyword>,
    /// `--network-policy`
    pub network_policy: Option<Keyword>,
    /// `--network-dataplane`
    pub network_dataplane: Option<Keyword>,
    /// The registry for the images that are built here.
    pub registry: Acr,
}

/// A registry in Azure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acr {
    /// Its name, which has to be free in all of Azure.
    pub name: AcrName,
    /// `Basic`, `Standard` or `Premium`.
    pub sku: Keyword,
}

/// A cluster of kind, and a registry beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The cluster's name.
    pub name: Label,
    /// The image of its nodes; none: kind's own.
    pub node_image: Option<ImageRef>,
    /// A `kind.x-k8s.io/v1alpha4` Cluster. It must have containerd read `/etc/containerd/certs.d`, and with
    /// Calico it must say `networking.disableDefaultCNI: true` and a `podSubnet`.
    pub config_file: TreePath,
    /// The registry.
    pub registry: KindRegistry,
    /// Calico; none: kind's own network.
    pub calico: Option<Calico>,
}

/// A registry in a container on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindRegistry {
    /// The container's name, by which the nodes find it.
    pub name: Label,
    /// The port on this machine.
    pub port: u16,
    /// Its image.
    pub image: ImageRef,
}

/// Calico, by its operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calico {
    /// Its version.
    pub version: Version,
    /// Definitions and operator, in the order of application.
    pub manifests: Vec<Manifest>,
    /// An Installation, whose pool is kind's `podSubnet`, and an `APIServer`, of `operator.tigera.io/v1`.
    pub config_file: TreePath,
}

/// A manifest that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Manifest {
    /// Fetched when it is needed, and not applied if its digest is another one.
    Url {
        /// Where it is.
        url: Url,
        /// What it has to be; none: whatever that server sends is applied.
        sha256: Option<Sha256>,
    },
    /// A file of the tree.
    File {
        /// Where it is.
        file: TreePath,
    },
}

/// A cluster that is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Existing {
    /// The context of kubectl; none: the current one.
    pub context: Option<Line>,
    /// The registry for the images that are built here; none: there is none yet, and `REGISTRY` has to be set.
    pub registry: Option<Registry>,
}
