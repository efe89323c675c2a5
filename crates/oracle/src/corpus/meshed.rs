//! The judge of the mesh that users have, asked by the runner.

use meshgen_mesh::{
    By, Call, Carried, Client, Effect, Handshake, Identity, Membership, Mesh, Outcome, Request, Seen as Sees,
    TlsMode, Token,
};
use meshgen_reach::Party;
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

use super::Meshed;
use crate::{
    manifests::File,
    naive::mesh::{self as plain, Decision, Seen, Sight, Try},
};

/// The judge in `meshgen-mesh`, above that in `meshgen-reach`.
#[derive(Clone, Debug)]
pub struct FastMesh {
    world: World,
}

impl FastMesh {
    /// Reads files.
    pub fn read(files: &[File]) -> FastMesh {
        let mut sources = Sources::default();
        for file in files {
            sources.add(&file.name, &file.text);
        }
        FastMesh { world: World::read(sources) }
    }

    fn pod(&self, name: &str) -> Option<usize> {
        let (namespace, name) = name.split_once('/')?;
        self.world.mesh.pods.iter().position(|p| p.namespace == namespace && p.name == name)
    }

    fn party(&self, name: &str) -> Option<Party> {
        let (namespace, name) = name.split_once('/')?;
        let pods = &self.world.manifests.cluster.pods;
        pods.iter().position(|p| p.namespace == namespace && p.name == name).map(Party::Pod)
    }

    /// What network policies say of the packets.
    fn below(&self, one: &Try<'_>, call: &Call) -> Option<meshgen_mesh::Below> {
        let from = match one.client {
            plain::Client::Pod(pod) => self.party(pod)?,
            plain::Client::Outside(address) => Party::Address(address),
        };
        let to = self.party(one.server)?;
        let network = Judges::new(&self.world).network;
        let probe = |wire| match network.probe(&from, &to, meshgen_reach::Protocol::Tcp, wire).answer {
            meshgen_reach::Answer::Allowed => meshgen_mesh::Below::Passes,
            meshgen_reach::Answer::Denied => meshgen_mesh::Below::Drops,
            meshgen_reach::Answer::Unknown => meshgen_mesh::Below::Unknown,
        };
        let mut all = self.world.mesh.wire_ports(call).into_iter().map(probe);
        let first = all.next()?;
        Some(if all.all(|other| other == first) { first } else { meshgen_mesh::Below::Unknown })
    }

    /// What is said of any request, or whatever is sent.
    pub fn any(&self, one: &Try<'_>) -> Option<Outcome> {
        let call = self.call(one)?;
        let below = self.below(one, &call)?;
        Some(self.world.mesh.any(&call, below).outcome)
    }

    /// The verdict on a port of a pod, by the way of dialling that lets most through.
    pub fn verdict(&self, one: &Try<'_>) -> Option<Outcome> {
        let from = match one.client {
            plain::Client::Pod(pod) => self.party(pod)?,
            plain::Client::Outside(address) => Party::Address(address),
        };
        let request = one.request.map(request);
        let judges = Judges::new(&self.world);
        Some(judges.verdict(&from, &self.party(one.server)?, one.port, request.as_ref())?.outcome)
    }

    fn call(&self, one: &Try<'_>) -> Option<Call> {
        let client = match one.client {
            plain::Client::Pod(pod) => Client::Pod(self.pod(pod)?),
            plain::Client::Outside(address) => Client::Outside(Some(address)),
        };
        let by = match one.by {
            None => By::Address,
            Some((name, port)) => {
                let is = |s: &meshgen_mesh::Service| format!("{}/{}", s.meta.namespace, s.meta.name) == name;
                By::Service(self.world.mesh.services.iter().position(is)?, port)
            }
        };
        Some(Call { client, server: self.pod(one.server)?, port: one.port, by })
    }
}

impl Meshed for FastMesh {
    fn injected(&self, pod: &str) -> Option<bool> {
        match self.world.mesh.membership(self.pod(pod)?) {
            Membership::Sidecar | Membership::Gateway => Some(true),
            Membership::Plain | Membership::Ambient => Some(false),
            Membership::Unknown => None,
        }
    }

    fn tried(&self, one: &Try<'_>) -> Option<Seen> {
        let mesh: &Mesh = &self.world.mesh;
        let call = self.call(one)?;
        let below = self.below(one, &call)?;
        let request = one.request.map(request);
        seen(&mesh.verdict(&call, request.as_ref(), below).outcome)
    }

    fn taken(&self, pod: &str, port: u16, mutual: bool) -> Option<bool> {
        let mode = self.world.mesh.mode(self.pod(pod)?, port).ok()?.mode;
        let rule = mutual.then_some(TlsMode::IstioMutual);
        let handshake = Handshake {
            by_sidecar: mutual,
            rule,
            auto: false,
            labelled: true,
            server: true,
            mode,
            namespace_mode: mode,
            headless: false,
        };
        Some(handshake.is_taken() && (handshake.carried() == Carried::Mutual) == mutual)
    }

    fn decided(&self, pod: &str, sight: &Sight) -> Option<Decision> {
        let identity = sight.identity.as_ref().map(|i| Identity {
            trust_domain: i.trust_domain.clone(),
            namespace: i.namespace.clone(),
            account: i.account.clone(),
        });
        let sees = Sees {
            identity,
            source: sight.source,
            remote: sight.remote,
            destination: sight.destination,
            port: sight.port,
            request: sight.request.as_ref().map(request),
            tokens: sight.tokens,
        };
        Some(match self.world.mesh.decided(self.pod(pod)?, &sees).effect {
            Effect::Allowed => Decision::Allowed,
            Effect::Denied => Decision::Denied,
            Effect::Unknown => Decision::Unknown,
        })
    }
}

/// The request, as that judge has it.
fn request(request: &plain::Request) -> Request {
    Request {
        method: request.method.clone(),
        path: request.path.clone(),
        host: request.host.clone(),
        headers: request.headers.clone(),
        token: match &request.token {
            plain::Token::None => Token::None,
            plain::Token::Invalid => Token::Invalid,
            plain::Token::Valid(claims) => Token::Valid(claims.clone()),
        },
    }
}

/// What is seen of one request; none of what is told of several.
fn seen(outcome: &Outcome) -> Option<Seen> {
    match outcome {
        Outcome::Open => Some(Seen::Open),
        Outcome::Timeout => Some(Seen::Timeout),
        Outcome::Reset => Some(Seen::Reset),
        Outcome::Closed => Some(Seen::Closed),
        Outcome::Forbidden => Some(Seen::Forbidden),
        Outcome::Unavailable => Some(Seen::Unavailable),
        Outcome::Unknown => Some(Seen::Unknown),
        Outcome::Partial(_) => None,
    }
}
