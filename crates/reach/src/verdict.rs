//! Verdicts with their reasons: the decisions of the layers of both directions.

use serde::Serialize;

use crate::{
    Action, Direction, Judge, Layer, Match, Party, Policy, PolicyKind, PortSet, Protocol, Rule, Where,
    side::Permitted,
    walk::{Applied, Asked, Note, Outcome, Step, steps, walk},
};

/// Whether a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whether the connection is made.
    pub answer: Answer,
    /// What each side says: the source may send, the destination may receive. Both must allow.
    pub decisions: Vec<Decision>,
}

/// What one side of a connection says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
}

/// How a rule is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleName {
    /// Its number in its direction, from 1.
    pub number: usize,
    /// Its name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The ports.
    pub ports: PortSet,
    /// What becomes of them.
    pub verdict: Verdict,
}

impl Judge<'_> {
    /// What becomes of one connection.
    pub fn probe(&self, from: &Party, to: &Party, protocol: Protocol, port: u16) -> Verdict {
        let parts = self.parts(from, to, &PortSet::one(protocol, port));
        let found = parts.into_iter().next().map(|p| p.verdict);
        found.unwrap_or(Verdict { answer: Answer::Unknown, decisions: Vec::new() })
    }

    /// Why connections are made or refused, for these ports.
    pub fn explain(&self, from: &Party, to: &Party, ports: &PortSet) -> Explanation {
        let cluster = self.cluster();
        Explanation { from: from.title(cluster), to: to.title(cluster), parts: self.parts(from, to, ports) }
    }

    fn parts(&self, from: &Party, to: &Party, ports: &PortSet) -> Vec<Part> {
        if let (Party::Pod(a), Party::Pod(b)) = (from, to)
            && a == b
        {
            return vec![Part { ports: ports.clone(), verdict: itself() }];
        }
        let cluster = self.cluster();
        let first = self.reading(from, to, ports, true);
        // N11: where the two readings of the host's network differ, nobody knows.
        if !from.is_host(cluster) && !to.is_host(cluster) {
            return first;
        }
        let second = self.reading(from, to, ports, false);
        let mut both = Vec::new();
        for a in &first {
            for b in &second {
                let ports = a.ports.intersection(&b.ports);
                if !ports.is_empty() {
                    both.push(Part { ports, verdict: a.verdict.or(&b.verdict) });
                }
            }
        }
        joined(both)
    }

    fn reading(&self, from: &Party, to: &Party, ports: &PortSet, host_is_pod: bool) -> Vec<Part> {
        let cluster = self.cluster();
        let ends = (from.end(cluster, host_is_pod), to.end(cluster, host_is_pod));
        let (Some(source), Some(destination)) = ends else { return Vec::new() };
        let egress =
            Asked { cluster, direction: Direction::Egress, own: source, peer: destination, avoiding: false };
        let ingress =
            Asked { cluster, direction: Direction::Ingress, own: destination, peer: source, avoiding: false };
        let sides = [(egress, self.applied(egress)), (ingress, self.applied(ingress))];
        let mut pieces = vec![ports.clone()];
        for (asked, applied) in &sides {
            for rule in applied.iter().flat_map(|a| a.policy.rules(asked.direction).unwrap_or_default()) {
                pieces = cut(pieces, &rule.ports.on(asked.destination()));
            }
        }
        let walked = sides.map(|(asked, applied)| (asked, steps(cluster, &applied)));
        let part = |ports: PortSet| {
            let decisions =
                walked.iter().map(|(asked, steps)| self.decision(steps, *asked, &ports)).collect();
            Part { verdict: Verdict::of(decisions), ports }
        };
        joined(pieces.into_iter().map(part).collect())
    }

    /// What is permitted between two parties, without the reasons.
    pub fn permitted(&self, from: &Party, to: &Party) -> Permitted {
        let mut permitted = Permitted::default();
        for part in self.parts(from, to, &PortSet::all()) {
            match part.verdict.answer {
                Answer::Allowed => {
                    permitted.sure = permitted.sure.union(&part.ports);
                    permitted.possible = permitted.possible.union(&part.ports);
                }
                Answer::Unknown => permitted.possible = permitted.possible.union(&part.ports),
                Answer::Denied => {}
            }
        }
        permitted
    }

    /// What one side alone permits.
    pub(crate) fn one_side(&self, direction: Direction, own: &Party, peer: &Party) -> Permitted {
        let cluster = self.cluster();
        let of = |host_is_pod| {
            let asked = Asked {
                cluster,
                direction,
                own: own.end(cluster, host_is_pod)?,
                peer: peer.end(cluster, host_is_pod)?,
                avoiding: false,
            };
            if self.is_concerned(asked) {
                return Some(Permitted { sure: PortSet::default(), possible: PortSet::all() });
            }
            let applied = self.applied(asked);
            Some(Permitted::from(walk(&steps(cluster, &applied), asked, &PortSet::all(), &mut |_| {})))
        };
        let (Some(a), Some(b)) = (of(true), of(false)) else { return Permitted::default() };
        a.either(&b)
    }

    /// The policies that speak of the asked end.
    pub(crate) fn applied(&self, asked: Asked<'_>) -> Vec<Applied<'_>> {
        let spoken = self.cluster().policies.iter().filter(|p| p.rules(asked.direction).is_some());
        let applied = |policy| match asked.meant(policy) {
            Match::No => None,
            matched => Some(Applied { policy, surely: matched == Match::Yes }),
        };
        spoken.filter_map(applied).collect()
    }

    /// Whether something that was not understood may concern the asked end.
    fn is_concerned(&self, asked: Asked<'_>) -> bool {
        let host = matches!(asked.own, crate::End::Pod(p) if p.host_network);
        let pod = matches!(asked.own, crate::End::Pod(_));
        let meant = |u: &crate::Unread| u.concerns.matches(self.cluster(), asked.own) != Match::No;
        pod && self.cluster().unread.iter().any(|u| (host || !u.host_only) && meant(u))
    }

    fn decision(&self, steps: &[Step<'_>], asked: Asked<'_>, ports: &PortSet) -> Decision {
        let mut layers: Vec<LayerDecision> = Vec::new();
        let outcome = walk(steps, asked, ports, &mut |note| match note {
            Note::Layer(layer) => {
                layers.push(LayerDecision {
                    layer: layer.clone(),
                    effect: Effect::Pass,
                    reasons: Vec::new(),
                });
            }
            Note::Allowed => {
                let effect = Effect::Allow;
                layers.push(LayerDecision { layer: Layer::Default, effect, reasons: Vec::new() });
            }
            other => {
                if let Some(last) = layers.last_mut() {
                    self.noted(last, other, asked.direction);
                }
            }
        });
        let concerned = self.is_concerned(asked);
        let answer = if concerned { Answer::Unknown } else { answer(&outcome) };
        Decision { direction: asked.direction, answer, layers }
    }

    fn noted(&self, layer: &mut LayerDecision, note: Note<'_>, direction: Direction) {
        let reason = match note {
            Note::Hit(policy, rule, surely) => {
                let (said, effect) = match rule.action {
                    Action::Allow => (Said::Allows, Effect::Allow),
                    Action::Deny => (Said::Denies, Effect::Deny),
                    Action::Pass => (Said::Passes, Effect::Pass),
                    Action::Unknown => (Said::May, Effect::Unknown),
                };
                layer.effect = if surely { effect } else { Effect::Unknown };
                self.reason(policy, Some(rule), if surely { said } else { Said::May })
            }
            Note::OtherPorts(policy, rule) => self.reason(policy, Some(rule), Said::OtherPorts),
            Note::Unmatched(policy) => {
                let without_rules = policy.rules(direction).is_none_or(<[Rule]>::is_empty);
                self.reason(policy, None, if without_rules { Said::NoRules } else { Said::NoRuleMatches })
            }
            Note::Default(passes) => {
                if layer.effect != Effect::Unknown {
                    layer.effect = if passes { Effect::Pass } else { Effect::Deny };
                }
                return;
            }
            Note::Layer(_) | Note::Allowed => return,
        };
        layer.reasons.push(reason);
    }

    fn reason(&self, policy: &Policy, rule: Option<&Rule>, said: Said) -> Reason {
        Reason {
            kind: policy.kind,
            policy: policy.full_name(),
            rule: rule.map(|r| RuleName { number: r.number, name: r.name.clone() }),
            said,
            at: self.manifests.find(rule.map_or(policy.place, |r| r.place)),
        }
    }
}

impl Asked<'_> {
    fn meant(&self, policy: &Policy) -> Match {
        match self.own {
            crate::End::Pod(_) => policy.subject.matches(self.cluster, self.own),
            // Nobody writes policies for the outside.
            crate::End::Outside(_) => Match::No,
        }
    }
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
        Verdict { answer, decisions }
    }

    /// What holds if either of two readings may be the right one.
    fn or(&self, other: &Verdict) -> Verdict {
        let answer = if self.answer == other.answer { self.answer } else { Answer::Unknown };
        Verdict { answer, decisions: self.decisions.clone() }
    }
}

/// N10: a pod cannot block itself.
fn itself() -> Verdict {
    let layers = vec![LayerDecision { layer: Layer::Default, effect: Effect::Allow, reasons: Vec::new() }];
    let of = |direction| Decision { direction, answer: Answer::Allowed, layers: layers.clone() };
    Verdict::of(vec![of(Direction::Egress), of(Direction::Ingress)])
}

fn answer(outcome: &Outcome) -> Answer {
    match (outcome.allow.is_empty(), outcome.deny.is_empty()) {
        (false, true) => Answer::Allowed,
        (true, _) => Answer::Denied,
        (false, false) => Answer::Unknown,
    }
}

/// Each piece in two: what is in the set, and what is not.
fn cut(pieces: Vec<PortSet>, set: &PortSet) -> Vec<PortSet> {
    let both = pieces.into_iter().flat_map(|p| [p.intersection(set), p.minus(set)]);
    both.filter(|p| !p.is_empty()).collect()
}

/// Pieces with the same verdict and reasons as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match all.iter_mut().find(|p| p.verdict == part.verdict) {
            Some(same) => same.ports = same.ports.union(&part.ports),
            None => all.push(part),
        }
    }
    all.sort_by(|a, b| a.ports.cmp(&b.ports));
    all
}
