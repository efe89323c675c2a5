//! One direction of all connections: for each class of pods, what each other end may exchange with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Cluster, Direction, Matcher, PortSet,
    bits::Bits,
    classes::{Atom, Classes, small},
    walk::{Applied, Asked, Outcome, steps, walk},
};

/// What is permitted between two ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permitted {
    /// The ports that are permitted for sure.
    pub sure: PortSet,
    /// The ports that are permitted for sure or perhaps.
    pub possible: PortSet,
}

/// Different values, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) list: Vec<Permitted>,
    numbers: BTreeMap<Permitted, u32>,
    /// What two of them have in common.
    both: BTreeMap<(u32, u32), u32>,
    either: BTreeMap<(u32, u32), u32>,
}

/// Other ends by what is permitted with them; each is in exactly one set.
pub(crate) type Cells = Vec<(u32, Bits)>;

/// The policies that apply, by number, and whether they surely do; and the class itself, if it matters which.
type Profile = (Vec<(u32, bool)>, Option<u32>);

/// One direction.
pub(crate) struct Side {
    /// For each class of pods, which cells are its.
    of: Vec<u32>,
    cells: Vec<Cells>,
    /// The classes without any policy in this direction.
    pub(crate) open: Bits,
}

impl Permitted {
    pub(crate) fn everything() -> Permitted {
        Permitted { sure: PortSet::all(), possible: PortSet::all() }
    }

    /// Nothing is known.
    pub(crate) fn anything() -> Permitted {
        Permitted { sure: PortSet::default(), possible: PortSet::all() }
    }

    /// What both directions permit.
    #[must_use]
    pub fn both(&self, other: &Permitted) -> Permitted {
        Permitted {
            sure: self.sure.intersection(&other.sure),
            possible: self.possible.intersection(&other.possible),
        }
    }

    /// What either permits.
    #[must_use]
    pub fn union(&self, other: &Permitted) -> Permitted {
        Permitted { sure: self.sure.union(&other.sure), possible: self.possible.union(&other.possible) }
    }

    /// What holds if either of two readings may be the right one.
    #[must_use]
    pub fn either(&self, other: &Permitted) -> Permitted {
        Permitted {
            sure: self.sure.intersection(&other.sure),
            possible: self.possible.union(&other.possible),
        }
    }

    /// The ports of which it is not known.
    pub fn unknown(&self) -> PortSet {
        self.possible.minus(&self.sure)
    }
}

impl From<Outcome> for Permitted {
    fn from(outcome: Outcome) -> Permitted {
        Permitted { sure: outcome.allow.minus(&outcome.deny), possible: outcome.allow }
    }
}

impl Values {
    pub(crate) fn number(&mut self, value: Permitted) -> u32 {
        let fresh = small(self.list.len());
        let number = *self.numbers.entry(value.clone()).or_insert(fresh);
        if number == fresh {
            self.list.push(value);
        }
        number
    }

    pub(crate) fn get(&self, number: u32) -> Permitted {
        self.list.get(number as usize).cloned().unwrap_or_default()
    }

    pub(crate) fn both(&mut self, a: u32, b: u32) -> u32 {
        if let Some(known) = self.both.get(&(a, b)) {
            return *known;
        }
        let number = self.number(self.get(a).both(&self.get(b)));
        self.both.insert((a, b), number);
        number
    }

    pub(crate) fn either(&mut self, a: u32, b: u32) -> u32 {
        if let Some(known) = self.either.get(&(a, b)) {
            return *known;
        }
        let number = self.number(self.get(a).either(&self.get(b)));
        self.either.insert((a, b), number);
        number
    }
}

impl Side {
    pub(crate) fn new(
        cluster: &Cluster,
        classes: &Classes<'_>,
        direction: Direction,
        host_is_pod: bool,
        values: &mut Values,
    ) -> Side {
        let mut by_profile: BTreeMap<Profile, u32> = BTreeMap::new();
        let mut side = Side { of: Vec::new(), cells: Vec::new(), open: Bits::default() };
        for (class, applied) in (0..).zip(applied(cluster, classes, direction, host_is_pod)) {
            if applied.is_empty() && !concerned(cluster, classes, class) {
                side.open.insert(class);
            }
            // Where a rule looks at the protected end itself, its class has cells of its own.
            let policies = applied.iter().filter_map(|(n, _)| cluster.policies.get(*n as usize));
            let mut rules = policies.flat_map(|p| p.rules(direction).unwrap_or_default());
            let ingress = direction == Direction::Ingress;
            let looks = rules.any(|r| r.own != Matcher::Anyone || (ingress && r.ports.has_names()));
            let concerned = concerned(cluster, classes, class);
            let own = (looks || concerned).then_some(class);
            let fresh = small(side.cells.len());
            let profile = *by_profile.entry((applied, own)).or_insert_with_key(|(applied, _)| {
                let view = Viewed { cluster, classes, direction, host_is_pod };
                side.cells.push(if concerned {
                    view.unknown(values)
                } else {
                    view.cells(class, applied, values)
                });
                fresh
            });
            side.of.push(profile);
        }
        side
    }

    /// What is permitted with each other end.
    pub(crate) fn cells(&self, class: u32) -> &[(u32, Bits)] {
        let profile = self.of.get(class as usize).and_then(|p| self.cells.get(*p as usize));
        profile.map_or(&[], Vec::as_slice)
    }

    /// What is permitted with one other end; none if the class is not of pods.
    pub(crate) fn value(&self, class: u32, other: u32) -> Option<u32> {
        self.cells(class).iter().find(|(_, ends)| ends.contains(other)).map(|(value, _)| *value)
    }
}

/// Whether something that was not understood may concern a class.
fn concerned(cluster: &Cluster, classes: &Classes<'_>, class: u32) -> bool {
    cluster.unread.iter().any(|unread| {
        let meant =
            classes.atom(&unread.concerns).is_some_and(|a| a.yes.contains(class) || a.may.contains(class));
        meant && (!unread.host_only || classes.hosts.contains(class))
    })
}

/// For each class of pods, the policies that speak of it in a direction, and whether they surely do.
fn applied(
    cluster: &Cluster,
    classes: &Classes<'_>,
    direction: Direction,
    host_is_pod: bool,
) -> Vec<Vec<(u32, bool)>> {
    let mut all: Vec<Vec<(u32, bool)>> = vec![Vec::new(); classes.pods() as usize];
    for (n, policy) in (0..).zip(&cluster.policies) {
        let Some(atom) = classes.atom(&policy.subject).filter(|_| policy.rules(direction).is_some()) else {
            continue;
        };
        let atom = seen(&policy.subject, atom, classes, host_is_pod);
        for (set, surely) in [(&atom.yes, true), (&atom.may, false)] {
            for class in set.iter() {
                if let Some(applied) = all.get_mut(class as usize) {
                    applied.push((n, surely));
                }
            }
        }
    }
    all
}

/// Whom a matcher means in a reading of pods on the network of their node.
fn seen(matcher: &Matcher, atom: &Atom, classes: &Classes<'_>, host_is_pod: bool) -> Atom {
    if host_is_pod || classes.hosts.is_empty() || !matches!(matcher, Matcher::Pods { .. }) {
        return atom.clone();
    }
    Atom { yes: atom.yes.minus(&classes.hosts), may: atom.may.minus(&classes.hosts) }
}

struct Viewed<'v, 'a> {
    cluster: &'v Cluster,
    classes: &'v Classes<'a>,
    direction: Direction,
    host_is_pod: bool,
}

impl Viewed<'_, '_> {
    /// Nothing is known.
    fn unknown(&self, values: &mut Values) -> Cells {
        let value = values.number(Permitted { sure: PortSet::default(), possible: PortSet::all() });
        vec![(value, Bits::below(self.classes.len()))]
    }

    /// Splits the other ends until no rule tells those of a cell apart, and asks one of each.
    fn cells(&self, class: u32, applied: &[(u32, bool)], values: &mut Values) -> Cells {
        let applied: Vec<Applied<'_>> = applied
            .iter()
            .filter_map(|(n, surely)| {
                Some(Applied { policy: self.cluster.policies.get(*n as usize)?, surely: *surely })
            })
            .collect();
        let steps = steps(self.cluster, &applied);
        let mut cells: BTreeMap<u32, Bits> = BTreeMap::new();
        for cell in self.split(&applied) {
            let ends = cell.first().and_then(|other| {
                Some((self.classes.end(class, self.host_is_pod)?, self.classes.end(other, self.host_is_pod)?))
            });
            let Some((own, peer)) = ends else { continue };
            let asked = Asked {
                cluster: self.cluster,
                direction: self.direction,
                own,
                peer,
                avoiding: false,
                described: None,
            };
            let value = values.number(walk(&steps, asked, &PortSet::all(), &mut |_| {}).into());
            let all = cells.entry(value).or_default();
            *all = all.union(&cell);
        }
        let mut cells: Cells = cells.into_iter().collect();
        cells.sort_by_key(|(_, ends)| std::cmp::Reverse(ends.len()));
        cells
    }

    fn split(&self, applied: &[Applied<'_>]) -> Vec<Bits> {
        let rules = || applied.iter().flat_map(|a| a.policy.rules(self.direction).unwrap_or_default());
        let peers: BTreeSet<&Matcher> = rules().flat_map(|r| &r.peers).collect();
        let mut cells = vec![Bits::below(self.classes.len())];
        for matcher in peers {
            let Some(atom) = self.classes.atom(matcher) else { continue };
            let atom = seen(matcher, atom, self.classes, self.host_is_pod);
            cells = cut(cells, &atom.yes);
            cells = cut(cells, &atom.may);
        }
        if self.direction == Direction::Egress {
            let names = rules().flat_map(|r| r.ports.names.iter().chain(&r.ports.except_names));
            let names: BTreeSet<&str> = names.map(|(_, name)| name.as_str()).collect();
            for set in names.into_iter().flat_map(|name| self.classes.named(name)) {
                cells = cut(cells, set);
            }
        }
        cells
    }
}

/// Each cell in two: what is in the set, and what is not.
fn cut(cells: Vec<Bits>, set: &Bits) -> Vec<Bits> {
    if set.is_empty() {
        return cells;
    }
    let mut all = Vec::with_capacity(cells.len() + 1);
    for cell in cells {
        let inside = cell.intersection(set);
        if inside.is_empty() || inside == cell {
            all.push(cell);
            continue;
        }
        all.push(cell.minus(&inside));
        all.push(inside);
    }
    all
}
