//! Sets of small numbers.

/// A set of numbers, as the words of a bit set that are not zero: sets of ends of connections are either small
/// or cover long runs.
///
/// Invariant: the words ascend by their index, and none is zero; so equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bits {
    words: Vec<(u32, u64)>,
}

impl Bits {
    /// The numbers below `n`.
    pub fn below(n: u32) -> Bits {
        let mut words: Vec<(u32, u64)> = (0..n / 64).map(|index| (index, u64::MAX)).collect();
        if !n.is_multiple_of(64) {
            words.push((n / 64, (1 << (n % 64)) - 1));
        }
        Bits { words }
    }

    /// Numbers below `n`, in any order: each costs the same.
    pub fn scattered(numbers: impl IntoIterator<Item = u32>, n: u32) -> Bits {
        let mut words = vec![0u64; n.div_ceil(64) as usize];
        for number in numbers {
            if let Some(word) = words.get_mut((number / 64) as usize) {
                *word |= 1 << (number % 64);
            }
        }
        let words = (0..).zip(words).filter(|(_, word)| *word != 0).collect();
        Bits { words }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|(_, w)| w.count_ones() as usize).sum()
    }

    /// Whether a number is in it.
    pub fn contains(&self, n: u32) -> bool {
        let found = self.words.binary_search_by_key(&(n / 64), |(i, _)| *i);
        found.ok().and_then(|at| self.words.get(at)).is_some_and(|(_, w)| w >> (n % 64) & 1 == 1)
    }

    /// The lowest.
    pub fn first(&self) -> Option<u32> {
        self.words.first().map(|(i, w)| i * 64 + w.trailing_zeros())
    }

    /// Its numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().flat_map(|(i, w)| {
            let mut word = *w;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros())?;
                word &= word - 1;
                Some(i * 64 + bit)
            })
        })
    }

    /// Adds a number; fast if it is not below those that are in it.
    pub fn insert(&mut self, n: u32) {
        let (index, bit) = (n / 64, 1u64 << (n % 64));
        match self.words.last_mut() {
            Some((i, word)) if *i == index => *word |= bit,
            Some((i, _)) if *i > index => match self.words.binary_search_by_key(&index, |(i, _)| *i) {
                Ok(at) => {
                    if let Some((_, word)) = self.words.get_mut(at) {
                        *word |= bit;
                    }
                }
                Err(at) => self.words.insert(at, (index, bit)),
            },
            _ => self.words.push((index, bit)),
        }
    }

    /// The numbers in either.
    #[must_use]
    pub fn union(&self, other: &Bits) -> Bits {
        self.with(other, |a, b| a | b)
    }

    /// The numbers in both.
    #[must_use]
    pub fn intersection(&self, other: &Bits) -> Bits {
        let (mut words, mut rest) = (Vec::new(), other.words.as_slice());
        for (i, a) in &self.words {
            while let Some(((j, _), after)) = rest.split_first()
                && j < i
            {
                rest = after;
            }
            if let Some((j, b)) = rest.first()
                && j == i
                && a & b != 0
            {
                words.push((*i, a & b));
            }
        }
        Bits { words }
    }

    /// The numbers in this one that are not in the other.
    #[must_use]
    pub fn minus(&self, other: &Bits) -> Bits {
        if other.is_empty() {
            return self.clone();
        }
        self.with(other, |a, b| a & !b)
    }

    fn with(&self, other: &Bits, of: fn(u64, u64) -> u64) -> Bits {
        let (mut left, mut right) = (self.words.iter().peekable(), other.words.iter().peekable());
        let mut words = Vec::with_capacity(self.words.len());
        while let Some(index) = left.peek().into_iter().chain(right.peek()).map(|(i, _)| *i).min() {
            let a = left.next_if(|(i, _)| *i == index).map_or(0, |(_, word)| *word);
            let b = right.next_if(|(i, _)| *i == index).map_or(0, |(_, word)| *word);
            let word = of(a, b);
            if word != 0 {
                words.push((index, word));
            }
        }
        Bits { words }
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Bits {
        let mut all = Bits::default();
        numbers.into_iter().for_each(|n| all.insert(n));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_agree_with_a_set_of_numbers() {
        let threes: Bits = (0..300).filter(|n| n % 3 == 0).collect();
        let fives: Bits = (0..500).rev().filter(|n| n % 5 == 0).collect();
        let of = |set: &Bits| set.iter().collect::<Vec<u32>>();
        let check = |set: Bits, keep: fn(u32) -> bool| {
            let expected: Vec<u32> = (0..500).filter(|n| keep(*n)).collect();
            assert_eq!(of(&set), expected);
            assert!((0..600).all(|n| set.contains(n) == expected.contains(&n)));
            assert_eq!((set.len(), set.first()), (expected.len(), expected.first().copied()));
        };
        check(threes.union(&fives), |n| (n % 3 == 0 && n < 300) || n % 5 == 0);
        check(threes.intersection(&fives), |n| n % 15 == 0 && n < 300);
        check(fives.minus(&threes), |n| n % 5 == 0 && (n % 3 != 0 || n >= 300));
        check(threes.minus(&threes), |_| false);
        check(Bits::below(64), |n| n < 64);
        check(Bits::below(130), |n| n < 130);
        check(Bits::scattered([70, 3, 499, 64, 3], 500), |n| [3, 64, 70, 499].contains(&n));
    }
}
