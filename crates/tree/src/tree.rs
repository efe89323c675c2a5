//! A tree of files as it should be.

use meshgen_bundle::{FilePath, Part};
use serde::{Deserialize, Serialize};

/// All files of a bundle, ready to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// The project's name, for the header of a `kustomization.yaml` that lists only a selection.
    pub project: String,
    /// The files, in the order in which they are applied. No two have one path.
    pub files: Vec<Rendered>,
}

/// A file, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Where it goes, seen from the output folder.
    pub path: FilePath,
    /// What `--only` and `--skip` call it.
    pub part: Part,
    /// Its mode.
    pub mode: Mode,
    /// Whether `kustomization.yaml` lists it: it holds objects, and nothing else.
    pub resource: bool,
    /// All that it holds.
    pub text: String,
}

impl Rendered {
    /// Whether it holds what will run and is not rendered: for a judge, and never applied.
    pub fn is_assumed(&self) -> bool {
        self.path == FilePath::assumed()
    }
}

/// The mode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mode {
    /// Read by all, written by the owner.
    #[serde(rename = "0644")]
    Plain,
    /// The same, and run by all.
    #[serde(rename = "0755")]
    Executable,
}

impl Mode {
    /// The permission bits.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
        }
    }
}
