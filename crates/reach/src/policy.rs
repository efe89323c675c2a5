//! Policies of all kinds in one form.

use std::fmt;

use meshgen_yaml::Place;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Addresses, Matcher, PortSet, Protocol};

/// The side of a connection that a policy speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// What the source may send.
    Egress,
    /// What the destination takes.
    Ingress,
}

/// The kind of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names of the kinds")]
pub enum PolicyKind {
    NetworkPolicy,
    AdminNetworkPolicy,
    BaselineAdminNetworkPolicy,
    ClusterNetworkPolicy,
    CalicoNetworkPolicy,
    GlobalNetworkPolicy,
}

/// A layer of the verdict, in which policies of the same standing decide together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PolicyLayer")]
pub enum Layer {
    /// `AdminNetworkPolicy`, and `ClusterNetworkPolicy` of tier Admin.
    Admin,
    /// `NetworkPolicy` of Kubernetes.
    NetworkPolicy,
    /// `BaselineAdminNetworkPolicy`, and `ClusterNetworkPolicy` of tier Baseline.
    Baseline,
    /// A tier of Calico.
    Tier(String),
    /// What holds where no policy decides: everything is allowed.
    Default,
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
    /// It leaves the decision to the next layer.
    Pass,
    /// It could not be read: it may do anything.
    Unknown,
}

/// A policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its kind.
    pub kind: PolicyKind,
    /// Its namespace, if its kind has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub place: Place,
    /// The layer that it belongs to.
    pub layer: Layer,
    /// Its rank in the layer: lower is asked first. A priority, or Calico's order (absent is last).
    pub order: f64,
    /// Whom it protects.
    pub subject: Matcher,
    /// The rules for what the subject takes; none if it does not speak of that direction.
    pub ingress: Option<Vec<Rule>>,
    /// The rules for what the subject sends; none if it does not speak of that direction.
    pub egress: Option<Vec<Rule>>,
}

/// A rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its number in its direction, from 1.
    pub number: usize,
    /// Where it stands.
    pub place: Place,
    /// What it does.
    pub action: Action,
    /// The other end: one of these. The end itself, for each, as the policy describes it.
    pub peers: Vec<Matcher>,
    /// What the rule says about the protected end itself; only Calico has it.
    pub own: Matcher,
    /// The ports of the destination.
    pub ports: PortRule,
    /// It depends on more than is asked (a source port, …), so it may match at most.
    pub doubtful: bool,
}

/// The ports of a rule, before the names are resolved on the destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortRule {
    /// Ports by number.
    pub numbers: PortSet,
    /// Ports by name; of any protocol where none is said.
    pub names: Vec<(Option<Protocol>, String)>,
    /// Ports by number that are left out.
    pub except: PortSet,
    /// Ports by name that are left out.
    pub except_names: Vec<(Option<Protocol>, String)>,
}

impl PortRule {
    /// Every port of every protocol.
    pub fn all() -> PortRule {
        PortRule { numbers: PortSet::all(), ..PortRule::default() }
    }

    /// Whether it needs to know the destination.
    pub fn has_names(&self) -> bool {
        !self.names.is_empty() || !self.except_names.is_empty()
    }
}

impl Policy {
    /// Its rules of a direction; none if it does not speak of that direction.
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Egress => self.egress.as_deref(),
            Direction::Ingress => self.ingress.as_deref(),
        }
    }

    /// Whether one of its peers is a block of addresses in which pods may have theirs.
    pub fn may_mean_pods_by_address(&self) -> bool {
        let pods = Addresses::of_pods();
        let rules = self.ingress.iter().chain(&self.egress).flatten();
        rules.flat_map(|rule| &rule.peers).any(|peer| match peer {
            Matcher::Outside(set) => !set.intersection(&pods).is_empty(),
            _ => false,
        })
    }

    /// Its name as kubectl shows it: `ns/name`, or the name alone.
    pub fn full_name(&self) -> String {
        self.namespace.as_ref().map_or_else(|| self.name.clone(), |ns| format!("{ns}/{}", self.name))
    }
}

impl PolicyKind {
    /// Whether it is one of Calico's own.
    pub fn is_calico(self) -> bool {
        match self {
            PolicyKind::CalicoNetworkPolicy | PolicyKind::GlobalNetworkPolicy => true,
            PolicyKind::NetworkPolicy
            | PolicyKind::AdminNetworkPolicy
            | PolicyKind::BaselineAdminNetworkPolicy
            | PolicyKind::ClusterNetworkPolicy => false,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            PolicyKind::NetworkPolicy => "NetworkPolicy",
            PolicyKind::AdminNetworkPolicy => "AdminNetworkPolicy",
            PolicyKind::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            PolicyKind::ClusterNetworkPolicy => "ClusterNetworkPolicy",
            PolicyKind::CalicoNetworkPolicy => "Calico NetworkPolicy",
            PolicyKind::GlobalNetworkPolicy => "GlobalNetworkPolicy",
        }
    }
}

impl Direction {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Egress => "Egress",
            Direction::Ingress => "Ingress",
        }
    }
}

impl Rule {
    /// How the rule is called: its name, or its number.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("#{}", self.number))
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Admin => f.write_str("admin policies"),
            Layer::NetworkPolicy => f.write_str("network policies"),
            Layer::Baseline => f.write_str("baseline policies"),
            Layer::Tier(name) => write!(f, "tier {name}"),
            Layer::Default => f.write_str("the default"),
        }
    }
}
