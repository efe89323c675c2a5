//! A folder to render into, and trees to render.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use meshgen_bundle::{Bundle, Content, File, Part};
use meshgen_tree::{
    Digest, Mode, Origin, Rendered, Selection, Tree, changes, differences,
    disk::{DiskError, Written, observe, write},
    render,
};
use tempfile::TempDir;

pub(crate) struct Sandbox {
    /// The output folder, which is not there yet.
    pub(crate) out: PathBuf,
    _dir: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Sandbox::inside(tempfile::tempdir().unwrap())
    }

    /// In memory where that can be had: thousands of flushes of a disk take minutes.
    pub(crate) fn fast() -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Sandbox::inside(dir)
    }

    fn inside(dir: TempDir) -> Self {
        Sandbox { out: dir.path().join("out"), _dir: dir }
    }

    /// With a tree in it.
    pub(crate) fn with(self, tree: &Tree) -> Self {
        self.write(tree).unwrap();
        self
    }

    pub(crate) fn write(&self, tree: &Tree) -> Result<Written, DiskError> {
        self.write_only(tree, &Selection::all())
    }

    pub(crate) fn write_only(&self, tree: &Tree, selection: &Selection) -> Result<Written, DiskError> {
        write(&self.out, tree, selection, &origin())
    }

    /// What check says, a line a difference.
    pub(crate) fn check(&self, tree: &Tree) -> String {
        let changes = changes(&observe(&self.out, tree).unwrap(), tree, &Selection::all()).unwrap();
        differences(&changes).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.out.join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Puts a file there by hand, with the folders that it needs.
    pub(crate) fn put(&self, path: &str, content: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), content).unwrap();
    }

    pub(crate) fn mode(&self, path: &str) -> u32 {
        fs::symlink_metadata(self.path(path)).unwrap().permissions().mode() & 0o7777
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        snapshot(&self.out)
    }

    /// The paths in the output folder, those of folders with a slash at the end.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.snapshot().into_keys().collect()
    }
}

pub(crate) fn origin() -> Origin {
    Origin { meshgen: "0.1.0".to_owned(), spec: Digest::of(b"the spec") }
}

/// All that is in a folder: path, mode and content; folders end in a slash and have none.
pub(crate) type Snapshot = BTreeMap<String, (u32, Vec<u8>)>;

pub(crate) fn snapshot(dir: &Path) -> Snapshot {
    let mut all = Snapshot::new();
    add(dir, "", &mut all);
    all
}

fn add(dir: &Path, prefix: &str, all: &mut Snapshot) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            add(&entry.path(), &format!("{path}/"), all);
            all.insert(format!("{path}/"), (mode, Vec::new()));
        } else if metadata.is_symlink() {
            let to = fs::read_link(entry.path()).unwrap();
            all.insert(path, (0, to.to_str().unwrap().into()));
        } else {
            all.insert(path, (mode, fs::read(entry.path()).unwrap()));
        }
    }
}

/// A tree of texts, all of one part. A text that starts with `#!` is a script.
pub(crate) fn texts(files: &[(&str, &str)]) -> Tree {
    let file = |(path, text): &(&str, &str)| Rendered {
        path: path.parse().unwrap(),
        part: Part::Workloads,
        mode: if text.starts_with("#!") { Mode::Executable } else { Mode::Plain },
        resource: false,
        text: (*text).to_owned(),
    };
    Tree { project: "shop".to_owned(), files: files.iter().map(file).collect() }
}

/// A tree with one object for each part, named for it and for `marker`.
pub(crate) fn parts(marker: &str, parts: &[Part]) -> Tree {
    let file = |part: &Part| {
        let mut namespace = k8s_openapi::api::core::v1::Namespace::default();
        namespace.metadata.name = Some(format!("{}-{marker}", part.name()));
        let path = format!("{}/all.yaml", part.name()).parse().unwrap();
        File { path, part: *part, comment: Vec::new(), content: Content::Objects(vec![namespace.into()]) }
    };
    render(&Bundle {
        project: "shop".to_owned(),
        files: parts.iter().map(file).collect(),
        assumed: Vec::new(),
    })
    .unwrap()
}

/// Two trees between which everything happens that can: files come, go and change, in content and in mode;
/// folders come and go; a file becomes a folder, and a folder a file.
pub(crate) fn old_and_new() -> (Tree, Tree) {
    let mut old = texts(&[
        ("same.yaml", "same\n"),
        ("changed.yaml", "old\n"),
        ("folder/stale.yaml", "old\n"),
        ("folder/deep/stale.yaml", "old\n"),
        ("kept/stale.yaml", "old\n"),
        ("was-file", "old\n"),
        ("was-folder/stale.yaml", "old\n"),
        ("mode", "same\n"),
    ]);
    let mut new = texts(&[
        ("same.yaml", "same\n"),
        ("changed.yaml", "new, and longer\n"),
        ("new.sh", "#!new\n"),
        ("new/deep/new.yaml", "new\n"),
        ("kept/new.yaml", "new\n"),
        ("was-file/new.yaml", "new\n"),
        ("was-folder", "new\n"),
        ("mode", "same\n"),
    ]);
    old.files.last_mut().unwrap().mode = Mode::Executable;
    new.files.last_mut().unwrap().mode = Mode::Plain;
    (old, new)
}
