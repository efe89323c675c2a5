//! What a command has to say, and the only place that prints.

mod envelope;
mod failure;
mod paint;
mod problem;
mod schema;
mod snippet;
mod text;

use std::{
    io::{self, Write},
    path::Path,
};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use meshgen::yaml::{Problem, Severity, Sources};
use serde_json::Value;

pub(crate) use envelope::Envelope;
pub(crate) use failure::Failure;
pub(crate) use paint::painted;
pub(crate) use schema::{AnyReport, ReportOf, Told, of};
pub(crate) use snippet::finding;

use crate::{args::OutputFormat, exit::Exit};

/// What a command has to say.
pub(crate) struct Report {
    /// Which command it is, in the envelope.
    pub(crate) kind: &'static str,
    pub(crate) exit: Exit,
    /// What is wrong with the input, and the files that it is in.
    pub(crate) problems: Vec<(Sources, Vec<Problem>)>,
    /// What else went wrong.
    pub(crate) failures: Vec<Failure>,
    /// For standard output, when it is for people.
    pub(crate) text: String,
    /// For standard error, when it is for people; one line each.
    pub(crate) notes: Vec<String>,
    /// The same for programs.
    pub(crate) result: Value,
}

impl Report {
    pub(crate) fn new(kind: &'static str) -> Self {
        Report {
            kind,
            exit: Exit::Yes,
            problems: Vec::new(),
            failures: Vec::new(),
            text: String::new(),
            notes: Vec::new(),
            result: Value::Null,
        }
    }

    /// A report of what went wrong.
    pub(crate) fn failed(kind: &'static str, failures: Vec<Failure>) -> Self {
        Report { exit: Exit::Failed, failures, ..Report::new(kind) }
    }

    /// Adds problems; an error among them means that it could not be done.
    pub(crate) fn add_problems(&mut self, sources: Sources, problems: Vec<Problem>) {
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            self.exit = Exit::Failed;
        }
        if !problems.is_empty() {
            self.problems.push((sources, problems));
        }
    }

    /// What was found, for programs.
    pub(crate) fn tell<T: Told>(&mut self, told: &T) {
        debug_assert_eq!(self.kind, T::KIND);
        match serde_json::to_value(told) {
            Ok(result) => self.result = result,
            Err(e) => self.fail(Failure::caused("what was found is no JSON", &e)),
        }
    }

    /// Adds something that went wrong.
    pub(crate) fn fail(&mut self, failure: Failure) {
        self.exit = Exit::Failed;
        self.failures.push(failure);
    }

    /// Prints the report.
    pub(crate) fn emit(self, format: OutputFormat) -> Exit {
        let exit = self.exit;
        let printed = match format {
            OutputFormat::Text => text::print(&self),
            OutputFormat::Json => json(&Envelope::of(&self)),
        };
        finish(exit, printed)
    }
}

/// A reader that is gone needs no message; anything else does.
pub(crate) fn finish(exit: Exit, printed: io::Result<()>) -> Exit {
    match printed {
        Ok(()) => exit,
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Exit::Failed,
        Err(e) => {
            // If this fails as well, there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "error: cannot write to standard output: {e}");
            Exit::Failed
        }
    }
}

fn json(envelope: &Envelope) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, envelope)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// A file stands where there is no place for one: it is named with `-f`.
pub(crate) fn with_tip(mut error: clap::Error) -> clap::Error {
    let file = error.get(ContextKind::InvalidArg).and_then(|value| match value {
        ContextValue::String(word) if Path::new(word).exists() => Some(word.clone()),
        _ => None,
    });
    if let (ErrorKind::UnknownArgument, Some(file)) = (error.kind(), file) {
        let tip = format!("to name a file, use '-f {file}'").into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// Words on the command line that make no sense; also `--help` and `--version`, which clap calls errors.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        return finish(Exit::Yes, error.print());
    }
    if !asks_for_json() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return finish(Exit::Failed, error.print());
    }
    let message = error.to_string();
    let message = message.strip_prefix("error: ").unwrap_or(&message).trim_end();
    Report::failed("usage", vec![Failure::new(message.to_owned())]).emit(OutputFormat::Json)
}

/// Whether JSON is wanted, also where the words could not be understood.
fn asks_for_json() -> bool {
    let words: Vec<String> = std::env::args().collect();
    words.iter().any(|w| w == "--output-format=json")
        || words.windows(2).any(|w| matches!(w, [flag, json] if flag == "--output-format" && json == "json"))
}
