//! Of any request, which ones pass: what policies leave open on a port.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Action, Attribute, AuthorizationPolicy, Condition, Rule,
    condition::{Look, Request, Seen, Token},
};
use crate::{
    Settings, Truth,
    pattern::{Pattern, is_template},
};

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

/// How many requests are tried at most.
pub(crate) const TRIED: usize = 4096;

impl Remains {
    /// What these policies leave to decide by the request.
    pub(crate) fn of(policies: &[&AuthorizationPolicy], settings: &Settings, seen: &Seen) -> Remains {
        let clauses = |action| {
            let enforced = policies.iter().filter(move |p| p.action == action && !p.dry_run);
            let left = |p: &&AuthorizationPolicy| {
                let look = Look { settings, namespace: &p.meta.namespace, seen };
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
        let truth = if c.attribute.is_http() { Truth::May } else { c.holds(look) };
        match truth {
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

/// Requests of which each kind that the policies tell apart has one, as far as there are at most [`TRIED`].
pub(crate) fn requests(policies: &[&AuthorizationPolicy], tokens: bool) -> Vec<Request> {
    let conditions: Vec<&Condition> =
        policies.iter().flat_map(|p| &p.rules).flat_map(Rule::conditions).collect();
    let mut all = vec![Request {
        method: "GET".to_owned(),
        path: "/meshgen".to_owned(),
        host: "meshgen.example".to_owned(),
        headers: BTreeMap::new(),
        token: Token::None,
    }];
    all = each(all, &texts(&conditions, &Attribute::Method, &["GET", "POST", "MESHGEN"]), |r, v| {
        v.clone_into(&mut r.method);
    });
    all = each(all, &paths(&conditions), |r, v| v.clone_into(&mut r.path));
    all = each(all, &texts(&conditions, &Attribute::Host, &["meshgen.example"]), |r, v| {
        v.clone_into(&mut r.host);
    });
    for header in attributes(&conditions, |a| matches!(a, Attribute::Header(_))) {
        let Attribute::Header(name) = &header else { continue };
        let name = name.to_ascii_lowercase();
        let mut with = each(all.clone(), &texts(&conditions, &header, &["meshgen"]), |r, v| {
            r.headers.insert(name.clone(), v.to_owned());
        });
        with.extend(all);
        all = capped(with);
    }
    if tokens {
        all = with_tokens(all, &conditions);
    }
    all
}

fn with_tokens(all: Vec<Request>, conditions: &[&Condition]) -> Vec<Request> {
    let claim = |name: &str| vec![name.to_owned()];
    let named = |iss: &str, sub: &str| {
        BTreeMap::from([(claim("iss"), vec![iss.to_owned()]), (claim("sub"), vec![sub.to_owned()])])
    };
    let mut claims = vec![named("meshgen.example", "meshgen")];
    for value in texts(conditions, &Attribute::RequestPrincipal, &[]) {
        let (iss, sub) = value.rsplit_once('/').unwrap_or((&value, "meshgen"));
        claims.push(named(iss, sub));
    }
    for attribute in attributes(conditions, |a| matches!(a, Attribute::Claim(_))) {
        let Attribute::Claim(path) = &attribute else { continue };
        for value in texts(conditions, &attribute, &[]) {
            let mut with = claims.clone();
            for claims in &mut with {
                claims.insert(path.clone(), vec![value.clone()]);
            }
            claims.extend(with);
            claims.truncate(64);
        }
    }
    let mut with: Vec<Request> = Vec::new();
    for token in claims {
        with.extend(all.iter().map(|r| Request { token: Token::Valid(token.clone()), ..r.clone() }));
    }
    with.extend(all);
    capped(with)
}

fn each(all: Vec<Request>, values: &[String], set: impl Fn(&mut Request, &str)) -> Vec<Request> {
    let mut out = Vec::new();
    for request in all {
        for value in values {
            let mut one = request.clone();
            set(&mut one, value);
            out.push(one);
        }
    }
    capped(out)
}

/// No more than [`TRIED`], taken evenly.
fn capped(all: Vec<Request>) -> Vec<Request> {
    let step = all.len().div_ceil(TRIED).max(1);
    all.into_iter().step_by(step).collect()
}

fn attributes(conditions: &[&Condition], wanted: impl Fn(&Attribute) -> bool) -> BTreeSet<Attribute> {
    conditions.iter().map(|c| c.attribute.clone()).filter(|a| wanted(a)).collect()
}

fn values<'a>(conditions: &[&'a Condition], attribute: &Attribute) -> Vec<&'a String> {
    let about = conditions.iter().filter(|c| c.attribute == *attribute);
    about.flat_map(|c| c.values.iter().chain(&c.not_values)).collect()
}

/// A text for each pattern, and for each start with each end; and others.
fn texts(conditions: &[&Condition], attribute: &Attribute, others: &[&str]) -> Vec<String> {
    let mut all: BTreeSet<String> = others.iter().map(|o| (*o).to_owned()).collect();
    let patterns: Vec<Pattern<'_>> =
        values(conditions, attribute).into_iter().map(|v| Pattern::parse(v)).collect();
    let starts = patterns.iter().filter_map(|p| if let Pattern::Prefix(s) = p { Some(*s) } else { None });
    let ends = patterns.iter().filter_map(|p| if let Pattern::Suffix(s) = p { Some(*s) } else { None });
    let (starts, ends): (Vec<&str>, Vec<&str>) = (starts.collect(), ends.collect());
    for pattern in &patterns {
        match pattern {
            Pattern::Exact(text) => all.insert((*text).to_owned()),
            Pattern::Prefix(start) => all.insert((*start).to_owned()) | all.insert(format!("{start}x")),
            Pattern::Suffix(end) => all.insert(format!("x{end}")),
            Pattern::Any => false,
        };
    }
    for start in starts {
        all.extend(ends.iter().map(|end| format!("{start}x{end}")));
    }
    all.into_iter().filter(|t| !t.is_empty()).collect()
}

fn paths(conditions: &[&Condition]) -> Vec<String> {
    let mut all: BTreeSet<String> =
        BTreeSet::from(["/".to_owned(), "/meshgen".to_owned(), "/a/meshgen".to_owned()]);
    for text in texts(conditions, &Attribute::Path, &[]) {
        if is_template(&text) {
            all.insert(text.replace("{*}", "x").replace("{**}", "x/y"));
            all.insert(text.replace("{*}", "x").replace("{**}", ""));
        }
        let rooted = if text.starts_with('/') { text } else { format!("/{text}") };
        all.insert(format!("{rooted}/meshgen"));
        all.insert(rooted);
    }
    all.into_iter().collect()
}
