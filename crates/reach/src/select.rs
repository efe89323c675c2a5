//! Selecting by labels: what is known of an object's labels, and whether a selector selects it.

mod expression;
mod requirement;
mod values;

use std::collections::BTreeMap;

pub use expression::{BadExpression, Expression};
pub use requirement::{Operator, Requirement, Selector};
pub use values::{Seen, Values, View};

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// Whether something is selected. What is not known in full may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// It is not.
    No,
    /// It depends on what is not known.
    May,
    /// It is.
    Yes,
}

impl Match {
    /// Both.
    #[must_use]
    pub fn and(self, other: Match) -> Match {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Match) -> Match {
        self.max(other)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Match {
        match self {
            Match::No => Match::Yes,
            Match::May => Match::May,
            Match::Yes => Match::No,
        }
    }
}

impl From<bool> for Match {
    fn from(yes: bool) -> Match {
        if yes { Match::Yes } else { Match::No }
    }
}
