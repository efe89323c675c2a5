//! MG010: authorization by identities where there may be none.

use std::collections::BTreeSet;

use meshgen_mesh::{
    Action, Attribute, AuthorizationPolicy, Condition, Membership, Mode, Outcome, Rule as AuthorizationRule,
};

use crate::{Hit, Rule, Seen, Severity, listed, pods::is_about};

pub(super) const RULE: Rule = Rule {
    code: "MG010",
    slug: "identity-without-mtls",
    title: "an authorization policy goes by identities on ports that take plain text",
    severity: Severity::Warning,
    why: "Principals, namespaces and service accounts of a caller come from its certificate, which only mTLS carries. Who \
          comes in plain text has none: a rule of `DENY` that names who is not to come does not stop them, so that leaving \
          out the sidecar is enough to pass it. And on a port whose mode is `DISABLE` nobody has one: a rule of `ALLOW` by \
          identity lets nobody in.",
    way_out: "Demand mTLS: `PeerAuthentication` with mode `STRICT`. Or say who may come instead of who may not, with \
              `ALLOW`: who has no identity is then refused.",
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source",
        "https://github.com/istio/istio/issues/34355",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let enforced = seen.mesh().policies.iter().enumerate().filter(|(_, p)| !p.dry_run && p.broken.is_none());
    enforced.filter_map(|(number, policy)| bare(seen, number, policy)).collect()
}

/// What is asked of a port of a pod.
type OfPort = fn(&Seen<'_>, usize, u16) -> bool;

fn bare(seen: &Seen<'_>, number: usize, policy: &AuthorizationPolicy) -> Option<Hit> {
    let document = seen.document(policy.meta.place)?;
    let name = format!("{}/{}", policy.meta.namespace, policy.meta.name);
    let (is, said): (OfPort, String) = match policy.action {
        Action::Deny => (
            passes,
            format!(
                "`{name}` refuses callers by their identity, and who comes in plain text has none and passes"
            ),
        ),
        Action::Allow => (
            is_disabled,
            format!(
                "`{name}` admits callers by their identity, and in plain text, which is all that is taken, nobody has one"
            ),
        ),
        Action::Audit | Action::Custom => return None,
    };
    let mut rules = policy.rules.iter().filter(|rule| goes_by_identity(rule));
    let (rule, ports) = rules.find_map(|rule| {
        let ports = ports(seen, number, |pod, port| is_about(rule, port) && is(seen, pod, port));
        (!ports.is_empty()).then_some((rule, ports))
    })?;
    let ports = listed(ports);
    let said = format!("{said}: {ports}");
    let way_out = format!("demand mTLS of {ports}: a PeerAuthentication with mode `STRICT`");
    Some(Hit::about(document, said, way_out).at(rule.place))
}

/// Whether a rule can match nobody without an identity.
fn goes_by_identity(rule: &AuthorizationRule) -> bool {
    let identity = |c: &Condition| {
        let of_peer = matches!(
            c.attribute,
            Attribute::Principal | Attribute::Namespace | Attribute::ServiceAccount | Attribute::TrustDomain
        );
        of_peer && !c.values.is_empty()
    };
    let sources = !rule.from.is_empty() && rule.from.iter().all(|from| from.iter().any(identity));
    sources || rule.when.iter().any(identity)
}

/// Whether a client without a certificate is served.
fn passes(seen: &Seen<'_>, pod: usize, port: u16) -> bool {
    matches!(seen.plain_client(pod, port), Some(Outcome::Open | Outcome::Partial(_)))
}

/// Whether no client has a certificate.
fn is_disabled(seen: &Seen<'_>, pod: usize, port: u16) -> bool {
    let mode = seen.in_mesh(pod).and_then(|pod| seen.mesh().mode(pod, port).ok());
    mode.is_some_and(|mode| mode.mode == Mode::Disable)
}

/// The ports of pods that a policy binds of which something is true.
fn ports(seen: &Seen<'_>, policy: usize, is: impl Fn(usize, u16) -> bool) -> BTreeSet<String> {
    let bound = seen.pods().filter(|(number, _)| {
        let member = seen.in_mesh(*number).and_then(|pod| seen.mesh().members.get(pod));
        member.is_some_and(|m| m.injection.membership == Membership::Sidecar && m.policies.contains(&policy))
    });
    let ports =
        bound.flat_map(|(number, pod)| seen.ports(number).into_iter().map(move |port| (number, pod, port)));
    let named = ports.filter(|(number, _, port)| is(*number, *port));
    named.map(|(_, pod, port)| format!("{}/{}:{port}", pod.namespace, pod.name)).collect()
}
