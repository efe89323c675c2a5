//! Ports of a server: the numbers that something names, and one that stands for all others.

use std::collections::BTreeSet;

use super::Apart;
use crate::{Attribute, Capture, Mesh, Pod, Rule, capture::ports};

impl Apart<'_> {
    /// The ports of a server in pieces, each as ranges: no verdict tells the ports of a piece apart.
    pub fn ports(&self, server: usize) -> Vec<Vec<(u16, u16)>> {
        let mut named = self.named(server);
        let mut own: BTreeSet<u16> = Capture::OWN.into_iter().collect();
        if own.iter().copied().ne(mesh_own(self.mesh, server)) {
            own.extend(self.mesh.own_ports(server));
            named.extend(&own);
        }
        let mut pieces: Vec<Vec<(u16, u16)>> = Vec::new();
        if named.is_disjoint(&own) {
            pieces.push(own.iter().map(|p| (*p, *p)).collect());
        } else {
            named.extend(&own);
        }
        pieces.extend(named.iter().map(|p| vec![(*p, *p)]));
        let all: BTreeSet<u16> = named.union(&own).copied().collect();
        pieces.push(others(&all));
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    fn named(&self, server: usize) -> BTreeSet<u16> {
        let mesh = self.mesh;
        let (Some(pod), Some(member)) = (mesh.pods.get(server), mesh.members.get(server)) else {
            return BTreeSet::new();
        };
        let mut named = self.outbound.clone();
        let settings = &mesh.settings.capture;
        named.extend(settings.inbound.iter().flatten().chain(&settings.not_inbound));
        named.extend(annotated(pod, "excludeInboundPorts").chain(annotated(pod, "includeInboundPorts")));
        named.extend(
            member
                .peers
                .iter()
                .filter_map(|n| mesh.peer_authentications.get(*n))
                .flat_map(|p| p.ports.keys()),
        );
        for service in member.services.iter().filter_map(|n| mesh.services.get(*n)) {
            named.extend(service.ports.iter().filter_map(|p| service.pod_port(p, pod)));
            named.extend(service.ports.iter().filter_map(|p| service.target(p, pod)));
        }
        named.extend(mesh.listeners(server).into_iter().map(|(port, ..)| port));
        let conditions = mesh.bound(server).into_iter().flat_map(|p| &p.rules).flat_map(Rule::conditions);
        let of_ports = conditions.filter(|c| c.attribute == Attribute::Port);
        named.extend(
            of_ports.flat_map(|c| c.values.iter().chain(&c.not_values)).filter_map(|v| v.parse::<u16>().ok()),
        );
        if let Ok(Some(scope)) = mesh.scope(server) {
            named.extend(scope.ingress.iter().map(|(port, _)| port));
        }
        named.extend(mesh.entries_by_address().flat_map(|e| e.ports.iter().map(|(port, _)| port)));
        named.remove(&0);
        named
    }

    /// The ports outside of the cluster, in pieces.
    pub fn ports_outside(&self) -> Vec<Vec<(u16, u16)>> {
        let mut named = self.outbound.clone();
        named.extend(self.mesh.entries.iter().flat_map(|e| e.ports.iter().map(|(port, _)| port)));
        named.remove(&0);
        let single = named.iter().map(|p| vec![(*p, *p)]);
        single.chain([others(&named)]).filter(|piece| !piece.is_empty()).collect()
    }
}

/// The ports that the sidecar of a server leaves alone, in order.
fn mesh_own(mesh: &Mesh, server: usize) -> impl Iterator<Item = u16> {
    mesh.own_ports(server).into_iter().collect::<BTreeSet<u16>>().into_iter()
}

/// Ports that sidecars of clients leave alone.
pub(super) fn outbound(mesh: &Mesh) -> BTreeSet<u16> {
    let of = mesh.pods.iter().flat_map(|p| annotated(p, "excludeOutboundPorts"));
    of.chain(mesh.settings.capture.not_outbound.iter().copied()).collect()
}

fn annotated<'p>(pod: &'p Pod, key: &str) -> impl Iterator<Item = u16> + use<'p> {
    let text = pod.annotations.get(&format!("traffic.sidecar.istio.io/{key}"));
    text.map(|t| ports(t)).unwrap_or_default().into_iter()
}

/// All ports but these.
fn others(named: &BTreeSet<u16>) -> Vec<(u16, u16)> {
    let mut ranges = Vec::new();
    let mut first: u32 = 1;
    for port in named.iter().map(|p| u32::from(*p)).chain([u32::from(u16::MAX) + 1]) {
        if first < port
            && let (Ok(a), Ok(b)) = (u16::try_from(first), u16::try_from(port - 1))
        {
            ranges.push((a, b));
        }
        first = port + 1;
    }
    ranges
}
