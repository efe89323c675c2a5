//! Gateways of the Gateway API: istiod writes the pods and the Service for them (S14, S21).
//!
//! Source: `manifests/charts/istio-control/istio-discovery/files/kube-gateway.yaml`.

use meshgen_yaml::Node;

use super::{Object, fields::Fields};
use crate::{Labels, Membership, Pod, Service, ServicePort, Target};

/// The pods and the Service of a gateway; nothing if it is not Istio's, or stands for pods that are there already.
pub(super) fn gateway(o: &Object<'_>) -> Option<(Pod, Service)> {
    if o.node.word(&["spec", "gatewayClassName"]) != Some("istio")
        || o.node.at(&["spec", "addresses"]).is_some()
    {
        return None;
    }
    let name = format!("{}-istio", o.meta.name);
    let key = |k: &str| format!("gateway.networking.k8s.io/{k}");
    let labels = Labels::from([
        (key("gateway-name"), o.meta.name.clone()),
        (key("gateway-class-name"), "istio".to_owned()),
    ]);
    let ports = o.node.list(&["spec", "listeners"]).iter().filter_map(listener).collect();
    let pod = Pod {
        namespace: o.meta.namespace.clone(),
        kind: "Gateway".to_owned(),
        name: name.clone(),
        labels: labels.clone(),
        annotations: Labels::new(),
        account: name.clone(),
        host_network: false,
        ports: Vec::new(),
        proxy: Some(Membership::Gateway),
        addresses: Vec::new(),
        place: o.meta.place,
    };
    let selector = Labels::from([(key("gateway-name"), o.meta.name.clone())]);
    let mut meta = o.meta.clone();
    meta.name = name;
    Some((pod, Service { meta, selector: Some(selector), headless: false, ports, export_to: Vec::new() }))
}

fn listener(node: &Node) -> Option<ServicePort> {
    let number = node.port(&["port"])?;
    Some(ServicePort {
        name: node.word(&["name"]).map(str::to_owned),
        app_protocol: node.word(&["protocol"]).map(str::to_lowercase),
        number,
        tcp: true,
        target: Target::Number(number),
    })
}
