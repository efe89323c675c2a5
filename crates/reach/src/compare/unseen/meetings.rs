//! One end in both versions, and the imagined pods that it may meet.

use super::{
    fitting::Rules,
    imagined::{Imagined, both},
    same::key,
    together::{Effects, changed},
    versions::{Own, Spoken, Versions},
};
use crate::{Direction, bits::Bits, side::Permitted};

/// An end, and what its policies say in each version.
pub(super) struct Meetings<'s, 'v> {
    own: &'s Own,
    spoken: [&'s Spoken<'v>; 2],
    direction: Direction,
    rules: [Vec<(bool, Rules<'v>)>; 2],
    /// The peers of what changed in each version, if nothing else can matter.
    changed: Option<[Bits; 2]>,
}

/// A description, the peers that follow from it in each version, and what their rules do.
type Described<'i, 'v> = (&'i Imagined, [Bits; 2], Option<[Effects<'v>; 2]>);

impl<'s, 'v> Meetings<'s, 'v> {
    pub(super) fn new(
        versions: &Versions<'v, '_>,
        own: &'s Own,
        spoken: [&'s Spoken<'v>; 2],
        direction: Direction,
    ) -> Meetings<'s, 'v> {
        let [before, after] = spoken;
        let rules = [versions.rules(0, own, before, direction), versions.rules(1, own, after, direction)];
        let same = before.unchanged(after);
        let of = |rules: &[(bool, Rules<'v>)]| match rules {
            [(_, rules)] => changed(rules, |one| same.contains(&key(one.policy))),
            _ => None,
        };
        let [old, new] = &rules;
        let changed = of(old).zip(of(new)).filter(|_| before.differs_by_policies(after));
        Meetings { own, spoken, direction, rules, changed: changed.map(|(old, new)| [old, new]) }
    }

    /// What is permitted with an imagined pod, in each version; nothing in both where nothing can have changed.
    pub(super) fn permitted(&self, versions: &Versions<'v, '_>, one: &Imagined) -> [Permitted; 2] {
        if self.is_untouched(&versions.fitted(one)) {
            return [Permitted::default(), Permitted::default()];
        }
        let ([before, after], [old, new]) = (self.spoken, &self.rules);
        [
            versions.permitted(0, self.own, before, old, one, self.direction),
            versions.permitted(1, self.own, after, new, one, self.direction),
        ]
    }

    /// Whether no rule that changed is about pods that fit these peers.
    fn is_untouched(&self, fitted: &[Bits; 2]) -> bool {
        self.changed.as_ref().is_some_and(|changed| {
            changed.iter().zip(fitted).all(|(changed, fitted)| changed.intersection(fitted).is_empty())
        })
    }

    /// Pods that fit two descriptions, and may come to something to which those who fit one do not come.
    pub(super) fn pairs(&self, versions: &Versions<'v, '_>, alone: &[Imagined], meet: bool) -> Vec<Imagined> {
        let mut pairs = Vec::new();
        if !meet {
            return pairs;
        }
        let described = self.described(versions, alone);
        for (n, (a, fits, does)) in described.iter().enumerate() {
            let touched = !self.is_untouched(fits);
            for (b, others, do_others) in described.iter().skip(n + 1) {
                let meet = match (does, do_others) {
                    (Some(a), Some(b)) => a.iter().zip(b).any(|(a, b)| a.meet(b)),
                    _ => true,
                };
                if meet && (touched || !self.is_untouched(others)) {
                    pairs.extend(both(versions, a, b));
                }
            }
        }
        pairs
    }

    fn described<'i>(&self, versions: &Versions<'v, '_>, alone: &'i [Imagined]) -> Vec<Described<'i, 'v>> {
        let anybody = alone.first().map(|one| versions.fitted(one)).unwrap_or_default();
        let described = |one: &'i Imagined| {
            let fitted = versions.fitted(one);
            let effects = self.effects(&fitted, &anybody);
            (one, fitted, effects)
        };
        alone.iter().filter(|one| one.by().len() == 1).map(described).collect()
    }

    /// What the rules do that are about these peers and not about everybody. None if that depends on the reading.
    fn effects(&self, fitted: &[Bits; 2], anybody: &[Bits; 2]) -> Option<[Effects<'v>; 2]> {
        let [old, new] = &self.rules;
        let rules = |one: &'_ [(bool, Rules<'v>)], fits: &Bits| match one {
            [] => Some(Effects::default()),
            [(_, rules)] => Some(rules.effects(fits)),
            _ => None,
        };
        let ([before, after], [all_before, all_after]) = (fitted, anybody);
        Some([rules(old, &before.minus(all_before))?, rules(new, &after.minus(all_after))?])
    }
}
