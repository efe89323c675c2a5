//! From manifests to a spec, and from a spec to policies.

use meshgen::{
    Input, Project,
    bundle::{Bundle, Object},
    yaml::Sources,
};
use meshgen_init::{Adopted, spec_from};

/// The spec made from manifests.
pub(crate) fn adopt(manifests: &str) -> Adopted {
    let mut sources = Sources::default();
    sources.add("manifests.yaml", manifests);
    spec_from(&sources).unwrap()
}

/// What the reader and the planner make of a spec that has no error.
pub(crate) fn plan(text: &str) -> Project {
    let project = meshgen::read(vec![Input::File("meshgen.yaml".to_owned(), text.to_owned())]);
    assert!(!project.has_errors(), "{:#?}\n{text}", project.problems);
    assert!(project.bundle.is_some());
    project
}

/// The network policies of Kubernetes that a project renders.
pub(crate) fn policies(project: &Project) -> Vec<serde_yaml::Value> {
    let objects = project.bundle.iter().flat_map(Bundle::objects);
    objects
        .filter(|o| matches!(o, Object::NetworkPolicy(_)))
        .map(|o| serde_yaml::to_value(o).unwrap())
        .collect()
}
