//! What shows the mesh, one file an addon. Which objects an addon has is known elsewhere; here it is said which
//! addons there are, and where in the spec a mistake was made.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use meshgen_addons::{self as addons, Error, Mesh, OwnMetrics, Program, Watched};
use meshgen_bundle::Part;
use meshgen_spec::{GrafanaAddon, GrafanaRole, KialiAccess, MeshMode, PrometheusVariant, Spec, Workloads};
use meshgen_yaml::{At, Place, Problem};

use crate::{files::Files, workloads::requirements};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    if spec.addons.is_empty() {
        return;
    }
    let Some(mesh) = mesh(spec, files) else { return };
    let wanted = wanted(spec, files);
    match addons::addons(&mesh, &wanted) {
        Ok(all) => {
            for addon in all {
                let place = place(spec, addon.program);
                for object in addon.objects {
                    files.push(Part::Addons, path(addon.name), object, place);
                }
            }
        }
        Err(errors) => errors.into_iter().for_each(|e| files.problem(problem(spec, &e))),
    }
}

/// Where an addon is.
pub(crate) fn path(name: &str) -> String {
    format!("addons/{name}.yaml")
}

/// Where the mesh sends spans, if an addon takes them.
pub(crate) fn tracing(spec: &Spec) -> Option<addons::TracingProvider> {
    let mesh = mesh(spec, &mut Files::new(&spec.layout.apps))?;
    addons::tracing_provider(&mesh, &wanted(spec, &mut Files::new(&spec.layout.apps)))
}

fn mesh(spec: &Spec, files: &mut Files) -> Option<Mesh> {
    let mesh = spec.mesh()?;
    let namespace = spec.addons_namespace()?;
    let members = spec.namespaces.keys().filter(|n| spec.mesh_mode(n) != MeshMode::None);
    let place = spec.project.place;
    Some(Mesh {
        version: parsed(&mesh.version, place, files)?,
        namespace: parsed(namespace.as_str(), place, files)?,
        control_plane: parsed(&mesh.namespace, place, files)?,
        revision: mesh.revision.and_then(|r| parsed(r.as_str(), place, files)),
        members: members.filter_map(|n| parsed(n.as_str(), n.place, files)).collect(),
    })
}

fn wanted(spec: &Spec, files: &mut Files) -> addons::Addons {
    let said = &spec.addons;
    addons::Addons {
        prometheus: said.prometheus.as_ref().map(|p| addons::Prometheus {
            variant: match p.variant {
                PrometheusVariant::Plain => addons::PrometheusVariant::Plain,
                PrometheusVariant::SecureMetrics => addons::PrometheusVariant::SecureMetrics,
                PrometheusVariant::Vm => addons::PrometheusVariant::Vm,
                PrometheusVariant::VmTls => addons::PrometheusVariant::VmTls,
            },
            retention: p.retention.as_ref().and_then(|d| parsed(d.as_str(), d.place, files)),
            scrape_interval: p.scrape_interval.as_ref().and_then(|d| parsed(d.as_str(), d.place, files)),
            resources: requirements(&p.resources),
        }),
        grafana: said.grafana.as_ref().map(|g| grafana(spec, g, files)),
        jaeger: said.jaeger.as_ref().map(|j| addons::Jaeger {
            url: j.url.as_ref().and_then(|u| parsed(u.as_str(), u.place, files)),
            resources: requirements(&j.resources),
        }),
        kiali: said.kiali.as_ref().map(|k| addons::Kiali {
            access: match k.access {
                KialiAccess::ReadOnly => addons::KialiAccess::ReadOnly,
                KialiAccess::ReadWrite => addons::KialiAccess::ReadWrite,
            },
            resources: requirements(&k.resources),
        }),
        loki: said.loki.as_ref().map(|l| addons::Loki {
            storage: l.storage.as_ref().map(|q| Quantity(q.to_string())),
            resources: requirements(&l.resources),
        }),
        zipkin: said.zipkin.as_ref().map(|z| addons::Zipkin { resources: requirements(&z.resources) }),
    }
}

fn grafana(spec: &Spec, said: &GrafanaAddon, files: &mut Files) -> addons::Grafana {
    addons::Grafana {
        visitors: match said.visitors {
            GrafanaRole::Viewer => addons::GrafanaRole::Viewer,
            GrafanaRole::Editor => addons::GrafanaRole::Editor,
            GrafanaRole::Admin => addons::GrafanaRole::Admin,
        },
        url: said.url.as_ref().and_then(|u| parsed(u.as_str(), u.place, files)),
        watched: if said.watched.is_empty() { namespaces(spec, files) } else { watched(spec, said, files) },
        resources: requirements(&said.resources),
    }
}

/// A dashboard for each namespace with sidecars in which something runs.
fn namespaces(spec: &Spec, files: &mut Files) -> Vec<Watched> {
    let meshed = spec.namespaces.keys().filter(|n| spec.mesh_mode(n) == MeshMode::Sidecar);
    let runs = meshed.filter(|n| spec.workloads_of(n).next().is_some());
    let one = |name: &At<meshgen_spec::Name>| {
        Some(Watched {
            name: parsed(name.as_str(), name.place, files)?,
            namespace: parsed(name.as_str(), name.place, files)?,
            workloads: Vec::new(),
            own_metrics: own_metrics(spec, name),
        })
    };
    runs.filter_map(one).collect()
}

/// The dashboards that were asked for. One whose workloads are in several namespaces is one for each of them.
fn watched(spec: &Spec, said: &GrafanaAddon, files: &mut Files) -> Vec<Watched> {
    let mut all = Vec::new();
    for (name, workloads) in &said.watched {
        let mut by_namespace: BTreeMap<&meshgen_spec::Name, Vec<addons::WorkloadName>> = BTreeMap::new();
        for one in workloads {
            let of_namespace = by_namespace.entry(one.namespace()).or_default();
            if let Workloads::One(workload) = &one.value {
                of_namespace.extend(parsed(workload.name.as_str(), one.place, files));
            }
        }
        let several = by_namespace.len() > 1;
        for (namespace, workloads) in by_namespace {
            let title = if several { format!("{name}-{namespace}") } else { name.to_string() };
            let parts = (parsed(&title, name.place, files), parsed(namespace.as_str(), name.place, files));
            let (Some(name), Some(place)) = parts else { continue };
            all.push(Watched {
                name,
                namespace: place,
                workloads,
                own_metrics: own_metrics(spec, namespace),
            });
        }
    }
    all
}

fn own_metrics(spec: &Spec, namespace: &meshgen_spec::Name) -> OwnMetrics {
    let is_dgraph = spec.releases.iter().any(|(name, r)| name.namespace == *namespace && r.dgraph.is_some());
    if is_dgraph { OwnMetrics::Dgraph } else { OwnMetrics::None }
}

/// What the spec's own types let through and an addon does not is a mistake in the spec all the same.
fn parsed<T: std::str::FromStr>(text: &str, place: Place, files: &mut Files) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| files.problem(Problem::error(place, e.to_string()))).ok()
}

fn problem(spec: &Spec, error: &Error) -> Problem {
    let at = match error {
        Error::UnknownIstio { .. } => version(spec),
        Error::NoImage { program, .. }
        | Error::Needs { program, .. }
        | Error::Twice { program, .. }
        | Error::Write { program, .. } => place(spec, *program),
        Error::Clash { other, .. } => place(spec, *other),
    };
    // It says what is wrong, a colon, and what would be right.
    let text = error.to_string();
    match text.rsplit_once(": ") {
        Some((wrong, right)) => Problem::error(at, wrong).help(right),
        None => Problem::error(at, text),
    }
}

fn version(spec: &Spec) -> Place {
    let istio = spec.istio.as_ref();
    let version = istio.and_then(|i| i.version.as_ref()).map(|v| v.place);
    let managed = || istio.and_then(|i| i.managed.as_ref()).map(|m| m.place);
    let existing = || istio.and_then(|i| i.existing.as_ref()).map(|e| e.place);
    version.or_else(managed).or_else(existing).unwrap_or(spec.project.place)
}

fn place(spec: &Spec, program: Program) -> Place {
    let said = &spec.addons;
    let place = match program {
        Program::Prometheus => said.prometheus.as_ref().map(|a| a.place),
        Program::Grafana => said.grafana.as_ref().map(|a| a.place),
        Program::Jaeger => said.jaeger.as_ref().map(|a| a.place),
        Program::Kiali => said.kiali.as_ref().map(|a| a.place),
        Program::Loki => said.loki.as_ref().map(|a| a.place),
        Program::Zipkin => said.zipkin.as_ref().map(|a| a.place),
    };
    place.unwrap_or(spec.project.place)
}
