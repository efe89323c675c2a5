//! Which connections a sidecar takes (I10, S33).

use super::{
    super::model::{number, string},
    model::{Mesh, Pod},
};

impl Mesh {
    /// Ports that a sidecar or a gateway answers itself, whatever policies say (S19). One of them can be moved.
    pub(super) fn own(&self, pod: &Pod) -> [u16; 3] {
        let said = pod.annotations.get("status.sidecar.istio.io/port").cloned();
        let value = || number(self.setting("/values/global/proxy/statusPort"));
        [said.map_or_else(value, |port| port.parse().ok()).unwrap_or(15020), 15021, 15090]
    }

    /// Whether a pod's sidecar takes what comes in on a port.
    pub(super) fn takes_in(&self, pod: &Pod, port: u16) -> bool {
        let said = |key: &str| pod.annotations.get(&format!("traffic.sidecar.istio.io/{key}")).cloned();
        let value = |key: &str| Some(string(self.setting(&format!("/values/global/proxy/{key}"))));
        let excluded = said("excludeInboundPorts").or(value("excludeInboundPorts")).unwrap_or_default();
        let included = said("includeInboundPorts").or(value("includeInboundPorts")).unwrap_or_default();
        let all = included.trim() == "*" || (included.is_empty() && said("includeInboundPorts").is_none());
        // What is left alone counts only where everything else is taken.
        !self.own(pod).contains(&port) && if all { !lists(&excluded, port) } else { lists(&included, port) }
    }

    /// Whether a pod's sidecar takes what the pod sends to a port, as dialled.
    pub(super) fn takes_out(&self, pod: &Pod, port: u16) -> bool {
        let said = pod.annotations.get("traffic.sidecar.istio.io/excludeOutboundPorts").cloned();
        let value = || string(self.setting("/values/global/proxy/excludeOutboundPorts"));
        let ranges = pod.annotations.get("traffic.sidecar.istio.io/includeOutboundIPRanges");
        !lists(&said.unwrap_or_else(value), port) && ranges.is_none_or(|r| !r.is_empty())
    }

    /// Whether a pod's sidecar takes what the pod sends to itself by a Service: inside of the pod only what goes out
    /// counts.
    pub(super) fn takes_own(&self, pod: &Pod, port: u16) -> bool {
        !self.own(pod).contains(&port) && self.takes_out(pod, port)
    }
}

fn lists(text: &str, port: u16) -> bool {
    text.split(',').any(|p| p.trim().parse() == Ok(port))
}
