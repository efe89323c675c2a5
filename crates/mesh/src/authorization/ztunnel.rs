//! What the proxy of a node (ztunnel) makes of rules: it knows connections only, and only some fields about them.
//!
//! Sources: `pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go` (`handleRule`), which hands it the rules,
//! and ztunnel's `src/rbac.rs` (`Authorization::matches`). Istio's own message says that a DENY rule is enforced without
//! its HTTP fields; one that has nothing else is not enforced at all (istio/istio#61126).

use super::{
    Action, Attribute, Condition, Rule,
    condition::{Identity, Look},
};
use crate::{Truth, pattern::Pattern};

/// Where in a rule a condition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    From,
    To,
    When,
}

impl Rule {
    /// Whether it matches a connection. An ALLOW rule with a field that is not known is left out as a whole; of a DENY rule
    /// only that field, and what is then left without any field never matches.
    pub(super) fn matches_in_ztunnel(&self, action: Action, look: Look<'_>) -> Truth {
        let parts = || {
            let from = self.from.iter().flatten().map(|c| (Part::From, c));
            let to = self.to.iter().flatten().map(|c| (Part::To, c));
            from.chain(to).chain(self.when.iter().map(|c| (Part::When, c)))
        };
        if action == Action::Allow && parts().any(|(part, c)| !is_known(&c.attribute, part)) {
            return Truth::No;
        }
        let all = |part: Part, conditions: &[Condition]| {
            let known: Vec<&Condition> = conditions.iter().filter(|c| is_known(&c.attribute, part)).collect();
            if known.is_empty() { Truth::No } else { Truth::all(known.into_iter().map(|c| holds(c, look))) }
        };
        let any = |part: Part, lists: &[Vec<Condition>]| {
            if lists.is_empty() { Truth::Yes } else { Truth::any(lists.iter().map(|l| all(part, l))) }
        };
        let when = self.when.iter().map(|c| all(Part::When, std::slice::from_ref(c)));
        any(Part::From, &self.from).and(any(Part::To, &self.to)).and(Truth::all(when))
    }
}

/// Whether the proxy of a node knows an attribute. As keys of `when` there are five (`l4WhenAttributes`).
fn is_known(attribute: &Attribute, part: Part) -> bool {
    match attribute {
        Attribute::Principal
        | Attribute::Namespace
        | Attribute::Ip
        | Attribute::Port
        | Attribute::DestinationIp => true,
        Attribute::ServiceAccount | Attribute::TrustDomain => part == Part::From,
        Attribute::RemoteIp
        | Attribute::RequestPrincipal
        | Attribute::Host
        | Attribute::Method
        | Attribute::Path
        | Attribute::Sni
        | Attribute::Header(_)
        | Attribute::Claim(_)
        | Attribute::Other(_) => false,
    }
}

/// Whether a condition holds that is known. `trustDomains` is newer than what hands rules over, and not seen there: it may be
/// left out, with or without the rest of the rule.
fn holds(condition: &Condition, look: Look<'_>) -> Truth {
    if condition.attribute == Attribute::TrustDomain { Truth::May } else { condition.holds(look) }
}

/// Whether a principal is meant, which a sidecar would say (`as_sidecar`). Nobody puts the trust domain of the mesh, or an
/// alias of it, in the place of `cluster.local` here (istio/ztunnel#1260), so what only that would make the same is not
/// known to be.
pub(super) fn is_principal(as_sidecar: bool, identity: &Identity, value: &str) -> Truth {
    let as_written = Pattern::parse(value).matches(&identity.principal());
    if as_written == as_sidecar { as_written.into() } else { Truth::May }
}
