//! `completions` and `man`: what shells and pagers know of the command line.

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use clap_mangen::Man;
use meshgen::yaml::nearest;
use serde_json::json;

use crate::{
    args::Cli,
    report::{Failure, Report},
};

pub(crate) fn completions(shell: Shell) -> Report {
    let mut text = Vec::new();
    generate(shell, &mut Cli::command(), "meshgen", &mut text);
    told("completions", &text)
}

pub(crate) fn man(name: Option<&str>) -> Report {
    const KIND: &str = "man";
    let mut whole = Cli::command();
    whole.build();
    let command = match name {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Report::failed(KIND, vec![unknown(&whole, name)]),
        },
    };
    let mut text = Vec::new();
    match Man::new(command).render(&mut text) {
        Ok(()) => told(KIND, &text),
        Err(e) => Report::failed(KIND, vec![Failure::caused("cannot make the page", &e)]),
    }
}

fn unknown(whole: &clap::Command, name: &str) -> Failure {
    let names: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the commands are {}", names.join(", ")),
    };
    Failure::new(format!("there is no command `{name}`")).help(help)
}

fn told(kind: &'static str, text: &[u8]) -> Report {
    let text = String::from_utf8_lossy(text).into_owned();
    Report { result: json!({ "text": text }), text, ..Report::new(kind) }
}
