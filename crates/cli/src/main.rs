//! The `meshgen` command: reads files, asks the library, prints or writes what it says.
//!
//! Each command is a function from its arguments to a [`report::Report`]; only `report` prints.

mod args;
mod commands;
mod exit;
mod input;
mod progress;
mod report;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    let exit = match Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(error) => report::usage(&report::with_tip(error)),
    };
    exit.into()
}
