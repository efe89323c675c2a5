//! Scripts, README and kits: what is not data. Here it is said what they speak of; how they say it is elsewhere.

mod cluster;
mod deploy;
mod env;
mod tests;
mod traffic;
mod words;

use meshgen_bundle::{Bundle, Part};
use meshgen_scripts::{Context, context};
use meshgen_spec::{Cluster, Spec};
use meshgen_yaml::Problem;

use self::words::Words;
use crate::holes::holes;

/// Adds scripts, README and kits to a bundle that has everything else.
pub(crate) fn add(spec: &Spec, bundle: &mut Bundle) -> Result<(), Vec<Problem>> {
    if !is_wanted(spec) {
        return Ok(());
    }
    let mut words = Words::default();
    let context = context(spec, bundle, &mut words);
    let Some(context) = words.checked(context)? else { return Ok(()) };
    match meshgen_scripts::files(&context) {
        Ok(files) => {
            bundle.files.extend(files);
            bundle.files.sort_by(|a, b| (a.part, &a.path).cmp(&(b.part, &b.path)));
            Ok(())
        }
        Err(e) => Err(vec![Problem::error(spec.project.place, e.to_string())]),
    }
}

/// A cluster that is there and only takes manifests needs no script: `kubectl apply` is all.
fn is_wanted(spec: &Spec) -> bool {
    match spec.cluster {
        Cluster::Aks(_) | Cluster::Kind(_) => true,
        Cluster::Existing(_) => {
            spec.istio.as_ref().is_some_and(|i| i.version.is_some())
                || !spec.addons.is_empty()
                || !spec.releases.is_empty()
                || spec.workloads.values().any(|w| w.build.is_some())
        }
    }
}

fn context(spec: &Spec, bundle: &Bundle, words: &mut Words) -> Option<Context> {
    let paths = |part| bundle.files.iter().filter(move |f| f.part == part).map(|f| f.path.as_str());
    let objects = |part| {
        let files = bundle.files.iter().filter(move |f| f.part == part);
        files.filter(|f| matches!(f.content, meshgen_bundle::Content::Objects(_))).map(|f| f.path.as_str())
    };
    let ours = spec.namespaces.iter().filter(|(_, n)| !n.existing).map(|(name, _)| name);
    let place = spec.project.place;
    let manifests = objects(Part::Mesh).chain(objects(Part::Workloads));
    let holes = holes(spec);
    Some(Context {
        project: words.word(spec.project.as_str(), place)?,
        cluster: cluster::cluster(spec, words)?,
        env: env::variables(spec, words),
        istio: deploy::istio(spec, words)?,
        namespaces: ours.filter_map(|n| words.word(n.as_str(), n.place)).collect(),
        namespace_files: words.words(paths(Part::Namespaces), place),
        policies: deploy::policies(spec, bundle, words),
        addons: words.words(paths(Part::Addons), place),
        manifests: words.words(manifests, place),
        releases: deploy::releases(spec, words),
        kits: deploy::kits(spec, words),
        clients: deploy::clients(spec, words),
        wait: deploy::wait(spec, words),
        tests: tests::tests(spec, bundle, words),
        traffic: traffic::traffic(spec, words),
        holes: context::Holes {
            prometheus_cut_off: holes
                .prometheus_cut_off
                .iter()
                .filter_map(|target| match target {
                    meshgen_spec::Workloads::One(one) => Some(context::Named {
                        namespace: words.word(one.namespace.as_str(), place)?,
                        name: words.word(one.name.as_str(), place)?,
                    }),
                    meshgen_spec::Workloads::All(_) => None,
                })
                .collect(),
            label_trust: holes.label_trust,
            whitelist_void: !holes.whitelist_void.is_empty(),
        },
    })
}
