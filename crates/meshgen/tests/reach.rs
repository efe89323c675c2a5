//! Who may connect to whom in each example, as a table that a pull request shows line by line.
#![expect(clippy::disallowed_methods, reason = "a test reads the files that it is about")]

use std::fs;

use meshgen::{
    Input,
    reach::Focus,
    read,
    tree::render,
    verdict::{Judges, World},
};

#[test]
fn a_change_of_who_may_connect_is_a_change_of_a_snapshot() {
    insta::glob!("../../../examples", "*/meshgen.yaml", |path| {
        let text = fs::read_to_string(path).unwrap();
        let project = read(vec![Input::File("meshgen.yaml".to_owned(), text)]);
        let world = World::read(meshgen::manifests(&render(&project.bundle.unwrap()).unwrap()));
        insta::assert_snapshot!(Judges::new(&world).report(&Focus::default()).text());
    });
}
