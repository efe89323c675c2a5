//! What a render writes, and what it leaves alone.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    time::{Duration, SystemTime},
};

use meshgen_tree::{
    Change, Digest, Origin, Selection, Tree,
    disk::{Recovered, write, write_in_steps},
};

use crate::common::{Sandbox, old_and_new, origin, texts};

/// Paths of a manifest that nobody has to look at.
const OURS: [&str; 2] = [".meshgen/", ".meshgen/manifest.json"];

#[test]
fn a_new_folder_holds_the_files_and_the_manifest_and_nothing_else() {
    let sandbox = Sandbox::new().with(&texts(&[("a.yaml", "a\n"), ("b/c/run.sh", "#!run\n")]));
    assert_eq!(sandbox.paths(), [OURS[0], OURS[1], "a.yaml", "b/", "b/c/", "b/c/run.sh"]);
    assert_eq!(sandbox.read("a.yaml"), "a\n");
    assert_eq!(
        (sandbox.mode("a.yaml"), sandbox.mode("b/c/run.sh"), sandbox.mode("b/c")),
        (0o644, 0o755, 0o755)
    );
}

#[test]
fn folders_above_the_output_folder_are_created() {
    let sandbox = Sandbox::new();
    let out = sandbox.path("x/y/z");
    write(&out, &texts(&[("a", "1")]), &Selection::all(), &origin()).unwrap();
    assert_eq!(fs::read_to_string(out.join("a")).unwrap(), "1");
}

#[test]
fn everything_that_can_happen_between_two_trees_happens() {
    let (old, new) = old_and_new();
    let sandbox = Sandbox::new().with(&old).with(&new);
    assert_eq!(sandbox.snapshot(), Sandbox::new().with(&new).snapshot());
    assert_eq!(sandbox.check(&new), "");
}

#[test]
fn folders_that_are_emptied_go_and_others_stay() {
    let sandbox = Sandbox::new().with(&texts(&[("a/b/c/1", "1"), ("a/2", "2"), ("d/3", "3")]));
    sandbox.put("d/mine", "mine");
    fs::create_dir(sandbox.path("e")).unwrap();
    sandbox.write(&texts(&[("a/2", "2")])).unwrap();
    assert_eq!(sandbox.paths(), [OURS[0], OURS[1], "a/", "a/2", "d/", "d/mine", "e/"]);
}

#[test]
fn the_last_tree_can_be_an_empty_one() {
    let sandbox = Sandbox::new().with(&texts(&[("a/b", "1")])).with(&texts(&[]));
    assert_eq!(sandbox.paths(), OURS);
    assert_eq!(sandbox.check(&texts(&[])), "");
}

/// The time at which a file or a folder was changed last, to the nanosecond.
fn changed(path: &Path) -> (i64, i64) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn unchanged_files_keep_their_time_and_their_inode() {
    let sandbox = Sandbox::new().with(&texts(&[("same", "1"), ("other", "1")]));
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    fs::File::open(sandbox.path("same")).unwrap().set_modified(long_ago).unwrap();
    let before = fs::metadata(sandbox.path("same")).unwrap();
    sandbox.write(&texts(&[("same", "1"), ("other", "2")])).unwrap();
    let after = fs::metadata(sandbox.path("same")).unwrap();
    assert_eq!((before.ino(), before.modified().unwrap()), (after.ino(), after.modified().unwrap()));
}

#[test]
fn with_nothing_to_do_nothing_is_written() {
    let tree = texts(&[("a", "1"), ("b/c", "1")]);
    let sandbox = Sandbox::new().with(&tree);
    let before: Vec<_> =
        ["", ".meshgen", ".meshgen/manifest.json", "b"].map(|p| changed(&sandbox.path(p))).into();
    // Neither another version nor another spec is a reason, while the files are the same.
    let other = Origin { meshgen: "9.9.9".to_owned(), spec: Digest::of(b"with a comment") };
    let steps = &mut |step: meshgen_tree::disk::Step<'_>| panic!("{step:?}");
    write_in_steps(&sandbox.out, &tree, &Selection::all(), &other, steps).unwrap();
    let after: Vec<_> =
        ["", ".meshgen", ".meshgen/manifest.json", "b"].map(|p| changed(&sandbox.path(p))).into();
    assert_eq!(before, after);
}

#[test]
fn an_empty_tree_in_an_empty_place_is_nothing_to_do() {
    let sandbox = Sandbox::new().with(&Tree::default());
    assert!(!sandbox.out.exists());
}

#[test]
fn what_was_edited_by_hand_is_overwritten_and_named() {
    let tree = texts(&[("a", "1"), ("b", "1")]);
    let sandbox = Sandbox::new().with(&tree);
    sandbox.put("a", "mine");
    assert_eq!(sandbox.check(&tree), "`a` was edited by hand");
    let written = sandbox.write(&tree).unwrap();
    assert_eq!(written.changes.paths[&"a".parse().unwrap()], Change::Overwritten);
    assert_eq!(sandbox.read("a"), "1");
    assert_eq!(sandbox.check(&tree), "");
}

#[test]
fn what_is_stale_and_edited_stays_and_is_not_ours_any_more() {
    let sandbox = Sandbox::new().with(&texts(&[("a/b", "1")]));
    sandbox.put("a/b", "mine");
    let empty = texts(&[]);
    insta::assert_snapshot!(sandbox.check(&empty), @"`a/b` is not in the spec any more, but was edited by hand: a render leaves it in place");
    let written = sandbox.write(&empty).unwrap();
    assert_eq!(written.changes.paths[&"a/b".parse().unwrap()], Change::Disowned);
    assert_eq!(sandbox.read("a/b"), "mine");
    // From now on it is nothing that we know of.
    assert_eq!(sandbox.check(&empty), "");
}

#[test]
fn what_was_removed_by_hand_comes_back_or_is_forgotten() {
    let sandbox = Sandbox::new().with(&texts(&[("a", "1"), ("b/c", "1")]));
    fs::remove_file(sandbox.path("a")).unwrap();
    fs::remove_dir_all(sandbox.path("b")).unwrap();
    sandbox.write(&texts(&[("a", "1")])).unwrap();
    assert_eq!(sandbox.paths(), [OURS[0], OURS[1], "a"]);
}

#[test]
fn a_mode_is_compared_as_git_keeps_it() {
    let tree = texts(&[("a", "1"), ("b.sh", "#!1")]);
    let sandbox = Sandbox::new().with(&tree);
    let set =
        |path: &str, mode| fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(mode)).unwrap();
    // A checkout under umask 077 or 002.
    set("a", 0o600);
    set("b.sh", 0o775);
    assert_eq!(sandbox.check(&tree), "");
    set("a", 0o755);
    set("b.sh", 0o644);
    insta::assert_snapshot!(sandbox.check(&tree), @"
    `a` should not be executable, and is
    `b.sh` should be executable, and is not
    ");
    sandbox.write(&tree).unwrap();
    assert_eq!((sandbox.mode("a"), sandbox.mode("b.sh")), (0o644, 0o755));
}

#[test]
fn the_folder_of_git_is_not_touched() {
    let sandbox = Sandbox::new();
    sandbox.put(".git/HEAD", "ref: refs/heads/main\n");
    sandbox.put("README.md", "mine");
    let before = changed(&sandbox.path(".git"));
    sandbox.write(&texts(&[("a/b", "1")])).unwrap();
    sandbox.write(&texts(&[])).unwrap();
    assert_eq!(sandbox.paths(), [".git/", ".git/HEAD", OURS[0], OURS[1], "README.md"]);
    assert_eq!(changed(&sandbox.path(".git")), before);
}

#[test]
fn the_output_folder_itself_may_be_a_link() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.out.with_file_name("real")).unwrap();
    symlink("real", &sandbox.out).unwrap();
    let written = sandbox.write(&texts(&[("a", "1")])).unwrap();
    assert_eq!(written.recovered, Recovered::Nothing);
    assert_eq!(fs::read_to_string(sandbox.out.with_file_name("real").join("a")).unwrap(), "1");
}

#[test]
fn a_lock_that_a_kill_left_behind_is_taken_over_and_removed() {
    let tree = texts(&[("a", "1")]);
    let sandbox = Sandbox::new().with(&tree);
    sandbox.put(".meshgen/lock", "");
    assert_eq!(sandbox.check(&tree), "");
    sandbox.write(&tree).unwrap();
    assert_eq!(sandbox.paths(), [OURS[0], OURS[1], "a"]);
}
