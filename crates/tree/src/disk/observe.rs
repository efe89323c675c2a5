//! From a tree on disk to a value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use meshgen_bundle::FilePath;

use super::{
    error::DiskError,
    look::{Found, files_in, is_there, look, read_ours},
    places::{MANIFEST, Places},
    unix,
};
use crate::{
    manifest::Manifest,
    observed::{Entry, Observed, Obstacle},
    tree::Tree,
};

/// What is in an output folder, at the paths of `tree` and at those that the last render wrote. Changes nothing;
/// an output folder that is not there is one that is empty.
pub fn observe(dir: &Path, tree: &Tree) -> Result<Observed, DiskError> {
    let places = Places { root: dir };
    check(places)?;
    let was_interrupted = is_interrupted(places)?;
    let manifest = manifest(places)?;
    let ours = manifest.iter().flat_map(|m| m.files.keys());
    let paths: BTreeSet<&FilePath> = tree.files.iter().map(|f| &f.path).chain(ours).collect();
    let mut entries = BTreeMap::new();
    for path in paths {
        if let Some(entry) = entry(places, path)? {
            entries.insert(path.clone(), entry);
        }
    }
    // Asked twice, because a render may have begun while we were reading.
    let interrupted = was_interrupted || is_interrupted(places)?;
    Ok(Observed { manifest, entries, interrupted })
}

/// That the output folder is a folder or nothing, and what is ours in it as well.
pub(super) fn check(places: Places<'_>) -> Result<(), DiskError> {
    let root = || places.root.to_owned();
    match fs::metadata(places.root) {
        Ok(m) if m.is_dir() => {}
        Ok(_) => return Err(DiskError::NotAFolder(root())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(DiskError::CannotCreate(root(), e)),
        Err(e) => return Err(DiskError::read(places.root, e)),
    }
    match look(places, ".meshgen")? {
        Found::Nothing | Found::Folder => Ok(()),
        Found::File(_) | Found::Blocked(_) => Err(DiskError::Reserved(places.ours())),
    }
}

/// Whether a render left something behind, or is at work.
pub(super) fn is_interrupted(places: Places<'_>) -> Result<bool, DiskError> {
    Ok(is_there(&places.journal())? || is_there(&places.staging())?)
}

fn manifest(places: Places<'_>) -> Result<Option<Manifest>, DiskError> {
    let Some(text) = read_ours(places, MANIFEST)? else { return Ok(None) };
    Manifest::from_json(&text).map(Some).map_err(|e| DiskError::Manifest(places.at(MANIFEST), e))
}

fn entry(places: Places<'_>, path: &FilePath) -> Result<Option<Entry>, DiskError> {
    Ok(match look(places, path.as_str())? {
        Found::Nothing => None,
        Found::File(metadata) => {
            let at = places.at(path.as_str());
            match fs::read(&at) {
                Ok(bytes) => Some(Entry::File { bytes, mode: unix::mode(&metadata) }),
                // Gone since we looked.
                Err(e) if e.kind() == io::ErrorKind::NotFound => None,
                Err(e) => return Err(DiskError::read(&at, e)),
            }
        }
        Found::Folder => Some(Entry::Blocked(Obstacle::Folder { files: files_in(places, path.as_str())? })),
        Found::Blocked(obstacle) => Some(Entry::Blocked(obstacle)),
    })
}
