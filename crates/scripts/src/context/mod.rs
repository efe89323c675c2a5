//! What the templates are rendered from: one value that says everything, in words that are safe where they go.
//!
//! Plain structs. Whoever has one of these has parsed every word in it, so no template can be broken out of;
//! what concerns two fields at once is refused by [`crate::files`].

mod cluster;
mod kit;
mod test;

use serde::{Deserialize, Serialize};

pub use cluster::{Acr, Aks, Calico, Cluster, Existing, Kind, KindRegistry, Manifest};
pub use kit::{DgraphMajor, Kit};
pub use test::{
    Client, Expect, ObjectRef, Probe, ProbedClaim, ServicePort, Test, Traffic, Workload, WorkloadKind,
};

use crate::word::{EnvName, Keyword, Label, Subdomain, Text, TreePath, Version};

/// Everything that scripts, README and kits are made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The project's name. A resource group with this in its tags is ours to delete.
    pub project: Label,
    /// Where it runs.
    pub cluster: Cluster,
    /// What the charts and workloads take from the environment (`fromEnv`), with the defaults of `env.sh`.
    pub env: Vec<Variable>,
    /// The mesh.
    pub istio: Istio,
    /// Namespaces that this project makes. On an existing cluster clean-up deletes these, and no others.
    pub namespaces: Vec<Label>,
    /// Files with the namespaces; applied first.
    pub namespace_files: Vec<TreePath>,
    /// Files with policies.
    pub policies: Vec<Policy>,
    /// Files of addons, one each, applied server-side: their big `ConfigMap`s fit in no annotation.
    pub addons: Vec<TreePath>,
    /// Files with everything else that `kubectl apply` takes, in order: what the mesh enforces, then workloads.
    pub manifests: Vec<TreePath>,
    /// Helmfiles, in order.
    pub releases: Vec<Helmfile>,
    /// Images that are built out of this tree. Built and pushed after the releases and before the clients.
    pub kits: Vec<Kit>,
    /// Helmfiles of what runs those images.
    pub clients: Vec<Helmfile>,
    /// What `deploy.sh` waits for, by kinds that have a rollout.
    pub wait: Vec<Workload>,
    /// Groups of claims, one script each.
    pub tests: Vec<Test>,
    /// What `traffic.sh` and Test 3 send; none: there are no such scripts.
    pub traffic: Option<Traffic>,
    /// What the README admits.
    pub holes: Holes,
}

/// A variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: EnvName,
    /// Its value where the environment has none.
    pub value: Text,
}

/// How the mesh comes to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Istio {
    /// Who installs it.
    pub mode: IstioMode,
    /// Its version; none where it is absent. With [`IstioMode::Istioctl`] istioctl must have just this one.
    #[serde(default)]
    pub version: Option<Version>,
    /// Where the control plane runs.
    pub namespace: Label,
    /// The revision; always there with [`IstioMode::AksAddon`].
    pub revision: Option<Label>,
    /// IstioOperator files, helmfiles, or manifests for the add-on.
    pub files: Vec<TreePath>,
    /// Ingress gateways of the add-on: `external`, `internal`.
    #[serde(default)]
    pub gateways: Vec<Keyword>,
}

/// Who installs the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IstioMode {
    /// `istioctl install`.
    Istioctl,
    /// Helm releases in a helmfile.
    Helmfile,
    /// The add-on that AKS manages.
    AksAddon,
    /// Nobody: it is there.
    None,
    /// There is no mesh.
    Absent,
}

/// A file with policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The file.
    pub file: TreePath,
    /// Whether `deploy.sh` applies it. If not, a test does, as in the article.
    pub deploy: bool,
}

/// A state file of helmfile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Helmfile {
    /// The file.
    pub file: TreePath,
    /// The namespace for `--namespace`; none: what the file says.
    pub namespace: Option<Label>,
}

/// Holes of a design that is kept for the sake of what it shows: the README tells of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holes {
    /// Workloads that a policy cuts off from Prometheus.
    pub prometheus_cut_off: Vec<Named>,
    /// A namespace's label is trusted, where an identity should be.
    pub label_trust: bool,
    /// Dgraph's whitelist is there, behind a sidecar.
    pub whitelist_void: bool,
}

/// The name of something in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its namespace.
    pub namespace: Label,
    /// Its name.
    pub name: Subdomain,
}
