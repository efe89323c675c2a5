//! From what somebody expects to what the judges can be asked.

use std::collections::BTreeMap;

use meshgen_mesh::Membership;
use meshgen_reach::{Addresses, Claim as Asked, ClaimPort, PolicyKind, Requirement, Selector, Who};
use meshgen_spec::{Claim, Expectation, LayerKind, Name, Namespaces, PortRef, Workloads};
use meshgen_verdict::Judges;
use meshgen_yaml::{At, Place};

/// A claim, and where it stands.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The group that it is in.
    pub group: String,
    /// Its number in the group, from 1.
    pub number: usize,
    /// Where it stands.
    pub place: Place,
    /// The claim itself.
    pub claim: Claim,
    /// Kinds that are taken for absent.
    pub without: Vec<LayerKind>,
}

/// The claims of a spec, or of a file of claims, in the order of their groups.
pub fn claims(expect: &BTreeMap<At<Name>, Expectation>) -> Vec<Claimed> {
    let mut all = Vec::new();
    for (name, group) in expect {
        for (i, claim) in group.claims.iter().enumerate() {
            all.push(Claimed {
                group: name.to_string(),
                number: i + 1,
                place: claim.place,
                claim: claim.value.clone(),
                without: group.without.clone(),
            });
        }
    }
    all
}

/// The judge's kinds of one kind of a spec. Without network policies means without those of any API.
pub(crate) fn absent(kind: LayerKind) -> &'static [PolicyKind] {
    match kind {
        LayerKind::NetworkPolicy => &[
            PolicyKind::NetworkPolicy,
            PolicyKind::CalicoNetworkPolicy,
            PolicyKind::GlobalNetworkPolicy,
            PolicyKind::ClusterNetworkPolicy,
            PolicyKind::AdminNetworkPolicy,
            PolicyKind::BaselineAdminNetworkPolicy,
        ],
        LayerKind::AuthorizationPolicy | LayerKind::PeerAuthentication => &[],
    }
}

/// The ends and ports of a claim, as the judges call them; what the client sees is left open.
pub(crate) fn asked(judges: &Judges<'_>, claim: &Claim) -> Asked {
    let mut from: Vec<Who> = claim.from.iter().flatten().map(|w| who(w)).collect();
    from.extend(claim.from_namespaces.iter().flat_map(|n| namespaces(judges, n)));
    let cidrs = claim.from_cidrs.iter().flatten();
    from.extend(cidrs.filter_map(|cidr| Addresses::block(&cidr.to_string())).map(Who::Outside));
    Asked {
        from,
        to: vec![who(&claim.to)],
        ports: claim.ports.iter().map(|port| self::port(port)).collect(),
        is: None,
        only_from: claim.only_from.as_ref().map(|list| list.iter().map(|w| who(w)).collect()),
        only_via: claim.only_via.as_ref().map(ToString::to_string),
    }
}

fn who(workloads: &Workloads) -> Who {
    match workloads {
        Workloads::All(namespace) => Who::Namespace(namespace.to_string()),
        Workloads::One(one) => Who::Workload(one.namespace.to_string(), one.name.to_string()),
    }
}

fn namespaces(judges: &Judges<'_>, which: &Namespaces) -> Vec<Who> {
    let all = || judges.network.manifests.cluster.namespaces.keys();
    match which {
        Namespaces::All => all().cloned().map(Who::Namespace).collect(),
        Namespaces::Meshed => {
            all().filter(|name| is_meshed(judges, name)).cloned().map(Who::Namespace).collect()
        }
        Namespaces::Named(names) => names.iter().map(|name| Who::Namespace(name.to_string())).collect(),
        Namespaces::Labelled(labels) => {
            let equal = labels.iter().map(|(key, value)| Requirement::equal(key.as_str(), value.as_str()));
            vec![Who::Labelled(Selector { requirements: equal.collect() })]
        }
    }
}

/// Whether a pod of a namespace may be in the mesh.
fn is_meshed(judges: &Judges<'_>, namespace: &str) -> bool {
    let pods = judges.mesh.pods.iter().zip(&judges.mesh.members);
    pods.filter(|(pod, _)| pod.namespace == namespace)
        .any(|(_, member)| member.injection.membership != Membership::Plain)
}

fn port(port: &PortRef) -> ClaimPort {
    match port {
        PortRef::Name(name) => ClaimPort::Name(name.to_string()),
        PortRef::Number(number) => ClaimPort::Number(*number),
    }
}
