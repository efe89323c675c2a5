//! `init`: a first spec.

use std::{
    env,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use meshgen::yaml::Sources;
use meshgen_init::{Adopted, Note, first_spec, spec_from};
use serde_json::json;

use super::judged::add;
use crate::{
    input,
    report::{Failure, Report},
};

const KIND: &str = "init";

pub(crate) fn run(from: &[PathBuf], out: &Path) -> Report {
    let mut report = Report::new(KIND);
    let Some(adopted) = adopted(from, &mut report) else { return report };
    report.notes.extend(adopted.notes.iter().map(line));
    report.result = json!({
        "text": adopted.text,
        "notes": adopted.notes.iter().map(|note| json!({ "why": note.why, "objects": note.objects })).collect::<Vec<_>>(),
    });
    if out == Path::new("-") {
        report.text = adopted.text;
    } else if let Err(failure) = write(out, &adopted.text) {
        report.fail(failure);
    } else {
        let out = out.display();
        report.notes.push(format!("`{out}` is written; see what it gives with `meshgen render -f {out}`"));
    }
    report
}

fn adopted(from: &[PathBuf], report: &mut Report) -> Option<Adopted> {
    if from.is_empty() {
        return Some(Adopted { text: first_spec(&folder_name()), notes: Vec::new() });
    }
    let inputs = match input::read_all(from) {
        Ok(inputs) => inputs,
        Err(failures) => {
            *report = Report::failed(KIND, failures);
            return None;
        }
    };
    let mut sources = Sources::default();
    for input in inputs {
        add(input, &mut sources);
    }
    match spec_from(&sources) {
        Ok(adopted) => Some(adopted),
        Err(problems) => {
            report.add_problems(sources, problems);
            None
        }
    }
}

/// A note on one line, with as many objects as anybody reads.
fn line(note: &Note) -> String {
    const SHOWN: usize = 5;
    let mut objects: Vec<String> = note.objects.iter().take(SHOWN).map(|o| format!("`{o}`")).collect();
    if note.objects.len() > SHOWN {
        objects.push(format!("{} more", note.objects.len() - SHOWN));
    }
    format!("note: {}: {}", note.why, objects.join(", "))
}

/// A project is most likely called like the folder that it is in.
fn folder_name() -> String {
    let folder = env::current_dir().ok();
    let name = folder.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Writes a file that was not there: it is the user's from then on.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let file = File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    file.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => Failure::new(format!("`{}` is there already", path.display()))
            .help("name another file with `-o`, or print the spec with `-o -`"),
        _ => Failure::caused(format!("cannot write `{}`", path.display()), &e),
    })
}
