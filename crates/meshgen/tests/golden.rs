//! Every tree in `golden/` is, byte for byte, what its example gives; `just bless` writes them anew.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the files that it is about"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use meshgen::{
    Input, read,
    tree::{Selection, Tree, changes, differences, disk::observe, render},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What stands in a folder of the project.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn example(name: &str) -> Tree {
    let text = fs::read_to_string(root().join("examples").join(name).join("meshgen.yaml")).unwrap();
    let project = read(vec![Input::File(format!("examples/{name}/meshgen.yaml"), text)]);
    assert!(!project.has_errors(), "{name}: {:#?}", project.problems);
    render(project.bundle.as_ref().unwrap()).unwrap()
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files
}

#[test]
fn every_example_has_its_golden_tree() {
    assert_eq!(names("examples"), names("golden"));
}

#[test]
fn a_golden_tree_is_what_its_example_gives() {
    for name in names("examples") {
        let folder = root().join("golden").join(&name);
        let tree = example(&name);
        let changes = changes(&observe(&folder, &tree).unwrap(), &tree, &Selection::all()).unwrap();
        let differences: Vec<_> = differences(&changes).iter().map(ToString::to_string).collect();
        assert!(differences.is_empty(), "golden/{name}: {differences:#?}\n`just bless` renders it anew");
    }
}

#[test]
fn nothing_else_is_in_a_golden_tree() {
    for name in names("examples") {
        let manifest = ".meshgen/manifest.json".to_owned();
        let tree = example(&name);
        let wanted: BTreeSet<String> =
            tree.files.iter().map(|f| f.path.to_string()).chain([manifest]).collect();
        assert_eq!(files(&root().join("golden").join(&name)), wanted, "golden/{name}");
    }
}
