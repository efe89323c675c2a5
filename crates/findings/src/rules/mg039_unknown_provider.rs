//! MG039: a CUSTOM policy that asks a provider that nobody configured.

use std::collections::BTreeSet;

use meshgen_mesh::{Action, AuthorizationPolicy};

use crate::{
    Hit, Rule, Seen, Severity,
    pods::{names, word},
};

pub(super) const RULE: Rule = Rule {
    code: "MG039",
    slug: "unknown-provider",
    title: "a policy asks a provider that cannot be asked",
    severity: Severity::Error,
    why: "A CUSTOM policy asks a provider that the configuration of the mesh lists. One that is not listed, or of which a \
          workload has two, cannot be asked, and what the rules match is refused; over TCP methods and paths are left out of \
          these rules, so that they refuse more than they say.",
    way_out: "List the provider under `meshConfig.extensionProviders`, and ask one provider for each workload.",
    sources: &[
        "https://istio.io/latest/docs/tasks/security/authorization/authz-custom/",
        "https://github.com/istio/istio/blob/release-1.31/pilot/pkg/security/authz/builder/extauthz.go",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let policies = (0..).zip(&seen.mesh().policies);
    let custom =
        policies.filter(|(_, p)| p.action == Action::Custom && p.broken.is_none() && !p.rules.is_empty());
    custom.filter_map(|(number, policy)| refuses(seen, number, policy)).collect()
}

fn refuses(seen: &Seen<'_>, number: usize, policy: &AuthorizationPolicy) -> Option<Hit> {
    let document = seen.document(policy.meta.place)?;
    let name = policy.provider.as_deref()?;
    let bound: Vec<usize> = seen.sidecars().map(|(n, _)| n).filter(|n| is_bound(seen, *n, number)).collect();
    let two: Vec<usize> = bound.iter().copied().filter(|n| is_second(seen, *n, policy)).collect();
    let pods = |all: &[usize]| names(all.iter().map(|n| seen.called(*n)));
    if !bound.is_empty() && is_missing(seen, name) {
        let said = format!(
            "no provider `{name}` is configured, so what its rules match is refused at {}",
            pods(&bound)
        );
        return Some(Hit::about(
            document,
            said,
            format!("list `{name}` under `meshConfig.extensionProviders`"),
        ));
    }
    let all: BTreeSet<&str> = providers(seen, *two.first()?);
    let said = format!(
        "{} {} to ask {}, which is refused: one provider for each",
        pods(&two),
        word(&two, "is", "are"),
        names(all)
    );
    Some(Hit::about(document, said, "ask one provider for each workload"))
}

/// Whether a policy is the last of several that ask different providers about a pod.
fn is_second(seen: &Seen<'_>, pod: usize, policy: &AuthorizationPolicy) -> bool {
    let mut custom = seen.enforced(pod).into_iter().filter(|p| p.action == Action::Custom);
    providers(seen, pod).len() > 1 && custom.next_back() == Some(policy)
}

/// The providers that are asked about a pod.
fn providers<'a>(seen: &Seen<'a>, pod: usize) -> BTreeSet<&'a str> {
    let custom = seen.enforced(pod).into_iter().filter(|p| p.action == Action::Custom);
    custom.filter_map(|p| p.provider.as_deref()).collect()
}

/// Where the configuration of the mesh is not here, the provider may well be in it.
fn is_missing(seen: &Seen<'_>, name: &str) -> bool {
    let configured = seen.documents.of_kind("install.istio.io", "IstioOperator").next().is_some()
        || seen.documents.of_kind("", "ConfigMap").any(|d| d.object.name == "istio");
    configured && !seen.mesh().settings.providers.iter().any(|p| p.name == name)
}

fn is_bound(seen: &Seen<'_>, pod: usize, policy: usize) -> bool {
    seen.mesh().members.get(pod).is_some_and(|m| m.policies.contains(&policy))
}
