//! One file for each command.

mod check;
mod compare;
mod diff;
mod explain;
mod init;
mod judged;
mod lint;
mod reach;
mod render;
mod schema;
mod shell;
mod spec;
mod tree;
mod validate;
mod verify;

use crate::{
    args::{Cli, Command},
    exit::Exit,
};

pub(crate) fn run(cli: Cli) -> Exit {
    let format = cli.output_format;
    let report = match cli.command {
        Command::Render { spec, out: None, parts, even_if_refuted: _ } => {
            return render::stream(&spec, &parts, format);
        }
        Command::Render { spec, out: Some(out), parts, even_if_refuted } => {
            render::tree(&spec, &out, &parts, even_if_refuted)
        }
        Command::Check { tree } => check::run(&tree),
        Command::Diff { tree, summary } => diff::run(&tree, summary),
        Command::Compare { old, new, fail_on } => compare::run(&old, &new, fail_on),
        Command::Reach { judged, focus, view } => reach::run(&judged, focus, &view, format),
        Command::Lint { file, lint } => lint::run(&file, &lint, format),
        Command::Explain { from, to: Some(to), judged } => explain::run(&from, &to, &judged),
        Command::Explain { from, to: None, .. } => lint::explain(&from),
        Command::Verify { file, expect } => verify::run(&file, &expect),
        Command::Validate { spec } => validate::run(&spec),
        Command::Init { from, out } => init::run(&from, &out),
        Command::Schema { file, of } => schema::run(&file, of),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
    };
    report.emit(format)
}
