//! Of any request, which ones pass: what policies leave open on a port.

use std::collections::BTreeSet;

use super::{
    Action, Attribute, AuthorizationPolicy, Condition, Rule,
    condition::{Look, Seen},
};
use crate::{Settings, Truth};

/// What of HTTP decides, once everything is known of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remains {
    /// Only what one of these matches passes; anything does, if there are none.
    pub only: Vec<Clause>,
    /// Of it, what one of these matches does not pass.
    pub except: Vec<Clause>,
    /// On a port that takes requests and other connections: whether requests pass, if they all fare alike.
    pub requests: Option<bool>,
    /// On such a port: whether other connections pass.
    pub connections: Option<bool>,
}

/// Terms that all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause {
    /// The terms.
    pub terms: Vec<Term>,
}

/// That something of the request has one of some values, and none of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// What.
    pub attribute: Attribute,
    /// One of these, if there are any.
    pub values: Vec<String>,
    /// None of these.
    pub not_values: Vec<String>,
}

impl Remains {
    /// What these policies leave to decide by the request.
    pub(crate) fn of(policies: &[&AuthorizationPolicy], settings: &Settings, seen: &Seen) -> Remains {
        let clauses = |action| {
            let enforced = policies.iter().filter(move |p| p.action == action && !p.dry_run);
            let left = |p: &&AuthorizationPolicy| {
                let look = Look { settings, namespace: &p.meta.namespace, seen, any: true, ztunnel: false };
                p.rules.iter().flat_map(|r| r.left(look)).collect::<Vec<Clause>>()
            };
            let clauses: BTreeSet<Clause> = enforced.flat_map(left).collect();
            clauses.into_iter().collect::<Vec<Clause>>()
        };
        let mut only: Vec<Clause> = clauses(Action::Allow);
        if only.iter().any(|c| c.terms.is_empty()) {
            only.clear();
        }
        Remains { only, except: clauses(Action::Deny), ..Remains::default() }
    }
}

impl Rule {
    /// What is left of it where everything but the request is known.
    fn left(&self, look: Look<'_>) -> Vec<Clause> {
        let none = vec![Vec::new()];
        let lists = |l: &[Vec<Condition>]| if l.is_empty() { none.clone() } else { l.to_vec() };
        let mut all = Vec::new();
        for source in lists(&self.from) {
            for operation in lists(&self.to) {
                let conditions = source.iter().chain(&operation).chain(&self.when);
                all.extend(clause(conditions, look));
            }
        }
        all
    }
}

fn clause<'a>(conditions: impl Iterator<Item = &'a Condition>, look: Look<'_>) -> Option<Clause> {
    let mut terms = Vec::new();
    for c in conditions {
        match c.holds(look) {
            Truth::No => return None,
            Truth::Yes => {}
            Truth::May => terms.push(Term {
                attribute: c.attribute.clone(),
                values: c.values.clone(),
                not_values: c.not_values.clone(),
            }),
        }
    }
    terms.sort();
    Some(Clause { terms })
}
