//! `cargo run -p meshgen-reach --example judge -- FILE…`: the list of what is permitted, in groups.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that reads files and prints")]

use meshgen_reach::{Focus, Judge, Manifests};
use meshgen_yaml::Sources;

fn main() {
    let mut sources = Sources::default();
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        sources.add(file, text);
    }
    let manifests = Manifests::read(sources);
    for problem in manifests.problems() {
        println!("{problem:?}");
    }
    print!("{}", Judge::new(&manifests).report(&Focus::default()).text());
}
