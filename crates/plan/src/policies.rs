//! The callee's side: who may call what a policy protects.

use k8s_openapi::api::networking::v1::NetworkPolicy as KubernetesPolicy;
use meshgen_bundle::{Object, calico};
use meshgen_spec::{Allow, MeshMode, Namespaces, Policy, RawSpec, Security, Spec, Workloads};

use crate::{
    files::Files,
    labels::{self, Labels, label, meta},
    network::{self, In, NetworkPolicy, Peer, PodPort, Rule},
};

/// What carries all traffic between pods of an ambient mesh.
/// Source: <https://istio.io/latest/docs/ambient/usage/networkpolicy/>.
const HBONE: u16 = 15008;

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let meshed: Vec<In> =
        labels::memberships(spec).into_iter().map(|(key, value)| In::Labelled(label(key, value))).collect();
    for (target, policy) in &spec.policies {
        if let Some(raw) = &policy.spec {
            files.add(target.namespace(), self::raw(target, policy, raw), target.place);
            continue;
        }
        let security = security(spec, target);
        if !security.enforces_network_policy() {
            continue;
        }
        let rules = policy.allow.iter().flatten().map(|allow| Rule {
            peers: callers(spec, &meshed, target, allow),
            ports: ports(spec, target, allow),
        });
        let network = NetworkPolicy {
            namespace: target.namespace(),
            name: name(target, policy),
            pods: network::pods(spec, target),
            // Also without any rule it isolates: nobody may call.
            ingress: Some(rules.collect()),
            egress: None,
        };
        files.add(target.namespace(), network.into_object(&security), target.place);
    }
}

/// The name of the objects of a policy.
pub(crate) fn name(target: &Workloads, policy: &Policy) -> String {
    match (&policy.name, target) {
        (Some(name), _) => name.to_string(),
        (None, Workloads::One(one)) => one.name.to_string(),
        (None, Workloads::All(_)) => "namespace".to_owned(),
    }
}

/// What holds for a target.
pub(crate) fn security(spec: &Spec, target: &Workloads) -> Security {
    let workload = match target {
        Workloads::One(one) => spec.workloads.get(one),
        Workloads::All(_) => None,
    };
    spec.security(target.namespace(), workload)
}

/// Who may call, as peers of a policy in the target's namespace; `meshed` are the namespaces of the mesh.
fn callers(spec: &Spec, meshed: &[In], target: &Workloads, allow: &Allow) -> Vec<Peer> {
    let from =
        allow.from.iter().flat_map(|f| f.iter()).map(|from| network::peer(spec, target.namespace(), from));
    let cidrs = allow.from_cidrs.iter().flat_map(|c| c.iter()).map(|cidr| Peer::Net(cidr.net(), Vec::new()));
    let namespaces = allow.from_namespaces.iter().flat_map(|n| match &n.value {
        Namespaces::All => vec![In::Labelled(Labels::new())],
        Namespaces::Named(names) => vec![In::Named(names.iter().map(ToString::to_string).collect())],
        Namespaces::Labelled(labels) => {
            vec![In::Labelled(labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())]
        }
        Namespaces::Meshed => meshed.to_vec(),
    });
    from.chain(namespaces.map(|n| Peer::Pods(n, Labels::new()))).chain(cidrs).collect()
}

/// The ports that a rule opens. Empty is all of them.
pub(crate) fn ports(spec: &Spec, target: &Workloads, allow: &Allow) -> Vec<PodPort> {
    let Some(refs) = &allow.ports else { return Vec::new() };
    let mut ports = network::ports(spec, target, refs.iter().map(|p| &p.value));
    // In an ambient mesh the packets that arrive are HBONE's, whatever the port inside.
    if spec.mesh().is_some_and(|m| m.ambient) && spec.mesh_mode(target.namespace()) != MeshMode::None {
        ports.push(PodPort::tcp(HBONE));
    }
    ports
}

fn raw(target: &Workloads, policy: &Policy, raw: &RawSpec) -> Object {
    let metadata = meta(target.namespace(), name(target, policy));
    match raw {
        RawSpec::Kubernetes(spec) => KubernetesPolicy { metadata, spec: Some((*spec.value).clone()) }.into(),
        RawSpec::Calico(spec) => calico::NetworkPolicy { metadata, spec: (*spec.value).clone() }.into(),
    }
}
