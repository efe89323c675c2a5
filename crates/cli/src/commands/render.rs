//! `render`: the stream, or the tree.

use std::{io, path::Path};

use meshgen::{
    bundle::Bundle,
    reach::Truth,
    tree::{
        Change, Selection, StreamError, Tree,
        disk::{Recovered, Written, write_in_steps},
        stream as write_stream,
    },
};
use serde_json::{Value, json};

use super::{
    spec::{Planned, counts, planned},
    verify,
};
use crate::{
    args::{OutputFormat, PartArgs, SpecArgs},
    exit::Exit,
    progress::Progress,
    report::{Failure, Report, finish},
};

const KIND: &str = "render";

/// Three steps for each file: write it, set its mode, move it to its place.
const STEPS_PER_FILE: usize = 3;

/// All manifests on standard output.
pub(crate) fn stream(args: &SpecArgs, parts: &PartArgs, format: OutputFormat) -> Exit {
    let mut planned = match planned(KIND, args) {
        Ok(planned) => planned,
        Err(report) => return report.emit(format),
    };
    let selection = parts.selection();
    planned.bundle.files.retain(|file| selection.has(file.part));
    match format {
        OutputFormat::Json => objects(planned).emit(format),
        OutputFormat::Text => match write_stream(&planned.bundle, &mut io::stdout().lock()) {
            Ok(()) => planned.report.emit(format),
            Err(StreamError::Io(e)) => finish(planned.report.exit, Err(e)),
            Err(e) => {
                planned.report.fail(Failure::of(&e));
                planned.report.emit(format)
            }
        },
    }
}

fn objects(planned: Planned) -> Report {
    let mut report = planned.report;
    match values(&planned.bundle) {
        Ok(objects) => report.result = json!({ "spec": counts(&planned.spec), "objects": objects }),
        Err(e) => report.fail(Failure::caused("an object is no JSON", &e)),
    }
    report
}

fn values(bundle: &Bundle) -> serde_json::Result<Vec<Value>> {
    let mut values = Vec::new();
    for file in &bundle.files {
        for object in file.objects() {
            values.push(json!({ "source": file.path.as_str(), "object": serde_json::to_value(object)? }));
        }
    }
    Ok(values)
}

/// The tree in a folder.
pub(crate) fn tree(args: &SpecArgs, out: &Path, parts: &PartArgs, even_if_refuted: bool) -> Report {
    let rendered = planned(KIND, args).and_then(Planned::render);
    let proven = rendered.and_then(|(planned, tree)| Ok((proven(planned, &tree, even_if_refuted)?, tree)));
    match proven.and_then(|(planned, tree)| write(planned, &tree, out, &parts.selection())) {
        Ok(report) => report,
        Err(report) => *report,
    }
}

/// Refuses a spec of which a claim is refuted, or cannot be judged: what it gives is not what its author wants.
fn proven(mut planned: Planned, tree: &Tree, even_if_refuted: bool) -> Result<Planned, Box<Report>> {
    let mut judged = Report::new(KIND);
    let verified =
        verify::verified(&planned.spec, &planned.project.sources, tree, &mut judged).unwrap_or_default();
    let refuted: Vec<_> = verified.iter().filter(|v| v.truth == Truth::Refuted).collect();
    let report = &mut planned.report;
    report.notes.extend(refuted.iter().map(|v| v.line(&planned.project.sources).trim_end().to_owned()));
    // A claim that names what is not there says nothing, and a policy that is not understood proves nothing.
    let (unjudged, exit) = (judged.exit == Exit::Failed, judged.exit);
    report.failures.append(&mut judged.failures);
    if unjudged {
        report.problems.append(&mut judged.problems);
    }
    if even_if_refuted || (refuted.is_empty() && !unjudged) {
        return Ok(planned);
    }
    let why = match refuted.len() {
        0 => "what is expected cannot be proven".to_owned(),
        1 => "a claim is refuted".to_owned(),
        n => format!("{n} claims are refuted"),
    };
    report.notes.push(format!("nothing is written: {why}; `--even-if-refuted` writes it all the same"));
    report.exit = if unjudged { exit } else { Exit::No };
    Err(Box::new(planned.report))
}

fn write(
    mut planned: Planned,
    tree: &Tree,
    out: &Path,
    selection: &Selection,
) -> Result<Report, Box<Report>> {
    let origin = planned.project.origin(env!("CARGO_PKG_VERSION"));
    let progress = Progress::new("writing", tree.files.len() * STEPS_PER_FILE);
    let written = write_in_steps(out, tree, selection, &origin, &mut |_| {
        progress.step();
        Ok(())
    });
    drop(progress);
    let written = match written {
        Ok(written) => written,
        Err(e) => {
            planned.report.fail(Failure::of(&e));
            return Err(Box::new(planned.report));
        }
    };
    let mut report = planned.report;
    report.notes.extend(notes(&written, out));
    report.result = json!({
        "spec": counts(&planned.spec),
        "out": out.display().to_string(),
        "recovered": recovered(written.recovered),
        "files": written.changes.paths.iter().map(|(path, change)| (path.to_string(), word(change).into())).collect::<serde_json::Map<_, _>>(),
    });
    Ok(report)
}

fn notes(written: &Written, out: &Path) -> Vec<String> {
    let mut notes = Vec::new();
    match written.recovered {
        Recovered::Nothing => {}
        Recovered::Undone => notes.push("an interrupted render was undone first".to_owned()),
        Recovered::Completed => notes.push("an interrupted render was completed first".to_owned()),
    }
    for (path, change) in &written.changes.paths {
        match change {
            Change::Overwritten | Change::Disowned | Change::Forgotten => {
                notes.push(format!("`{path}`: {change}"));
            }
            Change::Unchanged
            | Change::Created
            | Change::Updated { .. }
            | Change::Removed
            | Change::Conflict(_) => {}
        }
    }
    let count = |wanted: &str| written.changes.paths.values().filter(|change| word(change) == wanted).count();
    let counts = ["created", "updated", "removed", "unchanged"].map(|word| (count(word), word));
    let counts: Vec<_> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    notes.push(format!("`{}`: {}", out.display(), counts.join(", ")));
    notes
}

/// One word for what became of a file.
fn word(change: &Change) -> &'static str {
    match change {
        Change::Unchanged => "unchanged",
        Change::Created => "created",
        Change::Updated { .. } | Change::Overwritten => "updated",
        Change::Removed => "removed",
        Change::Disowned => "disowned",
        Change::Forgotten => "forgotten",
        Change::Conflict(_) => "conflict",
    }
}

fn recovered(recovered: Recovered) -> &'static str {
    match recovered {
        Recovered::Nothing => "nothing",
        Recovered::Undone => "undone",
        Recovered::Completed => "completed",
    }
}
