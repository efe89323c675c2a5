//! Why a tree cannot be read or changed.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

use crate::{check::Difference, manifest::ManifestError, render::RenderError};

/// Why a tree cannot be read or changed. Unless it is [`DiskError::Halfway`], nothing has changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum DiskError {
    /// The output folder is a file.
    NotAFolder(PathBuf),
    /// The output folder cannot be created.
    CannotCreate(PathBuf, io::Error),
    /// A folder or a file that has to be changed cannot be.
    NotWritable(PathBuf, io::Error),
    /// At a place that is ours is something that no meshgen put there.
    Reserved(PathBuf),
    /// A folder of the tree is a mount of its own, to which nothing can be moved in one step.
    OtherDisk(PathBuf),
    /// Another render holds the lock of this output folder.
    Busy(PathBuf),
    /// Files that no render wrote, or links, are in the way. Never empty.
    Conflicts(Vec<Difference>),
    /// The manifest cannot be read, or not be written.
    Manifest(PathBuf, ManifestError),
    /// The journal of an interrupted render cannot be read.
    Journal(PathBuf, serde_json::Error),
    /// The kustomization of a selection cannot be written.
    Render(RenderError),
    /// The system refused a step: what was tried, and where.
    Io(&'static str, PathBuf, io::Error),
    /// The change has begun and cannot be completed now. The next render completes it.
    Halfway(PathBuf, Box<DiskError>),
}

impl DiskError {
    /// The error of a step, as a permission if it is one.
    pub(super) fn step(what: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                DiskError::NotWritable(path.to_owned(), source)
            }
            _ => DiskError::Io(what, path.to_owned(), source),
        }
    }

    /// The error of reading.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        DiskError::Io("read", path.to_owned(), source)
    }
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskError::NotAFolder(path) => {
                write!(f, "`{}` is a file: name a folder to render into", path.display())
            }
            DiskError::CannotCreate(path, _) => write!(f, "cannot create the folder `{}`", path.display()),
            DiskError::NotWritable(path, _) => {
                write!(
                    f,
                    "`{}` is not writable: change its permissions, or render into another folder",
                    path.display()
                )
            }
            DiskError::Reserved(path) => {
                write!(f, "`{}` is not what meshgen put there: move it away or delete it", path.display())
            }
            DiskError::OtherDisk(path) => write!(
                f,
                "`{}` is on another file system than the output folder, so that they cannot change together: render into a folder without mounts in it",
                path.display()
            ),
            DiskError::Busy(path) => {
                write!(f, "another render is at work in `{}`: wait until it has ended", path.display())
            }
            DiskError::Conflicts(conflicts) => {
                for (i, conflict) in conflicts.iter().enumerate() {
                    write!(f, "{}{conflict}", if i > 0 { "\n" } else { "" })?;
                }
                Ok(())
            }
            DiskError::Manifest(path, _) => write!(f, "cannot use the manifest `{}`", path.display()),
            DiskError::Journal(path, _) => write!(
                f,
                "the journal of an interrupted render, `{}`, cannot be read: restore the tree, for example from git, and delete the journal",
                path.display()
            ),
            DiskError::Render(e) => e.fmt(f),
            DiskError::Io(what, path, _) => write!(f, "cannot {what} `{}`", path.display()),
            DiskError::Halfway(path, _) => {
                write!(
                    f,
                    "`{}` is half changed: remove the cause, then render again to complete it",
                    path.display()
                )
            }
        }
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DiskError::CannotCreate(_, e) | DiskError::NotWritable(_, e) | DiskError::Io(_, _, e) => Some(e),
            DiskError::Manifest(_, e) => Some(e),
            DiskError::Journal(_, e) => Some(e),
            DiskError::Halfway(_, e) => Some(&**e),
            DiskError::Render(e) => e.source(),
            DiskError::NotAFolder(_)
            | DiskError::Reserved(_)
            | DiskError::OtherDisk(_)
            | DiskError::Busy(_)
            | DiskError::Conflicts(_) => None,
        }
    }
}
