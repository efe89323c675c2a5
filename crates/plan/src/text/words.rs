//! Words for scripts. Their types are stricter than those of the spec here and there; what they refuse is a
//! mistake in the spec, at the place where it was written.

use std::{fmt::Display, str::FromStr};

use meshgen_yaml::{Place, Problem};

/// What was wrong on the way.
#[derive(Debug, Default)]
pub(super) struct Words {
    problems: Vec<Problem>,
}

impl Words {
    /// The word that a text is, or a problem and nothing.
    pub(super) fn word<T: FromStr>(&mut self, text: &str, place: Place) -> Option<T>
    where
        T::Err: Display,
    {
        match text.parse() {
            Ok(word) => Some(word),
            Err(e) => {
                let text: String = e.to_string();
                self.problems.push(match text.rsplit_once(": use ") {
                    Some((wrong, right)) => Problem::error(place, wrong).help(format!("use {right}")),
                    None => Problem::error(place, text),
                });
                None
            }
        }
    }

    /// The words that texts are.
    pub(super) fn words<'a, T: FromStr>(
        &mut self,
        texts: impl Iterator<Item = &'a str>,
        place: Place,
    ) -> Vec<T>
    where
        T::Err: Display,
    {
        texts.filter_map(|text| self.word(text, place)).collect()
    }

    /// Adds what is wrong with more than one word.
    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// What was made, if nothing was wrong.
    pub(super) fn checked<T>(self, made: Option<T>) -> Result<Option<T>, Vec<Problem>> {
        if self.problems.is_empty() { Ok(made) } else { Err(self.problems) }
    }
}
