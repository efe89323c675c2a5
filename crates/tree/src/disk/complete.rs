//! A change that is decided, carried out. Every step may be repeated.

use std::{collections::BTreeSet, fs};

use super::{
    error::DiskError,
    journal::{Journal, Removal, Write},
    look::{Found, files_in, is_there, look},
    ops::Ops,
    places::Places,
};
use crate::{
    change::Conflict,
    check::{Difference, What},
    digest::Digest,
    observed::Obstacle,
    paths::folders,
};

/// Does what is left to do of a change, and removes its traces.
pub(super) fn complete(places: Places<'_>, journal: &Journal, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    carry_out(places, journal, ops).map_err(|e| DiskError::Halfway(places.root.to_owned(), Box::new(e)))
}

fn carry_out(places: Places<'_>, journal: &Journal, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    // Before anything else, so that no power loss can lose the journal and keep what follows.
    ops.flush(&places.ours())?;
    // First what goes, since a file may take the place of a folder, or a folder that of a file.
    for removal in &journal.remove {
        remove(places, removal, ops)?;
    }
    remove_emptied(places, journal, ops)?;
    for folder in &journal.folders {
        create(places, folder.as_str(), ops)?;
    }
    for (number, write) in journal.write.iter().enumerate() {
        move_staged(places, number, write, ops)?;
    }
    if is_there(&places.staged_manifest())? {
        ops.rename(&places.staged_manifest(), &places.manifest())?;
    }
    if is_there(&places.staging())? {
        ops.remove_tree(&places.staging())?;
    }
    // Last, so that whoever is killed before this is done finds it again.
    ops.remove(&places.journal())
}

/// Removes a file, unless it is not what we decided to remove.
fn remove(places: Places<'_>, removal: &Removal, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    let Found::File(_) = look(places, removal.path.as_str())? else { return Ok(()) };
    let path = places.at(removal.path.as_str());
    let bytes = fs::read(&path).map_err(|e| DiskError::read(&path, e))?;
    if Digest::of(&bytes) == removal.sha256 { ops.remove(&path) } else { Ok(()) }
}

/// Removes the folders that removals left empty, innermost first, and not those that will be needed at once.
fn remove_emptied(places: Places<'_>, journal: &Journal, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    let needed: BTreeSet<&str> = journal.write.iter().flat_map(|w| folders(w.path.as_str())).collect();
    let left: BTreeSet<&str> = journal.remove.iter().flat_map(|r| folders(r.path.as_str())).collect();
    for folder in left.into_iter().rev().filter(|folder| !needed.contains(folder)) {
        if let Found::Folder = look(places, folder)? {
            ops.remove_if_empty(&places.at(folder))?;
        }
    }
    Ok(())
}

fn create(places: Places<'_>, folder: &str, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    match look(places, folder)? {
        Found::Nothing | Found::Folder => ops.folder(&places.at(folder)),
        Found::File(_) => {
            Err(in_the_way(folder, Conflict::Blocked(Obstacle::File { at: folder.to_owned() })))
        }
        Found::Blocked(obstacle) => Err(in_the_way(folder, Conflict::Blocked(obstacle))),
    }
}

fn move_staged(places: Places<'_>, number: usize, write: &Write, ops: &mut Ops<'_>) -> Result<(), DiskError> {
    let staged = places.staged(number);
    if !is_there(&staged)? {
        // It is in its place already.
        return Ok(());
    }
    let path = write.path.as_str();
    match look(places, path)? {
        Found::Nothing => ops.rename(&staged, &places.at(path)),
        Found::File(_) if write.over => ops.rename(&staged, &places.at(path)),
        Found::File(_) => Err(in_the_way(path, Conflict::Foreign)),
        Found::Folder => {
            let files = files_in(places, path)?;
            Err(in_the_way(path, Conflict::Blocked(Obstacle::Folder { files })))
        }
        Found::Blocked(obstacle) => Err(in_the_way(path, Conflict::Blocked(obstacle))),
    }
}

/// Something that came while the change was interrupted.
fn in_the_way(path: &str, conflict: Conflict) -> DiskError {
    DiskError::Conflicts(vec![Difference { path: path.to_owned(), what: What::Conflict(conflict) }])
}
