//! What is installed, in which order, by whom.

use std::collections::BTreeSet;

use meshgen_bundle::{Bundle, Part};
use meshgen_scripts::context::{self, DgraphMajor, Helmfile, Istio, IstioMode, Kit, Policy, Workload};
use meshgen_spec::{
    self as spec, Direction, Expectation, Install, LayerKind, Origin, Outcome, Spec, WorkloadKind,
};

use super::words::Words;
use crate::{istio, kits as plan_kits, releases as plan_releases};

/// Bases of the client's image: Debian, with Python and Go. For these the hashes of its requirements were measured.
const PYTHON: &str = "docker.io/library/python:3.13-slim-trixie";
const GOLANG: &str = "docker.io/library/golang:1.26-trixie";
/// Source: <https://github.com/fullstorydev/grpcurl/releases>.
const GRPCURL: &str = "1.9.3";

pub(super) fn istio(spec: &Spec, words: &mut Words) -> Option<Istio> {
    let place = spec.project.place;
    let mesh = spec.mesh();
    let mode = match &spec.istio {
        Some(istio) if istio.managed.is_some() => IstioMode::AksAddon,
        Some(istio) if istio.version.is_some() => match istio.install() {
            Install::Istioctl => IstioMode::Istioctl,
            Install::Helm => IstioMode::Helmfile,
        },
        Some(_) => IstioMode::None,
        None => IstioMode::Absent,
    };
    let files = istio::install_files(spec);
    let managed = spec.istio.as_ref().and_then(|i| i.managed.as_ref());
    let gateways = managed.into_iter().flat_map(|m| &m.ingress_gateways);
    Some(Istio {
        mode,
        version: match &mesh {
            Some(mesh) => Some(words.word(&mesh.version, place)?),
            None => None,
        },
        namespace: words.word(mesh.as_ref().map_or("istio-system", |m| &m.namespace), place)?,
        revision: mesh.and_then(|m| m.revision).and_then(|r| words.word(r.as_str(), place)),
        files: words.words(files.iter().map(String::as_str), place),
        gateways: words.words(gateways.map(|g| g.as_str()), place),
    })
}

/// Files of policies. Where a test first shows how it is without them, it is the next test that applies them.
pub(super) fn policies(spec: &Spec, bundle: &Bundle, words: &mut Words) -> Vec<Policy> {
    let late = late(spec);
    let files = bundle.files.iter().filter(|f| f.part == Part::Policies);
    let policy = |file: &meshgen_bundle::File| {
        let waits = file
            .objects()
            .iter()
            .any(|o| o.metadata().namespace.as_ref().is_some_and(|n| late.contains(n.as_str())));
        Some(Policy { file: words.word(file.path.as_str(), spec.project.place)?, deploy: !waits })
    };
    files.filter_map(policy).collect()
}

/// Namespaces whose policies a test applies, and not the deployment: a group shows that everything is open there
/// without them. Never where the spec denies by default: what is to be closed is closed from the start, and such a
/// test is a SKIP.
pub(super) fn late(spec: &Spec) -> BTreeSet<&str> {
    let baseline = |group: &&Expectation| {
        group.without.contains(&LayerKind::NetworkPolicy)
            && group.claims.iter().all(|claim| claim.is == Some(Outcome::Open))
    };
    let is_closed = |namespace: &spec::Name| {
        let security = spec.security(namespace, None);
        security.denies(Direction::Ingress) || security.denies(Direction::Egress)
    };
    let targets = spec.expect.values().filter(baseline).flat_map(|g| &g.claims).map(|c| c.to.namespace());
    targets.filter(|namespace| !is_closed(namespace)).map(spec::Name::as_str).collect()
}

pub(super) fn releases(spec: &Spec, words: &mut Words) -> Vec<Helmfile> {
    let helmfile = |namespace: &spec::Name| {
        let file = format!("{}/{namespace}/helmfile.yaml", spec.layout.apps);
        Some(Helmfile { file: words.word(&file, spec.project.place)?, namespace: None })
    };
    plan_releases::order(spec).into_iter().filter_map(helmfile).collect()
}

pub(super) fn kits(spec: &Spec, words: &mut Words) -> Vec<Kit> {
    let place = spec.project.place;
    let kit = |kit: spec::Kit| {
        Some(Kit {
            dir: words.word(&format!("{}/{}", spec.layout.apps, kit.name()), place)?,
            name: words.word(kit.image(), place)?,
            tag: words.word(kit.tag(), place)?,
            python_image: words.word(PYTHON, place)?,
            golang_image: words.word(GOLANG, place)?,
            grpcurl: words.word(GRPCURL, place)?,
            dgraph_major: major(spec),
        })
    };
    plan_kits::kits(spec).into_keys().filter_map(kit).collect()
}

/// The client's major version has to be that of the server.
/// Source: <https://github.com/dgraph-io/pydgraph#supported-versions>.
fn major(spec: &Spec) -> DgraphMajor {
    let dgraph = spec.releases.values().find_map(|r| r.dgraph.as_ref());
    let by_tag = dgraph
        .and_then(|d| d.image.tag.as_ref())
        .and_then(|tag| tag.as_str().trim_start_matches('v').split('.').next()?.parse::<u32>().ok());
    let major = by_tag.or_else(|| dgraph.map(|d| d.version.major()));
    if major.is_some_and(|m| m >= 25) { DgraphMajor::V25 } else { DgraphMajor::V24 }
}

/// The charts of what runs the images. One workload in several namespaces is one file, told each of them.
pub(super) fn clients(spec: &Spec, words: &mut Words) -> Vec<Helmfile> {
    let place = spec.project.place;
    let mut all = Vec::new();
    for (kit, groups) in plan_kits::kits(spec) {
        let path = format!("{}/{}/helmfile.yaml", spec.layout.apps, kit.name());
        let Some(file) = words.word::<meshgen_scripts::word::TreePath>(&path, place) else { continue };
        match groups.as_slice() {
            [group] => all.extend(group.namespaces.iter().filter_map(|namespace| {
                Some(Helmfile { file: file.clone(), namespace: Some(words.word(namespace.as_str(), place)?) })
            })),
            _ => all.push(Helmfile { file, namespace: None }),
        }
    }
    all
}

/// What has to run before anybody tests: what we render, what releases run, and the addons.
pub(super) fn wait(spec: &Spec, words: &mut Words) -> Vec<Workload> {
    let all = spec.workloads.iter().filter(|(_, w)| w.existing.is_none() || w.origin != Origin::Spec);
    let workload = |(name, workload): (&meshgen_yaml::At<spec::WorkloadName>, &spec::Workload)| {
        let named = self::workload(name, workload, words)?;
        named.kind.has_rollout().then_some(named)
    };
    all.filter_map(workload).collect()
}

/// A workload as kubectl names it.
pub(super) fn workload(
    name: &meshgen_yaml::At<spec::WorkloadName>,
    workload: &spec::Workload,
    words: &mut Words,
) -> Option<Workload> {
    let kind = workload.existing.as_ref().map_or(WorkloadKind::Deployment, |e| e.kind);
    Some(Workload {
        namespace: words.word(name.value.namespace.as_str(), name.place)?,
        kind: match kind {
            WorkloadKind::Deployment => context::WorkloadKind::Deployment,
            WorkloadKind::StatefulSet => context::WorkloadKind::StatefulSet,
            WorkloadKind::DaemonSet => context::WorkloadKind::DaemonSet,
            WorkloadKind::ReplicaSet => context::WorkloadKind::ReplicaSet,
            WorkloadKind::Job => context::WorkloadKind::Job,
            WorkloadKind::Pod => context::WorkloadKind::Pod,
            // Nobody runs in it when somebody asks.
            WorkloadKind::CronJob => return None,
        },
        name: words.word(name.value.name.as_str(), name.place)?,
    })
}
