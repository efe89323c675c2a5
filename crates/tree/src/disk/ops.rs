//! The only functions that change a disk.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{error::DiskError, unix};
use crate::tree::Mode;

/// A change of the disk that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What is done, such as `move`.
    pub what: &'static str,
    /// To which path.
    pub path: &'a Path,
}

/// Told of each step before it is made. An error refuses it, as a full disk would: so a test can break a
/// change at every step, and prove what is promised.
pub type Steps<'a> = dyn FnMut(Step<'_>) -> io::Result<()> + 'a;

/// The changes of a disk, each of which is told first.
pub(super) struct Ops<'a> {
    steps: &'a mut Steps<'a>,
}

impl<'a> Ops<'a> {
    pub(super) fn new(steps: &'a mut Steps<'a>) -> Self {
        Ops { steps }
    }

    fn step<T>(
        &mut self,
        what: &'static str,
        path: &Path,
        act: impl FnOnce(&Path) -> io::Result<T>,
    ) -> Result<T, DiskError> {
        (self.steps)(Step { what, path }).and_then(|()| act(path)).map_err(|e| DiskError::step(what, path, e))
    }

    /// Creates a folder with mode 0755, or gives it that mode if it is there.
    pub(super) fn folder(&mut self, path: &Path) -> Result<(), DiskError> {
        if !path.is_dir() {
            self.step("create the folder", path, |p| match fs::create_dir(p) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && p.is_dir() => Ok(()),
                result => result,
            })?;
        }
        self.step("set the mode of", path, |p| unix::set_mode(p, 0o755))
    }

    /// Creates a file.
    pub(super) fn file(&mut self, path: &Path, text: &str, mode: Mode) -> Result<(), DiskError> {
        self.step("write", path, |p| fs::write(p, text))?;
        self.step("set the mode of", path, |p| unix::set_mode(p, mode.bits()))
    }

    /// Waits until the disk has a file, or the names in a folder.
    pub(super) fn flush(&mut self, path: &Path) -> Result<(), DiskError> {
        self.step("flush", path, |p| File::open(p)?.sync_all())
    }

    /// Moves a file, over another if there is one.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.step("move a file to", to, |to| fs::rename(from, to))
    }

    /// Removes a file.
    pub(super) fn remove(&mut self, path: &Path) -> Result<(), DiskError> {
        self.step("remove", path, |p| fs::remove_file(p))
    }

    /// Removes a folder if nothing is in it and we may.
    pub(super) fn remove_if_empty(&mut self, path: &Path) -> Result<(), DiskError> {
        let is_empty = |p: &Path| fs::read_dir(p).is_ok_and(|mut entries| entries.next().is_none());
        if !is_empty(path) {
            return Ok(());
        }
        self.step("remove the folder", path, |p| match fs::remove_dir(p) {
            Err(e)
                if matches!(e.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::PermissionDenied) =>
            {
                Ok(())
            }
            result => result,
        })
    }

    /// Removes a folder with all that is in it. Links in it are removed, not followed.
    pub(super) fn remove_tree(&mut self, path: &Path) -> Result<(), DiskError> {
        self.step("remove the folder", path, |p| fs::remove_dir_all(p))
    }

    /// Opens a file to lock it. That it is not there, because its folder is gone again, is no error.
    pub(super) fn open_lock(&mut self, path: &Path) -> Result<Option<File>, DiskError> {
        self.step("open", path, |p| match unix::open_lock(p) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            result => result.map(Some),
        })
    }
}
