//! Namespaces with their labels.

use k8s_openapi::{api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use meshgen_spec::{MeshMode, Spec};

use crate::{
    files::Files,
    labels::{self, Labels},
};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (name, namespace) in spec.namespaces.iter().filter(|(_, n)| !n.existing) {
        let mut labels: Labels =
            namespace.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let mode = spec.mesh_mode(name);
        match labels::membership(spec, name) {
            Some((key, value)) => {
                labels.insert(key.to_owned(), value);
            }
            // Said aloud, so that a mesh that injects by default leaves it alone.
            None if mode == MeshMode::None && spec.istio.is_some() => {
                labels.insert("istio-injection".to_owned(), "disabled".to_owned());
            }
            None => {}
        }
        if let Some(level) = &namespace.pod_security {
            for when in ["enforce", "audit", "warn"] {
                labels.insert(format!("pod-security.kubernetes.io/{when}"), level.value.as_str().to_owned());
            }
        }
        let metadata = ObjectMeta {
            name: Some(name.to_string()),
            labels: (!labels.is_empty()).then_some(labels),
            ..ObjectMeta::default()
        };
        files.add(name, Namespace { metadata, ..Namespace::default() }, name.place);
    }
}
