//! Releases of charts: one state file of helmfile a namespace, and the values of each release.
//!
//! The namespaces are kubectl's: helm would make them without the labels that decide who is in the mesh.

mod dgraph;

use std::collections::{BTreeMap, BTreeSet};

use meshgen_bundle::{
    Content, Data, Part, Value,
    data::{Helmfile, Release as StateRelease, Repository},
};
use meshgen_spec::{Name, Release, RepositoryUrl, Spec};

use crate::{files::Files, value::map};

/// Where Dgraph's chart is, unless the spec says otherwise.
const DGRAPH: (&str, &str) = ("dgraph", "https://charts.dgraph.io");

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (namespace, releases) in by_namespace(spec) {
        let folder = files.folder(namespace.as_str());
        let alone = releases.len() == 1;
        let mut repositories = BTreeSet::new();
        let mut state = Vec::new();
        for (name, release) in &releases {
            let values = values(release);
            let is_template = !values.templates().is_empty();
            let suffix = if alone { String::new() } else { format!("-{name}") };
            let ending = if is_template { "yaml.gotmpl" } else { "yaml" };
            let file = format!("values{suffix}.{ending}");
            repositories.insert(repository(spec, release));
            state.push(self::release(spec, namespace, name, release, &file, values.is_empty()));
            if values.is_empty() {
                continue;
            }
            let content =
                if is_template { Content::Gotmpl(values) } else { Content::Data(vec![Data::Value(values)]) };
            files.file(Part::Releases, format!("{folder}/{file}"), content, spec.project.place);
        }
        let state = Helmfile { repositories: repositories.into_iter().collect(), releases: state };
        let content = Content::Data(vec![Data::Helmfile(state)]);
        files.file(Part::Releases, format!("{folder}/helmfile.yaml"), content, spec.project.place);
    }
}

/// The state files, in the order in which they are applied: what others need comes first.
pub(crate) fn order(spec: &Spec) -> Vec<&Name> {
    let by_namespace = by_namespace(spec);
    let mut done: Vec<&Name> = Vec::new();
    while done.len() < by_namespace.len() {
        let is_ready = |namespace: &&Name| {
            let needs = by_namespace.get(*namespace).into_iter().flatten().flat_map(|(_, r)| &r.needs);
            needs.map(|n| &n.namespace).all(|n| n == *namespace || done.contains(&n))
        };
        let next = by_namespace.keys().copied().filter(|n| !done.contains(n)).find(is_ready);
        // No circle is left by the checks of the spec; if one were, the rest comes in the order of names.
        match next.or_else(|| by_namespace.keys().copied().find(|n| !done.contains(n))) {
            Some(namespace) => done.push(namespace),
            None => break,
        }
    }
    done
}

fn by_namespace(spec: &Spec) -> BTreeMap<&Name, Vec<(&Name, &Release)>> {
    let mut all: BTreeMap<&Name, Vec<(&Name, &Release)>> = BTreeMap::new();
    for (name, release) in &spec.releases {
        all.entry(&name.value.namespace).or_default().push((&name.value.name, release));
    }
    all
}

fn repository(spec: &Spec, release: &Release) -> Repository {
    let (name, url) = match (&release.dgraph, &release.repository) {
        (None, Some(name)) => (name.as_str(), spec.repositories.get(&name.value).map(RepositoryUrl::as_str)),
        _ => {
            let said = spec.repositories.iter().find(|(name, _)| name.as_str() == DGRAPH.0);
            (DGRAPH.0, Some(said.map_or(DGRAPH.1, |(_, url)| url.as_str())))
        }
    };
    let url = url.unwrap_or_default();
    let registry = url.strip_prefix("oci://");
    Repository { name: name.to_owned(), url: registry.unwrap_or(url).to_owned(), oci: registry.is_some() }
}

fn release(
    spec: &Spec,
    namespace: &Name,
    name: &Name,
    release: &Release,
    values: &str,
    no_values: bool,
) -> StateRelease {
    let (chart, version) = match &release.dgraph {
        Some(dgraph) => ("dgraph".to_owned(), Some(dgraph.version.to_string())),
        None => (
            release.chart.as_ref().map(ToString::to_string).unwrap_or_default(),
            release.version.as_ref().map(ToString::to_string),
        ),
    };
    // Those of other namespaces are in other files, which are applied before this one.
    let needs = release.needs.iter().filter(|n| n.namespace == *namespace).map(ToString::to_string);
    StateRelease {
        name: name.to_string(),
        namespace: namespace.to_string(),
        chart: format!("{}/{chart}", repository(spec, release).name),
        version,
        needs: needs.collect(),
        create_namespace: false,
        values: if no_values { Vec::new() } else { vec![values.to_owned()] },
    }
}

fn values(release: &Release) -> Value {
    let mut values = match &release.dgraph {
        Some(dgraph) => dgraph::values(dgraph),
        None => Value::map::<&str>([]),
    };
    values.overlay(map(&release.values));
    values
}
