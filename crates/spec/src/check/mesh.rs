//! `security`, and namespaces where there is no mesh.

use meshgen_yaml::{At, Problem};

use crate::{Cluster, Enforce, MeshMode, Security, Spec};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    if spec.istio.is_none() {
        for (name, namespace) in &spec.namespaces {
            if namespace.mesh.is_some_and(|m| m != MeshMode::None) {
                problems.push(
                    Problem::error(name.place, format!("`{name}` is to be meshed, and there is no mesh")).help(
                        "say `istio: { version: 1.31.1 }`, or `istio: { existing: { version: \"1.31\" } }`",
                    ),
                );
            }
        }
    }
    security(spec, &spec.security, problems);
    for namespace in spec.namespaces.values() {
        security(spec, &namespace.security, problems);
    }
    for workload in spec.workloads.values() {
        security(spec, &workload.security, problems);
    }
}

fn security(spec: &Spec, security: &Security, problems: &mut Vec<Problem>) {
    let Some(At { value: kinds, place }) = &security.enforce else { return };
    if kinds.contains(&Enforce::NetworkPolicy) && kinds.contains(&Enforce::CalicoNetworkPolicy) {
        problems.push(
            Problem::error(*place, "`NetworkPolicy` and `CalicoNetworkPolicy` say the same twice")
                .help("keep one of them"),
        );
    }
    if kinds.contains(&Enforce::CalicoNetworkPolicy) && !spec.cluster.takes_calico_policies() {
        let why = match spec.cluster {
            Cluster::Aks(_) => "the Calico that AKS manages takes Kubernetes policies only",
            _ => "this cluster does not run Calico",
        };
        problems.push(Problem::error(*place, why).help("use `NetworkPolicy`"));
    }
    if kinds.contains(&Enforce::AuthorizationPolicy) && spec.istio.is_none() {
        problems.push(
            Problem::error(*place, "an AuthorizationPolicy needs a mesh, and there is none")
                .help("say `istio`, or leave it out"),
        );
    }
}
