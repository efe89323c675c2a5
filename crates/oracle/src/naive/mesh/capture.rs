//! Which connections a sidecar takes (I10, S33).

use super::{
    super::model::string,
    model::{Mesh, Pod},
};

/// Ports that the sidecar answers itself, whatever policies say (S19).
const OWN: [u16; 3] = [15020, 15021, 15090];

impl Mesh {
    /// Whether a pod's sidecar takes what comes in on a port.
    pub(super) fn takes_in(&self, pod: &Pod, port: u16) -> bool {
        let said = |key: &str| pod.annotations.get(&format!("traffic.sidecar.istio.io/{key}")).cloned();
        let value = |key: &str| Some(string(self.setting(&format!("/values/global/proxy/{key}"))));
        let excluded = said("excludeInboundPorts").or(value("excludeInboundPorts")).unwrap_or_default();
        let included = said("includeInboundPorts").or(value("includeInboundPorts")).unwrap_or_default();
        let all = included.trim() == "*" || (included.is_empty() && said("includeInboundPorts").is_none());
        !OWN.contains(&port) && !lists(&excluded, port) && (all || lists(&included, port))
    }

    /// Whether a pod's sidecar takes what the pod sends to a port, as dialled.
    pub(super) fn takes_out(&self, pod: &Pod, port: u16) -> bool {
        let said = pod.annotations.get("traffic.sidecar.istio.io/excludeOutboundPorts").cloned();
        let value = || string(self.setting("/values/global/proxy/excludeOutboundPorts"));
        !lists(&said.unwrap_or_else(value), port)
    }

    /// Whether a pod's sidecar takes what the pod sends to itself by a Service: inside of the pod only what goes out
    /// counts.
    pub(super) fn takes_own(&self, pod: &Pod, port: u16) -> bool {
        !OWN.contains(&port) && self.takes_out(pod, port)
    }
}

/// Whether a proxy answers on a port itself.
pub(super) fn answers_itself(port: u16) -> bool {
    OWN.contains(&port)
}

fn lists(text: &str, port: u16) -> bool {
    text.split(',').any(|p| p.trim().parse() == Ok(port))
}
