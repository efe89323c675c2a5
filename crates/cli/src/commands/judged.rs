//! What is judged: manifests that are there, or those that a spec would give.

use std::path::PathBuf;

use meshgen::{
    Input, Kind,
    bundle::Bundle,
    plan::Origins,
    spec::Spec,
    tree::{Tree, render},
    verdict::World,
    yaml::{FileId, Sources},
};

use super::spec::not_a_spec;
use crate::{
    exit::Exit,
    input,
    report::{Failure, Report},
};

/// What is judged, and the spec that it is of, if it is of one.
pub(crate) struct Judged {
    pub(crate) world: World,
    pub(crate) spec: Option<Spec>,
    /// What in the spec asked for which object, and the files in which that stands.
    pub(crate) origins: Origins,
    pub(crate) asked: Sources,
}

/// The manifests of some inputs, read for the judge. What is wrong with them, or not judged, goes to the report, and hides
/// nothing that stands without it; a spec with errors gives nothing.
pub(crate) fn judged(paths: &[PathBuf], report: &mut Report) -> Option<Judged> {
    let inputs = match input::read_all(paths) {
        Ok(inputs) => inputs,
        Err(failures) => {
            for failure in failures {
                report.fail(failure);
            }
            return None;
        }
    };
    let (specs, others): (Vec<_>, Vec<_>) = inputs.into_iter().partition(|i| Kind::of(i) == Kind::Spec);
    let mut sources = Sources::default();
    let (mut spec, mut origins, mut asked) = (None, Origins::default(), Sources::default());
    let beside_a_spec = !specs.is_empty();
    if beside_a_spec {
        if let Some(wrong) = not_a_spec(report.kind, &specs) {
            *report = wrong;
            return None;
        }
        let mut project = meshgen::read(specs);
        report.add_problems(project.sources.clone(), project.problems);
        sources = rendered(&project.bundle.take()?, report);
        (spec, origins, asked) = (project.spec, project.origins, project.sources);
    }
    let given: Vec<Given> = others.into_iter().map(|input| Given::add(input, &mut sources)).collect();
    if report.exit != Exit::Yes {
        return None;
    }
    let world = read(sources, report);
    for input in &given {
        input.hold(&world, beside_a_spec, report);
    }
    given.iter().all(|input| !input.is_void(&world)).then_some(Judged { world, spec, origins, asked })
}

/// An input of manifests, and its files.
struct Given {
    name: String,
    files: Vec<FileId>,
}

impl Given {
    fn add(input: Input, sources: &mut Sources) -> Given {
        let name = match &input {
            Input::File(name, _) | Input::Folder(name, _) => name.clone(),
        };
        Given { name, files: add(input, sources) }
    }

    /// Whether there is nothing in it to judge: whoever asks is told so, and no answer that is true of nothing.
    fn is_void(&self, world: &World) -> bool {
        self.files.iter().all(|file| world.manifests.without_objects.contains(file))
    }

    fn hold(&self, world: &World, beside_a_spec: bool, report: &mut Report) {
        let name = &self.name;
        if self.is_void(world) {
            let help = if beside_a_spec {
                "a part of a spec starts with `meshgen: v1`, and manifests have a `kind`"
            } else {
                "manifests have a `kind`, and a spec starts with `meshgen: v1`"
            };
            return report.fail(Failure::new(format!("there is no object in `{name}`")).help(help));
        }
        let without = self.files.iter().filter(|file| world.manifests.without_objects.contains(file));
        let named = without.filter_map(|file| world.manifests.sources.get(*file));
        let named: Vec<String> = named.map(|source| format!("`{}`", source.name)).collect();
        if !named.is_empty() {
            report.notes.push(format!("note: passed by, as there is no object in it: {}", named.join(", ")));
        }
    }
}

/// The manifests of a tree that is rendered, and what it assumes beside them.
pub(crate) fn of_tree(tree: &Tree, report: &mut Report) -> Option<World> {
    let world = read(meshgen::manifests(tree), report);
    (report.exit == Exit::Yes).then_some(world)
}

fn read(sources: Sources, report: &mut Report) -> World {
    let world = World::read(sources);
    let problems = world.problems();
    if !problems.is_empty() {
        report.add_problems(world.manifests.sources.clone(), problems);
    }
    world
}

/// What was assumed of the mesh, as the last line of a report.
pub(crate) fn assumed(world: &World) -> String {
    match world.assumed().as_slice() {
        [] => String::new(),
        all => format!("\nassumed: {}\n", all.join("; ")),
    }
}

/// The files of an input, as they are.
pub(crate) fn add(input: Input, sources: &mut Sources) -> Vec<FileId> {
    let files = match input {
        Input::File(name, text) => vec![(name, text)],
        Input::Folder(_, files) => files,
    };
    files.into_iter().map(|(name, text)| sources.add(name, text)).collect()
}

/// What a bundle would give to a judge.
pub(crate) fn rendered(bundle: &Bundle, report: &mut Report) -> Sources {
    match render(bundle) {
        Ok(tree) => meshgen::manifests(&tree),
        Err(e) => {
            report.fail(Failure::of(&e));
            Sources::default()
        }
    }
}
