//! `meshgen-predict FILE…`: what a real Istio would answer.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for developers, which prints its result"
)]

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use meshgen_oracle::{arbiter, manifests};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// Print a line for each pod, port of a Service and method of some manifests, separated by tabs: the client, the Service,
/// what is sent, the method, what is predicted (words that are equally right, by `|`), and why.
#[derive(Parser)]
struct Options {
    /// The manifests. What none of them says of the mesh's settings is as Istio has it by default.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let mut sources = Sources::default();
    for file in Options::parse().files {
        let Some(text) = manifests::text(&file) else {
            eprintln!("error: `{}` cannot be read", file.display());
            return ExitCode::from(2);
        };
        sources.add(file.display().to_string(), text);
    }
    let world = World::read(sources);
    let judges = Judges::new(&world);
    for one in arbiter::tries(&judges) {
        let expected = arbiter::expected(&judges, &one);
        let words = if expected.words.is_empty() { "UNKNOWN".to_owned() } else { expected.words.join("|") };
        let (spoken, method) = (one.spoken.word(), one.method);
        println!("{}\t{}\t{spoken}\t{method}\t{words}\t{}", one.client, one.service, expected.why);
    }
    ExitCode::SUCCESS
}
