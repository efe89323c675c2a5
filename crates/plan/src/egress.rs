//! The caller's side: where a caller may send nothing that is not permitted, every permission to call it has
//! elsewhere is repeated as a permission to send.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use ipnet::IpNet;
use meshgen_spec::{Allow, Direction, External, Name, Namespaces, Spec, WorkloadName, Workloads};

use crate::{
    files::Files,
    labels,
    network::{self, NetworkPolicy, Peer, PodPort, Rule},
    policies,
};

/// Addresses that are not the outside world: private, shared, link-local (with the metadata of clouds).
/// Sources: RFC 1918, 6598, 3927, 4193, 4291.
const INSIDE_V4: [&str; 5] =
    ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
const INSIDE_V6: [&str; 2] = ["fc00::/7", "fe80::/10"];

/// To whom a caller may send, by the ports. Both in the order of the spec.
type Permitted = IndexMap<Vec<PodPort>, IndexSet<Peer>>;

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let mut permitted: BTreeMap<Workloads, Permitted> = BTreeMap::new();
    for (target, policy) in &spec.policies {
        for allow in policy.allow.iter().flatten() {
            for caller in callers(spec, allow) {
                let peer = network::peer(spec, caller.namespace(), target);
                let ports = policies::ports(spec, target, allow);
                permitted.entry(caller).or_default().entry(ports).or_default().insert(peer);
            }
        }
    }
    for external in spec.external.values() {
        for from in external.allow.iter().flat_map(|a| &a.from) {
            for caller in denied(spec, from) {
                let Rule { peers, ports } = outside(external);
                permitted.entry(caller).or_default().entry(ports).or_default().extend(peers);
            }
        }
    }
    for (caller, permitted) in permitted {
        let rules =
            permitted.into_iter().map(|(ports, peers)| Rule { peers: peers.into_iter().collect(), ports });
        let (name, place) = match &caller {
            Workloads::One(one) => {
                (format!("{}-egress", one.name), spec.workloads.get_key_value(one).map(|(k, _)| k.place))
            }
            Workloads::All(namespace) => (
                "namespace-egress".to_owned(),
                spec.namespaces.get_key_value(namespace).map(|(k, _)| k.place),
            ),
        };
        let policy = NetworkPolicy {
            namespace: caller.namespace(),
            name,
            pods: network::pods(spec, &caller),
            ingress: None,
            egress: Some(rules.collect()),
        };
        let security = policies::security(spec, &caller);
        files.add(caller.namespace(), policy.into_object(&security), place.unwrap_or(spec.project.place));
    }
}

/// The callers that a rule admits and that may not send by themselves.
fn callers(spec: &Spec, allow: &Allow) -> Vec<Workloads> {
    let from = allow.from.iter().flat_map(|f| f.iter()).flat_map(|from| denied(spec, from));
    let whole = |name: &Name| denied(spec, &Workloads::All(name.clone()));
    let namespaces = allow.from_namespaces.iter().flat_map(|which| {
        spec.namespaces
            .keys()
            .filter(|name| belongs(spec, name, &which.value))
            .flat_map(|name| whole(name))
            .collect::<Vec<_>>()
    });
    from.chain(namespaces).collect()
}

/// Whether a declared namespace is one of those that are meant.
fn belongs(spec: &Spec, name: &Name, which: &Namespaces) -> bool {
    match which {
        Namespaces::All => true,
        Namespaces::Named(names) => names.iter().any(|n| n.value == *name),
        Namespaces::Meshed => labels::membership(spec, name).is_some(),
        Namespaces::Labelled(wanted) => spec.namespaces.get(name).is_some_and(|namespace| {
            wanted.iter().all(|(key, value)| {
                let implied = key.as_str() == labels::NAMESPACE_NAME && value.as_str() == name.as_str();
                implied || namespace.labels.get(key) == Some(value)
            })
        }),
    }
}

/// Whom a policy for egress must name, so that these workloads may send: the namespace where all of it is
/// denied, or those workloads of it that are. Nobody where nothing is denied.
fn denied(spec: &Spec, which: &Workloads) -> Vec<Workloads> {
    let namespace = which.namespace();
    if spec.namespaces.get(namespace).is_none_or(|n| n.existing) {
        return Vec::new();
    }
    let denies = |workload| {
        let security = spec.security(namespace, workload);
        security.denies(Direction::Egress) && security.enforces_network_policy()
    };
    match which {
        Workloads::All(_) if denies(None) => vec![which.clone()],
        _ => spec
            .workloads_in(which)
            .filter(|(_, workload)| denies(Some(workload)))
            .map(|(name, _)| {
                Workloads::One(WorkloadName { namespace: namespace.clone(), name: name.clone() })
            })
            .collect(),
    }
}

/// What an external service is to a network policy, which knows no host names: its addresses, or else all
/// addresses of the outside world, on its ports.
fn outside(external: &External) -> Rule {
    let nets = |blocks: &[&str]| blocks.iter().filter_map(|b| b.parse::<IpNet>().ok()).collect::<Vec<_>>();
    let world =
        |all: &str, inside: &[&str]| all.parse::<IpNet>().ok().map(|all| Peer::Net(all, nets(inside)));
    let peers = if external.cidrs.is_empty() {
        world("0.0.0.0/0", &INSIDE_V4).into_iter().chain(world("::/0", &INSIDE_V6)).collect()
    } else {
        external.cidrs.iter().map(|c| Peer::Net(c.net(), Vec::new())).collect()
    };
    Rule { peers, ports: external.ports.iter().map(|p| PodPort::tcp(p.value)).collect() }
}
