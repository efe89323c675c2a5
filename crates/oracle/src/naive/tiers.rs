//! The order in which policies are asked.
//!
//! Kubernetes, the admin policies and Calico are one sequence of tiers. In a tier its policies are asked in
//! order, and the first rule that matches decides: it allows, denies, or passes to the next tier. Where
//! policies of the tier apply to the pod in this direction, but no rule matches, the tier's default decides.
//! After the last tier everything is allowed, by the default of Kubernetes and by Calico's namespace profile.
//!
//! Sources: network-policy-api `ClusterNetworkPolicy` (Admin, then `NetworkPolicy`, then Baseline); Calico
//! `tier.go` (orders 1,000, 1,000,000, 10,000,000; default actions), `conversion.go` (a `NetworkPolicy` has order
//! 1,000 in the tier `default`), `app-policy/checker/check.go` (the walk).

use serde_json::Value;

use super::{
    admin, calico, kubernetes,
    model::{Cluster, Flow, Peer, Pod, Verdict, kind, name, string},
};

/// Which side of a connection is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The source, about sending.
    Egress,
    /// The destination, about receiving.
    Ingress,
}

/// Whether a rule matches a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// It depends on what the manifests do not say, such as the address of a pod.
    Maybe,
}

impl Match {
    pub(super) fn of(yes: bool) -> Match {
        if yes { Match::Yes } else { Match::No }
    }

    pub(super) fn and(self, other: Match) -> Match {
        match (self, other) {
            (Match::No, _) | (_, Match::No) => Match::No,
            (Match::Yes, Match::Yes) => Match::Yes,
            _ => Match::Maybe,
        }
    }

    pub(super) fn or(self, other: Match) -> Match {
        match (self, other) {
            (Match::Yes, _) | (_, Match::Yes) => Match::Yes,
            (Match::No, Match::No) => Match::No,
            _ => Match::Maybe,
        }
    }

    pub(super) fn not(self) -> Match {
        match self {
            Match::Yes => Match::No,
            Match::No => Match::Yes,
            Match::Maybe => Match::Maybe,
        }
    }
}

/// What a rule says to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Allow,
    Deny,
    Pass,
}

/// What a policy, a tier or a direction can come to. More than one is possible where the answer is open.
#[expect(clippy::struct_excessive_bools, reason = "a set of four outcomes")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// It may be allowed.
    pub allow: bool,
    /// It may be denied.
    pub deny: bool,
    /// It may be passed to the next tier by a rule.
    pub pass: bool,
    /// It may be that no rule matches.
    pub none: bool,
}

impl Outcomes {
    /// The rules in order: the first that matches decides, and one that may match adds what it would do.
    pub(super) fn first(rules: impl IntoIterator<Item = (Match, Action)>) -> Outcomes {
        let mut out = Outcomes::default();
        for (matches, action) in rules {
            if matches != Match::No {
                out.add(action);
            }
            if matches == Match::Yes {
                return out;
            }
        }
        out.none = true;
        out
    }

    fn add(&mut self, action: Action) {
        match action {
            Action::Allow => self.allow = true,
            Action::Deny => self.deny = true,
            Action::Pass => self.pass = true,
        }
    }

    fn or(self, other: Outcomes) -> Outcomes {
        Outcomes {
            allow: self.allow || other.allow,
            deny: self.deny || other.deny,
            pass: self.pass || other.pass,
            none: self.none || other.none,
        }
    }

    /// Policies of the same rank, which may be asked in any order: each of them may be the first to decide.
    fn any_order(self, other: Outcomes) -> Outcomes {
        Outcomes { none: self.none && other.none, ..self.or(other) }
    }

    /// `self`, and where no rule of it matches, `next`.
    fn then(self, next: Outcomes) -> Outcomes {
        if self.none { Outcomes { none: false, ..self }.or(next) } else { self }
    }
}

/// A policy that applies to the pod in the direction that is asked.
pub(super) struct Applied {
    /// The lower, the earlier; none where the specification gives it no place among the others.
    pub(super) order: Option<f64>,
    /// Decides between equal orders; empty where the specification says that any order is possible.
    pub(super) name: String,
    /// What it says about this packet.
    pub(super) outcomes: Outcomes,
}

struct Tier {
    order: f64,
    name: String,
    default: Action,
    policies: Vec<Applied>,
}

/// A cluster, read in one of the possible ways.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) cluster: &'a Cluster,
    /// Whether a `NetworkPolicy` treats pods on the host's network as pods: Kubernetes leaves it open.
    pub(super) hosts_are_pods: bool,
}

impl World<'_> {
    /// What one direction of a connection can come to: allowed or denied.
    pub(super) fn outcomes(self, flow: &Flow<'_>, direction: Direction) -> Outcomes {
        let ((Direction::Egress, Peer::Pod(pod), peer) | (Direction::Ingress, peer, Peer::Pod(pod))) =
            (direction, flow.source, flow.destination)
        else {
            // Nobody writes policies for the world outside.
            return Outcomes { allow: true, ..Outcomes::default() };
        };
        let mut tiers = self.tiers(pod, peer, flow, direction);
        tiers.retain(|t| !t.policies.is_empty());
        tiers.sort_by(|a, b| a.order.total_cmp(&b.order).then_with(|| a.name.cmp(&b.name)));
        let mut total = Outcomes { none: true, ..Outcomes::default() };
        for tier in tiers {
            let here = decided(&tier);
            // Pass and a default of Pass both lead to the next tier.
            total = total.then(Outcomes { none: here.pass || here.none, pass: false, ..here });
        }
        total.then(Outcomes { allow: true, ..Outcomes::default() })
    }

    fn tiers(self, pod: &Pod, peer: Peer<'_>, flow: &Flow<'_>, direction: Direction) -> Vec<Tier> {
        let ask = admin::Asked { world: self, pod, peer, flow, direction };
        let mut tiers = vec![
            tier("kube-admin", 1_000.0, Action::Pass, admin::admin(&ask)),
            tier("default", 1_000_000.0, Action::Deny, kubernetes::policies(&ask)),
            tier("kube-baseline", 10_000_000.0, Action::Pass, admin::baseline(&ask)),
        ];
        for (tier_name, policy) in calico::policies(&ask) {
            match tiers.iter_mut().find(|t| t.name == tier_name) {
                Some(t) => t.policies.push(policy),
                None => tiers.push(written_tier(self.cluster, &tier_name, policy)),
            }
        }
        tiers
    }
}

fn tier(name: &str, order: f64, default: Action, policies: Vec<Applied>) -> Tier {
    Tier { name: name.to_owned(), order, default, policies }
}

/// The `Tier` of that name. Without an order it is the last.
fn written_tier(cluster: &Cluster, wanted: &str, policy: Applied) -> Tier {
    let found = cluster.objects.iter().find(|o| kind(o) == "Tier" && name(o) == wanted);
    let order = found.and_then(|t| t.pointer("/spec/order")).and_then(Value::as_f64);
    let pass = found.is_some_and(|t| string(t.pointer("/spec/defaultAction")) == "Pass");
    let default = if pass { Action::Pass } else { Action::Deny };
    tier(wanted, order.unwrap_or(f64::INFINITY), default, vec![policy])
}

/// The policies of a tier in order, then its default. One that has no place among the others may come before them
/// or after them; anywhere in between gives nothing else.
fn decided(tier: &Tier) -> Outcomes {
    let first = in_order(tier, f64::NEG_INFINITY);
    first.or(in_order(tier, f64::INFINITY))
}

fn in_order(tier: &Tier, homeless: f64) -> Outcomes {
    let order = |a: &Applied| a.order.unwrap_or(homeless);
    let mut sorted: Vec<&Applied> = tier.policies.iter().collect();
    sorted.sort_by(|a, b| order(a).total_cmp(&order(b)).then_with(|| a.name.cmp(&b.name)));
    let mut total = Outcomes { none: true, ..Outcomes::default() };
    let mut rest = sorted.as_slice();
    while let Some((first, others)) = rest.split_first() {
        let same = |o: &&&Applied| order(o).total_cmp(&order(first)).is_eq() && o.name == first.name;
        let equals: Vec<&&Applied> = others.iter().take_while(same).collect();
        let group = equals.iter().fold(first.outcomes, |sum, o| sum.any_order(o.outcomes));
        total = total.then(group);
        rest = others.get(equals.len()..).unwrap_or_default();
    }
    total.then(Outcomes::first([(Match::Yes, tier.default)]))
}

/// Both directions together.
pub(super) fn both(egress: Outcomes, ingress: Outcomes) -> Verdict {
    let may_connect = egress.allow && ingress.allow;
    let may_fail = egress.deny || ingress.deny;
    match (may_connect, may_fail) {
        (true, false) => Verdict::Allowed,
        (false, true) => Verdict::Denied,
        (true, true) | (false, false) => Verdict::Undefined,
    }
}
