//! MG018: one service account for workloads that policies tell apart.

use std::collections::BTreeMap;

use meshgen_mesh::{Attribute, AuthorizationPolicy, Pod};
use meshgen_reach::{Answer, Party};

use crate::{Hit, Rule, Seen, Severity, pods::names};

pub(super) const RULE: Rule = Rule {
    code: "MG018",
    slug: "shared-account",
    title: "workloads that network policies tell apart have one service account",
    severity: Severity::Warning,
    why: "In the mesh an identity is a service account and nothing else. An AuthorizationPolicy that admits it admits \
          every pod that runs under it, so what network policies tell apart by labels is one client to the mesh; and the \
          account `default` is what each pod of the namespace has that names none.",
    way_out: "Give each workload a service account of its own, and name that.",
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source",
        "https://istio.io/latest/docs/concepts/security/#istio-identity",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    for (server, _) in (0..).zip(&seen.mesh().pods) {
        for policy in seen.enforced(server).into_iter().filter(|p| by_account(p)) {
            let told_before =
                |p: &Option<Hit>| hits.iter().any(|h| p.as_ref().is_some_and(|p| p.object == h.object));
            let hit = told_apart(seen, server, policy);
            if !told_before(&hit) {
                hits.extend(hit);
            }
        }
    }
    hits
}

/// Whether it tells clients apart by the account in their certificates.
fn by_account(policy: &AuthorizationPolicy) -> bool {
    let conditions = policy.rules.iter().flat_map(|r| r.from.iter().flatten().chain(&r.when));
    conditions.into_iter().any(|c| matches!(c.attribute, Attribute::Principal | Attribute::ServiceAccount))
}

fn told_apart(seen: &Seen<'_>, server: usize, policy: &AuthorizationPolicy) -> Option<Hit> {
    let document = seen.document(policy.meta.place)?;
    let to = Party::Pod(seen.on_network(server)?);
    let mut accounts: BTreeMap<(&str, &str), Vec<(usize, &Pod)>> = BTreeMap::new();
    // What a server sends to itself tells no clients apart.
    for (number, pod) in seen.meshed().filter(|(number, _)| *number != server) {
        accounts.entry((&pod.namespace, &pod.account)).or_default().push((number, pod));
    }
    accounts.retain(|_, pods| pods.len() > 1 && pods.first().is_some_and(|(_, pod)| named(policy, pod)));
    for port in seen.ports_of(server) {
        let let_through = |client: usize| {
            let from = seen.on_network(client).map(Party::Pod);
            from.map_or(Answer::Unknown, |from| seen.lets_through(&from, &to, port))
        };
        for pods in accounts.values() {
            let first = |wanted| pods.iter().find(|(client, _)| let_through(*client) == wanted);
            if let (Some((through, pod)), Some((held, _))) = (first(Answer::Allowed), first(Answer::Denied)) {
                return Some(hit(seen, document, (server, port), (*through, *held), pod));
            }
        }
    }
    None
}

fn hit(
    seen: &Seen<'_>,
    document: &crate::Document,
    (server, port): (usize, u16),
    (through, held): (usize, usize),
    pod: &Pod,
) -> Hit {
    let account = format!("{}/{}", pod.namespace, pod.account);
    let said = format!(
        "the account `{account}`, by which clients of `{}` are told apart, is that of {}; network policies let only \
         `{}` through to port {port}",
        seen.called(server),
        names([seen.called(through), seen.called(held)]),
        seen.called(through),
    );
    Hit::about(document, said, format!("give `{}` a service account of its own", seen.called(through)))
}

/// Whether the account of a pod is one that the policy means.
fn named(policy: &AuthorizationPolicy, pod: &Pod) -> bool {
    let ends = |value: &String| {
        let account = value.rsplit('/').next().unwrap_or(value);
        let home = !value.contains('/') || value.contains(pod.namespace.as_str());
        account == pod.account && home
    };
    let conditions = policy.rules.iter().flat_map(|r| r.from.iter().flatten().chain(&r.when));
    let by_account = conditions
        .filter(|c| matches!(c.attribute, Attribute::Principal | Attribute::ServiceAccount))
        .flat_map(|c| c.values.iter().chain(&c.not_values));
    by_account.into_iter().any(ends)
}
