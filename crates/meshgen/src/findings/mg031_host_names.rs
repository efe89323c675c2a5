//! MG031: host names that no network policy can hold callers to.

use std::collections::BTreeSet;

use meshgen_findings::{Hit, Rule, Severity};
use meshgen_spec::{Direction, External, Name, Spec, Workloads};

use super::in_spec;

pub(super) const RULE: Rule = Rule {
    code: "MG031",
    slug: "external-host-names",
    title: "callers of an external service may send to every address on its ports",
    severity: Severity::Warning,
    why: "Network policies know addresses and no host names. Where a caller may send nothing that is not permitted, and an \
          external service is known by its names alone, all addresses outside of private ranges are permitted on its \
          ports: the caller reaches it, and everybody else as well. That the mesh knows the names does not hold the \
          caller back: whoever owns the pod can go around its sidecar.",
    way_out: "List the addresses of the service under `cidrs`, if it publishes them. Otherwise send through an egress \
              gateway or a proxy that knows names, or accept it with the reason.",
    sources: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#what-you-can-t-do-with-network-policies-at-least-not-yet",
        "https://istio.io/latest/docs/ops/best-practices/security/#understand-traffic-capture-limitations",
    ],
};

pub(super) fn find(spec: &Spec) -> Vec<Hit> {
    let open = spec.external.iter().filter(|(_, external)| external.cidrs.is_empty());
    open.filter_map(|(name, external)| {
        let callers = held(spec, external);
        let first = external.hosts.first()?;
        let ports: Vec<String> = external.ports.iter().map(ToString::to_string).collect();
        (!callers.is_empty()).then(|| {
            let callers: Vec<String> = callers.iter().map(|caller| format!("`{caller}`")).collect();
            let said = format!(
                "{} may send to every address outside of private ranges on TCP {}: no network policy knows `{}`",
                callers.join(", "),
                ports.join(","),
                first.value
            );
            in_spec(name.place, said, format!("list its addresses: `external.{name}.cidrs`"))
        })
    })
    .collect()
}

/// The callers whom a network policy forbids to send what is not permitted.
fn held(spec: &Spec, external: &External) -> BTreeSet<String> {
    let from = external.allow.iter().flat_map(|allow| &allow.from);
    from.filter(|from| is_held(spec, from)).map(|from| from.value.to_string()).collect()
}

fn is_held(spec: &Spec, from: &Workloads) -> bool {
    let namespace: &Name = from.namespace();
    let ours = spec.namespaces.get(namespace).is_some_and(|n| !n.existing);
    let holds = |workload| {
        let security = spec.security(namespace, workload);
        security.denies(Direction::Egress) && security.enforces_network_policy()
    };
    ours && (holds(None) || spec.workloads_in(from).any(|(_, workload)| holds(Some(workload))))
}
