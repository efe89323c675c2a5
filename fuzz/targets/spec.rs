//! Bytes as a spec: there is either a bundle or an error, and a bundle renders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshgen::{Input, tree, yaml::Severity};
use meshgen_fuzz::questions;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes).into_owned();
    // What follows such a line is a file of its own, laid over the first.
    let layers = text.split("\n#!overlay\n").enumerate();
    let inputs = layers.map(|(n, text)| Input::File(format!("{n}.yaml"), text.to_owned())).collect();
    let project = meshgen::read(inputs);
    questions::told(&project.sources, &project.problems);
    let errors: Vec<_> = project.problems.iter().filter(|p| p.severity == Severity::Error).collect();
    assert_eq!(project.bundle.is_some(), errors.is_empty(), "a bundle, or why there is none: {errors:?}");
    if let Some(bundle) = &project.bundle {
        let rendered = tree::render(bundle);
        assert!(rendered.is_ok(), "a bundle that does not render: {rendered:?}");
    }
});
