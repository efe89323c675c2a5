//! From what a spec expects to what the judge can prove.

use meshgen_reach::{
    Addresses, Answer, Claim as Asked, ClaimPort, PolicyKind, Protocol, Requirement, Selector, Who,
};
use meshgen_spec::{Claim, LayerKind, MeshMode, Namespaces, Outcome, PortRef, Spec, Workloads};
use meshgen_yaml::{At, Place};

/// A claim of a spec, for the judge.
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

/// The claims of a spec, in the order of their groups.
pub fn claims(spec: &Spec) -> Vec<Claimed> {
    let mut all = Vec::new();
    for (name, group) in &spec.expect {
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

/// What is asked of the network; none if only the mesh, or a gateway, could answer it.
pub(crate) fn asked(spec: &Spec, claim: &Claim) -> Option<Asked> {
    let is = match claim.is {
        None => None,
        Some(Outcome::Open) => Some(Answer::Allowed),
        Some(Outcome::Timeout) => Some(Answer::Denied),
        // What the mesh refuses, the network has let through.
        Some(Outcome::Reset | Outcome::Closed | Outcome::Forbidden | Outcome::Unavailable) => return None,
    };
    // By way of a gateway it is the gateway that connects.
    if claim.via.is_some() {
        return None;
    }
    let mut from: Vec<Who> = claim.from.iter().flatten().map(|w| who(w)).collect();
    from.extend(claim.from_namespaces.iter().flat_map(|n| namespaces(spec, n)));
    let cidrs = claim.from_cidrs.iter().flatten();
    from.extend(cidrs.filter_map(|cidr| Addresses::block(&cidr.to_string())).map(Who::Outside));
    Some(Asked {
        from,
        to: vec![who(&claim.to)],
        ports: claim.ports.iter().map(|port| self::port(spec, &claim.to, port)).collect(),
        is,
        only_from: claim.only_from.as_ref().map(|list| list.iter().map(|w| who(w)).collect()),
        only_via: claim.only_via.as_ref().map(ToString::to_string),
    })
}

fn who(workloads: &Workloads) -> Who {
    match workloads {
        Workloads::All(namespace) => Who::Namespace(namespace.to_string()),
        Workloads::One(one) => Who::Workload(one.namespace.to_string(), one.name.to_string()),
    }
}

fn namespaces(spec: &Spec, which: &At<Namespaces>) -> Vec<Who> {
    let declared = |wanted: &dyn Fn(MeshMode) -> bool| {
        let names = spec.namespaces.keys().filter(|name| wanted(spec.mesh_mode(name)));
        names.map(|name| Who::Namespace(name.to_string())).collect()
    };
    match &which.value {
        Namespaces::All => declared(&|_| true),
        Namespaces::Meshed => declared(&|mode| mode != MeshMode::None),
        Namespaces::Named(names) => names.iter().map(|name| Who::Namespace(name.to_string())).collect(),
        Namespaces::Labelled(labels) => {
            let equal = labels.iter().map(|(key, value)| Requirement::equal(key.as_str(), value.as_str()));
            vec![Who::Labelled(Selector { requirements: equal.collect() })]
        }
    }
}

fn port(spec: &Spec, to: &Workloads, port: &PortRef) -> ClaimPort {
    match port {
        PortRef::Name(name) => ClaimPort::Name(name.to_string()),
        PortRef::Number(number) => {
            let ports = spec.workloads_in(to).flat_map(|(_, w)| w.ports.values());
            let protocol = ports.into_iter().find(|p| p.port == *number).map(|p| p.protocol);
            let protocol = protocol.and_then(|p| Protocol::parse(p.as_str()));
            ClaimPort::Number(protocol.unwrap_or(Protocol::Tcp), *number)
        }
    }
}
