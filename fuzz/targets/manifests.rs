//! Bytes as manifests: the reader of YAML, both judges, and a first spec of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use meshgen::{Input, yaml::Sources};
use meshgen_fuzz::questions;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    if let Ok(adopted) = meshgen_init::spec_from(&sources) {
        meshgen::read(vec![Input::File("meshgen.yaml".to_owned(), adopted.text)]);
    }
    questions::ask(sources);
});
