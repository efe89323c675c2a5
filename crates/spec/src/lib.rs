//! The language of `meshgen.yaml`.
//!
//! [`read`] takes the files of a spec and gives a [`Spec`] of which every name is legal and every reference
//! resolves, or all that is wrong with it. Later code never checks again.
//!
//! Every map is sorted by its keys: in which order somebody wrote them changes no byte of what comes out.

#[macro_use]
mod text;

mod addons;
mod check;
mod claims;
mod cluster;
mod dgraph;
mod expect;
mod external;
mod istio;
mod merge;
mod names;
mod namespace;
mod partial;
mod policy;
mod read;
mod release;
mod schema;
mod security;
mod value;
mod workload;

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

pub use addons::{
    Addons, GrafanaAddon, GrafanaRole, JaegerAddon, KialiAccess, KialiAddon, LokiAddon, PrometheusAddon,
    PrometheusVariant, ZipkinAddon,
};
pub use claims::{Claims, read_claims};
pub use cluster::{
    Aks, AksPolicyEngine, Calico, Cluster, Dataplane, Existing as ExistingCluster, Kind, KindRegistry,
    LoadBalancerSku, NetworkPlugin, NetworkPluginMode, Nodes, PolicyEngine, VmSetType,
};
pub use dgraph::{
    AclSecret, Alpha, Dgraph, DgraphAcl, DgraphImage, DgraphService, DgraphToken, Member, Persistence, Ratel,
    Whitelist, Zero,
};
pub use expect::{Acceptance, Claim, Expectation, LayerKind, Outcome};
pub use external::{External, ExternalAllow};
pub use istio::*;
pub use names::{
    AsmRevision, AzureLocation, ChartName, ChartVersion, Duration, ImagePath, ImageTag, KubeContext,
    KubernetesVersion, RegistryHost, RegistryName, RepositoryUrl, ResourceGroup, Url, VersionText, VmSize,
    WhitelistEntry,
};
pub use namespace::{MeshMode, Namespace, PodSecurity};
pub use policy::{Allow, HttpMethod, Namespaces, Policy, PortRef, RawSpec};
pub use read::{Input, is_spec, read};
pub use release::{Release, ReleaseWorkload};
pub use schema::{schema, schema_for};
pub use security::{Direction, Enforce, Mtls, Scrape, Security};
pub use text::{
    Cidr, Date, EnvName, FindingCode, Folder, GrpcService, Host, Image, IstioVersion, LabelKey, LabelValue,
    Name, ObjectName, Path, PortName, Quantity, Reason, SecretKey, WorkloadName, Workloads,
};
pub use value::{FromEnv, Tree, TreeMap};
pub use workload::{EnvValue, Existing, Kit, Origin, Port, Protocol, Resources, Workload, WorkloadKind};

/// A whole spec.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The version of this language. It also marks the file as a spec.
    pub meshgen: LanguageVersion,
    /// The name of the whole, in the header of every file.
    pub project: At<Name>,
    /// Where it runs.
    pub cluster: Cluster,
    /// The mesh. Without it nothing is meshed.
    #[serde(default)]
    pub istio: Option<Istio>,
    /// What holds unless a namespace or a workload says otherwise.
    #[serde(default)]
    pub security: Security,
    /// The namespaces, by name.
    #[serde(default)]
    pub namespaces: BTreeMap<At<Name>, Namespace>,
    /// What shows the mesh.
    #[serde(default)]
    pub addons: Addons,
    /// Repositories of charts, by a name of your own. Dgraph's is known as `dgraph`.
    #[serde(default)]
    pub repositories: BTreeMap<At<Name>, RepositoryUrl>,
    /// Releases of charts, by `namespace/name`.
    #[serde(default)]
    pub releases: BTreeMap<At<WorkloadName>, Release>,
    /// The workloads, by `namespace/name`. After reading, those of releases are among them.
    #[serde(default)]
    pub workloads: BTreeMap<At<WorkloadName>, Workload>,
    /// Who may call, by what is protected: `namespace/name`, or `namespace/*` for all pods of a namespace.
    #[serde(default)]
    pub policies: BTreeMap<At<Workloads>, Policy>,
    /// What is called outside of the cluster, by a name of your own.
    #[serde(default)]
    pub external: BTreeMap<At<Name>, External>,
    /// What must be true of the result, in groups.
    #[serde(default)]
    pub expect: BTreeMap<At<Name>, Expectation>,
    /// Findings that are known and accepted, with the reason.
    #[serde(default)]
    pub accept: Vec<Acceptance>,
    /// Where files go in the tree.
    #[serde(default)]
    pub layout: Layout,
}

/// The version of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum LanguageVersion {
    /// This one.
    #[serde(rename = "v1")]
    V1,
}

/// Where files go in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layout {
    /// The folder that holds one folder for each namespace.
    #[serde(default = "Layout::default_apps")]
    pub apps: Folder,
}

impl Layout {
    fn default_apps() -> Folder {
        #[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
        "apps".parse().unwrap()
    }
}

impl Default for Layout {
    fn default() -> Self {
        Layout { apps: Layout::default_apps() }
    }
}

impl Spec {
    /// What the mesh is like, whether it is installed or was there; nothing without one.
    pub fn mesh(&self) -> Option<Mesh> {
        self.istio.as_ref().map(Istio::mesh)
    }

    /// How the pods of a namespace take part in the mesh.
    pub fn mesh_mode(&self, namespace: &Name) -> MeshMode {
        let said = self.namespaces.get(namespace).and_then(|n| n.mesh);
        said.unwrap_or(if self.istio.is_some() { MeshMode::Sidecar } else { MeshMode::None })
    }

    /// Ports of sidecars that take no part in mTLS, which policies may name by their numbers: metrics of the pod
    /// and its sidecar, merged, and of Envoy alone. None outside of the mesh.
    ///
    /// Source: <https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>.
    pub fn sidecar_ports(&self, target: &Workloads) -> &'static [u16] {
        match self.mesh_mode(target.namespace()) {
            MeshMode::Sidecar => &[15020, 15090],
            MeshMode::Ambient | MeshMode::None => &[],
        }
    }

    /// The registry for images that are built here, as images name it. On AKS it is the usual host of the
    /// registry's name: the scripts ask Azure for it, because a registry may have another.
    pub fn registry(&self) -> Option<String> {
        match &self.cluster {
            Cluster::Aks(_) => self.azure_registry().map(|name| format!("{name}.azurecr.io")),
            Cluster::Kind(kind) => Some(format!("localhost:{}", kind.registry.port)),
            Cluster::Existing(existing) => existing.registry.as_ref().map(ToString::to_string),
        }
    }

    /// The name of the registry in Azure: the letters and digits of the project's name unless said otherwise.
    pub fn azure_registry(&self) -> Option<RegistryName> {
        let Cluster::Aks(aks) = &self.cluster else { return None };
        let project = || self.project.as_str().replace('-', "").parse().ok();
        aks.registry.clone().or_else(project)
    }

    /// The namespace of the addons: that of the control plane unless said otherwise.
    pub fn addons_namespace(&self) -> Option<Name> {
        let mesh = || self.mesh().and_then(|m| m.namespace.parse().ok());
        self.addons.namespace.as_ref().map(|n| n.value.clone()).or_else(mesh)
    }

    /// The revision of the control plane that serves a namespace; none for the default one.
    pub fn revision(&self, namespace: &Name) -> Option<Name> {
        let said = self.namespaces.get(namespace).and_then(|n| n.revision.as_ref());
        match said {
            Some(revision) => Some(revision.value.clone()).filter(|r| r.as_str() != "default"),
            None => self.mesh()?.revision,
        }
    }

    /// What holds for a workload, or for a namespace without one: the nearest that says something wins.
    pub fn security(&self, namespace: &Name, workload: Option<&Workload>) -> Security {
        let mut security = self.security.clone();
        security.override_with(self.namespaces.get(namespace).map(|n| &n.security));
        security.override_with(workload.map(|w| &w.security));
        security
    }

    /// The workloads of a namespace, by name.
    pub fn workloads_of<'a>(&'a self, namespace: &'a Name) -> impl Iterator<Item = (&'a Name, &'a Workload)> {
        // No DNS label sorts before "0", so the range starts before the first workload of the namespace.
        let first = WorkloadName { namespace: namespace.clone(), name: Name::first() };
        let rest = self.workloads.range::<WorkloadName, _>(first..);
        rest.take_while(move |(w, _)| w.namespace == *namespace)
            .map(|(w, workload)| (&w.value.name, workload))
    }

    /// The workloads that are meant.
    pub fn workloads_in<'a>(
        &'a self,
        which: &'a Workloads,
    ) -> Box<dyn Iterator<Item = (&'a Name, &'a Workload)> + 'a> {
        match which {
            Workloads::All(namespace) => Box::new(self.workloads_of(namespace)),
            Workloads::One(one) => Box::new(self.workloads.get(one).map(|w| (&one.name, w)).into_iter()),
        }
    }

    /// The parts of the spec that bypass the language: raw policies, by what they protect.
    pub fn escape_hatches(&self) -> impl Iterator<Item = (&At<Workloads>, &RawSpec)> {
        self.policies.iter().filter_map(|(target, policy)| policy.spec.as_ref().map(|raw| (target, raw)))
    }
}
