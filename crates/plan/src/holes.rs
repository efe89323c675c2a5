//! What a spec leaves open, or closes by mistake, although it is what was asked for: it is done, and said.

use meshgen_spec::{Allow, Direction, MeshMode, Namespaces, Spec, WorkloadName, Workloads};

use crate::{files::Files, labels::NAMESPACE_NAME, policies};

/// What is said of a spec, in its files and in its README.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holes {
    /// Targets of policies that Prometheus cannot scrape, although it is there for that.
    pub prometheus_cut_off: Vec<Workloads>,
    /// A policy trusts the labels of namespaces: whoever may label one passes it.
    pub label_trust: bool,
    /// Releases of Dgraph that anyone administers, whatever their whitelist: a sidecar makes every caller local.
    pub whitelist_void: Vec<WorkloadName>,
}

/// What this spec leaves open.
pub fn holes(spec: &Spec) -> Holes {
    let cut_off = spec.policies.iter().filter(|(target, policy)| {
        let rules = policy.allow.as_deref().unwrap_or_default();
        policy.allow.is_some() && cuts_prometheus_off(spec, target, rules)
    });
    let trusts = |allow: &Allow| {
        matches!(
            allow.from_namespaces.as_ref().map(|n| &n.value),
            Some(Namespaces::Meshed | Namespaces::Labelled(_))
        )
    };
    Holes {
        prometheus_cut_off: cut_off.map(|(target, _)| target.value.clone()).collect(),
        label_trust: spec.policies.values().flat_map(|p| p.allow.iter().flatten()).any(trusts),
        whitelist_void: whitelist_void(spec),
    }
}

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for target in holes(spec).prometheus_cut_off {
        let mesh = spec.addons_namespace().map(|n| n.to_string()).unwrap_or_default();
        files.policy_comment(
            target.namespace(),
            [
                format!("Prometheus, in {mesh}, is cut off from {target}: nothing here admits it. So Kiali and Grafana"),
                "see this traffic from the side of its clients alone. To admit it, add to the policy in the spec:".to_owned(),
                format!("  - {{ from: [{mesh}/prometheus], ports: [15020, 15090] }}"),
            ],
        );
    }
    for release in whitelist_void(spec) {
        let folder = files.folder(release.namespace.as_str());
        files.comment(
            format!("{folder}/helmfile.yaml"),
            [
                format!("Whom {release} lists to administer it means nothing behind a sidecar: Dgraph sees every caller as"),
                "127.0.0.6, which it always admits. Only a token, ACL or an AuthorizationPolicy tells them apart there.".to_owned(),
            ],
        );
    }
}

/// Whether a network policy isolates a meshed target and none of its rules admits Prometheus.
fn cuts_prometheus_off(spec: &Spec, target: &Workloads, rules: &[Allow]) -> bool {
    let security = policies::security(spec, target);
    spec.addons.prometheus.is_some()
        && spec.mesh_mode(target.namespace()) == MeshMode::Sidecar
        && security.enforces_network_policy()
        // Default deny has an exception for it.
        && !security.denies(Direction::Ingress)
        && !rules.iter().any(|rule| admits_prometheus(spec, rule))
}

fn admits_prometheus(spec: &Spec, rule: &Allow) -> bool {
    let Some(mesh) = spec.addons_namespace().map(|n| n.to_string()) else { return false };
    let named = rule.from.iter().flat_map(|f| f.iter()).any(|from| match &from.value {
        Workloads::All(namespace) => namespace.as_str() == mesh,
        Workloads::One(one) => one.namespace.as_str() == mesh && one.name.as_str() == "prometheus",
    });
    named
        || match rule.from_namespaces.as_ref().map(|n| &n.value) {
            Some(Namespaces::All) => true,
            Some(Namespaces::Named(names)) => names.iter().any(|n| n.as_str() == mesh),
            Some(Namespaces::Labelled(labels)) => {
                labels.iter().all(|(k, v)| k.as_str() == NAMESPACE_NAME && v.as_str() == mesh)
            }
            Some(Namespaces::Meshed) | None => false,
        }
}

/// Inbound Envoy calls the program from 127.0.0.6, and Dgraph takes any loopback address for local.
/// Sources: istio `pilot/pkg/networking/core/cluster_builder.go`; Dgraph `x/x.go`, `isIpWhitelisted`.
fn whitelist_void(spec: &Spec) -> Vec<WorkloadName> {
    let void = spec.releases.iter().filter(|(name, release)| {
        release.dgraph.as_ref().is_some_and(|d| {
            // Without a whitelist, who is local administers it.
            d.token.is_none() && d.acl.is_none()
        }) && spec.mesh_mode(&name.namespace) == MeshMode::Sidecar
    });
    void.map(|(name, _)| name.value.clone()).collect()
}
