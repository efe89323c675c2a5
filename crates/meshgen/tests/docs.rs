//! Every spec in the documentation is one, and gives a tree.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the files that it is about"
)]

use std::{fs, path::Path};

use meshgen::{Input, read, tree::render};

/// The blocks of a page that are whole specs, each after its line number.
fn specs(page: &str) -> Vec<(usize, String)> {
    let mut specs: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        match line {
            "```yaml" => {
                inside = true;
                specs.push((number + 1, String::new()));
            }
            "```" => inside = false,
            line if inside => specs.last_mut().unwrap().1 += &format!("{line}\n"),
            _ => {}
        }
    }
    specs.retain(|(_, text)| text.starts_with("meshgen:"));
    specs
}

#[test]
fn every_spec_in_the_documentation_is_valid() {
    for page in ["README.md", "docs/spec.md"] {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page)).unwrap();
        let specs = specs(&text);
        assert!(!specs.is_empty(), "{page}");
        for (line, spec) in specs {
            let project = read(vec![Input::File(format!("{page}:{line}"), spec)]);
            let messages: Vec<_> = project.problems.iter().map(|p| &p.message).collect();
            assert!(messages.is_empty(), "{page}:{line}: {messages:#?}");
            render(project.bundle.as_ref().unwrap()).unwrap();
        }
    }
}
