//! A claim, proven or refuted by both judges: of the network, and of the mesh above it.
//!
//! They are asked about manifests alone, so that a planner that errs is found out.

use meshgen_mesh::{Mesh, Outcome as Seen, Request, Token, Verdict};
use meshgen_reach::{Answer, Party, PolicyKind, Protocol, Truth, Unfound};
use meshgen_spec::{Claim, LayerKind, Outcome};
use meshgen_verdict::{Judges, World};

use crate::{
    Claimed,
    claims::{absent, asked},
};

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Whether it is true.
    pub truth: Truth,
    /// What speaks against it, or why it is not known; empty if it is true.
    pub told: String,
}

/// Proves claims, in their order. One fails if it names what is not in the manifests.
pub fn prove(world: &World, claims: &[Claimed]) -> Vec<Result<Proven, Unfound>> {
    // The claims of a group are judged in one world.
    let worlds = claims.chunk_by(|a, b| a.without == b.without);
    let proven = worlds.flat_map(|claims| {
        let without = claims.first().map(|claim| claim.without.as_slice()).unwrap_or_default();
        let absent: Vec<PolicyKind> = without.iter().flat_map(|kind| absent(*kind)).copied().collect();
        let left = (!without.is_empty()).then(|| {
            let left = world.without(&absent);
            World { mesh: mesh_without(left.mesh, without), ..left }
        });
        let judges = Judges::new(left.as_ref().unwrap_or(world));
        claims.iter().map(|claimed| one(&judges, &claimed.claim)).collect::<Vec<_>>()
    });
    proven.collect()
}

/// A mesh as if there were no objects of some kinds.
fn mesh_without(mut mesh: Mesh, kinds: &[LayerKind]) -> Mesh {
    if kinds.contains(&LayerKind::AuthorizationPolicy) {
        mesh.policies.clear();
        mesh.members.iter_mut().for_each(|member| member.policies.clear());
    }
    if kinds.contains(&LayerKind::PeerAuthentication) {
        mesh.peer_authentications.clear();
    }
    mesh
}

fn one(judges: &Judges<'_>, claim: &Claim) -> Result<Proven, Unfound> {
    match claim.is {
        Some(is) if judges.is_meshed() || claim.via.is_some() => Asked { judges, claim, is }.prove(),
        None if judges.is_meshed() => closed(judges, claim),
        Some(_) | None => network(judges, claim),
    }
}

/// A claim about a closed world.
fn closed(judges: &Judges<'_>, claim: &Claim) -> Result<Proven, Unfound> {
    let Some(intruder) = judges.intruder(&asked(judges, claim))? else {
        return Ok(Proven { truth: Truth::True, told: String::new() });
    };
    let told = match &intruder.verdict {
        Some(verdict) => {
            let sources = &judges.network.manifests.sources;
            let remains = verdict.told(sources).remains.map(|remains| format!(": {remains}"));
            let (word, remains) = (verdict.outcome.word(), remains.unwrap_or_default());
            format!("{}: {word}{remains}\n{}", intruder.line, verdict.text(sources))
        }
        None => format!("{}\n", intruder.line),
    };
    Ok(Proven { truth: intruder.truth, told })
}

fn unknown(told: String) -> Proven {
    Proven { truth: Truth::Unknown, told }
}

fn network(judges: &Judges<'_>, claim: &Claim) -> Result<Proven, Unfound> {
    let is = match claim.is {
        None => Some(None),
        Some(Outcome::Open) => Some(Some(Answer::Allowed)),
        Some(Outcome::Timeout) => Some(Some(Answer::Denied)),
        // What the mesh refuses, the network has let through.
        Some(Outcome::Reset | Outcome::Closed | Outcome::Forbidden | Outcome::Unavailable) => None,
    };
    let Some(is) = is else { return Ok(unknown("only a mesh gives this outcome\n".to_owned())) };
    let mut asked = asked(judges, claim);
    asked.is = is;
    let proof = judges.network.prove(&asked)?;
    let told = if proof.truth == Truth::True { String::new() } else { proof.text() };
    Ok(Proven { truth: proof.truth, told })
}

fn is_refusal(seen: &Seen) -> bool {
    !matches!(seen, Seen::Open | Seen::Partial(_) | Seen::Unknown)
}

/// A claim about what clients see.
struct Asked<'a, 'm> {
    judges: &'a Judges<'m>,
    claim: &'a Claim,
    is: Outcome,
}

impl Asked<'_, '_> {
    fn prove(&self) -> Result<Proven, Unfound> {
        let asked = asked(self.judges, self.claim);
        let network = &self.judges.network;
        let mut worst = Proven { truth: Truth::True, told: String::new() };
        let servers = network.servers(&asked)?;
        for from in network.meant(&asked.from)? {
            for to in &servers {
                let ports = network.ports_of(to, &asked.ports);
                for protocol in Protocol::ALL {
                    for (first, last) in ports.ranges(protocol) {
                        let found = if first == last {
                            self.one(&from, to, protocol, first)
                        } else {
                            unknown(format!("{}: say by which ports\n", self.line(&from, to)))
                        };
                        if found.truth > worst.truth {
                            worst = found;
                        }
                    }
                }
            }
        }
        Ok(worst)
    }

    fn line(&self, from: &Party, to: &Party) -> String {
        let cluster = &self.judges.network.manifests.cluster;
        format!("{} => {}", from.title(cluster), to.title(cluster))
    }

    fn one(&self, client: &Party, server: &Party, protocol: Protocol, port: u16) -> Proven {
        let line = format!("{}:{port}", self.line(client, server));
        let verdicts = match (protocol, &self.claim.via) {
            (Protocol::Tcp, None) => {
                let request = self.request(server, port);
                let called = self.judges.as_called(client, server, port, request.as_ref());
                match called {
                    // Who says that it is refused means in every way of dialling.
                    Some(called) if self.is != Outcome::Open && self.is_claimed(&called.outcome, client) => {
                        let loosest = self.judges.verdict(client, server, port, request.as_ref());
                        let passes = |v: &Verdict| !is_refusal(&v.outcome);
                        vec![loosest.filter(passes).unwrap_or(called)]
                    }
                    Some(called) => vec![called],
                    None => return self.below(client, server, protocol, port, "nobody has written the pod"),
                }
            }
            (Protocol::Tcp, Some(gateway)) => {
                let request = self.request(server, port);
                self.judges.through(client, &gateway.to_string(), server, port, request.as_ref())
            }
            // No mesh takes these.
            (Protocol::Udp | Protocol::Sctp, _) => return self.below(client, server, protocol, port, ""),
        };
        let worst = verdicts.iter().map(|verdict| self.held(&line, client, verdict));
        let nobody = || unknown(format!("{line}: no pod of the gateway is in the manifests\n"));
        worst.max_by_key(|proven| proven.truth).unwrap_or_else(nobody)
    }

    /// What is seen, held against what is claimed.
    fn held(&self, line: &str, client: &Party, verdict: &Verdict) -> Proven {
        let truth = match &verdict.outcome {
            Seen::Unknown => Truth::Unknown,
            seen if self.is_claimed(seen, client) => Truth::True,
            _ => Truth::Refuted,
        };
        let sources = &self.judges.network.manifests.sources;
        let told = format!("{line}: {}\n{}", verdict.outcome.word(), verdict.text(sources));
        Proven { truth, told: if truth == Truth::True { String::new() } else { told } }
    }

    /// What the network alone makes of it. If there is a doubt, what it lets through is not known; what it refuses is
    /// refused.
    fn below(&self, client: &Party, server: &Party, protocol: Protocol, port: u16, doubt: &str) -> Proven {
        let truth = match (self.judges.network.probe(client, server, protocol, port).answer, self.is) {
            (Answer::Denied, Outcome::Timeout) => Truth::True,
            (Answer::Allowed, Outcome::Open) if doubt.is_empty() => Truth::True,
            (Answer::Allowed, _) if doubt.is_empty() => Truth::Refuted,
            (Answer::Denied, Outcome::Open) => Truth::Refuted,
            (Answer::Denied | Answer::Allowed | Answer::Unknown, _) => Truth::Unknown,
        };
        let line = format!("{}:{port}/{}", self.line(client, server), protocol.name());
        let told = if doubt.is_empty() { format!("{line}\n") } else { format!("{line}: {doubt}\n") };
        Proven { truth, told: if truth == Truth::True { String::new() } else { told } }
    }

    /// Whether what is seen is what is claimed. A client with a sidecar sees dropped packets as an answer of its own
    /// sidecar.
    fn is_claimed(&self, seen: &Seen, client: &Party) -> bool {
        match (self.is, seen) {
            (Outcome::Open, Seen::Open)
            | (Outcome::Timeout, Seen::Timeout)
            | (Outcome::Reset, Seen::Reset)
            | (Outcome::Closed, Seen::Closed)
            | (Outcome::Forbidden, Seen::Forbidden)
            | (Outcome::Unavailable, Seen::Unavailable) => true,
            (Outcome::Unavailable, Seen::Timeout) => self.judges.has_sidecar(client),
            _ => false,
        }
    }

    /// The request that a claim speaks of, if it speaks of one. A call of gRPC is a POST.
    fn request(&self, server: &Party, port: u16) -> Option<Request> {
        let path = self.claim.path.as_ref().map(ToString::to_string);
        let method = self.claim.method.map(|method| method.as_str().to_owned());
        if path.is_none() && method.is_none() {
            return None;
        }
        let grpc = path.as_ref().is_some_and(|path| path.matches('/').count() == 2 && path.contains('.'));
        Some(Request {
            method: method.unwrap_or_else(|| if grpc { "POST" } else { "GET" }.to_owned()),
            path: path.unwrap_or_else(|| "/".to_owned()),
            host: self.judges.host(server, port).unwrap_or_default(),
            headers: std::collections::BTreeMap::new(),
            token: Token::None,
        })
    }
}
