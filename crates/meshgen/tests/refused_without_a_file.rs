//! Inputs that are refused, and that no single file can hold.

mod shown;

use meshgen::{Input, read};
use shown::shown;

#[test]
fn a_file_of_more_than_64_mib_is_not_even_read() {
    let project = read(vec![Input::File("large.yaml".to_owned(), " ".repeat((64 << 20) + 1))]);
    insta::assert_snapshot!(shown(&project), @"
    large.yaml:1:1: error: the input is larger than 64 MiB
        help: split it into several files
    ");
}

#[test]
fn a_folder_without_specs_has_no_place_to_show() {
    let project = read(vec![Input::Folder("parts".to_owned(), Vec::new())]);
    insta::assert_snapshot!(shown(&project), @"
    -: error: `parts` has no `.yaml` file in it
        help: each of its files is a part of the spec
    ");
}

#[test]
fn what_two_parts_say_is_shown_in_both() {
    let part = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let parts = vec![
        part("a.yaml", "meshgen: v1\nproject: shop\nnamespaces: { shop: {} }\n"),
        part("b.yaml", "meshgen: v1\nproject: till\nnamespaces: { shop: {} }\n"),
        part("c.yaml", "namespaces: [\n"),
    ];
    insta::assert_snapshot!(shown(&read(vec![Input::Folder("parts".to_owned(), parts)])), @"
    b.yaml:2:1: error: `project` is said twice
        a.yaml:2:1: said first here
        help: the parts of a spec add up: keep one of them, or give an overlay as a file of its own
    b.yaml:3:15: error: `shop` is said twice
        a.yaml:3:15: said first here
        help: the parts of a spec add up: keep one of them, or give an overlay as a file of its own
    c.yaml:1:13: error: this is not YAML: unclosed bracket '['
    ");
}
