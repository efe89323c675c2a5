//! One render at a time in one output folder.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use super::{error::DiskError, look::is_there, ops::Ops, places::Places, unix};

/// Does something while no other render can. The output folder is created if need be; when it fails, whatever
/// was created is removed again.
pub(super) fn locked<T>(
    places: Places<'_>,
    ops: &mut Ops<'_>,
    act: impl FnOnce(&mut Ops<'_>) -> Result<T, DiskError>,
) -> Result<T, DiskError> {
    let missing = missing(places.root);
    let result = create(&missing, ops).and_then(|()| with_lock(places, ops, act));
    // Errors of the cleaning up are dropped: nothing that stays does any harm, and the result is what counts.
    let _ = ops.remove_if_empty(&places.ours());
    if result.is_err() {
        for folder in missing.iter().rev() {
            let _ = ops.remove_if_empty(folder);
        }
    }
    result
}

fn with_lock<T>(
    places: Places<'_>,
    ops: &mut Ops<'_>,
    act: impl FnOnce(&mut Ops<'_>) -> Result<T, DiskError>,
) -> Result<T, DiskError> {
    let lock = acquire(places, ops)?;
    let result = act(ops);
    // Removed while it is held: whoever opened it meanwhile finds that it is not at its path, and tries again.
    // If it stays, the next render takes it over.
    let _ = ops.remove(&places.lock());
    // Not left to the end of `lock`: a child that was forked meanwhile would hold it on.
    let _ = lock.unlock();
    result
}

fn acquire(places: Places<'_>, ops: &mut Ops<'_>) -> Result<File, DiskError> {
    let path = places.lock();
    loop {
        // Also if it is there: a first render that was killed may have left it with the mode of its umask.
        if !is_there(&places.manifest())? {
            ops.folder(&places.ours())?;
        }
        let Some(file) = ops.open_lock(&path)? else { continue };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DiskError::Busy(places.root.to_owned())),
            Err(TryLockError::Error(e)) => return Err(DiskError::step("lock", &path, e)),
        }
        if unix::is_at(&file, &path).map_err(|e| DiskError::read(&path, e))? {
            return Ok(file);
        }
    }
}

/// The folders that have to be created for one to be there, outermost first.
fn missing(root: &Path) -> Vec<PathBuf> {
    let missing = root.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.is_dir());
    let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    missing.reverse();
    missing
}

fn create(folders: &[PathBuf], ops: &mut Ops<'_>) -> Result<(), DiskError> {
    let cannot = |e| match e {
        DiskError::Io(_, path, e) => DiskError::CannotCreate(path, e),
        e => e,
    };
    folders.iter().try_for_each(|folder| ops.folder(folder).map_err(cannot))
}
