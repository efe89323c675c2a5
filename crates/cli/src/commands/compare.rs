//! `compare`: two sets of manifests, object by object.

use std::path::Path;

use meshgen::{
    Kind,
    bundle::Id,
    tree::{Comparison, compare},
    verdict::{Judges, World},
    yaml::Sources,
};
use serde_json::{Value, json};

use super::judged::{add, rendered};
use crate::{
    args::FailOn,
    exit::Exit,
    input,
    report::{Report, painted},
};

/// How many lines of what became possible, and of what stopped being so, a reviewer reads.
const LINES: usize = 10;

const KIND: &str = "compare";

pub(crate) fn run(old: &Path, new: &Path, fail_on: FailOn) -> Report {
    let mut report = Report::new(KIND);
    let (old, new) = (sources(old, &mut report), sources(new, &mut report));
    if report.exit != Exit::Yes {
        return report;
    }
    let (old, new) = (World::read(old), World::read(new));
    let mut comparison = compare(&old.manifests.sources, &new.manifests.sources);
    let reach = Judges::new(&old).compare(&Judges::new(&new));
    report.add_problems(old.manifests.sources, std::mem::take(&mut comparison.old_problems));
    report.add_problems(new.manifests.sources, std::mem::take(&mut comparison.new_problems));
    report.text = painted(&format!("{comparison}\n"));
    if !reach.is_empty() {
        report.text.push_str(&format!("\n{}", reach.text(LINES)));
    }
    report.result = json!({ "objects": shown(&comparison), "reach": reach });
    let no = match fail_on {
        FailOn::Differs => !comparison.is_nothing(),
        FailOn::Widened => !reach.widened.is_empty(),
    };
    if report.exit == Exit::Yes && no {
        report.exit = Exit::No;
    }
    report
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
        Ok(input) => add(input, &mut sources),
        Err(failures) => {
            for failure in failures {
                report.fail(failure);
            }
        }
    }
    sources
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
