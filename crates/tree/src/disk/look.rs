//! What is at a path, without following a link below the output folder.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
};

use super::{error::DiskError, places::Places};
use crate::{observed::Obstacle, paths::folders};

/// What is at a path.
pub(super) enum Found {
    Nothing,
    File(Metadata),
    Folder,
    /// Anything else, also above it; never [`Obstacle::Folder`].
    Blocked(Obstacle),
}

/// What is at a path of the tree.
pub(super) fn look(places: Places<'_>, path: &str) -> Result<Found, DiskError> {
    for folder in folders(path) {
        let at = || folder.to_owned();
        match metadata(places, folder)? {
            None => return Ok(Found::Nothing),
            Some(m) if m.is_dir() => {}
            Some(m) if m.is_symlink() => return Ok(Found::Blocked(Obstacle::Symlink { at: at() })),
            Some(_) => return Ok(Found::Blocked(Obstacle::File { at: at() })),
        }
    }
    Ok(match metadata(places, path)? {
        None => Found::Nothing,
        Some(m) if m.is_file() => Found::File(m),
        Some(m) if m.is_dir() => Found::Folder,
        Some(m) if m.is_symlink() => Found::Blocked(Obstacle::Symlink { at: path.to_owned() }),
        Some(_) => Found::Blocked(Obstacle::Special),
    })
}

/// What is somewhere in a folder and is no folder, sorted.
pub(super) fn files_in(places: Places<'_>, folder: &str) -> Result<Vec<String>, DiskError> {
    let at = places.at(folder);
    let failed = |e| DiskError::read(&at, e);
    let mut files = Vec::new();
    for entry in fs::read_dir(&at).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            files.extend(files_in(places, &path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The text of a file of ours.
pub(super) fn read_ours(places: Places<'_>, path: &str) -> Result<Option<String>, DiskError> {
    let at = places.at(path);
    match look(places, path)? {
        Found::Nothing => Ok(None),
        Found::File(_) => fs::read_to_string(&at).map(Some).map_err(|e| DiskError::read(&at, e)),
        Found::Folder | Found::Blocked(_) => Err(DiskError::Reserved(at)),
    }
}

/// Whether something is at a place.
pub(super) fn is_there(path: &Path) -> Result<bool, DiskError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(DiskError::read(path, e)),
    }
}

fn metadata(places: Places<'_>, path: &str) -> Result<Option<Metadata>, DiskError> {
    let path = places.at(path);
    match fs::symlink_metadata(&path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(DiskError::read(&path, e)),
    }
}
