//! The mesh above the network: what Istio makes of a connection that the judge of network policies lets through.

use meshgen_mesh::{
    Below, By, Call, Client, Layer, Membership, Mesh, Meta, Outcome, Reason, Request, Verdict,
};
use meshgen_reach::{Answer, Judge, Party, Protocol};

use crate::{World, closed::ways};

/// Both judges of the same manifests.
pub struct Judges<'a> {
    /// Of the network.
    pub network: Judge<'a>,
    /// Of the mesh.
    pub mesh: &'a Mesh,
    /// What both judge.
    pub world: &'a World,
}

/// What a client sends.
#[derive(Clone, Copy, Debug)]
pub enum Sent<'a> {
    /// Whatever it likes.
    Anything,
    /// A request.
    Request(&'a Request),
    /// Bytes that are no HTTP.
    Bytes,
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

    /// What the client sees of a port: of a request, or of whatever it sends; dialled in the way that lets most
    /// through. None over UDP and SCTP, which no mesh takes, and for pods of which the mesh knows nothing.
    pub fn verdict(&self, from: &Party, to: &Party, port: u16, request: Option<&Request>) -> Option<Verdict> {
        let client = self.client(from)?;
        if let Party::Address(_) | Party::Range(_) = to {
            return self.outside(from, client.pod()?, to, port, request);
        }
        let server = self.pod(to)?;
        let sent = request.map_or(Sent::Anything, Sent::Request);
        let see = |by| self.asked(from, to, &Call { client, server, port, by }, sent);
        let (mut verdict, way) = self.loosest(server, port, see);
        verdict.reasons.splice(0..0, way);
        Some(verdict)
    }

    /// The same, dialled as clients do: by the Service before the pod, if there is one.
    pub fn as_called(
        &self,
        from: &Party,
        to: &Party,
        port: u16,
        request: Option<&Request>,
    ) -> Option<Verdict> {
        let Some(server) = self.pod(to) else { return self.verdict(from, to, port, request) };
        let call = Call { client: self.client(from)?, server, port, by: self.by(server, port) };
        Some(self.asked(from, to, &call, request.map_or(Sent::Anything, Sent::Request)))
    }

    /// What is seen in the way of dialling that lets most through: what one Service refuses need not be refused by
    /// another, nor by the address of the pod, where the client's sidecar knows neither the server nor its identity (S1).
    /// With it the way, if it is not that in which clients call the pod.
    pub(crate) fn loosest(
        &self,
        server: usize,
        port: u16,
        see: impl Fn(By) -> Verdict,
    ) -> (Verdict, Option<Reason>) {
        let called = self.by(server, port);
        let (mut found, mut way) = (see(called), None);
        let refused = found.outcome.word();
        for by in ways(self.mesh, server, port).into_iter().filter(|by| *by != called) {
            if looseness(&found.outcome) >= looseness(&Outcome::Unknown) && !is_partial(&found.outcome) {
                break;
            }
            let other = see(by);
            if looseness(&other.outcome) > looseness(&found.outcome) {
                way = Some(self.dialled(by, called, refused));
                found = other;
            }
        }
        (found, way)
    }

    fn dialled(&self, by: By, called: By, seen: &str) -> Reason {
        let name = |by| match by {
            By::Service(number, _) => {
                let meta = self.mesh.services.get(number).map(|service| &service.meta);
                let kind = |m: &Meta| if m.kind == "ServiceEntry" { "ServiceEntry" } else { "Service" };
                meta.map_or_else(String::new, |m| format!("{} `{}/{}`", kind(m), m.namespace, m.name))
            }
            By::Address => "the address of the pod".to_owned(),
        };
        let said = format!("dialled by {}; by {} it is {seen}", name(by), name(called));
        Reason::plain(Layer::Client, said)
    }

    /// What the client sees of a port of a Service, by its number in the mesh: one verdict for each pod behind it, in
    /// their order, or one if there is no such pod. None for clients of which the mesh knows nothing.
    pub fn by_service(
        &self,
        from: &Party,
        service: usize,
        port: u16,
        sent: Sent<'_>,
    ) -> Option<Vec<Verdict>> {
        let client = self.client(from)?;
        let behind = self.mesh.behind(self.mesh.services.get(service)?, port);
        if behind.is_empty() {
            return Some(vec![self.mesh.without_pods(client)]);
        }
        let by = By::Service(service, port);
        let asked = |(server, port): (usize, u16)| {
            let to = Party::Pod(self.world.pods.iter().position(|pod| *pod == Some(server))?);
            Some(self.asked(from, &to, &Call { client, server, port, by }, sent))
        };
        Some(behind.into_iter().filter_map(asked).collect())
    }

    fn asked(&self, from: &Party, to: &Party, call: &Call, sent: Sent<'_>) -> Verdict {
        let below = self.below(from, to, call);
        match sent {
            Sent::Anything => self.mesh.any(call, below),
            Sent::Request(request) => self.mesh.verdict(call, Some(request), below),
            Sent::Bytes => self.mesh.verdict(call, None, below),
        }
    }

    /// What the network does with the packets of a connection. In ambient mode its policies see the port of the proxies.
    pub(crate) fn below(&self, from: &Party, to: &Party, call: &Call) -> Below {
        self.below_in(self.mesh, from, to, call)
    }

    /// The same for pods of another mesh above the same network.
    pub(crate) fn below_in(&self, mesh: &Mesh, from: &Party, to: &Party, call: &Call) -> Below {
        let answer = |port: u16| match self.network.answer(from, to, Protocol::Tcp, port) {
            Answer::Allowed => Below::Passes,
            Answer::Denied => Below::Drops,
            Answer::Unknown => Below::Unknown,
        };
        let mut all = mesh.wire_ports(call).into_iter().map(answer);
        let first = all.next().unwrap_or(Below::Unknown);
        if all.all(|other| other == first) { first } else { Below::Unknown }
    }

    /// Who connects, for the mesh.
    pub(crate) fn client(&self, from: &Party) -> Option<Client> {
        match from {
            Party::Pod(_) => Some(Client::Pod(self.pod(from)?)),
            Party::Address(address) => Some(Client::Outside(Some(*address))),
            Party::Range(range) => Some(Client::Outside(self.one_of(*range))),
            Party::Stranger(_) => None,
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
                Some(format!("{}:{number}", self.mesh.services.get(service)?.host()))
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

/// How much of what a client sends gets through, in ranks.
fn looseness(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Open => 3,
        Outcome::Partial(_) => 2,
        Outcome::Unknown => 1,
        Outcome::Timeout | Outcome::Reset | Outcome::Closed | Outcome::Forbidden | Outcome::Unavailable => 0,
    }
}

fn is_partial(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Partial(_))
}
