//! MG009: authorization by what only HTTP has, on a port where the sidecar sees no HTTP.

use std::collections::BTreeSet;

use meshgen_mesh::{
    Action, Attribute, AuthorizationPolicy, Condition, Membership, Protocol, Rule as AuthorizationRule,
};

use crate::{Hit, Rule, Seen, Severity, listed};

pub(super) const RULE: Rule = Rule {
    code: "MG009",
    slug: "http-fields-on-tcp",
    title: "an authorization policy tells requests apart on a port where there are none",
    severity: Severity::Warning,
    why: "Methods, paths, hosts, headers and tokens are known on HTTP ports only: those whose Service says so by the name \
          or `appProtocol` of the port. On a TCP port a rule of `ALLOW` that asks for them never matches, so that nobody is \
          let in by it; in a rule of `DENY` they are left out, so that it refuses whatever else it says, often \
          everyone.",
    way_out: "Name the port of the Service for what it speaks (`http-…`, `grpc-…`, or `appProtocol`), if it is HTTP. If it \
              is TCP, give it a rule of its own with `ports` and sources only.",
    sources: &[
        "https://istio.io/latest/docs/tasks/security/authorization/authz-tcp/",
        "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mesh = seen.mesh();
    let enforced = mesh.policies.iter().enumerate().filter(|(_, p)| !p.dry_run && p.broken.is_none());
    enforced
        .flat_map(|(number, policy)| {
            policy.rules.iter().filter_map(move |rule| blind(seen, number, policy, rule))
        })
        .collect()
}

fn blind(
    seen: &Seen<'_>,
    number: usize,
    policy: &AuthorizationPolicy,
    rule: &AuthorizationRule,
) -> Option<Hit> {
    let document = seen.document(policy.meta.place)?;
    let effect = match policy.action {
        Action::Allow => "lets nobody in there",
        Action::Deny => "refuses there whatever request comes",
        Action::Audit | Action::Custom => return None,
    };
    let (mut ports, mut fields) = (BTreeSet::new(), BTreeSet::new());
    for (pod, port) in tcp_ports(seen, number) {
        let asked = http(rule, port);
        let other = policy.action == Action::Allow && is_allowed_otherwise(seen, pod, port);
        if !asked.is_empty() && !other {
            ports.insert(seen.mesh().pods.get(pod).map(|p| format!("{}/{}:{port}", p.namespace, p.name))?);
            fields.extend(asked);
        }
    }
    if ports.is_empty() {
        return None;
    }
    let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
    let said = format!(
        "`{}/{}` goes by {fields} on {}, where the mesh sees TCP: it {effect}",
        policy.meta.namespace,
        policy.meta.name,
        listed(ports.iter().cloned())
    );
    let way_out = "name the port of the Service `http-…` or `grpc-…` if it is one, else give it a rule with `ports` and sources only";
    Some(Hit::about(document, said, way_out).at(rule.place))
}

/// The ports of pods that a policy binds of which the sidecar takes what comes for TCP.
fn tcp_ports(seen: &Seen<'_>, policy: usize) -> Vec<(usize, u16)> {
    let mesh = seen.mesh();
    let bound = mesh.members.iter().enumerate().filter(|(n, member)| {
        member.injection.membership == Membership::Sidecar
            && member.policies.contains(&policy)
            && mesh.pods.get(*n).is_some_and(|pod| !seen.is_assumed(pod.place))
    });
    let ports = bound.flat_map(|(n, member)| {
        let services = member.services.iter().filter_map(|s| mesh.services.get(*s));
        let led = services.flat_map(|s| s.ports.iter().filter(|p| p.tcp));
        let led = led.filter_map(move |port| mesh.pods.get(n).and_then(|pod| port.on(pod)));
        led.map(move |port| (n, port)).collect::<BTreeSet<_>>()
    });
    let tcp = |(pod, port): &(usize, u16)| {
        matches!(mesh.protocol(*pod, *port), Ok(Protocol::Tcp | Protocol::Tls))
            && mesh.takes_inbound(*pod, *port, false)
    };
    ports.filter(tcp).collect()
}

/// What a rule asks for that only HTTP has, in every way in which it could match on a port; nothing if it can match
/// without, or never on that port.
fn http(rule: &AuthorizationRule, port: u16) -> BTreeSet<String> {
    let no_conditions = vec![Vec::new()];
    let each = |all: &'_ [Vec<Condition>]| if all.is_empty() { no_conditions.clone() } else { all.to_vec() };
    let mut asked = BTreeSet::new();
    for from in each(&rule.from) {
        for to in each(&rule.to) {
            let all = || from.iter().chain(&to).chain(&rule.when);
            if all().any(|c| c.attribute == Attribute::Port && !is_of(c, port)) {
                continue;
            }
            let http: Vec<String> =
                all().filter(|c| c.attribute.is_http()).map(|c| c.attribute.name()).collect();
            if http.is_empty() {
                return BTreeSet::new();
            }
            asked.extend(http);
        }
    }
    asked
}

fn is_of(condition: &Condition, port: u16) -> bool {
    let has = |values: &[String]| values.iter().any(|v| v.parse() == Ok(port));
    (condition.values.is_empty() || has(&condition.values)) && !has(&condition.not_values)
}

/// Whether another rule can let somebody in to a TCP port.
fn is_allowed_otherwise(seen: &Seen<'_>, pod: usize, port: u16) -> bool {
    let allowing = seen.mesh().bound(pod).into_iter().filter(|p| p.action == Action::Allow && !p.dry_run);
    let no_conditions = vec![Vec::new()];
    let each = |all: &'_ [Vec<Condition>]| if all.is_empty() { no_conditions.clone() } else { all.to_vec() };
    let lets_in = |rule: &AuthorizationRule| {
        each(&rule.from).iter().any(|from| {
            each(&rule.to).iter().any(|to| {
                let mut all = from.iter().chain(to).chain(&rule.when);
                all.all(|c| !c.attribute.is_http() && (c.attribute != Attribute::Port || is_of(c, port)))
            })
        })
    };
    allowing.flat_map(|policy| &policy.rules).any(lets_in)
}
