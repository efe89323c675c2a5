//! Verdicts with their reasons: the decisions of the layers of both directions.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Direction, Layer, PolicyKind, PortSet, Where};

/// Whether a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// It is.
    Allowed,
    /// It is refused.
    Denied,
    /// The manifests, or the specifications, do not say.
    Unknown,
}

/// An answer, and how the layers came to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether the connection is made.
    pub answer: Answer,
    /// What each side says: the source may send, the destination may receive. Both must allow.
    pub decisions: Vec<Decision>,
    /// What leaves the answer open, apart from what the layers say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
}

/// What one side of a connection says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Which side.
    pub direction: Direction,
    /// What it comes to.
    pub answer: Answer,
    /// The layers that were asked, in order; the last one decides.
    pub layers: Vec<LayerDecision>,
}

/// What one layer says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerDecision {
    /// The layer.
    pub layer: Layer,
    /// What it comes to.
    pub effect: Effect,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What a layer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies.
    Deny,
    /// It leaves the decision to the next layer.
    Pass,
    /// More than one of these is possible.
    Unknown,
}

/// What a policy had to do with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// The kind of the policy.
    pub kind: PolicyKind,
    /// The policy: `ns/name`, or `name`.
    pub policy: String,
    /// Its rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// What it says.
    pub said: Said,
    /// Where the rule, or the policy, stands.
    pub at: Where,
    /// How many pods the policy selects, or may select.
    #[serde(skip)]
    pub selects: usize,
}

/// How a rule is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleName {
    /// Its number in its direction, from 1.
    pub number: usize,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Said {
    /// A rule allows it.
    Allows,
    /// A rule denies it.
    Denies,
    /// A rule leaves it to the next layer.
    Passes,
    /// A rule could not be read, or it depends on what the manifests do not say.
    May,
    /// A rule is about the other end, and not about these ports.
    OtherPorts,
    /// No rule is about the other end.
    NoRuleMatches,
    /// There are no rules, so nothing is allowed.
    NoRules,
}

/// Why a connection is made or refused, by port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// All ports that were asked for, in sets that share their reasons.
    pub parts: Vec<Part>,
}

/// Ports that share a verdict and its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The ports.
    pub ports: PortSet,
    /// What becomes of them.
    pub verdict: Verdict,
}

impl Verdict {
    /// Both directions together: each must allow.
    pub fn of(decisions: Vec<Decision>) -> Verdict {
        let any = |a| decisions.iter().any(|d| d.answer == a);
        let answer = match (any(Answer::Denied), any(Answer::Unknown)) {
            (true, _) => Answer::Denied,
            (false, true) => Answer::Unknown,
            (false, false) => Answer::Allowed,
        };
        Verdict { answer, decisions, open: Vec::new() }
    }

    /// What holds if either of two readings may be the right one.
    pub(crate) fn or(&self, other: &Verdict) -> Verdict {
        let answer = if self.answer == other.answer { self.answer } else { Answer::Unknown };
        let mut open = self.open.clone();
        if self.answer != other.answer {
            let why =
                "whether a NetworkPolicy is about pods on the network of their node is left to the plugin";
            open.push(why.to_owned());
        }
        Verdict { answer, decisions: self.decisions.clone(), open }
    }
}
