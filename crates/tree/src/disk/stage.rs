//! All that is to be written, next to the tree and not in it.

use std::collections::BTreeSet;

use meshgen_bundle::FilePath;

use super::{
    error::DiskError,
    journal::{Journal, PathText, Removal, Write},
    look::{Found, look},
    ops::Ops,
    places::Places,
};
use crate::{
    change::Change,
    changes::Changes,
    manifest::{Manifest, Origin},
    observed::Observed,
    paths::folders,
    tree::Mode,
};

/// Prepares a change, and decides it. When it fails, nothing is left.
pub(super) fn stage(
    places: Places<'_>,
    old: &Observed,
    changes: &Changes,
    origin: &Origin,
    ops: &mut Ops<'_>,
) -> Result<Journal, DiskError> {
    let staged = prepare(places, old, changes, origin, ops);
    if staged.is_err() {
        // The error that counts is the one that we have; the next render tries again to clean up.
        let _ = ops.remove_tree(&places.staging());
    }
    staged
}

fn prepare(
    places: Places<'_>,
    old: &Observed,
    changes: &Changes,
    origin: &Origin,
    ops: &mut Ops<'_>,
) -> Result<Journal, DiskError> {
    let manifest = Manifest { origin: origin.clone(), files: changes.listed.clone() };
    let manifest = manifest.to_json().map_err(|e| DiskError::Manifest(places.manifest(), e))?;
    let journal = journal(places, old, changes)?;
    ops.folder(&places.staging())?;
    for (number, file) in changes.writes.iter().enumerate() {
        ops.file(&places.staged(number), &file.text, file.mode)?;
    }
    ops.file(&places.staged_manifest(), &manifest, Mode::Plain)?;
    ops.file(&places.staged_journal(), &journal.to_json(places)?, Mode::Plain)?;
    ops.flush(&places.staged_journal())?;
    // Until here nothing has changed; from here on everything has.
    ops.rename(&places.staged_journal(), &places.journal())?;
    Ok(journal)
}

fn journal(places: Places<'_>, old: &Observed, changes: &Changes) -> Result<Journal, DiskError> {
    let removal = |path: &FilePath| {
        old.listed(path).map(|listed| Removal { path: PathText(path.clone()), sha256: listed.sha256 })
    };
    let write = |path: &FilePath| Write {
        path: PathText(path.clone()),
        over: changes.paths.get(path) != Some(&Change::Created),
    };
    Ok(Journal {
        remove: changes.removed().filter_map(removal).collect(),
        folders: missing_folders(places, changes)?,
        write: changes.writes.iter().map(|f| write(&f.path)).collect(),
    })
}

/// The folders that files need and that are not there, or not yet folders.
fn missing_folders(places: Places<'_>, changes: &Changes) -> Result<Vec<PathText>, DiskError> {
    let needed: BTreeSet<&str> = changes.writes.iter().flat_map(|f| folders(f.path.as_str())).collect();
    let mut missing = Vec::new();
    for folder in needed {
        if !matches!(look(places, folder)?, Found::Folder) {
            // A folder of a path is one.
            missing.extend(folder.parse().ok().map(PathText));
        }
    }
    Ok(missing)
}
