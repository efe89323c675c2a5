//! What changed for pods that are in neither version.
//!
//! Such a pod is imagined: one for each description that a rule of either version uses, which fits that
//! description and no other that does not follow from it, and one that fits none. As long as rules only allow,
//! whatever any pod at all may gain, one of these gains. Where rules also deny or pass, pods that fit two
//! descriptions are imagined too. Their own policies are not known, so what the other end permits is compared.
//!
//! What their own policies permit is compared in the same way: pods are imagined that fit the subject of a policy that
//! changed, or that and the subject of another, with everybody that its rules are about, outside of the cluster too.
//!
//! Two descriptions are enough, because a connection that became possible was refused by one rule and is allowed by one.
//! That does not hold where a rule of Calico passes in more than one tier that refuses what it does not know: a pod that
//! needs three descriptions to get through them is not imagined.

mod fitting;
mod imagined;
mod meetings;
mod same;
mod together;
mod versions;

use std::collections::BTreeMap;

use self::{
    imagined::{Imagined, imagined, may_meet},
    meetings::Meetings,
    versions::{Own, Spoken, Versions, outside},
};
use super::Difference;
use crate::{Direction, Judge, Matcher, PortSet, Protocol};

/// By the imagined pods, the direction and the ports, who changed alike: classes by number in a list of joints,
/// and descriptions of pods.
pub(super) type Unseen = BTreeMap<(String, Direction, PortSet), (Vec<usize>, Vec<String>)>;

/// What changed with pods that are not there.
#[derive(Default)]
pub(super) struct Changed {
    pub(super) widened: Unseen,
    pub(super) narrowed: Unseen,
}

/// Compares what each of these classes, and each description of pods that a changed policy selects, permits.
///
/// `seen` is what changed between two classes that are there, source first: it need not be told again.
pub(super) fn unseen<'a>(
    old: &Judge<'a>,
    new: &Judge<'a>,
    joints: &[super::Joint],
    seen: &dyn Fn(usize, usize) -> Difference,
) -> Changed {
    let versions = Versions::new(old, new);
    let mut ask =
        Ask { versions: &versions, joints, seen, found: Changed::default(), real: vec![], described: vec![] };
    for (n, joint) in joints.iter().enumerate() {
        let own = Own::Class(joint.0, joint.1);
        if versions.is_pods(&own) && versions.concerns(&own) {
            ask.about(&own, Some(n));
        }
    }
    for own in versions.described() {
        ask.about(&own, None);
    }
    ask.found
}

/// What an end gained or lost with an imagined pod.
struct Told<O> {
    own: O,
    direction: Direction,
    with: String,
    difference: Difference,
}

impl<O> Told<O> {
    fn is_about(&self, direction: Direction, with: &str) -> bool {
        self.direction == direction && self.with == with
    }
}

struct Ask<'v, 'a> {
    versions: &'v Versions<'v, 'a>,
    joints: &'v [super::Joint],
    seen: &'v dyn Fn(usize, usize) -> Difference,
    found: Changed,
    /// Of classes that are there, by number in the list of joints.
    real: Vec<Told<usize>>,
    /// Of pods that are not there, by their descriptions.
    described: Vec<Told<Vec<Matcher>>>,
}

impl Ask<'_, '_> {
    fn about(&mut self, own: &Own, joint: Option<usize>) {
        for direction in [Direction::Egress, Direction::Ingress] {
            let (before, after) = self.versions.applied(own, direction);
            if before.is_same(&after) {
                continue;
            }
            let meetings = Meetings::new(self.versions, own, [&before, &after], direction);
            let mut known: Vec<(Imagined, Difference)> = Vec::new();
            let alone = imagined(self.versions, [&before, &after], direction);
            let together = meetings.pairs(self.versions, &alone, may_meet([&before, &after]));
            for one in alone.into_iter().chain(together) {
                let [old, new] = meetings.permitted(self.versions, &one);
                let all = Difference::between(&old, &new);
                if all.gained.is_empty() && all.lost.is_empty() {
                    continue;
                }
                // What holds for any pod, or for those of a wider description, is said once.
                let wider = known.iter().filter(|(wider, _)| one.includes(wider));
                let fresh = wider.fold(all.clone(), |fresh, (_, wider)| fresh.minus(wider));
                self.tell(own, joint, direction, &one, fresh);
                known.push((one, all));
            }
            // Those that are there are compared with the outside elsewhere.
            if let Own::Described(described) = own {
                let anybody = known.iter().filter(|(one, _)| one.is_anybody()).map(|(_, said)| said.clone());
                // What holds for any pod, or is told of those that are there, is said once.
                let said: Vec<Difference> =
                    anybody.chain(self.with_outside(&described.by, direction)).collect();
                self.about_outside(own, [&before, &after], direction, &said);
            }
        }
    }

    fn about_outside(
        &mut self,
        own: &Own,
        [before, after]: [&Spoken<'_>; 2],
        direction: Direction,
        said: &[Difference],
    ) {
        for range in outside([before, after], direction) {
            let old = self.versions.permitted_outside(0, own, before, range, direction);
            let new = self.versions.permitted_outside(1, own, after, range, direction);
            let all = Difference::between(&old, &new);
            let fresh = said.iter().fold(all, |fresh, said| fresh.minus(said));
            self.tell(own, None, direction, &Imagined::outside(range), fresh);
        }
    }

    /// What changed between the outside and pods that are there and fit some descriptions.
    fn with_outside(&self, by: &[Matcher], direction: Direction) -> Vec<Difference> {
        let is_pods = |joint: &super::Joint| self.versions.is_pods(&Own::Class(joint.0, joint.1));
        let all = || self.joints.iter().enumerate();
        let outside: Vec<usize> = all().filter(|(_, j)| !is_pods(j)).map(|(n, _)| n).collect();
        let real = all().filter(|(_, j)| is_pods(j) && self.versions.fits(by, **j)).map(|(n, _)| n);
        let pairs = real.flat_map(|pod| outside.iter().map(move |out| (pod, *out)));
        let seen = pairs.map(|(pod, out)| match direction {
            Direction::Egress => (self.seen)(pod, out),
            Direction::Ingress => (self.seen)(out, pod),
        });
        seen.collect()
    }

    fn tell(
        &mut self,
        own: &Own,
        joint: Option<usize>,
        direction: Direction,
        one: &Imagined,
        difference: Difference,
    ) {
        let sides = [(true, &difference.gained), (false, &difference.lost)];
        for (widened, ports) in sides.into_iter().filter(|(_, ports)| !ports.is_empty()) {
            let pick = |d: Difference| if widened { d.gained } else { d.lost };
            let told = match (joint, own) {
                (Some(joint), _) => self.is_told(joint, direction, one, ports, &pick),
                (None, Own::Described(described)) => {
                    let by = &described.by;
                    // That others than the pods that are there lose something is no news.
                    (!widened && by.iter().all(|subject| self.versions.is_there(subject)))
                        || self.is_told_of_real(by, direction, &one.name, ports, &pick)
                        || self.is_told_of_wider(by, direction, &one.name, ports, &pick)
                }
                (None, Own::Class(..)) => true,
            };
            if told {
                continue;
            }
            let all = if widened { &mut self.found.widened } else { &mut self.found.narrowed };
            let entry = all.entry((one.name.clone(), direction, ports.clone())).or_default();
            match (joint, own) {
                (Some(joint), _) => entry.0.push(joint),
                (None, Own::Described(described)) => entry.1.push(described.name.clone()),
                (None, Own::Class(..)) => {}
            }
        }
        let with = one.name.clone();
        match (joint, own) {
            (Some(joint), _) => self.real.push(Told { own: joint, direction, with, difference }),
            (None, Own::Described(described)) => {
                self.described.push(Told { own: described.by.clone(), direction, with, difference });
            }
            (None, Own::Class(..)) => {}
        }
    }

    /// Whether pods that are there and fit the description changed at least as much.
    fn is_told(
        &self,
        joint: usize,
        direction: Direction,
        one: &Imagined,
        ports: &PortSet,
        pick: &dyn Fn(Difference) -> PortSet,
    ) -> bool {
        !one.is_anybody()
            && self.joints.iter().enumerate().any(|(other, ends)| {
                let (from, to) = match direction {
                    Direction::Egress => (joint, other),
                    Direction::Ingress => (other, joint),
                };
                other != joint
                    && self.versions.fits(one.descriptions(), *ends)
                    && says(&pick((self.seen)(from, to)), ports)
            })
    }

    /// Whether it was told of those who fit only some of these descriptions.
    fn is_told_of_wider(
        &self,
        by: &[Matcher],
        direction: Direction,
        with: &str,
        ports: &PortSet,
        pick: &dyn Fn(Difference) -> PortSet,
    ) -> bool {
        self.described.iter().any(|told| {
            told.is_about(direction, with)
                && told.own.len() < by.len()
                && told.own.iter().all(|m| by.contains(m))
                && ports.minus(&pick(told.difference.clone())).is_empty()
        })
    }

    /// Whether a class that is there and fits the subjects changed at least as much.
    fn is_told_of_real(
        &self,
        by: &[Matcher],
        direction: Direction,
        with: &str,
        ports: &PortSet,
        pick: &dyn Fn(Difference) -> PortSet,
    ) -> bool {
        self.real.iter().any(|real| {
            real.is_about(direction, with)
                && says(&pick(real.difference.clone()), ports)
                && self.joints.get(real.own).is_some_and(|ends| self.versions.fits(by, *ends))
        })
    }
}

/// Whether ports of pods that are there say as much as these. What a name stands for is known of those alone.
fn says(known: &PortSet, ports: &PortSet) -> bool {
    let numbers = |p: Protocol| ports.ranges(p).map(move |(first, last)| PortSet::range(p, first, last));
    let numbers: PortSet = Protocol::ALL.into_iter().flat_map(numbers).collect();
    !known.is_empty() && numbers.minus(known).is_empty()
}
