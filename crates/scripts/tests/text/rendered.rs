//! The files of the example contexts, as they are.

use std::{collections::BTreeMap, fmt::Write};

use insta::assert_snapshot;
use meshgen_bundle::{Content, File};
use meshgen_scripts::files;

use crate::contexts::{example, full, parsed};

fn rendered(name: &str) -> Vec<File> {
    files(&parsed(example(name)).unwrap()).unwrap()
}

/// All files as one text; those that `known` has with the same content only by name.
fn shown(files: &[File], known: &[File]) -> String {
    let known: BTreeMap<_, _> = known.iter().map(|f| (&f.path, &f.content)).collect();
    let mut out = String::new();
    for file in files {
        let (mode, text) = match &file.content {
            Content::Text(text) => ("0644", text),
            Content::Script(text) => ("0755", text),
            Content::Objects(_) | Content::Data(_) | Content::ChartTemplate(_) | Content::Gotmpl(_) => {
                panic!("only text is made of templates")
            }
        };
        write!(out, "======== {} {mode} {}", file.path, file.part.name()).unwrap();
        if known.get(&file.path) == Some(&&file.content) {
            out.push_str(": the same\n");
        } else {
            write!(out, "\n{text}").unwrap();
        }
    }
    out
}

#[test]
fn a_project_on_aks() {
    assert_snapshot!(shown(&rendered("aks"), &[]));
}

#[test]
fn the_same_project_on_kind() {
    assert_snapshot!(shown(&rendered("kind"), &rendered("aks")));
}

#[test]
fn a_shop_on_a_cluster_that_is_there() {
    assert_snapshot!(shown(&rendered("existing"), &rendered("aks")));
}

#[test]
fn the_same_context_gives_the_same_bytes() {
    for name in ["aks", "kind", "existing"] {
        assert_eq!(rendered(name), rendered(name));
    }
}

#[test]
fn every_optional_word_finds_its_place() {
    for (name, words) in [
        ("aks", &["'Standard_D4s_v5'", "'overlay'", "'azure'"][..]),
        (
            "kind",
            &[
                "'docker.io/kindest/node:v1.36.0'",
                &format!("'{}'", "0".repeat(64)),
                "apply 'cluster/operator.yaml'",
            ],
        ),
        ("existing", &["'shop'", "'ghcr.io/acme'", "SHOP='x'", "--namespace 'x'"]),
    ] {
        let text = shown(&files(&parsed(full(name)).unwrap()).unwrap(), &[]);
        for word in words {
            assert!(text.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn nothing_of_a_template_is_left() {
    for name in ["aks", "kind", "existing"] {
        let text = shown(&rendered(name), &[]);
        // Docker and kind have templates of their own, in the same brackets.
        for line in text.lines().filter(|l| !l.contains("--format")) {
            assert!(!line.contains("{{") && !line.contains("{%"), "{name}: {line}");
        }
    }
}
