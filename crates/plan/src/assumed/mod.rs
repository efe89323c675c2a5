//! What will run and is not rendered: the control plane, its gateways, DNS, the pods of charts, other people's
//! workloads. Whoever judges what is emitted reads it beside the tree; nobody applies it.
//!
//! Only what decides who reaches whom is here: names, labels, service accounts, ports.

mod mesh;
mod pods;
mod workloads;

use meshgen_spec::{Origin, Spec, WorkloadKind};

use self::pods::{Pods, Port, service};
use crate::{files::Files, labels::label};

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    let anything = spec.istio.is_some()
        || spec.workloads.values().any(|w| w.existing.is_some() && w.origin != Origin::Addon);
    if !anything {
        return;
    }
    dns(files);
    if let (Some(istio), Some(mesh)) = (&spec.istio, spec.mesh()) {
        mesh::control_plane(&mesh, istio, files);
        mesh::settings(spec, istio, &mesh, files);
        mesh::cni(istio, &mesh, files);
        mesh::gateways(&mesh, istio, files);
    }
    workloads::plan(spec, files);
}

/// Source: <https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/>: the Service is called
/// `kube-dns` everywhere.
fn dns(files: &mut Files) {
    let select = label("k8s-app", "kube-dns");
    let ports = [("dns", "UDP"), ("dns-tcp", "TCP")].map(|(name, protocol)| Port {
        name: name.to_owned(),
        port: 53,
        service: 53,
        protocol,
    });
    service("kube-system", "kube-dns", &select, &ports, false, files);
    Pods {
        namespace: "kube-system",
        name: "coredns",
        kind: WorkloadKind::Deployment,
        replicas: 2,
        account: "coredns",
        labels: select.clone(),
        selector: select,
        container: "coredns",
        ports: ports.to_vec(),
    }
    .assume(files);
}
