//! Which connections sidecars take (I10, S33).
//!
//! A pod says so in annotations, and the mesh for pods that do not (`values.global.proxy`).
//! Sources: `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`,
//! `tools/istio-iptables/pkg/capture/run.go`.

use crate::{Mesh, ambient::CONFIG};

/// The annotation by which the port of metrics and probes of a sidecar is another one than 15020.
pub(crate) const STATUS_PORT: &str = "status.sidecar.istio.io/port";

/// The annotation that says how connections are led to a sidecar.
pub(crate) const INTERCEPTION: &str = "sidecar.istio.io/interceptionMode";

/// What annotations about ports and addresses begin with.
pub(crate) const TRAFFIC: &str = "traffic.sidecar.istio.io/";

impl Mesh {
    /// Whether the sidecar of a pod takes connections to a port of the pod (I10). Those that it makes to the pod itself,
    /// by a Service (`same`), are taken by a rule of their own, which only outbound ports that are left alone come before.
    ///
    /// Ports that are left alone are looked at only where all others are taken: a list of ports that are taken is all of
    /// them.
    pub fn takes_inbound(&self, pod: usize, port: u16, same: bool) -> bool {
        let Some(p) = self.pods.get(pod) else { return false };
        let annotation = |key: &str| p.annotations.get(&format!("{TRAFFIC}{key}"));
        let settings = &self.settings.capture;
        let excluded = annotation("excludeInboundPorts").map_or(settings.not_inbound.clone(), |t| ports(t));
        let included = match annotation("includeInboundPorts") {
            Some(text) if text.trim() == "*" => None,
            Some(text) => Some(ports(text)),
            None => settings.inbound.clone(),
        };
        let own = self.own_ports(pod).contains(&port);
        if same {
            return !own && self.takes_outbound(pod, port);
        }
        match included {
            None => !own && !excluded.contains(&port),
            Some(all) => !own && all.contains(&port),
        }
    }

    /// The ports that the sidecar of a pod leaves alone or answers itself: of metrics and of probes (S19).
    pub(crate) fn own_ports(&self, pod: usize) -> [u16; 3] {
        let said = self.captured_by(pod, STATUS_PORT).and_then(|text| text.trim().parse().ok());
        [said.unwrap_or(15020), 15021, 15090]
    }

    /// Whether the sidecar of a pod takes connections that the pod makes to a port, as dialled: that of the Service.
    pub fn takes_outbound(&self, pod: usize, port: u16) -> bool {
        let Some(p) = self.pods.get(pod) else { return false };
        let excluded = p.annotations.get(&format!("{TRAFFIC}excludeOutboundPorts"));
        let excluded = excluded.map_or(self.settings.capture.not_outbound.clone(), |t| ports(t));
        let nowhere = self.captured_by(pod, &format!("{TRAFFIC}includeOutboundIPRanges"));
        !excluded.contains(&port) && nowhere.is_none_or(|ranges| !ranges.trim().is_empty())
    }

    /// What an annotation of a pod says, or the mesh in its place.
    fn captured_by(&self, pod: usize, key: &str) -> Option<&str> {
        let own = self.pods.get(pod)?.annotations.get(key);
        own.or_else(|| self.settings.capture.others.get(key)).map(String::as_str)
    }

    /// Why it is not known which connections the sidecar of a pod takes that come to it, or (`outbound`) that it makes.
    pub(crate) fn capture_unknown(&self, pod: usize, outbound: bool) -> Option<String> {
        let p = self.pods.get(pod)?;
        let own = p.annotations.get(CONFIG).filter(|_| !p.annotations.contains_key(INTERCEPTION));
        if own.is_some_and(|config| config.contains("interceptionMode")) {
            return Some(format!("the annotation `{CONFIG}` is not judged"));
        }
        // What is usual is known, and so is nothing at all.
        let made =
            [("excludeOutboundIPRanges", ""), ("includeOutboundIPRanges", "*"), ("includeOutboundPorts", "")];
        let asked = made.into_iter().filter(|_| outbound).chain([("excludeInterfaces", "")]);
        let mut asked = asked.map(|(key, usual)| (format!("{TRAFFIC}{key}"), usual));
        let is_unclear = |key: &str, usual: &str| {
            self.captured_by(pod, key).is_some_and(|said| ![usual, ""].contains(&said.trim()))
        };
        let said = if self.captured_by(pod, INTERCEPTION) == Some("NONE") {
            Some(INTERCEPTION.to_owned())
        } else {
            asked.find(|(key, usual)| is_unclear(key, usual)).map(|(key, _)| key)
        };
        said.map(|key| {
            let whose = if p.annotations.contains_key(&key) {
                "the annotation"
            } else {
                "what the mesh says in place of"
            };
            format!("{whose} `{key}` is not judged")
        })
    }
}

/// The ports of an annotation.
pub(crate) fn ports(text: &str) -> Vec<u16> {
    text.split(',').filter_map(|p| p.trim().parse().ok()).collect()
}
