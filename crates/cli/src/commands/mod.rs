//! One file for each command.

mod check;
mod compare;
mod diff;
mod init;
mod render;
mod schema;
mod shell;
mod spec;
mod tree;
mod validate;

use crate::{
    args::{Cli, Command},
    exit::Exit,
};

pub(crate) fn run(cli: Cli) -> Exit {
    let format = cli.output_format;
    let report = match cli.command {
        Command::Render { spec, out: None, parts } => return render::stream(&spec, &parts, format),
        Command::Render { spec, out: Some(out), parts } => render::tree(&spec, &out, &parts),
        Command::Check { spec, out, parts } => check::run(&spec, &out, &parts),
        Command::Diff { spec, out, parts, summary } => diff::run(&spec, &out, &parts, summary),
        Command::Compare { old, new } => compare::run(&old, &new),
        Command::Validate { spec } => validate::run(&spec),
        Command::Init { from, out } => init::run(&from, &out),
        Command::Schema { file } => schema::run(&file),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
    };
    report.emit(format)
}
