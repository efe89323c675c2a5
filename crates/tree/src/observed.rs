//! What is on disk at the paths that matter, as a value.

use std::collections::BTreeMap;

use meshgen_bundle::FilePath;

use crate::{
    manifest::{Listed, Manifest},
    tree::Mode,
};

/// A tree on disk, as far as a render is concerned with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What the last render wrote.
    pub manifest: Option<Manifest>,
    /// What is at the paths that were looked at. A path that is not here has nothing.
    pub entries: BTreeMap<FilePath, Entry>,
    /// Whether a render was killed in the middle, or is at work just now: the tree may be half changed.
    pub interrupted: bool,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// What it holds.
        bytes: Vec<u8>,
        /// Its mode, as far as git keeps it: a checkout under another umask is no change.
        mode: Mode,
    },
    /// Something that is in the way of a file.
    Blocked(Obstacle),
}

/// What is in the way of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// At the path, or at a folder above it, is a symbolic link, which we do not follow.
    Symlink {
        /// Where.
        at: String,
    },
    /// A folder above the path is a file.
    File {
        /// Where.
        at: String,
    },
    /// At the path is a folder.
    Folder {
        /// All that is somewhere in it and not a folder.
        files: Vec<String>,
    },
    /// At the path is a socket, a device or a pipe.
    Special,
}

impl Observed {
    /// What the last render wrote.
    pub fn files(&self) -> impl Iterator<Item = (&FilePath, &Listed)> {
        self.manifest.iter().flat_map(|m| &m.files)
    }

    /// What the last render wrote at a path.
    pub fn listed(&self, path: &FilePath) -> Option<&Listed> {
        self.manifest.as_ref().and_then(|m| m.files.get(path))
    }
}
