//! What most commands begin with: a spec, read and planned.

use meshgen::{
    Input, Kind, Project,
    bundle::Bundle,
    spec::{Spec, is_spec},
    tree::{Tree, render},
    yaml::{Limits, Problem, Sources, documents, nearest},
};
use serde_json::{Value, json};

use crate::{
    args::SpecArgs,
    input,
    report::{Failure, Report},
};

/// A spec without errors, and a report that holds its warnings.
pub(crate) struct Planned {
    pub(crate) project: Project,
    pub(crate) spec: Spec,
    pub(crate) bundle: Bundle,
    pub(crate) report: Report,
}

/// Reads and plans the spec, or reports why there is none.
pub(crate) fn planned(kind: &'static str, args: &SpecArgs) -> Result<Planned, Box<Report>> {
    let inputs = input::read_all(&args.file).map_err(|failures| Report::failed(kind, failures))?;
    if let Some(report) = not_a_spec(kind, &inputs) {
        return Err(Box::new(report));
    }
    let mut project = meshgen::read(inputs);
    let mut report = Report::new(kind);
    let (spec, bundle) = (project.spec.take(), project.bundle.take());
    report.add_problems(project.sources.clone(), std::mem::take(&mut project.problems));
    match (spec, bundle) {
        (Some(spec), Some(bundle)) => {
            report.notes.extend(escape_hatches(&spec).into_iter().map(|at| {
                format!("note: `policies/{at}` is an escape hatch: its `spec` is written as it is")
            }));
            Ok(Planned { project, spec, bundle, report })
        }
        _ => Err(Box::new(report)),
    }
}

impl Planned {
    /// The files of the tree, or a report of why they cannot be.
    pub(crate) fn render(mut self) -> Result<(Self, Tree), Box<Report>> {
        match render(&self.bundle) {
            Ok(tree) => Ok((self, tree)),
            Err(e) => {
                self.report.fail(Failure::of(&e));
                Err(Box::new(self.report))
            }
        }
    }
}

/// What bypasses the language.
pub(crate) fn escape_hatches(spec: &Spec) -> Vec<String> {
    spec.escape_hatches().map(|(target, _)| target.to_string()).collect()
}

/// How many of each there are.
pub(crate) fn counts(spec: &Spec) -> Value {
    json!({
        "namespaces": spec.namespaces.len(),
        "workloads": spec.workloads.len(),
        "policies": spec.policies.len(),
        "external": spec.external.len(),
        "claims": spec.expect.values().map(|group| group.claims.len()).sum::<usize>(),
        "escapeHatches": escape_hatches(spec),
    })
}

/// A report, if one of the inputs is something else.
pub(crate) fn not_a_spec(kind: &'static str, inputs: &[Input]) -> Option<Report> {
    let mut report = Report::new(kind);
    for input in inputs {
        match (input, Kind::of(input)) {
            (Input::File(name, text), Kind::Manifests) => unmarked(name, text, kind, &mut report),
            (Input::Folder(_, files), Kind::Spec) => {
                for (name, text) in files.iter().filter(|(_, text)| !is_spec(text)) {
                    unmarked(name, text, kind, &mut report);
                }
            }
            (Input::Folder(name, files), Kind::Manifests) if !files.is_empty() => report.fail(
                Failure::new(format!("`{name}` holds manifests, and `{kind}` needs a spec")).help(
                    "a spec starts with `meshgen: v1`; a first one from manifests: `meshgen init --from`",
                ),
            ),
            (Input::Folder(..) | Input::File(..), _) => {}
        }
    }
    (!report.problems.is_empty() || !report.failures.is_empty()).then_some(report)
}

/// Reports a file without the mark of a spec, unless there is something worse to say of it.
fn unmarked(name: &str, text: &str, kind: &str, report: &mut Report) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let Ok(found) = documents(file, text, 0..text.len(), Limits::default()) else { return };
    let Some(first) = found.first().and_then(|node| node.entries().first()) else { return };
    let key = &*first.key.text;
    let problem =
        Problem::error(first.key_place, format!("a spec starts with `meshgen: v1`, not with `{key}`"));
    let problem = match nearest(key, ["meshgen"]) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if ["apiVersion", "kind"].contains(&key) => problem.help(format!(
            "these are manifests, and `{kind}` needs a spec; a first one from them: `meshgen init --from`"
        )),
        None => problem.help(
            "the first key marks a spec, its overlays and its parts; anything else is taken for manifests",
        ),
    };
    report.add_problems(sources, vec![problem]);
}
