//! What becomes of one file.

use std::fmt;

use crate::{observed::Obstacle, tree::Mode};

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It holds what it should, and is not touched.
    Unchanged,
    /// It is not there yet, or not any more.
    Created,
    /// It is as a render left it, and should be otherwise.
    Updated {
        /// Whether it should hold something else.
        content: bool,
        /// The mode that it should have, if it has another.
        mode: Option<Mode>,
    },
    /// Somebody edited it; it is ours, and written again.
    Overwritten,
    /// It is ours, and should not be there any more.
    Removed,
    /// It should not be there any more, but somebody edited it: it stays, and is not ours from now on.
    Disowned,
    /// It should not be there any more, and is not.
    Forgotten,
    /// It cannot be written.
    Conflict(Conflict),
}

/// Why a file cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// At its path is a file that no render wrote.
    Foreign,
    /// Something else is in the way.
    Blocked(Obstacle),
}

impl Change {
    /// Whether the file is written.
    pub(crate) fn is_write(&self) -> bool {
        match self {
            Change::Created | Change::Updated { .. } | Change::Overwritten => true,
            Change::Unchanged
            | Change::Removed
            | Change::Disowned
            | Change::Forgotten
            | Change::Conflict(_) => false,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Unchanged => "unchanged",
            Change::Created => "created",
            Change::Updated { .. } => "updated",
            Change::Overwritten => "overwritten, though it was edited by hand",
            Change::Removed => "removed",
            Change::Disowned => "left in place, because it was edited by hand: it is yours from now on",
            Change::Forgotten => "gone already",
            Change::Conflict(_) => "in the way",
        })
    }
}
