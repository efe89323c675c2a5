//! What is known and accepted: held against what was found.

use meshgen_yaml::Place;

use crate::{Finding, Hit, Origin, Rule, Severity};

/// A finding that somebody accepts, with a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The code of the finding.
    pub code: String,
    /// Where it is: `policies/shop/cart` in a spec, or an object such as `NetworkPolicy/shop/cart`. What stands in it
    /// is meant too.
    pub at: String,
    /// Why.
    pub because: String,
    /// The last day on which it is accepted, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Where the acceptance stands, in the files that are not manifests.
    pub place: Place,
}

/// A finding, and why it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The finding.
    pub finding: Finding,
    /// Why.
    pub because: String,
    /// The last day on which it is accepted.
    pub until: Option<String>,
}

/// What was found, once acceptances have had their say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// What nobody accepts.
    pub open: Vec<Finding>,
    /// What somebody accepts.
    pub accepted: Vec<Accepted>,
    /// How many acceptances have an end that was compared with nothing, because no day was given.
    pub undated: usize,
}

/// An acceptance that ended.
pub const ENDED: Rule = Rule {
    code: "MG090",
    slug: "acceptance-ended",
    title: "an acceptance has ended",
    severity: Severity::Error,
    why: "A finding was accepted until a day that is over, compared with the day that `--today` gives. What it accepted \
          is a finding again.",
    way_out: "Do what it was to give time for, and remove the acceptance; or accept it anew, with a reason that still \
              holds.",
    sources: &["docs/spec.md, `accept`"],
};

/// An acceptance that accepts nothing.
pub const USELESS: Rule = Rule {
    code: "MG091",
    slug: "acceptance-useless",
    title: "an acceptance accepts nothing",
    severity: Severity::Warning,
    why: "Nothing of that code is found at that place. The finding may be gone, and the acceptance would silently take \
          the next one that comes; or it was meant for another place.",
    way_out: "Remove the acceptance, or name the place that the finding has: `meshgen lint` shows it.",
    sources: &["docs/spec.md, `accept`"],
};

/// Holds findings against acceptances. `today` is the day with which their ends are compared; without it, none ends.
pub fn settle(findings: Vec<Finding>, acceptances: &[Acceptance], today: Option<&str>) -> Settled {
    let mut settled = Settled::default();
    let mut useful = vec![false; acceptances.len()];
    for finding in findings {
        let mut accepting = acceptances.iter().zip(&mut useful).filter(|(one, _)| accepts(one, &finding));
        let mut taken = None;
        for (one, useful) in &mut accepting {
            *useful = true;
            taken = taken.or(Some(one).filter(|one| !has_ended(one, today)));
        }
        match taken {
            Some(one) => {
                let (because, until) = (one.because.clone(), one.until.clone());
                settled.accepted.push(Accepted { finding, because, until });
            }
            None => settled.open.push(finding),
        }
    }
    for (one, useful) in acceptances.iter().zip(useful) {
        if has_ended(one, today) {
            settled.open.push(ended(one).of(&ENDED));
        } else if !useful {
            settled.open.push(useless(one).of(&USELESS));
        }
    }
    settled.undated =
        acceptances.iter().filter(|one| one.until.is_some()).count() * usize::from(today.is_none());
    settled.open.sort();
    settled
}

/// Whether an acceptance is about a finding.
pub fn accepts(acceptance: &Acceptance, finding: &Finding) -> bool {
    let within = |path: &str| {
        path.strip_prefix(acceptance.at.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let origin = finding.hit.origin.as_ref().is_some_and(|origin| within(&origin.path));
    let object = || finding.hit.object.as_ref().is_some_and(|object| within(&object.to_string()));
    acceptance.code == finding.rule.code && (origin || object())
}

/// Days compare like text.
fn has_ended(acceptance: &Acceptance, today: Option<&str>) -> bool {
    matches!((acceptance.until.as_deref(), today), (Some(until), Some(today)) if until < today)
}

fn ended(one: &Acceptance) -> Hit {
    let until = one.until.as_deref().unwrap_or_default();
    let said = format!("{} at `{}` was accepted until {until}: `{}`", one.code, one.at, one.because);
    about(
        one,
        said,
        format!("solve it and remove this, or accept it until a later day, if `{}` still holds", one.because),
    )
}

fn useless(one: &Acceptance) -> Hit {
    let said = format!("nothing is found at `{}` that is {}, so this accepts nothing", one.at, one.code);
    about(one, said, "remove it, or name the place that the finding has".to_owned())
}

fn about(one: &Acceptance, said: String, way_out: String) -> Hit {
    let origin = Some(Origin { place: one.place, path: "accept".to_owned() });
    Hit { object: None, at: None, also: Vec::new(), said, way_out, origin }
}

#[cfg(test)]
mod tests {
    use meshgen_yaml::At;

    use super::*;
    use crate::Object;

    fn finding(path: &str) -> Finding {
        let object = Object {
            group: "networking.k8s.io".to_owned(),
            kind: "NetworkPolicy".to_owned(),
            namespace: Some("shop".to_owned()),
            name: "cart".to_owned(),
        };
        let origin = Some(Origin { place: At::<()>::NOWHERE, path: path.to_owned() });
        let hit = Hit {
            object: Some(object),
            at: None,
            also: Vec::new(),
            said: String::new(),
            way_out: String::new(),
            origin,
        };
        hit.of(&crate::RULES[0].0)
    }

    #[track_caller]
    fn check(at: &str, until: Option<&str>, today: Option<&str>, expected: (&[&str], usize)) {
        let acceptance = Acceptance {
            code: crate::RULES[0].0.code.to_owned(),
            at: at.to_owned(),
            because: "known".to_owned(),
            until: until.map(str::to_owned),
            place: At::<()>::NOWHERE,
        };
        let settled = settle(vec![finding("policies/shop/cart")], &[acceptance], today);
        let open: Vec<_> = settled.open.iter().map(|f| f.rule.code).collect();
        assert_eq!((open.as_slice(), settled.accepted.len()), expected);
    }

    #[test]
    fn an_acceptance_names_a_place_of_the_spec_or_an_object_or_what_they_stand_in() {
        for at in ["policies/shop/cart", "policies/shop", "policies", "NetworkPolicy/shop/cart"] {
            check(at, None, None, (&[], 1));
        }
        for at in ["policies/shop/car", "policies/shop/cart/x", "Service/shop/cart", ""] {
            check(at, None, None, (&["MG001", "MG091"], 0));
        }
    }

    #[test]
    fn it_ends_after_its_last_day_and_never_without_a_day() {
        let at = "policies/shop/cart";
        check(at, Some("2027-06-30"), Some("2027-06-30"), (&[], 1));
        check(at, Some("2027-06-30"), Some("2027-07-01"), (&["MG090", "MG001"], 0));
        check(at, Some("2027-06-30"), None, (&[], 1));
    }
}
