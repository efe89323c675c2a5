//! What is judged: manifests that are there, or those that a spec would give.

use std::path::PathBuf;

use meshgen::{
    Input, Kind,
    bundle::Bundle,
    plan::Origins,
    spec::Spec,
    tree::{Tree, render},
    verdict::World,
    yaml::Sources,
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

/// The manifests of some inputs, read for the judge, if all of them are understood. What is wrong with them, or not
/// judged, goes to the report.
pub(crate) fn judged(paths: &[PathBuf], report: &mut Report) -> Option<Judged> {
    read_for(paths, report).filter(|_| report.exit == Exit::Yes)
}

/// The same, also if some of the manifests are not understood: for whoever knows what that leaves open. A spec with
/// errors gives nothing.
pub(crate) fn read_for(paths: &[PathBuf], report: &mut Report) -> Option<Judged> {
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
    if !specs.is_empty() {
        if let Some(wrong) = not_a_spec(report.kind, &specs) {
            *report = wrong;
            return None;
        }
        let mut project = meshgen::read(specs);
        report.add_problems(project.sources.clone(), project.problems);
        sources = rendered(&project.bundle.take()?, report);
        if report.exit != Exit::Yes {
            return None;
        }
        (spec, origins, asked) = (project.spec, project.origins, project.sources);
    }
    for input in others {
        add(input, &mut sources);
    }
    Some(Judged { world: read(sources, report), spec, origins, asked })
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
pub(crate) fn add(input: Input, sources: &mut Sources) {
    let files = match input {
        Input::File(name, text) => vec![(name, text)],
        Input::Folder(_, files) => files,
    };
    for (name, text) in files {
        sources.add(name, text);
    }
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
