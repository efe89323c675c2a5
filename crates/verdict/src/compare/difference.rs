//! What differs between what was seen and what is seen.

use meshgen_mesh::{Clause, Outcome, Remains, Term};
use meshgen_reach::PortSet;

use super::{Values, Version};
use crate::list::table::Passing;

/// What is possible on one side and was not on the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gain {
    pub(crate) ports: PortSet,
    /// Whether the network is what differs.
    pub(crate) network: bool,
    /// Which requests pass, if not all.
    pub(crate) remains: Option<String>,
    /// Whether it is not known.
    pub(crate) unknown: bool,
}

/// What differs, both ways.
#[derive(Default)]
pub(crate) struct Difference {
    pub(crate) gained: Vec<Gain>,
    pub(crate) lost: Vec<Gain>,
}

/// What one version lets pass between two ends.
#[derive(Default)]
pub(super) struct Side {
    /// What the network lets through, perhaps.
    pub(super) network: PortSet,
    /// What of it is not known.
    pub(super) network_unknown: PortSet,
    pub(super) open: PortSet,
    pub(super) unknown: PortSet,
    pub(super) partial: Vec<(Remains, PortSet)>,
}

pub(super) fn difference(old: &Version, new: &Version, values: Values) -> Difference {
    let (before, after) = (Side::of(old, values.0), Side::of(new, values.1));
    Difference { gained: after.gained(&before), lost: before.beyond(&after) }
}

impl Side {
    fn of(version: &Version, value: Option<(u32, u32)>) -> Side {
        let Some((network, passing)) = value else { return Side::default() };
        let nothing = Passing::default();
        let passing = version.table.passings.get(passing).unwrap_or(&nothing);
        let network = version.cells.values.get(network as usize);
        let mut side = Side {
            network: network.map(|v| v.possible.clone()).unwrap_or_default(),
            network_unknown: network.map(meshgen_reach::Permitted::unknown).unwrap_or_default(),
            open: passing.sure.clone(),
            unknown: passing.unknown.clone(),
            partial: Vec::new(),
        };
        for (number, ports) in &passing.seen {
            match version.seen.get(*number).map(|s| &s.outcome) {
                Some(Outcome::Open) => side.open = side.open.union(ports),
                Some(Outcome::Partial(remains)) => side.partial.push((remains.clone(), ports.clone())),
                _ => side.unknown = side.unknown.union(ports),
            }
        }
        side
    }

    /// What is possible here and was not, or not as much, and what is sure to pass here and was not known to: nobody can
    /// say that this was possible already.
    fn gained(&self, before: &Side) -> Vec<Gain> {
        let mut gains = self.beyond(before);
        let partial = self.partial.iter().map(|(remains, ports)| (Some(remains.to_string()), ports));
        for (remains, ports) in std::iter::once((None, &self.open)).chain(partial) {
            let more = ports.intersection(&before.unknown).minus(&before.open);
            let by_network = more.intersection(&before.network_unknown.minus(&self.network_unknown));
            for (ports, network) in [(more.minus(&by_network), false), (by_network.clone(), true)] {
                if !ports.is_empty() {
                    gains.push(Gain { ports, network, remains: remains.clone(), unknown: false });
                }
            }
        }
        gains
    }

    /// What is possible here and is not, or not as much, on the other side.
    pub(super) fn beyond(&self, other: &Side) -> Vec<Gain> {
        let known = other.open.union(&other.unknown);
        let mut gains = Vec::new();
        let mut put = |ports: PortSet, remains: Option<String>, unknown| {
            let by_network = ports.minus(&other.network);
            for (ports, network) in [(ports.minus(&by_network), false), (by_network.clone(), true)] {
                if !ports.is_empty() {
                    gains.push(Gain { ports, network, remains: remains.clone(), unknown });
                }
            }
        };
        put(self.open.minus(&known), None, false);
        put(self.unknown.minus(&known), None, true);
        for (remains, ports) in &self.partial {
            let mut more = ports.minus(&known);
            for (theirs, same) in &other.partial {
                if is_within(remains, theirs) {
                    more = more.minus(same);
                }
            }
            put(more, Some(remains.to_string()), false);
        }
        gains
    }
}

impl Side {
    /// What may be possible here and was not known to be on the other side, where it is not known how much more it is.
    pub(super) fn doubtful(&self, other: &Side) -> Option<Gain> {
        let partial = self.partial.iter().map(|(_, ports)| ports);
        let possible = partial.fold(self.open.union(&self.unknown), |all, ports| all.union(ports));
        let ports = possible.intersection(&other.unknown).minus(&other.open).intersection(&other.network);
        (!ports.is_empty()).then_some(Gain { ports, network: false, remains: None, unknown: true })
    }
}

/// Whether all that passes by the one surely passes by the other.
fn is_within(one: &Remains, other: &Remains) -> bool {
    let all = |clauses: &[Clause], others: &[Clause]| {
        clauses.iter().all(|clause| others.iter().any(|other| is_narrower(clause, other)))
    };
    let only = other.only.is_empty() || (!one.only.is_empty() && all(&one.only, &other.only));
    let no_more =
        |one: Option<bool>, other: Option<bool>| one == other || one == Some(false) || other == Some(true);
    only && all(&other.except, &one.except)
        && no_more(one.requests, other.requests)
        && no_more(one.connections, other.connections)
}

/// Whether all that one clause matches the other surely matches.
fn is_narrower(one: &Clause, other: &Clause) -> bool {
    let within = |all: &[String], others: &[String]| all.iter().all(|value| others.contains(value));
    let asks = |term: &Term| {
        one.terms.iter().filter(|own| own.attribute == term.attribute).any(|own| {
            let values =
                term.values.is_empty() || (!own.values.is_empty() && within(&own.values, &term.values));
            values && within(&term.not_values, &own.not_values)
        })
    };
    other.terms.iter().all(asks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshgen_mesh::Attribute;

    fn methods(all: &[&str]) -> Remains {
        let values: Vec<String> = all.iter().map(|m| (*m).to_owned()).collect();
        let term = Term { attribute: Attribute::Method, values, not_values: Vec::new() };
        let only = if all.is_empty() { Vec::new() } else { vec![Clause { terms: vec![term] }] };
        Remains { only, ..Remains::default() }
    }

    #[test]
    fn what_remains_is_compared_by_its_clauses() {
        let (one, two) = (methods(&["GET"]), methods(&["GET", "POST"]));
        assert!(is_within(&one, &two) && !is_within(&two, &one) && is_within(&one, &one));
        assert!(is_within(&one, &methods(&[])) && !is_within(&methods(&[]), &one));
        let excepted = Remains { except: one.only.clone(), ..methods(&[]) };
        assert!(is_within(&excepted, &methods(&[])) && !is_within(&methods(&[]), &excepted));
    }
}
