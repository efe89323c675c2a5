//! What is where in an output folder.

use std::path::{Path, PathBuf};

/// What the last render wrote.
pub(super) const MANIFEST: &str = ".meshgen/manifest.json";

/// Here from the moment of change until the change is complete.
pub(super) const JOURNAL: &str = ".meshgen/journal.json";

/// The places in an output folder that are not files of the tree.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) root: &'a Path,
}

impl Places<'_> {
    pub(super) fn at(self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(super) fn ours(self) -> PathBuf {
        self.at(".meshgen")
    }

    pub(super) fn manifest(self) -> PathBuf {
        self.at(MANIFEST)
    }

    pub(super) fn lock(self) -> PathBuf {
        self.at(".meshgen/lock")
    }

    pub(super) fn journal(self) -> PathBuf {
        self.at(JOURNAL)
    }

    /// Here from the first preparation until the change is complete.
    pub(super) fn staging(self) -> PathBuf {
        self.at(".meshgen/staging")
    }

    /// A file that waits to be moved. By number, because names of the tree may be long, and nested.
    pub(super) fn staged(self, number: usize) -> PathBuf {
        self.staging().join(number.to_string())
    }

    pub(super) fn staged_manifest(self) -> PathBuf {
        self.at(".meshgen/staging/manifest.json")
    }

    pub(super) fn staged_journal(self) -> PathBuf {
        self.at(".meshgen/staging/journal.json")
    }
}
