//! The add-on of AKS: a script enables it, and one `ConfigMap` holds its settings.
//!
//! Source: <https://learn.microsoft.com/azure/aks/istio-meshconfig>.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use meshgen_bundle::Part;
use meshgen_spec::{ManagedIstio, Spec};
use meshgen_yaml::Problem;

use super::mesh_config::effective;
use crate::files::Files;

/// Where the settings are.
pub(super) const PATH: &str = "istio/mesh_config.yaml";

pub(super) fn plan(spec: &Spec, managed: &ManagedIstio, files: &mut Files) {
    let Some(value) = spec.istio.as_ref().and_then(|istio| effective(spec, istio)) else { return };
    match meshgen_yaml::to_string(&value) {
        Ok(text) => {
            let map = ConfigMap {
                metadata: ObjectMeta {
                    name: Some(format!("istio-shared-configmap-{}", managed.revision)),
                    namespace: Some("aks-istio-system".to_owned()),
                    ..ObjectMeta::default()
                },
                data: Some(BTreeMap::from([("mesh".to_owned(), text)])),
                ..ConfigMap::default()
            };
            files.push(Part::Istio, PATH.to_owned(), map.into(), managed.revision.place);
        }
        Err(e) => files.problem(Problem::error(spec.project.place, e.to_string())),
    }
}
