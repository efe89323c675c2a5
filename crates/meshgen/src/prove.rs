//! A claim of a spec, proven or refuted by both judges: of the network, and of the mesh above it.

use meshgen_mesh::{Mesh, Outcome as Seen, Request, Token};
use meshgen_reach::{Judge, Party, PolicyKind, Truth, Unfound};
use meshgen_spec::{Claim, LayerKind, Outcome, Port, PortRef, Protocol, Spec, Workloads};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::At;

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
pub fn prove(world: &World, spec: &Spec, claims: &[Claimed]) -> Vec<Result<Proven, Unfound>> {
    // The claims of a group are judged in one world.
    let worlds = claims.chunk_by(|a, b| a.without == b.without);
    let proven = worlds.flat_map(|claims| {
        let without = claims.first().map(|claim| claim.without.as_slice()).unwrap_or_default();
        let absent: Vec<PolicyKind> = without.iter().flat_map(|kind| absent(*kind)).copied().collect();
        let left = (!without.is_empty()).then(|| {
            let left = world.without(&absent);
            World { mesh: mesh_without(left.mesh, without), ..left }
        });
        let above = Judges::new(left.as_ref().unwrap_or(world));
        claims.iter().map(|claimed| one(&above, spec, &claimed.claim)).collect::<Vec<_>>()
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

fn one(above: &Judges<'_>, spec: &Spec, claim: &Claim) -> Result<Proven, Unfound> {
    if !above.is_meshed() {
        return network(&above.network, spec, claim);
    }
    match claim.is {
        // Both ends are pods that the spec names, of which the mesh can be asked.
        Some(is) if claim.from.is_some() && claim.via.is_none() => Asked { above, spec, claim, is }.prove(),
        // The mesh only narrows: what the network refuses to others stays refused.
        _ => network(&above.network, spec, claim).map(|proven| match proven.truth {
            Truth::True if claim.is != Some(Outcome::Open) => proven,
            _ => {
                let open = proven.told.trim_start_matches("refuted: ");
                unknown(format!("the mesh may refuse what the network lets through\n{open}"))
            }
        }),
    }
}

fn unknown(told: String) -> Proven {
    Proven { truth: Truth::Unknown, told }
}

fn network(judge: &Judge<'_>, spec: &Spec, claim: &Claim) -> Result<Proven, Unfound> {
    let Some(asked) = asked(spec, claim) else {
        return Ok(unknown("only a mesh gives this outcome, or a gateway is in between\n".to_owned()));
    };
    let proof = judge.prove(&asked)?;
    let told = if proof.truth == Truth::True { String::new() } else { proof.text() };
    Ok(Proven { truth: proof.truth, told })
}

/// A claim about what clients see.
struct Asked<'a, 'm> {
    above: &'a Judges<'m>,
    spec: &'a Spec,
    claim: &'a Claim,
    is: Outcome,
}

impl Asked<'_, '_> {
    fn prove(&self) -> Result<Proven, Unfound> {
        let mut worst = Proven { truth: Truth::True, told: String::new() };
        let servers = self.pods([&self.claim.to])?;
        for from in self.pods(self.claim.from.iter().flatten())? {
            for to in &servers {
                for port in self.ports(&to.0) {
                    let found = self.one(&from, to, port);
                    if found.truth > worst.truth {
                        worst = found;
                    }
                }
            }
        }
        Ok(worst)
    }

    /// Pods, each with the name of its workload.
    fn pods<'w>(
        &self,
        which: impl IntoIterator<Item = &'w At<Workloads>>,
    ) -> Result<Vec<(String, Party)>, Unfound> {
        let mut all = Vec::new();
        for name in which.into_iter().flat_map(|which| self.names(which)) {
            all.extend(self.above.network.source(&name)?.into_iter().map(|party| (name.clone(), party)));
        }
        Ok(all)
    }

    fn names(&self, which: &Workloads) -> Vec<String> {
        self.spec.workloads_in(which).map(|(name, _)| format!("{}/{name}", which.namespace())).collect()
    }

    /// The ports that are meant, of a server.
    fn ports(&self, server: &str) -> Vec<Port> {
        let workload = self.spec.workloads.iter().find(|(name, _)| name.to_string() == server);
        let declared = workload.iter().flat_map(|(_, workload)| &workload.ports);
        let meant = |name: &str, port: &Port| {
            let is = |wanted: &PortRef| match wanted {
                PortRef::Name(wanted) => wanted.as_str() == name,
                PortRef::Number(wanted) => *wanted == port.port,
            };
            self.claim.ports.is_empty() || self.claim.ports.iter().any(|wanted| is(wanted))
        };
        declared.filter(|(name, port)| meant(name.as_str(), port)).map(|(_, port)| *port).collect()
    }

    fn one(&self, (from, client): &(String, Party), (to, server): &(String, Party), port: Port) -> Proven {
        let line = |what: &str| format!("{from} => {to}:{}: {what}\n", port.port);
        if port.protocol != Protocol::Tcp {
            return unknown(line("the mesh takes TCP only, and this is not judged for other protocols"));
        }
        let request = self.request(server, port.port);
        let Some(verdict) = self.above.verdict(client, server, port.port, request.as_ref()) else {
            return unknown(line("the mesh knows nothing of one of them"));
        };
        let truth = match &verdict.outcome {
            Seen::Unknown => Truth::Unknown,
            seen if self.is_claimed(seen, client) => Truth::True,
            _ => Truth::Refuted,
        };
        if truth == Truth::True {
            return Proven { truth, told: String::new() };
        }
        Proven {
            truth,
            told: line(verdict.outcome.word()) + &verdict.text(&self.above.network.manifests.sources),
        }
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
            (Outcome::Unavailable, Seen::Timeout) => self.above.has_sidecar(client),
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
            host: self.above.host(server, port).unwrap_or_default(),
            headers: std::collections::BTreeMap::new(),
            token: Token::None,
        })
    }
}
