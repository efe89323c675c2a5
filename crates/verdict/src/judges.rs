//! The mesh above the network: what Istio makes of a connection that the judge of network policies lets through.

use std::net::IpAddr;

use meshgen_mesh::{
    Below, By, Call, Client, Layer, Membership, Mesh, Outcome, Outside, Reason, Request, Verdict,
};
use meshgen_reach::{AddressRange, Addresses, Answer, Judge, Party, Protocol};

use crate::World;

/// Both judges of the same manifests.
pub struct Judges<'a> {
    /// Of the network.
    pub network: Judge<'a>,
    /// Of the mesh.
    pub mesh: &'a Mesh,
    /// What both judge.
    pub world: &'a World,
}

impl<'a> Judges<'a> {
    /// The judges of manifests.
    pub fn new(world: &'a World) -> Self {
        Judges { network: Judge::new(&world.manifests), mesh: &world.mesh, world }
    }

    /// Whether any pod may be in a mesh.
    pub fn is_meshed(&self) -> bool {
        self.world.is_meshed()
    }

    /// What the client sees of a port: of a request, or of whatever it sends. None over UDP and SCTP, which no mesh
    /// takes, and for pods of which the mesh knows nothing.
    pub fn verdict(&self, from: &Party, to: &Party, port: u16, request: Option<&Request>) -> Option<Verdict> {
        let client = match from {
            Party::Pod(_) => Client::Pod(self.pod(from)?),
            Party::Address(address) => Client::Outside(Some(*address)),
            Party::Range(range) => Client::Outside(self.one_of(*range)),
            Party::Stranger(_) => return None,
        };
        if let Party::Address(_) | Party::Range(_) = to {
            return self.outside(from, client.pod()?, to, port, request);
        }
        let server = self.pod(to)?;
        let by = self.by(server, port);
        let below = |wire| match self.network.probe(from, to, Protocol::Tcp, wire).answer {
            Answer::Allowed => Below::Passes,
            Answer::Denied => Below::Drops,
            Answer::Unknown => Below::Unknown,
        };
        let call = Call { client, server, port, by };
        // In ambient mode network policies see the port of the proxies.
        let below = below(self.mesh.wire_port(&call));
        Some(match request {
            Some(request) => self.mesh.verdict(&call, Some(request), below),
            None => self.mesh.any(&call, below),
        })
    }

    /// An address that stands for all of a range, if the mesh does not tell them apart.
    fn one_of(&self, range: AddressRange) -> Option<IpAddr> {
        let all = Addresses::from(range);
        let whole = |block: &Addresses| block.contains_all(&all) || block.intersection(&all).is_empty();
        self.world.blocks().iter().all(whole).then_some(range.first)
    }

    /// What a pod sees of the outside.
    fn outside(
        &self,
        from: &Party,
        client: usize,
        to: &Party,
        port: u16,
        request: Option<&Request>,
    ) -> Option<Verdict> {
        let address = match to {
            Party::Address(address) => Some(*address),
            Party::Range(range) => self.one_of(*range),
            Party::Pod(_) | Party::Stranger(_) => None,
        };
        let below = self.network.probe(from, to, Protocol::Tcp, port).answer;
        let to = Outside { host: request.map(|r| r.host.clone()), address, port };
        let verdict = match request {
            Some(_) => self.mesh.outside(client, &to, true),
            None => self.mesh.any_outside(client, &to),
        };
        let network = |outcome, said: &str| {
            let reasons = vec![Reason::plain(Layer::Network, said)];
            Some(Verdict { outcome, reasons })
        };
        match (below, &verdict.outcome) {
            // What the client's sidecar refuses does not come so far.
            (_, Outcome::Reset | Outcome::Unavailable) | (Answer::Allowed, _) => Some(verdict),
            (Answer::Denied, _) => network(Outcome::Timeout, "packets are dropped"),
            (Answer::Unknown, _) => network(Outcome::Unknown, "whether packets pass is not known"),
        }
    }

    /// Whether a party has a sidecar.
    pub fn has_sidecar(&self, party: &Party) -> bool {
        self.pod(party).is_some_and(|pod| self.mesh.membership(pod) == Membership::Sidecar)
    }

    /// The name by which clients call a port of a pod: that of a Service in front of it, if there is one.
    pub fn host(&self, to: &Party, port: u16) -> Option<String> {
        match self.by(self.pod(to)?, port) {
            By::Service(service, number) => {
                let meta = &self.mesh.services.get(service)?.meta;
                Some(format!("{}.{}.svc.cluster.local:{number}", meta.name, meta.namespace))
            }
            By::Address => None,
        }
    }

    /// The pod of the mesh that a party is.
    pub(crate) fn pod(&self, party: &Party) -> Option<usize> {
        let Party::Pod(number) = party else { return None };
        self.world.pods.get(*number).copied().flatten()
    }

    /// How clients dial a port of a pod.
    pub(crate) fn by(&self, server: usize, port: u16) -> By {
        let Some(pod) = self.mesh.pods.get(server) else { return By::Address };
        let services =
            self.mesh.members.get(server).map(|member| member.services.as_slice()).unwrap_or_default();
        let dialled = services.iter().find_map(|&number| {
            let service = self.mesh.services.get(number)?;
            let leads = |p: &&meshgen_mesh::ServicePort| service.pod_port(p, pod) == Some(port);
            service.ports.iter().find(leads).map(|p| By::Service(number, p.number))
        });
        dialled.unwrap_or(By::Address)
    }
}
