//! The walk through the policies of one end of a connection, layer by layer.
//!
//! Admin policies, network policies, baseline policies and Calico's tiers are one sequence of tiers. In a tier
//! its policies are asked in order, and the first rule that matches decides: it allows, denies, or passes to the
//! next tier. Where policies of the tier apply, but no rule matches, the tier's default decides. After the last
//! tier everything is allowed (A1, A2, A3, C1, C2).
//!
//! Ports are walked all at once. What may happen is followed as well as what does: a port can come to both an
//! allowance and a refusal, and then its verdict is unknown.

use std::cmp::Ordering;

use crate::{
    Action, Cluster, Direction, End, Layer, Match, Matcher, Policy, PolicyKind, PortRule, PortSet, Protocol,
    Rule,
};

/// A policy that applies to the end that is asked; perhaps, if that is not sure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applied<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) surely: bool,
}

/// Policies of the same layer, in order.
pub(crate) struct Step<'a> {
    pub(crate) layer: Layer,
    pub(crate) passes: bool,
    /// Whether at least one policy surely applies.
    surely: bool,
    /// Policies of the same rank, which may be asked in any order.
    ranks: Vec<Vec<Applied<'a>>>,
    /// A `BaselineAdminNetworkPolicy` of v1alpha1 has no priority, and so no place among others in its layer.
    homeless: Option<Applied<'a>>,
}

/// What one direction of a connection can come to, by port. Each port that was asked for is in one, or in both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    pub(crate) allow: PortSet,
    pub(crate) deny: PortSet,
}

/// The two ends, as one direction sees them.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) direction: Direction,
    /// The end whose policies are asked.
    pub(crate) own: End<'a>,
    /// The other end.
    pub(crate) peer: End<'a>,
    /// Whether the other end is taken to fit no description that it need not fit.
    pub(crate) avoiding: bool,
    /// What the asked end fits, if it is taken to fit nothing else that does not follow.
    pub(crate) described: Option<&'a [Matcher]>,
}

/// What a policy had to do with a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note<'a> {
    /// A layer begins.
    Layer(&'a Layer),
    /// A rule matches; surely or perhaps.
    Hit(&'a Policy, &'a Rule, bool),
    /// A rule is about the other end, and not about these ports.
    OtherPorts(&'a Policy, &'a Rule),
    /// No rule of a policy matches.
    Unmatched(&'a Policy),
    /// The default of a layer decides: it passes on, or it denies.
    Default(bool),
    /// No layer has decided.
    Allowed,
}

/// The tiers of the policies that apply.
pub(crate) fn steps<'a>(cluster: &Cluster, applied: &[Applied<'a>]) -> Vec<Step<'a>> {
    let mut sorted: Vec<(f64, Applied<'a>)> =
        applied.iter().map(|a| (tier_order(cluster, &a.policy.layer), *a)).collect();
    sorted.sort_by(|(x, a), (y, b)| {
        let tier = x.total_cmp(y).then_with(|| tier_name(&a.policy.layer).cmp(tier_name(&b.policy.layer)));
        tier.then_with(|| by_rank(a.policy, b.policy))
    });
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (_, one) in sorted {
        let layer = &one.policy.layer;
        let step = match steps.last_mut() {
            Some(last) if tier_name(&last.layer) == tier_name(layer) => last,
            _ => {
                let passes = tier_passes(cluster, layer);
                steps.push(Step {
                    layer: layer.clone(),
                    passes,
                    surely: false,
                    ranks: Vec::new(),
                    homeless: None,
                });
                match steps.last_mut() {
                    Some(step) => step,
                    None => continue,
                }
            }
        };
        step.surely |= one.surely;
        match step.ranks.last_mut() {
            Some(rank) if rank.last().is_some_and(|l| is_level(l.policy, one.policy)) => rank.push(one),
            _ => step.ranks.push(vec![one]),
        }
    }
    steps.iter_mut().for_each(Step::set_apart);
    steps
}

impl Step<'_> {
    /// Takes a policy that has no place among the others out of the ranks, if there are others.
    fn set_apart(&mut self) {
        let is = |a: &Applied<'_>| a.policy.kind == PolicyKind::BaselineAdminNetworkPolicy;
        if self.ranks.iter().flatten().all(is) {
            return;
        }
        for rank in &mut self.ranks {
            if let Some(at) = rank.iter().position(is) {
                self.homeless = Some(rank.remove(at));
            }
        }
        self.ranks.retain(|rank| !rank.is_empty());
    }
}

/// C1: the fixed tiers, and those that are written. A tier without an order is the last one.
fn tier_order(cluster: &Cluster, layer: &Layer) -> f64 {
    match layer {
        Layer::Admin => 1_000.0,
        Layer::NetworkPolicy => 1_000_000.0,
        Layer::Baseline => 10_000_000.0,
        Layer::Default => f64::INFINITY,
        Layer::Tier(name) => match name.as_str() {
            "kube-admin" => 1_000.0,
            "default" => 1_000_000.0,
            "kube-baseline" => 10_000_000.0,
            _ => cluster.tiers.get(name).and_then(|t| t.order).unwrap_or(f64::INFINITY),
        },
    }
}

/// C1: the kinds of Kubernetes live in tiers of Calico.
fn tier_name(layer: &Layer) -> &str {
    match layer {
        Layer::Admin => "kube-admin",
        Layer::NetworkPolicy => "default",
        Layer::Baseline => "kube-baseline",
        Layer::Default => "",
        Layer::Tier(name) => name,
    }
}

/// C2: what no rule of a tier matches is denied, or passed on.
fn tier_passes(cluster: &Cluster, layer: &Layer) -> bool {
    match tier_name(layer) {
        "kube-admin" | "kube-baseline" => true,
        "default" => false,
        name => cluster.tiers.get(name).is_some_and(|t| t.passes),
    }
}

/// C2: by order, then by name. A2: admin policies of one priority have no order among them.
fn by_rank(a: &Policy, b: &Policy) -> Ordering {
    rank(a).total_cmp(&rank(b)).then_with(|| rank_name(a).cmp(&rank_name(b)))
}

fn rank(policy: &Policy) -> f64 {
    // C1: `conversion.go` gives a NetworkPolicy of Kubernetes the order 1000 in the tier `default`.
    if policy.kind == PolicyKind::NetworkPolicy { 1_000.0 } else { policy.order }
}

fn rank_name(policy: &Policy) -> String {
    match policy.kind {
        PolicyKind::NetworkPolicy => format!("knp.default.{}", policy.name),
        PolicyKind::CalicoNetworkPolicy | PolicyKind::GlobalNetworkPolicy => policy.name.clone(),
        PolicyKind::AdminNetworkPolicy
        | PolicyKind::BaselineAdminNetworkPolicy
        | PolicyKind::ClusterNetworkPolicy => String::new(),
    }
}

/// Whether two policies that follow one another may be asked in any order. N2: network policies only ever allow,
/// so their order makes no difference.
fn is_level(a: &Policy, b: &Policy) -> bool {
    let kubernetes = |p: &Policy| p.kind == PolicyKind::NetworkPolicy;
    (kubernetes(a) && kubernetes(b)) || by_rank(a, b).is_eq()
}

/// What becomes of the ports that are asked for.
pub(crate) fn walk<'a>(
    steps: &'a [Step<'a>],
    asked: Asked<'_>,
    ports: &PortSet,
    note: &mut dyn FnMut(Note<'a>),
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open = ports.clone();
    for step in steps {
        if open.is_empty() {
            return outcome;
        }
        note(Note::Layer(&step.layer));
        open = one_step(step, asked, open, &mut outcome, note);
    }
    if !open.is_empty() {
        note(Note::Allowed);
    }
    outcome.allow = outcome.allow.union(&open);
    outcome
}

/// One tier; what is left for the next.
fn one_step<'a>(
    step: &'a Step<'a>,
    asked: Asked<'_>,
    open: PortSet,
    outcome: &mut Outcome,
    note: &mut dyn FnMut(Note<'a>),
) -> PortSet {
    let Some(homeless) = step.homeless else {
        return in_order(step, step.ranks.iter().map(Vec::as_slice), asked, open, outcome, note);
    };
    // It may come before all others or after them; anywhere in between gives nothing else.
    let (alone, ranks) = ([homeless], || step.ranks.iter().map(Vec::as_slice));
    let first = std::iter::once(alone.as_slice()).chain(ranks());
    let passed = in_order(step, first, asked, open.clone(), outcome, note);
    let last = ranks().chain(std::iter::once(alone.as_slice()));
    passed.union(&in_order(step, last, asked, open, outcome, &mut |_| {}))
}

fn in_order<'s, 'a: 's>(
    step: &Step<'a>,
    ranks: impl Iterator<Item = &'s [Applied<'a>]>,
    asked: Asked<'_>,
    open: PortSet,
    outcome: &mut Outcome,
    note: &mut dyn FnMut(Note<'a>),
) -> PortSet {
    let mut passed = PortSet::default();
    let mut here = open;
    for rank in ranks {
        if here.is_empty() {
            return passed;
        }
        let mut after: Option<PortSet> = None;
        for applied in rank {
            let rest = one_policy(*applied, asked, &here, outcome, &mut passed, note);
            after = Some(after.map_or_else(|| rest.clone(), |a| a.intersection(&rest)));
        }
        here = after.unwrap_or(here);
    }
    if here.is_empty() {
        return passed;
    }
    note(Note::Default(step.passes));
    if !step.passes {
        outcome.deny = outcome.deny.union(&here);
    }
    if step.passes || !step.surely {
        passed = passed.union(&here);
    }
    passed
}

/// The rules of one policy; what no rule surely matches is left.
fn one_policy<'a>(
    applied: Applied<'a>,
    asked: Asked<'_>,
    here: &PortSet,
    outcome: &mut Outcome,
    passed: &mut PortSet,
    note: &mut dyn FnMut(Note<'a>),
) -> PortSet {
    let mut rest = here.clone();
    let mut unmatched = true;
    // Of what is asked for it holds that it fits nothing that it need not fit.
    let avoiding = |m: Match| if asked.avoiding && m == Match::May { Match::No } else { m };
    for rule in applied.policy.rules(asked.direction).unwrap_or_default() {
        let matched = avoiding(rule.matched(asked));
        let surely =
            matched == Match::Yes && applied.surely && !rule.doubtful && rule.action != Action::Unknown;
        if matched == Match::No {
            continue;
        }
        // N2: rules of a NetworkPolicy add up, so each that matches is a reason.
        let hit = if applied.policy.kind == PolicyKind::NetworkPolicy { here } else { &rest };
        let hit = hit.intersection(&rule.ports.on(asked.destination()));
        if hit.is_empty() {
            note(Note::OtherPorts(applied.policy, rule));
            continue;
        }
        unmatched = false;
        note(Note::Hit(applied.policy, rule, surely));
        let unknown = rule.action == Action::Unknown;
        for (action, to) in [
            (Action::Allow, &mut outcome.allow),
            (Action::Deny, &mut outcome.deny),
            (Action::Pass, &mut *passed),
        ] {
            if rule.action == action || unknown {
                *to = to.union(&hit);
            }
        }
        if surely {
            rest = rest.minus(&hit);
        }
    }
    if unmatched {
        note(Note::Unmatched(applied.policy));
    }
    rest
}

impl<'a> Asked<'a> {
    /// The end whose ports are meant.
    pub(crate) fn destination(&self) -> End<'a> {
        match self.direction {
            Direction::Egress => self.peer,
            Direction::Ingress => self.own,
        }
    }
}

impl Rule {
    /// Whether it is about the two ends.
    pub(crate) fn matched(&self, asked: Asked<'_>) -> Match {
        let own = match asked.described {
            Some(by) if by.contains(&self.own) => Match::Yes,
            Some(_) => (self.own.matches(asked.cluster, asked.own) == Match::Yes).into(),
            None => self.own.matches(asked.cluster, asked.own),
        };
        let mut peer = Match::No;
        for matcher in &self.peers {
            if own == Match::No || peer == Match::Yes {
                break;
            }
            peer = peer.or(matcher.matches(asked.cluster, asked.peer));
        }
        own.and(peer)
    }
}

impl PortRule {
    /// The ports that are meant on a destination. N6: names are looked up on it, and the outside has none.
    pub(crate) fn on(&self, destination: End<'_>) -> PortSet {
        if !self.has_names() && self.except.is_empty() {
            return self.numbers.clone();
        }
        let named = |names: &[(Option<Protocol>, String)]| -> PortSet {
            names.iter().map(|(protocol, name)| port_named(destination, *protocol, name)).collect()
        };
        let except = self.except.union(&named(&self.except_names));
        self.numbers.union(&named(&self.names)).minus(&except)
    }
}

/// N6: name and protocol must both match. On a pod that is not known a name stays a name.
fn port_named(destination: End<'_>, protocol: Option<Protocol>, name: &str) -> PortSet {
    let End::Pod(pod) = destination else { return PortSet::default() };
    let Some(ports) = pod.ports else {
        let of = |p: &Protocol| protocol.is_none_or(|wanted| wanted == *p);
        return Protocol::ALL.into_iter().filter(of).map(|p| PortSet::named(p, name)).collect();
    };
    let wanted = |p: Protocol| protocol.is_none_or(|w| w == p);
    let found = ports.iter().filter(|p| p.name.as_deref() == Some(name) && wanted(p.protocol));
    found.map(|p| PortSet::one(p.protocol, p.number)).collect()
}
