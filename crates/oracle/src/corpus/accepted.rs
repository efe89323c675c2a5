//! The list of differences that are right: suite, case, reason and source, separated by tabs. A case that begins with
//! `*` means all that end like the rest of it: where a suite makes each row of a table a case, and a row is wrong wherever
//! it stands.

use std::collections::BTreeSet;

/// Cases in which the suite is wrong, or answers another question.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    cases: BTreeSet<(String, String)>,
}

impl Accepted {
    /// Reads the list. Empty lines and lines that start with `#` are passed by.
    ///
    /// Fails with the number of the first line that gives no reason or no source.
    pub fn parse(text: &str) -> Result<Accepted, usize> {
        let mut cases = BTreeSet::new();
        for (n, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let mut fields = line.split('\t').map(str::trim).filter(|f| !f.is_empty());
            match (fields.next(), fields.next(), fields.next(), fields.next()) {
                (Some(suite), Some(case), Some(_reason), Some(_source)) => {
                    cases.insert((suite.to_owned(), case.to_owned()));
                }
                _ => return Err(n + 1),
            }
        }
        Ok(Accepted { cases })
    }

    /// Whether a failure of this case is accepted.
    pub fn contains(&self, suite: &str, case: &str) -> bool {
        let all = self.cases.iter().filter(|(of, _)| of == suite);
        let meant = |name: &str| name.strip_prefix('*').map_or(name == case, |end| case.ends_with(end));
        all.into_iter().any(|(_, name)| meant(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_needs_a_reason_and_a_source() {
        let list = "# comment\n\nrecipes\t14\tthe text is older\thttps://example.org\n";
        assert!(Accepted::parse(list).unwrap().contains("recipes", "14"));
        assert_eq!(Accepted::parse("recipes\t14\tbecause\n").unwrap_err(), 1);
    }

    #[test]
    fn a_star_means_what_ends_so() {
        let list = Accepted::parse("table\t*: a => b\tno such row\thttps://example.org\n").unwrap();
        assert!(list.contains("table", "first: a => b") && !list.contains("table", "first: a => c"));
        assert!(!list.contains("recipes", "first: a => b"));
    }
}
