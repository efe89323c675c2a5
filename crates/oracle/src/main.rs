//! `meshgen-corpus DIR`: runs the peers' own cases.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for developers, which prints its report"
)]

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use meshgen_oracle::{
    corpus::{self, Accepted, Fast, Judge, Naive},
    manifests,
};

/// Run the cases of a corpus, name each failure, and count.
#[derive(Parser)]
struct Options {
    /// The folder that holds the suites.
    dir: PathBuf,
    /// Ask the naive judge instead.
    #[arg(long)]
    naive: bool,
    /// Differences that are right: suite, case, reason and source, separated by tabs. Left out: those of this repository.
    #[arg(long, value_name = "FILE")]
    accepted: Option<PathBuf>,
    /// How many lines of a difference to show.
    #[arg(long, value_name = "N", default_value_t = 6)]
    lines: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let list = match &options.accepted {
        Some(file) => manifests::text(file).ok_or(0),
        None => Ok(include_str!("../accepted.tsv").to_owned()),
    };
    let accepted = match list.and_then(|text| Accepted::parse(&text)) {
        Ok(accepted) => accepted,
        Err(line) => {
            eprintln!(
                "error: the list of accepted differences: line {line} needs suite, case, reason and source"
            );
            return ExitCode::from(2);
        }
    };
    let judge: &dyn Judge = if options.naive { &Naive } else { &Fast };
    let suites = corpus::run(&options.dir, judge);
    if suites.is_empty() {
        eprintln!("error: no suite in `{}`", options.dir.display());
        return ExitCode::from(2);
    }
    let mut failed = 0;
    for suite in &suites {
        for (case, differences) in suite.failures(&accepted) {
            failed += 1;
            println!("{} / {case}", suite.name);
            for line in differences.iter().take(options.lines) {
                println!("    {line}");
            }
            if differences.len() > options.lines {
                println!("    … {} more", differences.len() - options.lines);
            }
        }
    }
    for (suite, reason, cases) in suites.iter().flat_map(|s| s.skipped().map(move |(r, c)| (s, r, c))) {
        println!("{} skipped, as {reason}: {}", suite.name, cases.join("; "));
    }
    for suite in &suites {
        println!("{}", suite.summary(&accepted));
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
