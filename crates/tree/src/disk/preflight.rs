//! Whether a change can be completed, asked before it begins.

use std::collections::BTreeSet;

use super::{
    error::DiskError,
    look::{Found, look},
    places::Places,
    unix,
};
use crate::{changes::Changes, paths::folders};

/// That every folder in which something changes is writable, and on the file system that we stage on. Without
/// it the change would fail halfway, where there is no way back.
pub(super) fn preflight(places: Places<'_>, changes: &Changes) -> Result<(), DiskError> {
    let failed = |e| DiskError::read(places.root, e);
    let ours = unix::device(&places.ours()).map_err(failed)?;
    for folder in changed_folders(places, changes)? {
        let path = places.at(folder);
        unix::check_writable(&path).map_err(|e| DiskError::step("write to", &path, e))?;
        // The output folder itself may be a link, and is where `.meshgen` is in any case.
        if !folder.is_empty() && unix::device(&path).map_err(failed)? != ours {
            return Err(DiskError::OtherDisk(path));
        }
    }
    Ok(())
}

/// The folders in which something is created, replaced or removed; the output folder is the empty path.
fn changed_folders<'c>(places: Places<'_>, changes: &'c Changes) -> Result<BTreeSet<&'c str>, DiskError> {
    let mut all = BTreeSet::new();
    for path in changes.writes.iter().map(|f| &f.path).chain(changes.removed()) {
        let mut nearest = "";
        for folder in folders(path.as_str()) {
            if !matches!(look(places, folder)?, Found::Folder) {
                break;
            }
            nearest = folder;
        }
        all.insert(nearest);
    }
    Ok(all)
}
