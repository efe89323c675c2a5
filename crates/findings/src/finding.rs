//! One thing that was found.

use std::{cmp::Ordering, fmt};

use meshgen_yaml::Place;

use crate::{Document, Rule, Severity};

/// An object of manifests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its group, without the version; empty for the core group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; none for what stands outside of namespaces.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// What asked for an object, where manifests are made of something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Where that stands, in files of its own.
    pub place: Place,
    /// What it is called there: `policies/shop/cart`.
    pub path: String,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The object that it is about; none if it is about what the manifests are made of.
    pub object: Option<Object>,
    /// Where it stands in the manifests.
    pub at: Option<Place>,
    /// Other places that belong to it, each with what is there.
    pub also: Vec<(Place, String)>,
    /// What was found, with names: lower case, no full stop, input in backticks.
    pub said: String,
    /// What would be right, with names.
    pub way_out: String,
    /// What asked for the object, if that is known.
    pub origin: Option<Origin>,
}

/// What was found, and by which rule. Errors come first, then the order is that of codes and places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub hit: Hit,
}

impl Hit {
    /// Something about an object, shown at the line of its name.
    pub fn about(document: &Document, said: impl Into<String>, way_out: impl Into<String>) -> Hit {
        Hit {
            object: Some(document.object.clone()),
            at: Some(document.title),
            also: Vec::new(),
            said: said.into(),
            way_out: way_out.into(),
            origin: None,
        }
    }

    /// The same at another place of that object.
    #[must_use]
    pub fn at(mut self, place: Place) -> Hit {
        self.at = Some(place);
        self
    }

    /// The same with another place that belongs to it.
    #[must_use]
    pub fn also(mut self, place: Place, label: impl Into<String>) -> Hit {
        self.also.push((place, label.into()));
        self
    }

    /// What a rule found.
    pub fn of(self, rule: &'static Rule) -> Finding {
        Finding { rule, hit: self }
    }
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }

    fn key(&self) -> (Severity, &str, Option<Place>, Option<&Origin>, &Option<Object>, &str) {
        let hit = &self.hit;
        (self.severity(), self.rule.code, hit.at, hit.origin.as_ref(), &hit.object, &hit.said)
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// `NetworkPolicy/shop/cart`, with the group where the kind alone would not tell.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if self.group.ends_with("projectcalico.org") && self.kind == "NetworkPolicy" {
            write!(f, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, "/{namespace}/{}", self.name),
            None => write!(f, "/{}", self.name),
        }
    }
}
