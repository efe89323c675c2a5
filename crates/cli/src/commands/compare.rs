//! `compare`: two sets of manifests, object by object.

use std::path::Path;

use meshgen::{
    Input, Kind, Project,
    bundle::Id,
    tree::{Comparison, compare, render},
    yaml::Sources,
};
use serde_json::{Value, json};

use crate::{
    exit::Exit,
    input,
    report::{Failure, Report, painted},
};

const KIND: &str = "compare";

pub(crate) fn run(old: &Path, new: &Path) -> Report {
    let mut report = Report::new(KIND);
    let (old, new) = (sources(old, &mut report), sources(new, &mut report));
    if report.exit != Exit::Yes {
        return report;
    }
    let mut comparison = compare(&old, &new);
    report.add_problems(old, std::mem::take(&mut comparison.old_problems));
    report.add_problems(new, std::mem::take(&mut comparison.new_problems));
    report.text = painted(&format!("{comparison}\n"));
    report.result = shown(&comparison);
    if report.exit == Exit::Yes && !comparison.is_nothing() {
        report.exit = Exit::No;
    }
    report
}

/// The manifests of a side: those that are there, or those that a spec gives.
fn sources(path: &Path, report: &mut Report) -> Sources {
    let input = match input::read(path) {
        Ok(input) => input,
        Err(failures) => {
            for failure in failures {
                report.fail(failure);
            }
            return Sources::default();
        }
    };
    let mut sources = Sources::default();
    match (Kind::of(&input), input) {
        (Kind::Spec, input) => {
            let project = meshgen::read(vec![input]);
            rendered(&project, &mut sources, report);
            report.add_problems(project.sources, project.problems);
        }
        (Kind::Manifests, Input::File(name, text)) => {
            sources.add(name, text);
        }
        (Kind::Manifests, Input::Folder(_, files)) => files.into_iter().for_each(|(name, text)| {
            sources.add(name, text);
        }),
    }
    sources
}

fn rendered(project: &Project, sources: &mut Sources, report: &mut Report) {
    match project.bundle.as_ref().map(render) {
        Some(Ok(tree)) => tree.files.into_iter().filter(|file| file.resource).for_each(|file| {
            sources.add(file.path.as_str(), file.text);
        }),
        Some(Err(e)) => report.fail(Failure::of(&e)),
        None => {}
    }
}

/// A comparison for programs.
pub(crate) fn shown(comparison: &Comparison) -> Value {
    let ids = |ids: &[Id]| ids.iter().map(id).collect::<Vec<_>>();
    let changed = comparison.changed.iter().map(|changed| {
        let fields = changed.fields.iter().map(|f| json!({ "path": f.path, "old": f.old, "new": f.new }));
        json!({ "object": id(&changed.id), "fields": fields.collect::<Vec<_>>() })
    });
    json!({
        "added": ids(&comparison.added),
        "removed": ids(&comparison.removed),
        "changed": changed.collect::<Vec<_>>(),
    })
}

fn id(id: &Id) -> Value {
    json!({ "group": id.group, "kind": id.kind, "namespace": id.namespace, "name": id.name })
}
