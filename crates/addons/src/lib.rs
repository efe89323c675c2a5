//! Istio's addons as typed objects: Prometheus, Grafana, Jaeger, Kiali, Loki, Zipkin.
//!
//! Kinds, namespaces, names, images and ports are those of `samples/addons` of the release of Istio; what the
//! programs are told is our own, each configuration a typed value that is serialised into its `ConfigMap`.
//! Pure: plain values in, objects out, always the same ones. Nothing here knows the spec.
//!
//! Where we are stricter than upstream: Kiali and Grafana's visitors only read, no password or signing key is
//! written, pods run without root and without rights, and programs that do not call the API server have no
//! token for it.

mod container;
mod dashboard;
mod error;
mod grafana;
mod jaeger;
mod kiali;
mod loki;
mod object;
mod pins;
mod program;
mod prometheus;
mod promql;
mod text;
mod tracing;
mod zipkin;

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ResourceRequirements, apimachinery::pkg::api::resource::Quantity};
use meshgen_bundle::{Id, Object};

use crate::pins::Pins;
pub use error::Error;
pub use pins::known as known_istio_versions;
pub use program::Program;
pub use text::{Duration, InvalidText, IstioVersion, Label, Url, WorkloadName};
pub use tracing::{TracingProtocol, TracingProvider, tracing_provider};

/// What addons need to know of the mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mesh {
    /// The release of Istio, which decides the images.
    pub version: IstioVersion,
    /// The namespace of the addons; upstream's is that of the control plane, `istio-system`.
    pub namespace: Label,
    /// The namespace of the control plane: `istio-system`, or `aks-istio-system` for the add-on of AKS.
    pub control_plane: Label,
    /// The revision of the control plane; none for the default one.
    pub revision: Option<Label>,
    /// The namespaces in the mesh, which Kiali and Grafana show first.
    pub members: Vec<Label>,
}

/// Which addons there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Addons {
    /// Metrics. Grafana and Kiali need it.
    pub prometheus: Option<Prometheus>,
    /// Dashboards.
    pub grafana: Option<Grafana>,
    /// Traces.
    pub jaeger: Option<Jaeger>,
    /// The graph of the mesh.
    pub kiali: Option<Kiali>,
    /// Logs.
    pub loki: Option<Loki>,
    /// Traces, instead of Jaeger: both own the Services `tracing` and `zipkin`.
    pub zipkin: Option<Zipkin>,
}

/// Prometheus.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prometheus {
    /// How it reaches what it scrapes.
    pub variant: PrometheusVariant,
    /// How long samples are kept; 15 days when none is given.
    pub retention: Option<Duration>,
    /// How often targets are scraped; 15 seconds when none is given.
    pub scrape_interval: Option<Duration>,
    /// What the server requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// How Prometheus reaches what it scrapes. All variants own the same objects, so there is one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PrometheusVariant {
    /// In plain text, from the port that sidecars do not capture.
    #[default]
    Plain,
    /// Also over mTLS, with a certificate that a sidecar writes for it, where workloads offer that.
    SecureMetrics,
    /// Also workloads on virtual machines. Upstream had it up to Istio 1.20.
    Vm,
    /// As `Vm`, over mTLS. Upstream had it up to Istio 1.20.
    VmTls,
}

/// Grafana.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grafana {
    /// What somebody may do who has not logged in. Nobody can log in.
    pub visitors: GrafanaRole,
    /// Where browsers find it, for links.
    pub url: Option<Url>,
    /// What gets a dashboard of its own.
    pub watched: Vec<Watched>,
    /// What it requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// A role in Grafana.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrafanaRole {
    /// Looks at dashboards.
    #[default]
    Viewer,
    /// Also changes them, and asks its own questions.
    Editor,
    /// Also changes datasources. Upstream's choice.
    Admin,
}

/// Workloads whose traffic gets a dashboard: who calls them, how often, how fast, how well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watched {
    /// The name of the dashboard. No two have one name.
    pub name: Label,
    /// The namespace of the workloads.
    pub namespace: Label,
    /// The workloads; none is all of the namespace.
    pub workloads: Vec<WorkloadName>,
    /// What the workloads measure themselves.
    pub own_metrics: OwnMetrics,
}

/// Metrics of a program that a dashboard knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnMetrics {
    /// None that we know.
    #[default]
    None,
    /// Those of Dgraph's alpha and zero.
    Dgraph,
}

/// Jaeger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jaeger {
    /// Where browsers find it, for links.
    pub url: Option<Url>,
    /// What it requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// Kiali.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kiali {
    /// What visitors may change. They are anonymous, as upstream has it.
    pub access: KialiAccess,
    /// What it requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// What Kiali may do in the cluster, and so whoever reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KialiAccess {
    /// Looks.
    #[default]
    ReadOnly,
    /// Also changes Istio's objects and labels of workloads. Upstream's choice.
    ReadWrite,
}

/// Loki.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loki {
    /// The size of its volume; 10 GiB when none is given.
    pub storage: Option<Quantity>,
    /// What it requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// Zipkin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zipkin {
    /// What it requests and may use.
    pub resources: Option<ResourceRequirements>,
}

/// The objects of one addon.
#[derive(Clone, Debug, PartialEq)]
pub struct Addon {
    /// Which one.
    pub program: Program,
    /// What upstream calls its file, without the ending: `prometheus_vm_tls`.
    pub name: &'static str,
    /// Its objects, in the order in which they are applied.
    pub objects: Vec<Object>,
}

/// The objects of the addons, in the order of [`Program::ALL`]. Reports every mistake, not the first.
pub fn addons(mesh: &Mesh, addons: &Addons) -> Result<Vec<Addon>, Vec<Error>> {
    let pins = pins::pins(&mesh.version).map_err(|e| vec![e])?;
    let mut errors = Vec::new();
    let mut done = Vec::new();
    for program in Program::ALL {
        match addon(mesh, &pins, addons, program) {
            Some(Ok(addon)) => done.push(addon),
            Some(Err(e)) => errors.push(e),
            None => {}
        }
    }
    errors.extend(clashes(&done));
    if errors.is_empty() { Ok(done) } else { Err(errors) }
}

/// The addon that runs a program, if it was asked for.
fn addon(mesh: &Mesh, pins: &Pins, addons: &Addons, program: Program) -> Option<Result<Addon, Error>> {
    let (name, objects) = match program {
        Program::Prometheus => {
            let prometheus = addons.prometheus.as_ref()?;
            (prometheus::file(prometheus.variant), prometheus::objects(mesh, pins, prometheus))
        }
        Program::Grafana => ("grafana", grafana::objects(mesh, pins, addons, addons.grafana.as_ref()?)),
        Program::Jaeger => ("jaeger", jaeger::objects(mesh, pins, addons.jaeger.as_ref()?)),
        Program::Kiali => ("kiali", kiali::objects(mesh, pins, addons, addons.kiali.as_ref()?)),
        Program::Loki => ("loki", loki::objects(mesh, pins, addons.loki.as_ref()?)),
        Program::Zipkin => ("zipkin", zipkin::objects(mesh, pins, addons.zipkin.as_ref()?)),
    };
    Some(objects.map(|objects| Addon { program, name, objects }))
}

/// Objects that two addons own, or one has twice; one error for each pair of addons.
fn clashes(addons: &[Addon]) -> Vec<Error> {
    let mut owners: BTreeMap<Id, Program> = BTreeMap::new();
    let mut clashes: BTreeMap<(Program, Program), Id> = BTreeMap::new();
    for addon in addons {
        for object in &addon.objects {
            if let Some(first) = owners.insert(object.id(), addon.program) {
                clashes.entry((first, addon.program)).or_insert_with(|| object.id());
            }
        }
    }
    let error = |((one, other), object)| {
        if one == other { Error::Twice { program: one, object } } else { Error::Clash { one, other, object } }
    };
    clashes.into_iter().map(error).collect()
}

/// The configuration of a program, as YAML.
fn written<T: serde::Serialize>(program: Program, value: &T) -> Result<String, Error> {
    meshgen_yaml::to_string(value).map_err(|cause| Error::Write { program, cause: cause.to_string() })
}
