//! What clients see, by number: few different things, many pairs.

use std::collections::BTreeMap;

use meshgen_mesh::{Layer, Outcome, Reason, Said, Verdict};
use meshgen_reach::{PortSet, Protocol};

/// What clients see, and what decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) outcome: Outcome,
    /// The layer that decided, in words, and the objects that say so; nothing where it is plainly open.
    pub(crate) because: Option<Because>,
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Because {
    pub(crate) layer: Layer,
    pub(crate) said: String,
    by: Vec<(meshgen_yaml::Place, String, String, String)>,
}

impl Because {
    fn of(reason: &Reason) -> Because {
        let by = reason.by.iter().map(|s| (s.place, s.kind.clone(), s.namespace.clone(), s.name.clone()));
        Because { layer: reason.layer, said: reason.said.clone(), by: by.collect() }
    }

    /// As the judge of the mesh gives it.
    pub(crate) fn reason(&self) -> Reason {
        let said = |(place, kind, namespace, name): &(meshgen_yaml::Place, String, String, String)| Said {
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            place: *place,
        };
        Reason { layer: self.layer, said: self.said.clone(), by: self.by.iter().map(said).collect() }
    }
}

impl Seen {
    /// What is seen in another way of dialling than that in which clients call the pod: where it is open, that decided.
    pub(crate) fn dialled(verdict: Verdict, way: Option<&Reason>) -> Seen {
        let seen = Seen::from(verdict);
        Seen { because: seen.because.or_else(|| way.map(Because::of)), ..seen }
    }
}

impl From<Verdict> for Seen {
    fn from(verdict: Verdict) -> Seen {
        let because = verdict.reasons.last().filter(|_| verdict.outcome != Outcome::Open);
        Seen { because: because.map(Because::of), outcome: verdict.outcome }
    }
}

/// Values by number.
#[derive(Debug)]
pub(crate) struct Numbered<T> {
    pub(crate) list: Vec<T>,
    numbers: BTreeMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered { list: Vec::new(), numbers: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> Numbered<T> {
    pub(crate) fn number(&mut self, value: T) -> u32 {
        if let Some(known) = self.numbers.get(&value) {
            return *known;
        }
        let fresh = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(value.clone());
        self.numbers.insert(value, fresh);
        fresh
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.list.get(number as usize)
    }
}

/// TCP ports, as a set.
pub(crate) fn tcp(ranges: &[(u16, u16)]) -> PortSet {
    ranges.iter().map(|(first, last)| PortSet::range(Protocol::Tcp, *first, *last)).collect()
}
