//! Whether two versions say the same.

use crate::{Cluster, Matcher, Policy, PolicyKind, Rule};

/// By what a policy is known.
pub(super) type Key<'p> = (PolicyKind, Option<&'p str>, &'p str);

pub(super) fn key(policy: &Policy) -> Key<'_> {
    (policy.kind, policy.namespace.as_deref(), policy.name.as_str())
}

/// Whether two policies say the same, wherever they stand.
pub(super) fn is_same(a: &Policy, b: &Policy) -> bool {
    let rules = |a: &Option<Vec<Rule>>, b: &Option<Vec<Rule>>| match (a, b) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same_rule(a, b)),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    key(a) == key(b)
        && a.layer == b.layer
        && a.order.total_cmp(&b.order).is_eq()
        && a.subject == b.subject
        && rules(&a.ingress, &b.ingress)
        && rules(&a.egress, &b.egress)
}

fn is_same_rule(a: &Rule, b: &Rule) -> bool {
    (a.action, a.doubtful) == (b.action, b.doubtful)
        && a.own == b.own
        && a.peers == b.peers
        && a.ports == b.ports
}

/// Whether what policies lean on is the same.
pub(super) fn settings_are_same(a: &Cluster, b: &Cluster) -> bool {
    let tiers = |c: &Cluster| -> Vec<(String, Option<u64>, bool)> {
        c.tiers.iter().map(|(n, t)| (n.clone(), t.order.map(f64::to_bits), t.passes)).collect()
    };
    let unread = |c: &Cluster| -> Vec<(String, Matcher)> {
        c.unread.iter().map(|u| (u.what.clone(), u.concerns.clone())).collect()
    };
    tiers(a) == tiers(b)
        && unread(a) == unread(b)
        && a.network_sets == b.network_sets
        && a.accounts == b.accounts
        && a.nodes == b.nodes
}
