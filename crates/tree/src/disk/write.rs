//! From a tree as it should be to a tree on disk.

use std::path::Path;

use super::{
    complete::complete,
    error::DiskError,
    lock::locked,
    look::is_there,
    observe::{check, observe},
    ops::{Ops, Steps},
    places::Places,
    preflight::preflight,
    recover::{Recovered, recover_locked},
    stage::stage,
};
use crate::{
    changes::{Changes, changes},
    check::conflicts,
    manifest::Origin,
    observed::Observed,
    selection::Selection,
    tree::Tree,
};

/// What a render did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What was to be done first about an earlier render.
    pub recovered: Recovered,
    /// What it changed.
    pub changes: Changes,
}

/// Makes an output folder hold what is selected of a tree: all of it, or nothing of it. With nothing to do it
/// writes nothing, so that it also works where nothing can be written.
///
/// Unless the error is [`DiskError::Halfway`], the tree is as it was.
pub fn write(dir: &Path, tree: &Tree, selection: &Selection, origin: &Origin) -> Result<Written, DiskError> {
    write_in_steps(dir, tree, selection, origin, &mut |_| Ok(()))
}

/// Like [`write()`], and tells each step before it is made.
pub fn write_in_steps(
    dir: &Path,
    tree: &Tree,
    selection: &Selection,
    origin: &Origin,
    steps: &mut Steps<'_>,
) -> Result<Written, DiskError> {
    let places = Places { root: dir };
    check(places)?;
    // That there is nothing to do can be seen without leaving a trace. Anything else is looked at again under
    // the lock, since another render may be at work.
    let settled = plan(dir, tree, selection).ok().filter(|(_, changes)| changes.is_nothing());
    if let Some((_, changes)) = settled
        && !is_there(&places.lock())?
    {
        return Ok(Written { recovered: Recovered::Nothing, changes });
    }
    locked(places, &mut Ops::new(steps), |ops| {
        let recovered = recover_locked(places, ops)?;
        let (observed, changes) = plan(dir, tree, selection)?;
        check_conflicts(&changes)?;
        if !changes.is_nothing() {
            preflight(places, &changes)?;
            let journal = stage(places, &observed, &changes, origin, ops)?;
            complete(places, &journal, ops)?;
        }
        Ok(Written { recovered, changes })
    })
}

fn check_conflicts(changes: &Changes) -> Result<(), DiskError> {
    let conflicts = conflicts(changes);
    if conflicts.is_empty() { Ok(()) } else { Err(DiskError::Conflicts(conflicts)) }
}

fn plan(dir: &Path, tree: &Tree, selection: &Selection) -> Result<(Observed, Changes), DiskError> {
    let observed = observe(dir, tree)?;
    let changes = changes(&observed, tree, selection).map_err(DiskError::Render)?;
    Ok((observed, changes))
}
