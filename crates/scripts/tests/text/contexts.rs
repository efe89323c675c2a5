//! The example contexts, which `ci/kit` tries out too.

use meshgen_scripts::Context;
use serde_json::{Value, json};

const AKS: &str = include_str!("../../../../ci/kit/contexts/aks.json");
const KIND: &str = include_str!("../../../../ci/kit/contexts/kind.json");
const EXISTING: &str = include_str!("../../../../ci/kit/contexts/existing.json");

/// An example as JSON: `aks`, `kind` or `existing`.
pub(crate) fn example(name: &str) -> Value {
    let text = match name {
        "aks" => AKS,
        "kind" => KIND,
        "existing" => EXISTING,
        _ => panic!("there is no example `{name}`"),
    };
    serde_json::from_str(text).unwrap()
}

/// The same with something in every place that may be empty.
pub(crate) fn full(name: &str) -> Value {
    let mut value = example(name);
    let cluster = &mut value["cluster"];
    match name {
        "aks" => {
            cluster["vm_size"] = json!("Standard_D4s_v5");
            cluster["network_plugin_mode"] = json!("overlay");
            cluster["network_dataplane"] = json!("azure");
        }
        "kind" => {
            cluster["node_image"] = json!("docker.io/kindest/node:v1.36.0");
            cluster["calico"]["manifests"][0]["sha256"] = json!("0".repeat(64));
            cluster["calico"]["manifests"][1] = json!({ "from": "file", "file": "cluster/operator.yaml" });
        }
        _ => {
            *cluster = json!({ "type": "existing", "context": "shop", "registry": "ghcr.io/acme" });
            value["env"] = json!([{ "name": "SHOP", "value": "x" }]);
        }
    }
    value["istio"]["revision"] = json!("canary");
    value["releases"] = json!([{ "file": "releases/x.yaml", "namespace": "x" }]);
    value
}

/// JSON as a context.
pub(crate) fn parsed(value: Value) -> Result<Context, serde_json::Error> {
    serde_json::from_value(value)
}
