//! `namespaces`.

use meshgen_yaml::Problem;

use crate::{MeshMode, PodSecurity, Spec};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    for (name, namespace) in &spec.namespaces {
        for label in namespace.labels.keys() {
            let key = label.as_str();
            let instead = match key {
                "istio-injection" | "istio.io/rev" | "istio.io/dataplane-mode" => {
                    "say `mesh: sidecar`, `ambient` or `none`"
                }
                "kubernetes.io/metadata.name" => "Kubernetes sets it by itself",
                _ if key.starts_with("pod-security.kubernetes.io/") => "say `podSecurity`",
                _ => continue,
            };
            if namespace.existing {
                continue;
            }
            problems.push(
                Problem::error(label.place, format!("the label `{key}` follows from the rest of the spec"))
                    .help(instead),
            );
        }
        // istio-init needs NET_ADMIN, which both levels refuse; the CNI plugin does its work from the node.
        // Source: https://istio.io/latest/docs/setup/additional-setup/pod-security-admission/
        if let Some(level) = &namespace.pod_security
            && level.value != PodSecurity::Privileged
            && spec.mesh_mode(name) == MeshMode::Sidecar
            && spec.mesh().is_some_and(|mesh| !mesh.cni)
        {
            problems.push(
                Problem::error(
                    level.place,
                    format!("`{}` refuses the init container of the sidecar, which needs NET_ADMIN", level.value.as_str()),
                )
                .help("use Istio's CNI plugin: `istio: { components: { cni: { enabled: true } } }`, or `existing: { cni: true }`"),
            );
        }
    }
}
