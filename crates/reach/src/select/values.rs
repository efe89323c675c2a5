//! What is known of the value under a key.

use std::collections::{BTreeMap, BTreeSet};

use super::{Labels, Match, Requirement};

/// The values that may stand under a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Values {
    /// The key may be missing.
    pub absent: bool,
    /// The values that it may have, or, if `inverted`, that it may not have.
    pub listed: BTreeSet<String>,
    /// Whether `listed` are the values that it may *not* have.
    pub inverted: bool,
}

/// What is known under one key.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// There is no such key.
    Absent,
    /// Its value.
    Is(&'a str),
    /// One of these.
    Among(&'a Values),
    /// Nothing is known.
    Anything,
}

/// Something with labels, known in full or in part.
pub trait View: Sync {
    /// What is known under a key.
    fn seen(&self, key: &str) -> Seen<'_>;

    /// Whether a condition is known to hold or not, apart from what is known under its key.
    fn says(&self, _condition: &Requirement) -> Option<Match> {
        None
    }
}

impl View for Labels {
    fn seen(&self, key: &str) -> Seen<'_> {
        self.get(key).map_or(Seen::Absent, |v| Seen::Is(v))
    }
}

/// An object of which only this is known.
impl View for BTreeMap<String, Values> {
    fn seen(&self, key: &str) -> Seen<'_> {
        self.get(key).map_or(Seen::Anything, Seen::Among)
    }
}

impl Values {
    /// Anything, or nothing at all.
    pub fn anything() -> Values {
        Values { absent: true, listed: BTreeSet::new(), inverted: true }
    }

    /// Exactly this value.
    pub fn only(value: &str) -> Values {
        Values { absent: false, listed: BTreeSet::from([value.to_owned()]), inverted: false }
    }

    /// What a policy sees of it.
    pub fn seen(&self) -> Seen<'_> {
        let only = self.listed.first().filter(|_| self.listed.len() == 1 && !self.inverted && !self.absent);
        match only {
            Some(value) => Seen::Is(value),
            None if self.absent && !self.inverted && self.listed.is_empty() => Seen::Absent,
            None => Seen::Among(self),
        }
    }

    /// Whether no value, and not even absence, is possible.
    pub fn is_impossible(&self) -> bool {
        !self.absent && !self.inverted && self.listed.is_empty()
    }

    /// Whether a value is possible.
    pub fn allows(&self, value: &str) -> bool {
        self.listed.contains(value) != self.inverted
    }

    /// What both allow.
    #[must_use]
    pub fn both(&self, other: &Values) -> Values {
        let absent = self.absent && other.absent;
        let (listed, inverted) = match (self.inverted, other.inverted) {
            (true, true) => (self.listed.union(&other.listed).cloned().collect(), true),
            (false, _) => (self.listed.iter().filter(|v| other.allows(v)).cloned().collect(), false),
            (true, false) => (other.listed.iter().filter(|v| self.allows(v)).cloned().collect(), false),
        };
        Values { absent, listed, inverted }
    }

    /// Whether everything that this allows, the other allows too.
    pub fn within(&self, other: &Values) -> bool {
        let present = match (self.inverted, other.inverted) {
            (false, _) => self.listed.iter().all(|v| other.allows(v)),
            (true, true) => other.listed.is_subset(&self.listed),
            (true, false) => false,
        };
        present && (!self.absent || other.absent)
    }

    /// Whether what is seen is among these.
    pub fn hold(&self, seen: Seen<'_>) -> Match {
        let anything;
        let known = match seen {
            Seen::Absent => return self.absent.into(),
            Seen::Is(value) => return self.allows(value).into(),
            Seen::Among(values) => values,
            Seen::Anything => {
                anything = Values::anything();
                &anything
            }
        };
        match known.within(self) {
            true => Match::Yes,
            false if known.both(self).is_impossible() => Match::No,
            false => Match::May,
        }
    }
}
