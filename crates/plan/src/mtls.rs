//! Which connections sidecars accept.

use meshgen_bundle::istio::{
    MtlsMode, MutualTls, PeerAuthentication, PeerAuthenticationSpec, WorkloadSelector,
};
use meshgen_spec::{MeshMode, Mtls, Name, Spec};
use meshgen_yaml::Place;

use crate::{
    files::Files,
    labels::{self, meta},
};

/// One object for each namespace that takes part, none for the mesh: other people's namespaces stay as they are.
pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (name, _) in spec.namespaces.iter().filter(|(_, n)| !n.existing) {
        if spec.mesh_mode(name) == MeshMode::None {
            continue;
        }
        if let Some(mode) = spec.security(name, None).mtls {
            // `default` is what Istio's own documentation calls the policy of a namespace.
            add(name, "default", None, mode, name.place, files);
        }
        for (workload_name, workload) in spec.workloads_of(name) {
            if let Some(mode) = workload.security.mtls {
                let selector = WorkloadSelector { match_labels: labels::of_pods(workload_name, workload) };
                add(name, workload_name.as_str(), Some(selector), mode, name.place, files);
            }
        }
    }
}

fn add(
    namespace: &Name,
    name: &str,
    selector: Option<WorkloadSelector>,
    mode: Mtls,
    origin: Place,
    files: &mut Files,
) {
    let mode = match mode {
        Mtls::Strict => MtlsMode::Strict,
        Mtls::Permissive => MtlsMode::Permissive,
        Mtls::Disable => MtlsMode::Disable,
    };
    let spec = PeerAuthenticationSpec { selector, mtls: Some(MutualTls { mode }) };
    files.add(namespace, PeerAuthentication { metadata: meta(namespace, name), spec }, origin);
}
