//! Specs made from manifests: what they say, that they are accepted, and that they mean the same.

mod corpus;
mod same;
mod words;
mod world;

use meshgen::{Input, Project, bundle::Object, yaml::Sources};
use meshgen_init::{Adopted, spec_from};

/// The spec made from manifests.
fn adopt(manifests: &str) -> Adopted {
    let mut sources = Sources::default();
    sources.add("manifests.yaml", manifests);
    spec_from(&sources).unwrap()
}

/// What the reader and the planner make of a spec that has no error.
fn plan(text: &str) -> Project {
    let project = meshgen::read(vec![Input::File("meshgen.yaml".to_owned(), text.to_owned())]);
    assert!(!project.has_errors(), "{:#?}\n{text}", project.problems);
    assert!(project.bundle.is_some());
    project
}

/// The network policies that a project renders, as JSON, whatever their API.
fn policies(project: &Project) -> Vec<serde_yaml::Value> {
    let objects = project.bundle.iter().flat_map(|b| b.objects());
    objects
        .filter(|o| matches!(o, Object::NetworkPolicy(_)))
        .map(|o| serde_yaml::to_value(o).unwrap())
        .collect()
}
