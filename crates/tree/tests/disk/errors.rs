//! Why a render cannot begin, in words.

use std::{error::Error, fs, os::unix::fs::symlink};

use meshgen_tree::{
    Selection,
    disk::{DiskError, Recovered, observe, recover, write},
};

use crate::common::{Sandbox, origin, texts};

/// The refusal and what it is caused by, without the name of the test's folder.
fn refusal(sandbox: &Sandbox) -> String {
    shown(sandbox, &sandbox.write(&texts(&[("a", "1")])).unwrap_err())
}

fn shown(sandbox: &Sandbox, error: &DiskError) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push(error.to_string());
        cause = error.source();
    }
    lines.join("\n").replace(sandbox.out.parent().unwrap().to_str().unwrap(), "")
}

#[test]
fn the_output_folder_is_a_file() {
    let sandbox = Sandbox::new();
    fs::write(&sandbox.out, "mine").unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"`/out` is a file: name a folder to render into");
}

#[test]
fn the_output_folder_is_below_a_file() {
    let sandbox = Sandbox::new();
    fs::write(&sandbox.out, "mine").unwrap();
    let refused =
        write(&sandbox.path("deep"), &texts(&[("a", "1")]), &Selection::all(), &origin()).unwrap_err();
    insta::assert_snapshot!(shown(&sandbox, &refused), @"
    cannot create the folder `/out/deep`
    Not a directory (os error 20)
    ");
}

#[test]
fn the_output_folder_is_a_link_to_nothing() {
    let sandbox = Sandbox::new();
    symlink("nowhere", &sandbox.out).unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"
    cannot create the folder `/out`
    File exists (os error 17)
    ");
}

#[test]
fn what_is_ours_is_a_link_or_a_file() {
    let sandbox = Sandbox::new();
    sandbox.put("elsewhere/manifest.json", "{}");
    symlink("elsewhere", sandbox.path(".meshgen")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"`/out/.meshgen` is not what meshgen put there: move it away or delete it");
    fs::remove_file(sandbox.path(".meshgen")).unwrap();
    sandbox.put(".meshgen", "mine");
    insta::assert_snapshot!(refusal(&sandbox), @"`/out/.meshgen` is not what meshgen put there: move it away or delete it");
}

#[test]
fn the_lock_is_a_link() {
    let sandbox = Sandbox::new().with(&texts(&[]));
    sandbox.put(".meshgen/manifest.json", &texts_manifest());
    symlink("../elsewhere", sandbox.path(".meshgen/lock")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"
    cannot open `/out/.meshgen/lock`
    Too many levels of symbolic links (os error 40)
    ");
    assert!(!sandbox.path("elsewhere").exists());
}

/// The manifest of an empty tree.
fn texts_manifest() -> String {
    let sandbox = Sandbox::new().with(&texts(&[("a", "1")])).with(&texts(&[]));
    sandbox.read(".meshgen/manifest.json")
}

#[test]
fn the_manifest_is_of_a_newer_meshgen() {
    let sandbox = Sandbox::new();
    sandbox.put(".meshgen/manifest.json", r#"{"format": 2}"#);
    insta::assert_snapshot!(refusal(&sandbox), @"
    cannot use the manifest `/out/.meshgen/manifest.json`
    it has format 2, and this meshgen knows format 1: use a newer meshgen
    ");
}

#[test]
fn the_manifest_holds_a_conflict_of_git() {
    let sandbox = Sandbox::new();
    sandbox.put(".meshgen/manifest.json", "<<<<<<< HEAD\n");
    insta::assert_snapshot!(refusal(&sandbox), @"
    cannot use the manifest `/out/.meshgen/manifest.json`
    it is not what meshgen wrote: restore it, for example from git
    expected value at line 1 column 1
    ");
}

#[test]
fn the_manifest_is_a_link() {
    let sandbox = Sandbox::new();
    sandbox.put("mine.json", "{}");
    fs::create_dir(sandbox.path(".meshgen")).unwrap();
    symlink("../mine.json", sandbox.path(".meshgen/manifest.json")).unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"`/out/.meshgen/manifest.json` is not what meshgen put there: move it away or delete it");
}

#[test]
fn another_render_is_at_work() {
    let sandbox = Sandbox::new();
    sandbox.put(".meshgen/lock", "");
    let lock = fs::File::open(sandbox.path(".meshgen/lock")).unwrap();
    lock.try_lock().unwrap();
    insta::assert_snapshot!(refusal(&sandbox), @"another render is at work in `/out`: wait until it has ended");
    drop(lock);
    sandbox.write(&texts(&[("a", "1")])).unwrap();
}

#[test]
fn the_journal_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.put(".meshgen/journal.json", "{");
    insta::assert_snapshot!(refusal(&sandbox), @"
    the journal of an interrupted render, `/out/.meshgen/journal.json`, cannot be read: restore the tree, for example from git, and delete the journal
    EOF while parsing an object at line 1 column 1
    ");
}

#[test]
fn a_journal_cannot_reach_out_of_the_folder() {
    let sandbox = Sandbox::new();
    let journal = r#"{"remove": [], "folders": [], "write": [{"path": "../escaped", "over": true}]}"#;
    sandbox.put(".meshgen/journal.json", journal);
    sandbox.put(".meshgen/staging/0", "x");
    insta::assert_snapshot!(refusal(&sandbox), @"
    the journal of an interrupted render, `/out/.meshgen/journal.json`, cannot be read: restore the tree, for example from git, and delete the journal
    `../escaped` is not a path inside the output folder: use names of letters, digits, `.`, `_` and `-`, with `/` between at line 1 column 61
    ");
}

#[test]
fn what_is_in_the_way_of_a_recovery() {
    let sandbox = Sandbox::new();
    sandbox.put(
        ".meshgen/journal.json",
        r#"{"remove": [], "folders": ["b"], "write": [{"path": "b/c", "over": false}]}"#,
    );
    sandbox.put(".meshgen/staging/0", "x");
    sandbox.put("b/c", "mine");
    insta::assert_snapshot!(refusal(&sandbox), @"
    `/out` is half changed: remove the cause, then render again to complete it
    `b/c` is a file that no render wrote: move it away or delete it
    ");
    assert_eq!(sandbox.read("b/c"), "mine");
}

#[test]
fn reading_never_repairs() {
    let sandbox = Sandbox::new();
    sandbox.put(".meshgen/staging/0", "x");
    let before = sandbox.snapshot();
    assert!(observe(&sandbox.out, &texts(&[])).unwrap().interrupted);
    assert_eq!(sandbox.snapshot(), before);
    assert_eq!(recover(&sandbox.out).unwrap(), Recovered::Undone);
    assert_eq!(recover(&sandbox.out).unwrap(), Recovered::Nothing);
    assert!(sandbox.paths().is_empty());
}
