//! From the text of files to a [`Spec`].

use meshgen_yaml::{
    At, FileId, Limits, Node, Place, Problem, Severity, Sources, Value, documents, from_node_partly,
};

use crate::{MeshMode, Namespace, Spec, Workload, WorkloadName, check, merge, partial};

/// One `-f`: a file, or a folder of which every file is a part of one spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file: its name as the user calls it, and its text.
    File(String, String),
    /// A folder: its name, and its files.
    Folder(String, Vec<(String, String)>),
}

/// Reads a spec: the first input, and every further one laid over it.
///
/// Gives the spec, unless there is an error, and everything that is wrong or doubtful, in the order of the
/// files. `sources` takes the files, so that problems can be shown.
pub fn read(inputs: Vec<Input>, sources: &mut Sources) -> (Option<Spec>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut whole: Option<Node> = None;
    for input in inputs {
        let layer = match input {
            Input::File(name, text) => document(sources.add(name, text), sources, START, &mut problems),
            Input::Folder(name, parts) => folder(&name, parts, sources, &mut problems),
        };
        whole = match (whole, layer) {
            (Some(base), Some(over)) => Some(merge::overlay(base, over)),
            (base, layer) => base.or(layer),
        };
    }
    let has_errors = |problems: &[Problem]| problems.iter().any(|p| p.severity == Severity::Error);
    // After a file that is no YAML, what it would have said is missing everywhere else.
    if has_errors(&problems) {
        return (None, problems);
    }
    let Some(whole) = whole else { return (None, problems) };
    let spec: Option<Spec> = from_node_partly(&whole, &mut problems);
    let Some(mut spec) = spec else { return (None, problems) };
    let mut late = Vec::new();
    declare(&mut spec, &mut late);
    check::check(&spec, &mut late);
    partial::drop_what_follows(&whole, &problems, &mut late, sources);
    problems.append(&mut late);
    problems.sort_by_key(|p| p.place);
    let usable = !has_errors(&problems);
    (usable.then_some(spec), problems)
}

/// Adds the workloads of releases and addons to those that the spec declares, so that they can be named like them.
fn declare(spec: &mut Spec, problems: &mut Vec<Problem>) {
    let of_releases = spec.releases.iter().flat_map(|(name, release)| release.declared(name));
    let mut all: Vec<(At<WorkloadName>, Workload)> = of_releases.collect();
    if let Some(namespace) = spec.addons_namespace()
        && !spec.addons.is_empty()
    {
        let place = spec.project.place;
        for (name, workload) in spec.addons.declared() {
            all.push((At { value: WorkloadName { namespace: namespace.clone(), name }, place }, workload));
        }
        // Not ours, and no member of the mesh: but it can be named.
        let theirs = Namespace { existing: true, mesh: Some(MeshMode::None), ..Namespace::default() };
        spec.namespaces.entry(At { value: namespace, place }).or_insert(theirs);
    }
    for (name, workload) in all {
        match spec.workloads.get_key_value(&name) {
            Some((first, _)) => problems.push(
                Problem::error(
                    first.place,
                    format!("`{name}` is there twice: a release or an addon runs a workload of this name"),
                )
                .related(name.place, "the other one")
                .help("leave it out under `workloads`: workloads of releases and addons are known"),
            ),
            None => {
                spec.workloads.insert(name, workload);
            }
        }
    }
}

/// Whether a text is a spec: its first key is `meshgen`. Anything else is taken for manifests.
pub fn is_spec(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let is_content =
        |line: &&str| !line.trim().is_empty() && !line.starts_with(['#', '%']) && line.trim_end() != "---";
    lines.find(is_content).is_some_and(|line| {
        let key = line.trim_start_matches(['{', ' ', '"', '\'']);
        key.strip_prefix("meshgen")
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
    })
}

/// With what a spec starts.
const START: &str = "meshgen: v1";

/// The only document of a file that is to start in this way.
pub(crate) fn document(
    file: FileId,
    sources: &Sources,
    start_with: &str,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let text = sources.get(file).map_or("", |s| s.text.as_str());
    let start = Place { file, start: 0, end: 0 };
    let mut read = match documents(file, text, 0..text.len(), Limits::default()) {
        Ok(documents) => documents.into_iter(),
        Err(problem) => {
            problems.push(*problem);
            return None;
        }
    };
    let Some(node) = read.next() else {
        let help = match start_with {
            START => "start with `meshgen: v1`; `meshgen init` writes a first spec".to_owned(),
            other => format!("start with `{other}`"),
        };
        problems.push(Problem::error(start, "the file is empty").help(help));
        return None;
    };
    if let Some(second) = read.next() {
        problems.push(
            Problem::error(second.place, "one document is read here, and a second one starts")
                .help("put it into a file of its own: a spec may be a folder of parts, or have overlays"),
        );
    }
    if !matches!(node.value, Value::Map(_)) {
        problems.push(
            Problem::error(node.place, "this has to be a map").help(format!("start with `{start_with}`")),
        );
        return None;
    }
    Some(node)
}

fn folder(
    name: &str,
    mut parts: Vec<(String, String)>,
    sources: &mut Sources,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    if parts.is_empty() {
        problems.push(
            Problem::error(None, format!("`{name}` has no `.yaml` file in it"))
                .help("each of its files is a part of the spec"),
        );
        return None;
    }
    parts.sort();
    let mut whole: Option<Node> = None;
    for (name, text) in parts {
        let Some(part) = document(sources.add(name, text), sources, START, problems) else { continue };
        match &mut whole {
            Some(whole) => merge::add(whole, part, problems),
            None => whole = Some(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::is_spec;

    #[test]
    fn a_file_whose_first_key_is_meshgen_is_a_spec() {
        for spec in [
            "meshgen: v1",
            "# c\n\nmeshgen: v1",
            "---\nmeshgen: v1",
            "{meshgen: v1}",
            "\"meshgen\": v1",
            "{ \"meshgen\": \"v1\" }",
        ] {
            assert!(is_spec(spec), "{spec:?}");
        }
        for other in ["", "apiVersion: v1", "meshgenx: v1", "a:\n  meshgen: v1", "- meshgen: v1"] {
            assert!(!is_spec(other), "{other:?}");
        }
    }
}
