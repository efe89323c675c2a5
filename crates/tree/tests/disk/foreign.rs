//! What is in the way is never changed, and stops a render before it begins.

use std::{fs, os::unix::fs::symlink};

use meshgen_tree::{Selection, Tree, disk::DiskError};

use crate::common::{Sandbox, texts};

/// What a render says. Whatever it says, it must not change anything.
fn refusal(sandbox: &Sandbox, tree: &Tree) -> String {
    let before = sandbox.snapshot();
    let refused = sandbox.write_only(tree, &Selection::all()).unwrap_err();
    assert_eq!(sandbox.snapshot(), before);
    assert!(matches!(refused, DiskError::Conflicts(_)), "{refused:?}");
    assert_eq!(sandbox.check(tree), refused.to_string());
    refused.to_string()
}

#[test]
fn a_file_that_no_render_wrote_is_in_the_way_even_if_it_is_equal() {
    let sandbox = Sandbox::new();
    sandbox.put("a", "1");
    sandbox.put("b/c", "mine");
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("a", "1"), ("b/c", "1")])), @"
    `a` is a file that no render wrote: move it away or delete it
    `b/c` is a file that no render wrote: move it away or delete it
    ");
}

#[test]
fn a_link_in_place_of_a_file_is_in_the_way() {
    let sandbox = Sandbox::new();
    sandbox.put("elsewhere", "mine");
    symlink("elsewhere", sandbox.path("a")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("a", "1")])), @"`a` is a symbolic link, which a render does not follow: move it away or delete it");
}

#[test]
fn a_link_in_place_of_a_folder_is_in_the_way() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("elsewhere/c")).unwrap();
    symlink("elsewhere", sandbox.path("b")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("b/c/d", "1")])), @"`b` is a symbolic link, which a render does not follow: move it away or delete it");
    symlink("nowhere", sandbox.path("e")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("e/f", "1")])), @"`e` is a symbolic link, which a render does not follow: move it away or delete it");
}

#[test]
fn a_stale_file_behind_a_link_is_not_removed() {
    let sandbox = Sandbox::new().with(&texts(&[("a/b", "1"), ("c", "1")]));
    fs::rename(sandbox.path("a"), sandbox.path("moved")).unwrap();
    symlink("moved", sandbox.path("a")).unwrap();
    sandbox.write(&texts(&[("c", "1")])).unwrap();
    assert_eq!(sandbox.read("moved/b"), "1");
}

#[test]
fn a_file_where_a_folder_must_be_is_in_the_way() {
    let sandbox = Sandbox::new();
    sandbox.put("a", "mine");
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("a/b", "1")])), @"`a` is a file where a folder has to be: move it away or delete it");
}

#[test]
fn a_folder_where_a_file_must_be_is_in_the_way() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("empty")).unwrap();
    sandbox.put("full/mine", "mine");
    insta::assert_snapshot!(refusal(&sandbox, &texts(&[("empty", "1"), ("full", "1")])), @"
    `empty` is a folder where a file has to be: move it away or delete it
    `full` is a folder where a file has to be: move it away or delete it
    ");
}

#[test]
fn a_folder_of_ours_with_something_else_in_it_is_in_the_way() {
    let sandbox = Sandbox::new().with(&texts(&[("a/b", "1")]));
    sandbox.put("a/deep/mine", "mine");
    let before = sandbox.snapshot();
    insta::assert_snapshot!(sandbox.write(&texts(&[("a", "1")])).unwrap_err(), @"`a` is a folder where a file has to be: move it away or delete it");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn what_is_neither_file_nor_folder_is_in_the_way() {
    let sandbox = Sandbox::new();
    fs::create_dir(&sandbox.out).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("a")).unwrap();
    let tree = texts(&[("a", "1")]);
    insta::assert_snapshot!(sandbox.write(&tree).unwrap_err(), @"`a` is neither a file nor a folder: move it away or delete it");
}
