//! The mesh above the network: what Istio makes of a connection that the judge of network policies lets through.

use meshgen_mesh::{Below, By, Call, Client, Membership, Mesh, Request, Verdict};
use meshgen_reach::{Answer, Judge, Party, Protocol};

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
            Party::Range(_) => Client::Outside(None),
            Party::Stranger(_) => return None,
        };
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
        let services =
            self.mesh.members.get(server).map(|member| member.services.as_slice()).unwrap_or_default();
        let dialled = services.iter().find_map(|&number| {
            let service = self.mesh.services.get(number)?;
            let leads = |p: &&meshgen_mesh::ServicePort| {
                self.mesh.behind(service, p.number).contains(&(server, port))
            };
            service.ports.iter().find(leads).map(|p| By::Service(number, p.number))
        });
        dialled.unwrap_or(By::Address)
    }
}
