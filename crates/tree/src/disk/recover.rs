//! After a kill.

use std::path::Path;

use super::{
    complete::complete,
    error::DiskError,
    journal::Journal,
    lock::locked,
    look::is_there,
    observe::{check, is_interrupted},
    ops::{Ops, Steps},
    places::Places,
};

/// What was to be done about an earlier render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Nothing: it had ended.
    Nothing,
    /// It was killed before it changed anything, and what it had prepared is removed.
    Undone,
    /// It was killed while it changed the tree, and the change is complete now.
    Completed,
}

/// Completes or undoes a render that was killed. May itself be killed, and repeated.
pub fn recover(dir: &Path) -> Result<Recovered, DiskError> {
    recover_in_steps(dir, &mut |_| Ok(()))
}

/// Like [`recover`], and tells each step before it is made.
pub fn recover_in_steps(dir: &Path, steps: &mut Steps<'_>) -> Result<Recovered, DiskError> {
    let places = Places { root: dir };
    check(places)?;
    if !is_interrupted(places)? && !is_there(&places.lock())? {
        return Ok(Recovered::Nothing);
    }
    locked(places, &mut Ops::new(steps), |ops| recover_locked(places, ops))
}

/// The same, for whoever holds the lock.
pub(super) fn recover_locked(places: Places<'_>, ops: &mut Ops<'_>) -> Result<Recovered, DiskError> {
    if let Some(journal) = Journal::read(places)? {
        complete(places, &journal, ops)?;
        return Ok(Recovered::Completed);
    }
    if is_there(&places.staging())? {
        ops.remove_tree(&places.staging())?;
        return Ok(Recovered::Undone);
    }
    Ok(Recovered::Nothing)
}
