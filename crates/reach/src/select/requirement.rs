//! The selectors of Kubernetes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::{Match, Seen, Values, View};

/// How a [`Requirement`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// One condition of a [`Selector`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The key.
    pub key: String,
    /// How it compares.
    pub operator: Operator,
    /// With what; empty for `Exists` and `DoesNotExist`.
    pub values: Vec<String>,
    /// Written in `matchLabels`.
    pub plain: bool,
}

/// All conditions must hold. An empty selector selects everything (meta/v1 `LabelSelector`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// The conditions: `matchLabels` by key, then `matchExpressions` by key.
    pub requirements: Vec<Requirement>,
}

impl Operator {
    /// The operator of a word.
    pub fn parse(word: &str) -> Option<Operator> {
        [Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist]
            .into_iter()
            .find(|o| o.word() == word)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
        }
    }
}

impl Requirement {
    /// That a key has a value.
    pub fn equal(key: &str, value: &str) -> Requirement {
        Requirement {
            key: key.to_owned(),
            operator: Operator::In,
            values: vec![value.to_owned()],
            plain: true,
        }
    }

    /// The values that it allows.
    ///
    /// N13: `NotIn` and `DoesNotExist` allow an absent key.
    /// Source: `apimachinery/pkg/apis/meta/v1/types.go` (`LabelSelectorRequirement`), `labels/selector.go`.
    pub fn values(&self) -> Values {
        let listed: BTreeSet<String> = self.values.iter().cloned().collect();
        match self.operator {
            Operator::In => Values { absent: false, listed, inverted: false },
            Operator::NotIn => Values { absent: true, listed, inverted: true },
            Operator::Exists => Values { absent: false, listed: BTreeSet::new(), inverted: true },
            Operator::DoesNotExist => Values { absent: true, listed: BTreeSet::new(), inverted: false },
        }
    }

    /// Whether both say the same, in whatever words.
    pub fn is_same(&self, other: &Requirement) -> bool {
        let sorted = |r: &Requirement| r.values.iter().cloned().collect::<BTreeSet<String>>();
        self.key == other.key && self.operator == other.operator && sorted(self) == sorted(other)
    }

    fn hold(&self, seen: Seen<'_>) -> Match {
        let listed = |value: &str| self.values.iter().any(|v| v == value);
        match (self.operator, seen) {
            (_, Seen::Among(_) | Seen::Anything) => self.values().hold(seen),
            (Operator::In, Seen::Is(value)) => listed(value).into(),
            (Operator::NotIn, Seen::Is(value)) => (!listed(value)).into(),
            (Operator::In | Operator::Exists, Seen::Absent) | (Operator::DoesNotExist, Seen::Is(_)) => {
                Match::No
            }
            (Operator::NotIn | Operator::DoesNotExist, Seen::Absent) | (Operator::Exists, Seen::Is(_)) => {
                Match::Yes
            }
        }
    }
}

impl Selector {
    /// Whether it has no condition, and so selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object is selected.
    pub fn selects(&self, object: &dyn View) -> Match {
        let mut all = Match::Yes;
        for requirement in &self.requirements {
            let said = object.says(requirement);
            all = all.and(said.unwrap_or_else(|| requirement.hold(object.seen(&requirement.key))));
            if all == Match::No {
                break;
            }
        }
        all
    }

    /// What is known of an object that it selects, and of which nothing else is known.
    pub fn described(&self) -> BTreeMap<String, Values> {
        let mut known: BTreeMap<String, Values> = BTreeMap::new();
        for requirement in &self.requirements {
            let values = requirement.values();
            let both = known.get(&requirement.key).map_or_else(|| values.clone(), |k| k.both(&values));
            known.insert(requirement.key.clone(), both);
        }
        known
    }
}

/// `app=web,{Key:tier,Operator:In,Values:[a b],}`
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, r) in self.requirements.iter().enumerate() {
            if n > 0 {
                f.write_str(",")?;
            }
            match r.values.first() {
                Some(value) if r.plain => write!(f, "{}={value}", r.key)?,
                _ => {
                    let values = r.values.join(" ");
                    write!(f, "{{Key:{},Operator:{},Values:[{values}],}}", r.key, r.operator.word())?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::Labels;

    fn requirement(operator: Operator, values: &[&str]) -> Selector {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        Selector { requirements: vec![Requirement { key: "k".to_owned(), operator, values, plain: false }] }
    }

    /// `-` is an object without the key.
    #[track_caller]
    fn check(selector: &Selector, value: &str, expected: Match) {
        let labels: Labels = [("k".to_owned(), value.to_owned())].into();
        let object = if value == "-" { Labels::new() } else { labels };
        assert_eq!(selector.selects(&object), expected, "{selector} on {value}");
    }

    #[test]
    fn n13_not_in_and_does_not_exist_select_an_absent_key() {
        for (operator, on_a, on_c, on_nothing) in [
            (Operator::In, Match::Yes, Match::No, Match::No),
            (Operator::NotIn, Match::No, Match::Yes, Match::Yes),
            (Operator::Exists, Match::Yes, Match::Yes, Match::No),
            (Operator::DoesNotExist, Match::No, Match::No, Match::Yes),
        ] {
            let selector = requirement(operator, if operator < Operator::Exists { &["a", "b"] } else { &[] });
            check(&selector, "a", on_a);
            check(&selector, "c", on_c);
            check(&selector, "-", on_nothing);
        }
    }

    #[test]
    fn an_empty_selector_selects_everything() {
        check(&Selector::default(), "a", Match::Yes);
        check(&Selector::default(), "-", Match::Yes);
    }

    #[test]
    fn what_is_known_in_part_may_be_selected() {
        let known = requirement(Operator::In, &["a", "b"]).described();
        assert_eq!(requirement(Operator::In, &["a", "b", "c"]).selects(&known), Match::Yes);
        assert_eq!(requirement(Operator::In, &["a"]).selects(&known), Match::May);
        assert_eq!(requirement(Operator::NotIn, &["c"]).selects(&known), Match::Yes);
        assert_eq!(requirement(Operator::DoesNotExist, &[]).selects(&known), Match::No);
    }
}
