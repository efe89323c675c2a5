//! What random things are made of.

use serde_json::Value;

/// Numbers to choose by.
#[derive(Clone, Debug)]
pub struct Choices {
    numbers: std::vec::IntoIter<u32>,
}

impl Choices {
    /// Chooses by these numbers.
    pub fn new(numbers: Vec<u32>) -> Choices {
        Choices { numbers: numbers.into_iter() }
    }

    /// Chooses by numbers that follow from a seed (splitmix64).
    pub fn seeded(seed: u64) -> Choices {
        let mut state = seed;
        let next = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default()
        };
        Choices::new(std::iter::repeat_with(next).take(16384).collect())
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let number = self.numbers.next().unwrap_or_default();
        usize::try_from(number).unwrap_or_default().checked_rem(n).unwrap_or_default()
    }

    /// Once in `n` times; never when the numbers have run out.
    pub(super) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) + 1 == n
    }

    /// One of these.
    pub(super) fn of<'a>(&mut self, all: &'a [&'a str]) -> &'a str {
        let at = self.below(all.len());
        all.get(at).copied().unwrap_or_default()
    }

    /// One of these, if there are any.
    pub(super) fn one<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len().max(1));
        all.get(at)
    }

    /// One to `most` of these, in their order but for where it begins.
    pub(super) fn some(&mut self, all: &[&str], most: usize) -> Vec<String> {
        let (first, many) = (self.below(all.len().max(1)), 1 + self.below(most.min(all.len()).max(1)));
        all.iter().cycle().skip(first).take(many).map(|s| (*s).to_owned()).collect()
    }

    /// `least` to `most` things.
    pub(super) fn many(
        &mut self,
        least: usize,
        most: usize,
        mut one: impl FnMut(&mut Choices) -> Value,
    ) -> Vec<Value> {
        let n = least + self.below(most - least + 1);
        (0..n).map(|_| one(self)).collect()
    }
}
