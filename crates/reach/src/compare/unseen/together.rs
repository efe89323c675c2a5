//! Which pods that fit two descriptions at once could tell two versions apart where pods that fit one of them could not.

use std::collections::BTreeMap;

use super::fitting::Rules;
use crate::{Action, Layer, Matcher, PolicyKind, PortSet, Rule, bits::Bits, walk::Applied};

/// What rules do with whom they are about: by action and layer, the ports.
#[derive(Default)]
pub(super) struct Effects<'v> {
    ports: BTreeMap<(Action, &'v Layer), PortSet>,
    /// Whether that is not all that there is to say.
    doubtful: bool,
}

impl<'v> Effects<'v> {
    pub(super) fn add(&mut self, applied: &Applied<'v>, rule: &Rule) {
        self.doubtful |=
            !applied.surely || rule.doubtful || rule.ports.has_names() || rule.own != Matcher::Anyone;
        let ports = self.ports.entry((rule.action, &applied.policy.layer)).or_default();
        *ports = ports.union(&rule.ports.numbers);
    }

    /// Whether both together may come to something that neither comes to alone. Where two rules do the same, a pod
    /// that fits both fares like one that fits the first of them.
    pub(super) fn meet(&self, other: &Effects<'_>) -> bool {
        let differ = |a: &(Action, &Layer), b: &(Action, &Layer)| match (a.0, b.0) {
            (Action::Allow, Action::Allow) | (Action::Deny, Action::Deny) => false,
            (Action::Pass, Action::Pass) => a.1 != b.1,
            _ => true,
        };
        self.doubtful
            || other.doubtful
            || self.ports.iter().any(|(a, left)| {
                other.ports.iter().any(|(b, right)| differ(a, b) && !left.intersection(right).is_empty())
            })
    }
}

/// The peers of policies that changed; none if such a policy may matter to those whom no rule of it is about.
pub(super) fn changed(rules: &Rules<'_>, is_same: impl Fn(&Applied<'_>) -> bool) -> Option<Bits> {
    let mut all = Bits::default();
    for (at, one) in rules.applied().iter().enumerate().filter(|(_, one)| !is_same(one)) {
        if rules.is_unreadable(at) {
            return None;
        }
        match one.policy.kind {
            PolicyKind::AdminNetworkPolicy
            | PolicyKind::BaselineAdminNetworkPolicy
            | PolicyKind::ClusterNetworkPolicy => all = all.union(&rules.peers_of(at)),
            PolicyKind::NetworkPolicy | PolicyKind::CalicoNetworkPolicy | PolicyKind::GlobalNetworkPolicy => {
                return None;
            }
        }
    }
    Some(all)
}
