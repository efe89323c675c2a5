//! Services. Source: `kubernetes/api` `core/v1/types.go`.

use meshgen_yaml::Node;

use super::{
    fields::Fields,
    network_policy::{number, protocol},
    object::Object,
};
use crate::{
    Protocol,
    cluster::{PortRef, Service, ServicePort},
};

pub(super) fn service(o: &Object<'_>) -> Service {
    let selector = o.node.labels(&["spec", "selector"]);
    let external = o.spec().and_then(|s| s.text("type")) == Some("ExternalName");
    let ports = o.spec().map_or(&[][..], |s| s.list("ports"));
    Service {
        selector: (!selector.is_empty() && !external).then_some(selector),
        ports: ports.iter().filter_map(port).collect(),
        place: o.place,
    }
}

fn port(node: &Node) -> Option<ServicePort> {
    let number = number(node.field("port")?).ok()?;
    let target = node.field("targetPort").and_then(port_ref);
    Some(ServicePort {
        name: node.text("name").map(str::to_owned),
        number,
        protocol: protocol(node, "protocol").unwrap_or(Protocol::Tcp),
        // Without `targetPort` it is the same as the port; 0 is as good as none.
        target: target.unwrap_or(PortRef::Number(number)),
    })
}

/// A port by number or name; none if it is neither.
pub(super) fn port_ref(node: &Node) -> Option<PortRef> {
    match node.integer() {
        Some(_) => number(node).ok().map(PortRef::Number),
        None => node.as_text().filter(|t| !t.is_empty()).map(|t| PortRef::Name(t.to_owned())),
    }
}
