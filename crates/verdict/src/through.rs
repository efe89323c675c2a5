//! What a client sees that comes by way of a gateway: two connections, each judged by itself.

use meshgen_mesh::{Call, Client, Layer, Outcome, Reason, Request, Verdict};
use meshgen_reach::{Party, Protocol};

use crate::Judges;

impl Judges<'_> {
    /// What a client sees of a port of a pod by way of a gateway, `namespace/name`: one verdict for each pod of the
    /// gateway, in their order. None if no pod of it is here.
    pub fn through(
        &self,
        from: &Party,
        gateway: &str,
        to: &Party,
        port: u16,
        request: Option<&Request>,
    ) -> Vec<Verdict> {
        let pods = self.network.gateway_pods(gateway).into_iter().map(Party::Pod);
        pods.map(|via| self.by_way_of(from, &via, gateway, to, port, request)).collect()
    }

    fn by_way_of(
        &self,
        from: &Party,
        via: &Party,
        gateway: &str,
        to: &Party,
        port: u16,
        request: Option<&Request>,
    ) -> Verdict {
        let cluster = &self.network.manifests.cluster;
        if let Some(refused) = self.at_the_gateway(from, via, request) {
            return refused;
        }
        let leads = self.network.ways().into_iter().any(|way| {
            way.gateway.as_deref() == Some(gateway)
                && way.via == *via
                && Party::Pod(way.pod) == *to
                && way.ports.contains(Protocol::Tcp, port)
        });
        let ends = (self.pod(via), self.pod(to));
        let (true, (Some(client), Some(server))) = (leads, ends) else {
            let said = format!("no route of the gateway leads to port {port} of {}", to.title(cluster));
            return verdict(Outcome::Unavailable, Layer::Client, said);
        };
        let client = match from {
            Party::Address(address) => Client::Gateway(client, Some(*address)),
            Party::Pod(_) | Party::Range(_) | Party::Stranger(_) => Client::Gateway(client, None),
        };
        let call = Call { client, server, port, by: self.by(server, port) };
        let below = self.below(via, to, &call);
        let mut verdict = match request {
            Some(request) => self.mesh.verdict(&call, Some(request), below),
            None => self.mesh.any(&call, below),
        };
        if verdict.outcome == Outcome::Timeout {
            // The gateway waits for the server, and the client for the gateway, which then answers 503.
            verdict.outcome = Outcome::Unavailable;
        }
        verdict
    }

    /// What becomes of a client that is refused at the gateway by every port that a Service opens there.
    fn at_the_gateway(&self, from: &Party, via: &Party, request: Option<&Request>) -> Option<Verdict> {
        let number = self.pod(via)?;
        let pod = self.mesh.pods.get(number)?;
        let services = self.mesh.members.get(number).map_or(&[][..], |member| &member.services);
        let ports = services.iter().filter_map(|n| self.mesh.services.get(*n)).flat_map(|s| &s.ports);
        let ports: Vec<u16> = ports.filter_map(|p| p.on(pod)).collect();
        let all: Vec<Verdict> =
            ports.iter().filter_map(|port| self.verdict(from, via, *port, request)).collect();
        let Some(first) = all.first() else {
            let said = "no Service here opens a port of the gateway";
            return Some(verdict(Outcome::Unknown, Layer::Network, said));
        };
        let open = |v: &Verdict| matches!(v.outcome, Outcome::Open | Outcome::Partial(_));
        if all.iter().any(open) {
            return None;
        }
        Some(all.iter().find(|v| v.outcome == Outcome::Unknown).unwrap_or(first).clone())
    }
}

fn verdict(outcome: Outcome, layer: Layer, said: impl Into<String>) -> Verdict {
    Verdict { outcome, reasons: vec![Reason::plain(layer, said)] }
}
