//! What makes a cluster of kind: its configuration, and that of Calico in it. AKS is made by a script.

use meshgen_bundle::{Content, Data, Part, Value};
use meshgen_spec::{Cluster, Kind, PolicyEngine, Spec};

use crate::files::Files;

/// Where the configuration of kind is.
pub(crate) const KIND: &str = "cluster/kind.yaml";
/// Where that of Calico is.
pub(crate) const CALICO: &str = "cluster/calico.yaml";

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let Cluster::Kind(kind) = &spec.cluster else { return };
    let place = spec.project.place;
    let config = Content::Data(vec![Data::Value(config(spec, kind))]);
    files.file(Part::Cluster, KIND, config, place);
    if kind.network_policy.value == PolicyEngine::Calico {
        let documents = [installation(kind), api_server()].map(Data::Value);
        files.file(Part::Cluster, CALICO, Content::Data(documents.to_vec()), place);
    }
}

/// The name of a cluster that is made here.
pub(crate) fn name(spec: &Spec) -> String {
    let said = match &spec.cluster {
        Cluster::Aks(aks) => aks.name.as_ref(),
        Cluster::Kind(kind) => kind.name.as_ref(),
        Cluster::Existing(_) => None,
    };
    said.unwrap_or(&spec.project).to_string()
}

/// Source: <https://kind.sigs.k8s.io/docs/user/configuration/>, <https://kind.sigs.k8s.io/docs/user/local-registry/>.
fn config(spec: &Spec, kind: &Kind) -> Value {
    let calico = kind.network_policy.value == PolicyEngine::Calico;
    let mut networking = Vec::new();
    if calico {
        networking.push(("disableDefaultCNI", Value::Bool(true)));
    }
    if calico || kind.pod_subnet.is_some() {
        networking.push(("podSubnet", Value::text(kind.pod_subnet())));
    }
    let node = |role: &str| {
        let image = kind.node_image.as_ref().map(|image| ("image", Value::text(image.to_string())));
        Value::map([("role", Value::text(role))].into_iter().chain(image))
    };
    let nodes = std::iter::once("control-plane").chain(std::iter::repeat_n("worker", kind.workers.into()));
    // Tells containerd where it is written which registry is which; the script writes it there.
    let registry =
        "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n";
    let mut whole = vec![
        ("kind", Value::text("Cluster")),
        ("apiVersion", Value::text("kind.x-k8s.io/v1alpha4")),
        ("name", Value::text(name(spec))),
    ];
    if !networking.is_empty() {
        whole.push(("networking", Value::map(networking)));
    }
    whole.push(("nodes", Value::List(nodes.map(node).collect())));
    whole.push(("containerdConfigPatches", Value::List(vec![Value::text(registry)])));
    Value::map(whole)
}

/// Source: <https://docs.tigera.io/calico/latest/reference/installation/api>.
fn installation(kind: &Kind) -> Value {
    let pool = Value::map([
        ("cidr", Value::text(kind.pod_subnet())),
        ("encapsulation", Value::text("VXLANCrossSubnet")),
        ("natOutgoing", Value::text("Enabled")),
        ("nodeSelector", Value::text("all()")),
    ]);
    let network = Value::map([("ipPools", Value::List(vec![pool]))]);
    operator("Installation", Value::map([("calicoNetwork", network)]))
}

/// It serves `projectcalico.org/v3` to kubectl.
fn api_server() -> Value {
    operator("APIServer", Value::map::<&str>([]))
}

fn operator(kind: &str, spec: Value) -> Value {
    Value::map([
        ("apiVersion", Value::text("operator.tigera.io/v1")),
        ("kind", Value::text(kind)),
        ("metadata", Value::map([("name", Value::text("default"))])),
        ("spec", spec),
    ])
}
