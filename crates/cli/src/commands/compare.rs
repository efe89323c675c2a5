//! `compare`: two sets of manifests, object by object.

use std::{collections::BTreeSet, path::Path};

use meshgen::{
    Kind,
    bundle::Id,
    tree::{self, Comparison, compare},
    verdict::{self, Judges, World},
    yaml::{Place, Problem, Severity, Sources},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::judged::{add, rendered};
use crate::{
    args::FailOn,
    exit::Exit,
    input,
    report::{self, Failure, Report, painted},
};

/// How many lines of what became possible, and of what stopped being so, a reviewer reads.
const LINES: usize = 10;

const KIND: &str = "compare";

/// What differs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CompareResult")]
pub(crate) struct Told<'c> {
    /// By object and field.
    objects: Objects<'c>,
    /// What became possible, and what stopped being so.
    reach: &'c verdict::Comparison,
}

/// What differs, by object and field.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Objects<'c> {
    /// Objects that only the new side has.
    added: Vec<ObjectId<'c>>,
    /// Objects that only the old side has.
    removed: Vec<ObjectId<'c>>,
    changed: Vec<ChangedObject<'c>>,
}

/// What tells objects of a cluster apart.
#[derive(Serialize, JsonSchema)]
struct ObjectId<'c> {
    /// The group, without the version; empty for the core group.
    group: &'c str,
    kind: &'c str,
    /// None for what stands outside of namespaces.
    namespace: Option<&'c str>,
    name: &'c str,
}

/// An object that is not what it was.
#[derive(Serialize, JsonSchema)]
struct ChangedObject<'c> {
    object: ObjectId<'c>,
    fields: Vec<Field<'c>>,
}

/// A field that is not what it was.
#[derive(Serialize, JsonSchema)]
struct Field<'c> {
    /// `spec.ingress[0].ports[1].port`.
    path: &'c str,
    /// The old value on one line, if there was one.
    old: Option<&'c str>,
    /// The new value on one line, if there is one.
    new: Option<&'c str>,
}

impl report::Told for Told<'_> {
    const KIND: &'static str = KIND;
}

pub(crate) fn run(old: &Path, new: &Path, fail_on: FailOn) -> Report {
    let mut report = Report::new(KIND);
    if [old, new].iter().all(|side| *side == Path::new("-")) {
        report.fail(Failure::new("standard input is one side of a comparison, not both").help("name a file"));
        return report;
    }
    let (old, new) = (sources(old, &mut report), sources(new, &mut report));
    if report.exit != Exit::Yes {
        return report;
    }
    let (old, new) = (World::read(old), World::read(new));
    let mut comparison = compare(&old.manifests.sources, &new.manifests.sources);
    // What was wrong before does not keep what mends it from being judged.
    let was = told_once(&old, std::mem::take(&mut comparison.old_problems));
    let was = was.into_iter().map(|problem| Problem { severity: Severity::Warning, ..problem }).collect();
    let is = told_once(&new, std::mem::take(&mut comparison.new_problems));
    let reach = Judges::new(&old).compare(&Judges::new(&new));
    report.add_problems(old.manifests.sources, was);
    report.add_problems(new.manifests.sources, is);
    report.text = painted(&format!("{comparison}\n"));
    if !reach.is_empty() {
        report.text.push_str(&format!("\n{}", reach.text(LINES)));
    }
    report.tell(&Told { objects: shown(&comparison), reach: &reach });
    let no = match fail_on {
        FailOn::Differs => !comparison.is_nothing(),
        FailOn::Widened => !reach.widened.is_empty(),
    };
    if report.exit == Exit::Yes && no {
        report.exit = Exit::No;
    }
    report
}

/// What is wrong with a side: for its judges, and where they have nothing to say of a place, for whoever compares objects.
fn told_once(world: &World, objects: Vec<Problem>) -> Vec<Problem> {
    let mut all = world.problems();
    let places: BTreeSet<Option<Place>> = all.iter().map(|problem| problem.place).collect();
    all.extend(objects.into_iter().filter(|problem| !places.contains(&problem.place)));
    all
}

/// The manifests of a side: those that are there, or those that a spec gives.
fn sources(path: &Path, report: &mut Report) -> Sources {
    let mut sources = Sources::default();
    match input::read(path) {
        Ok(input) if Kind::of(&input) == Kind::Spec => {
            let project = meshgen::read(vec![input]);
            if let Some(bundle) = &project.bundle {
                sources = rendered(bundle, report);
            }
            report.add_problems(project.sources, project.problems);
        }
        Ok(input) => {
            add(input, &mut sources);
        }
        Err(failures) => {
            for failure in failures {
                report.fail(failure);
            }
        }
    }
    sources
}

/// A comparison for programs.
pub(crate) fn shown(comparison: &Comparison) -> Objects<'_> {
    Objects {
        added: comparison.added.iter().map(ObjectId::of).collect(),
        removed: comparison.removed.iter().map(ObjectId::of).collect(),
        changed: comparison.changed.iter().map(ChangedObject::of).collect(),
    }
}

impl<'c> ObjectId<'c> {
    fn of(id: &'c Id) -> Self {
        ObjectId { group: &id.group, kind: &id.kind, namespace: id.namespace.as_deref(), name: &id.name }
    }
}

impl<'c> ChangedObject<'c> {
    fn of(changed: &'c tree::Changed) -> Self {
        let fields = changed.fields.iter();
        let fields = fields.map(|f| Field { path: &f.path, old: f.old.as_deref(), new: f.new.as_deref() });
        ChangedObject { object: ObjectId::of(&changed.id), fields: fields.collect() }
    }
}
