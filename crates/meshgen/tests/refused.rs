//! Specs that are refused, a file each, and what is said about them.
//!
//! Alone in its file, because `insta::glob!` takes what fails beside it for its own.

#![expect(clippy::disallowed_methods, reason = "the cases are files")]

mod shown;

use meshgen::{Input, read};

#[test]
fn a_bad_spec_is_refused_with_every_problem_that_it_has() {
    insta::glob!("refused/*.yaml", |path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        let project = read(vec![Input::File(name, text)]);
        assert!(project.has_errors() && project.bundle.is_none());
        insta::with_settings!({ omit_expression => true, snapshot_path => "refused", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("problems", shown::shown(&project));
        });
    });
}
