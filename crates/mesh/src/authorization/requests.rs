//! Requests, one of each kind that policies tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Attribute, AuthorizationPolicy, Condition, Rule,
    condition::{Look, Request, Seen, Token},
};
use crate::{
    Settings, Truth,
    pattern::{Pattern, is_template},
};

/// How many requests are made at most.
const MOST: usize = 4096;

/// How many starts and ends of texts are combined at most, each.
const COMBINED: usize = 64;

/// Requests, and whether every kind is among them.
pub(crate) struct Kinds {
    pub(crate) requests: Vec<Request>,
    pub(crate) complete: bool,
}

/// Sets a value of an attribute.
type Set<'a> = &'a dyn Fn(&mut Request, &str);

impl Kinds {
    /// One request of each kind that these policies, or other conditions, tell apart. Of values of an attribute that the same conditions
    /// hold for, one is enough.
    pub(crate) fn of(
        policies: &[&AuthorizationPolicy],
        others: &[Condition],
        settings: &Settings,
        seen: &Seen,
    ) -> Kinds {
        let ruled = policies.iter().flat_map(|p| &p.rules).flat_map(Rule::conditions);
        let conditions: Vec<&Condition> = ruled.chain(others).collect();
        let base = Request {
            method: "GET".to_owned(),
            path: "/meshgen".to_owned(),
            host: "meshgen.example".to_owned(),
            ..Request::default()
        };
        let mut kinds = Kinds { requests: vec![base], complete: true };
        let apart = Apart { conditions: &conditions, settings, seen };
        kinds.each(&apart, &Attribute::Method, &["GET", "POST", "MESHGEN"], &|r, v| {
            v.clone_into(&mut r.method);
        });
        kinds.each(&apart, &Attribute::Path, &["/", "/meshgen", "/a/meshgen"], &|r, v| {
            v.clone_into(&mut r.path);
        });
        kinds.each(&apart, &Attribute::Host, &["meshgen.example"], &|r, v| v.clone_into(&mut r.host));
        for header in attributes(&conditions, |a| matches!(a, Attribute::Header(_)) && *a == a.meant()) {
            if let Attribute::Header(name) = &header {
                let name = name.to_ascii_lowercase();
                kinds.optional(&apart, &header, &["meshgen"], &|r, v| {
                    r.headers.insert(name.clone(), v.to_owned());
                });
            }
        }
        if seen.tokens {
            kinds.tokens(&apart);
        }
        kinds
    }

    /// Each request with each kind of value.
    fn each(&mut self, apart: &Apart<'_>, attribute: &Attribute, others: &[&str], set: Set<'_>) {
        let values = apart.values(attribute, others, set);
        let mut all = Vec::new();
        for request in &self.requests {
            for value in &values {
                let mut one = request.clone();
                set(&mut one, value);
                all.push(one);
            }
            if all.len() > MOST {
                self.complete = false;
                break;
            }
        }
        self.requests = all;
    }

    /// Each request with each kind of value, and without any.
    fn optional(&mut self, apart: &Apart<'_>, attribute: &Attribute, others: &[&str], set: Set<'_>) {
        let without = self.requests.clone();
        self.each(apart, attribute, others, set);
        self.requests.extend(without);
    }

    /// Each request without a token, and with each kind of token.
    fn tokens(&mut self, apart: &Apart<'_>) {
        let without = self.requests.clone();
        let of = |iss: &str, sub: &str| {
            let claim = |name: &str, value: &str| (vec![name.to_owned()], vec![value.to_owned()]);
            Token::Valid(BTreeMap::from([claim("iss", iss), claim("sub", sub)]))
        };
        self.each(apart, &Attribute::RequestPrincipal, &["meshgen.example/meshgen"], &|r, v| {
            let (iss, sub) = v.rsplit_once('/').unwrap_or((v, "meshgen"));
            r.token = of(iss, sub);
        });
        for claim in attributes(apart.conditions, |a| matches!(a, Attribute::Claim(_))) {
            if let Attribute::Claim(path) = &claim {
                self.optional(apart, &claim, &["meshgen"], &|r, v| {
                    if let Token::Valid(claims) = &mut r.token {
                        claims.insert(path.clone(), vec![v.to_owned()]);
                    }
                });
            }
        }
        self.requests.extend(without);
    }
}

/// What tells requests apart.
struct Apart<'a> {
    conditions: &'a [&'a Condition],
    settings: &'a Settings,
    seen: &'a Seen,
}

impl Apart<'_> {
    /// A value for each set of conditions on an attribute that can hold together, as far as they are found.
    fn values(&self, attribute: &Attribute, others: &[&str], set: Set<'_>) -> Vec<String> {
        let about: Vec<&Condition> =
            self.conditions.iter().filter(|c| c.attribute.meant() == *attribute).copied().collect();
        let mut seen = self.seen.clone();
        let mut found: BTreeMap<Vec<Truth>, String> = BTreeMap::new();
        for value in texts(&about, others, attribute == &Attribute::Path) {
            let mut request = Request { token: Token::Valid(BTreeMap::new()), ..Request::default() };
            set(&mut request, &value);
            seen.request = Some(request);
            let look =
                Look { settings: self.settings, namespace: "", seen: &seen, any: false, ztunnel: false };
            let held: Vec<Truth> = about.iter().map(|c| c.holds(look)).collect();
            found.entry(held).or_insert(value);
        }
        found.into_values().collect()
    }
}

fn attributes(conditions: &[&Condition], wanted: impl Fn(&Attribute) -> bool) -> BTreeSet<Attribute> {
    conditions.iter().map(|c| c.attribute.clone()).filter(|a| wanted(a)).collect()
}

/// A text for each pattern, and for each start with each end; and others.
fn texts(conditions: &[&Condition], others: &[&str], paths: bool) -> Vec<String> {
    let mut all: Vec<String> = others.iter().map(|o| (*o).to_owned()).collect();
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for value in conditions.iter().flat_map(|c| c.values.iter().chain(&c.not_values)) {
        if paths && is_template(value) {
            all.push(value.replace("{*}", "x").replace("{**}", "x/y"));
            all.push(value.replace("{*}", "x").replace("{**}", ""));
            continue;
        }
        match Pattern::parse(value) {
            Pattern::Exact(text) => all.push(text.to_owned()),
            Pattern::Prefix(start) => {
                starts.push(start);
                all.extend([start.to_owned(), format!("{start}x"), format!("{start}/x")]);
            }
            Pattern::Suffix(end) => {
                ends.push(end);
                all.push(format!("x{end}"));
            }
            Pattern::Any => {}
        }
    }
    for start in starts.iter().take(COMBINED) {
        all.extend(ends.iter().take(COMBINED).map(|end| format!("{start}x{end}")));
    }
    let rooted = |t: String| if paths && !t.starts_with('/') { format!("/{t}") } else { t };
    all.extend(beside(conditions, rooted));
    all.into_iter().map(rooted).filter(|t| !t.is_empty()).collect()
}

/// A text that no pattern means, if there is one: what others are, may end as some pattern wants it (`*.example`).
fn beside(conditions: &[&Condition], rooted: impl Fn(String) -> String) -> Option<String> {
    let values = || conditions.iter().flat_map(|c| c.values.iter().chain(&c.not_values));
    let meant = |text: &str| values().any(|value| Pattern::parse(&value.to_ascii_lowercase()).matches(text));
    let edges = ('a'..='z').chain('0'..='9');
    edges.map(|edge| rooted(format!("{edge}meshgen{edge}"))).find(|text| !meant(text))
}
