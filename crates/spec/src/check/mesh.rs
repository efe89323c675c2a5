//! `cluster`, `istio` and `security`.

use meshgen_yaml::{At, Problem};

use crate::{AksPolicyEngine, Cluster, Dataplane, Enforce, MeshMode, Security, Spec};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    istio(spec, problems);
    cluster(spec, problems);
    security(spec, &spec.security, problems);
    for namespace in spec.namespaces.values() {
        security(spec, &namespace.security, problems);
    }
    for workload in spec.workloads.values() {
        security(spec, &workload.security, problems);
    }
}

fn istio(spec: &Spec, problems: &mut Vec<Problem>) {
    let Some(istio) = &spec.istio else {
        for (name, namespace) in &spec.namespaces {
            if namespace.mesh.is_some_and(|m| m != MeshMode::None) {
                problems.push(
                    Problem::error(name.place, format!("`{name}` is to be meshed, and there is no mesh"))
                        .help("say `istio: { version: 1.31.1 }`, or `istio: { existing: { version: \"1.31\" } }`"),
                );
            }
        }
        return;
    };
    match (&istio.version, &istio.existing) {
        (Some(_), Some(existing)) => problems.push(
            Problem::error(
                existing.place,
                "Istio is either installed (`version`) or there (`existing`), not both",
            )
            .help("keep one of them"),
        ),
        (None, None) => problems.push(
            Problem::error(spec.project.place, "`istio` says neither `version` nor `existing`")
                .help("`version` installs it, `existing` relies on what is there"),
        ),
        _ => {}
    }
    if let Some(existing) = &istio.existing
        && (istio.revision.is_some() || istio.ambient || istio.components.cni.enabled)
    {
        problems.push(
            Problem::error(existing.place, "facts of a mesh that is there belong under `existing`").help(
                "move `revision`, `ambient` and `components` into it: `existing: { version: …, cni: true }`",
            ),
        );
    }
    for (name, namespace) in &spec.namespaces {
        if namespace.mesh == Some(MeshMode::Ambient) && !istio.mesh().ambient {
            problems.push(
                Problem::error(
                    name.place,
                    format!("`{name}` is to be ambient, and this mesh has no ambient mode"),
                )
                .help("say `ambient: true` where the mesh is described"),
            );
        }
    }
}

fn cluster(spec: &Spec, problems: &mut Vec<Problem>) {
    if let Cluster::Aks(aks) = &spec.cluster {
        let cilium =
            (aks.network_policy == AksPolicyEngine::Cilium, aks.network_dataplane == Dataplane::Cilium);
        if cilium.0 != cilium.1 {
            problems.push(
                Problem::error(
                    spec.project.place,
                    "on AKS, Cilium moves packets and enforces policies, or neither",
                )
                .help("say both `networkDataplane: cilium` and `networkPolicy: cilium`"),
            );
        }
    }
    if !spec.cluster.enforces_policies() && (!spec.policies.is_empty() || spec.security.deny.is_some()) {
        problems.push(
            Problem::warning(
                spec.project.place,
                "nothing in this cluster enforces network policies: they will have no effect",
            )
            .help("choose a `networkPolicy` engine under `cluster`"),
        );
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
