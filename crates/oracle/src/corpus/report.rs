//! What came of each case.

use std::collections::BTreeMap;

use super::Accepted;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Passed,
    /// Not as expected; what differs, a line each.
    Failed(Vec<String>),
    /// Not run; why.
    Skipped(String),
}

impl Outcome {
    /// Passed if nothing differs.
    pub fn of(differences: Vec<String>) -> Outcome {
        if differences.is_empty() { Outcome::Passed } else { Outcome::Failed(differences) }
    }
}

/// The cases of a suite and what came of them.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases, in order.
    pub cases: Vec<(String, Outcome)>,
}

impl Suite {
    /// A suite without cases.
    pub fn new(name: &str) -> Suite {
        Suite { name: name.to_owned(), cases: Vec::new() }
    }

    /// Adds a case.
    pub fn add(&mut self, case: impl Into<String>, outcome: Outcome) {
        self.cases.push((case.into(), outcome));
    }

    /// The failures that nobody has accepted, each with what differs.
    pub fn failures<'a>(&'a self, accepted: &'a Accepted) -> impl Iterator<Item = (&'a str, &'a [String])> {
        self.cases.iter().filter_map(|(case, outcome)| match outcome {
            Outcome::Failed(d) if !accepted.contains(&self.name, case) => Some((case.as_str(), d.as_slice())),
            _ => None,
        })
    }

    /// The cases that were not run, by the reason.
    pub fn skipped(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (case, outcome) in &self.cases {
            if let Outcome::Skipped(reason) = outcome {
                all.entry(reason).or_default().push(case);
            }
        }
        all.into_iter()
    }

    /// `SUITE: N passed, M failed`, and what else there is to count.
    pub fn summary(&self, accepted: &Accepted) -> String {
        let count = |is: fn(&Outcome) -> bool| self.cases.iter().filter(|(_, o)| is(o)).count();
        let passed = count(|o| *o == Outcome::Passed);
        let skipped = count(|o| matches!(o, Outcome::Skipped(_)));
        let all_failed = count(|o| matches!(o, Outcome::Failed(_)));
        let failed = self.failures(accepted).count();
        let more = [(all_failed - failed, "accepted"), (skipped, "skipped")];
        let more = more.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}"));
        format!("{}: {passed} passed, {failed} failed{}", self.name, more.collect::<String>())
    }
}
