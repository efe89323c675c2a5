//! Who may connect to whom in each example, as a table that a pull request shows line by line.
#![expect(clippy::disallowed_methods, reason = "a test reads the files that it is about")]

use std::fs;

use meshgen::{
    Input,
    reach::{Focus, Judge, Manifests},
    read,
    tree::render,
};

#[test]
fn a_change_of_who_may_connect_is_a_change_of_a_snapshot() {
    insta::glob!("../../../examples", "*/meshgen.yaml", |path| {
        let text = fs::read_to_string(path).unwrap();
        let project = read(vec![Input::File("meshgen.yaml".to_owned(), text)]);
        let manifests = Manifests::read(meshgen::manifests(&render(&project.bundle.unwrap()).unwrap()));
        insta::assert_snapshot!(Judge::new(&manifests).report(&Focus::default()).text());
    });
}
