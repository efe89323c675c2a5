//! From the text of files to a bundle, with everything that is wrong on the way.

use meshgen_bundle::Bundle;
use meshgen_plan::Origins;
use meshgen_spec::{Input, Spec};
use meshgen_tree::{Digest, Origin, Tree};
use meshgen_yaml::{Problem, Severity, Sources};

use crate::findings::unknown_codes;

/// A spec that was read, and what it asks for.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The files, so that the places of problems can be shown.
    pub sources: Sources,
    /// Everything that is wrong or doubtful, in the order of the files.
    pub problems: Vec<Problem>,
    /// The spec, unless it has an error.
    pub spec: Option<Spec>,
    /// What it asks for, unless there is an error.
    pub bundle: Option<Bundle>,
    /// What in the spec asked for each object.
    pub origins: Origins,
}

/// Reads a spec, and plans what it asks for: the first input, and every further one laid over it.
pub fn read(inputs: Vec<Input>) -> Project {
    let mut project = Project::default();
    (project.spec, project.problems) = meshgen_spec::read(inputs, &mut project.sources);
    project.problems.extend(project.spec.iter().flat_map(unknown_codes));
    if project.has_errors() {
        project.spec = None;
    }
    match project.spec.as_ref().map(meshgen_plan::plan_with_origins) {
        Some(Ok((bundle, origins))) => (project.bundle, project.origins) = (Some(bundle), origins),
        Some(Err(problems)) => project.problems.extend(problems),
        None => {}
    }
    project
}

impl Project {
    /// Whether something is wrong, so that there is no bundle.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// What the tree's manifest says of where the tree comes from. The digest is that of the files' texts, in
    /// their order, wherever they lie.
    pub fn origin(&self, version: impl Into<String>) -> Origin {
        let mut texts = Vec::new();
        for (_, source) in self.sources.iter() {
            texts.extend((source.text.len() as u64).to_be_bytes());
            texts.extend(source.text.as_bytes());
        }
        Origin { meshgen: version.into(), spec: Digest::of(&texts) }
    }
}

/// The manifests of a tree and what it assumes beside them, in their files: what a judge of them reads.
pub fn manifests(tree: &Tree) -> Sources {
    let mut sources = Sources::default();
    for file in tree.files.iter().filter(|file| file.resource || file.is_assumed()) {
        sources.add(file.path.as_str(), file.text.as_str());
    }
    sources
}
