//! Sets of numbers as ranges.

use std::cmp::{max, min};

/// A number with neighbours.
pub(crate) trait Number: Copy + Ord {
    /// The next one.
    fn next(self) -> Option<Self>;
    /// The one before.
    fn previous(self) -> Option<Self>;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn next(self) -> Option<$t> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<$t> {
                self.checked_sub(1)
            }
        }
    )*};
}
number!(u16, u32, u128);

/// A set of numbers.
///
/// Invariant: the ranges ascend, none is empty, and no two touch; so equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ranges<T> {
    ranges: Vec<(T, T)>,
}

impl<T> Default for Ranges<T> {
    fn default() -> Self {
        Ranges { ranges: Vec::new() }
    }
}

impl<T: Number> Ranges<T> {
    /// The numbers from `first` to `last`; none if `last` is before `first`.
    pub(crate) fn new(first: T, last: T) -> Self {
        Ranges { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// First and last number of each range, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (T, T)> {
        self.ranges.iter().copied()
    }

    /// Whether no number is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether a number is in it.
    pub(crate) fn contains(&self, number: T) -> bool {
        let after = self.ranges.partition_point(|r| r.1 < number);
        self.ranges.get(after).is_some_and(|r| r.0 <= number)
    }

    /// Whether every number of `other` is in it.
    pub(crate) fn contains_all(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// The numbers in either.
    #[must_use]
    pub(crate) fn union(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut all: Vec<(T, T)> = self.iter().chain(other.iter()).collect();
        all.sort_unstable();
        let mut ranges: Vec<(T, T)> = Vec::with_capacity(all.len());
        for (first, last) in all {
            match ranges.last_mut() {
                Some(r) if r.1.next().is_none_or(|next| first <= next) => r.1 = max(r.1, last),
                _ => ranges.push((first, last)),
            }
        }
        Ranges { ranges }
    }

    /// The numbers in both.
    #[must_use]
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (max(a.0, b.0), min(a.1, b.1));
            if first <= last {
                ranges.push((first, last));
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        Ranges { ranges }
    }

    /// The numbers in this one that are not in the other.
    #[must_use]
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut cuts = other.ranges.iter().peekable();
        for (first, last) in self.iter() {
            while cuts.next_if(|cut| cut.1 < first).is_some() {}
            let mut start = Some(first);
            let mut ahead = cuts.clone();
            while let (Some(from), Some(cut)) = (start, ahead.next_if(|cut| cut.0 <= last)) {
                if let Some(end) = cut.0.previous().filter(|end| from <= *end) {
                    ranges.push((from, end));
                }
                start = cut.1.next().map(|next| max(from, next)).filter(|next| *next <= last);
            }
            ranges.extend(start.map(|from| (from, last)));
        }
        Ranges { ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A set of digits, and back.
    fn set(digits: &str) -> Ranges<u16> {
        digits.bytes().fold(Ranges::default(), |all, d| all.union(&Ranges::new(d.into(), d.into())))
    }

    #[track_caller]
    fn check(found: &Ranges<u16>, expected: &str) {
        assert_eq!(found, &set(expected));
    }

    #[test]
    fn ranges_that_touch_become_one() {
        check(&Ranges::new(48, 50).union(&Ranges::new(51, 52)), "01234");
        assert_eq!(set("0123").iter().count(), 1);
    }

    #[test]
    fn sets_are_joined_cut_and_compared() {
        check(&set("0145").intersection(&set("1234")), "14");
        check(&set("0123456789").minus(&set("0369")), "124578");
        check(&set("012").minus(&set("012")), "");
        check(&set("25").minus(&set("34")), "25");
        assert!(set("123").contains_all(&set("13")) && !set("13").contains_all(&set("123")));
    }

    #[test]
    fn the_largest_number_has_no_next() {
        let all = Ranges::new(0, u16::MAX);
        assert_eq!(all.minus(&Ranges::new(1, u16::MAX)), Ranges::new(0, 0));
        assert_eq!(all.union(&Ranges::new(u16::MAX, u16::MAX)), all);
    }
}
