//! A claim of a spec, proven or refuted by both judges: of the network, and of the mesh above it.

use meshgen_mesh::{Outcome as Seen, Request, Token, Verdict};
use meshgen_reach::{Judge, Manifests, Party, Truth, Unfound};
use meshgen_spec::{Claim, Outcome, Port, PortRef, Protocol, Spec, Workloads};

use crate::{Above, Claimed};

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Whether it is true.
    pub truth: Truth,
    /// What speaks against it, or why it is not known; empty if it is true.
    pub told: String,
}

/// Proves a claim. Fails if it names what is not in the manifests.
pub fn prove(manifests: &Manifests, spec: &Spec, claimed: &Claimed) -> Result<Proven, Unfound> {
    let without = (!claimed.without.is_empty()).then(|| manifests.without(&claimed.without));
    let manifests = without.as_ref().unwrap_or(manifests);
    let above = Above::new(manifests).without(&claimed.kinds);
    if !above.is_meshed() {
        return network(&above.network, claimed);
    }
    match claimed.claim.is {
        Some(is) if claimed.asked_of_pods => Asked { above: &above, spec, claim: &claimed.claim, is }.prove(),
        // The mesh only narrows: what the network refuses to others stays refused.
        _ => network(&above.network, claimed).map(|proven| match proven.truth {
            Truth::True if claimed.claim.is != Some(Outcome::Open) => proven,
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

fn network(judge: &Judge<'_>, claimed: &Claimed) -> Result<Proven, Unfound> {
    let Some(asked) = &claimed.asked else {
        return Ok(unknown("only a mesh gives this outcome, or a gateway is in between\n".to_owned()));
    };
    let proof = judge.prove(asked)?;
    let told = if proof.truth == Truth::True { String::new() } else { proof.text() };
    Ok(Proven { truth: proof.truth, told })
}

/// A claim about what clients see.
struct Asked<'a> {
    above: &'a Above<'a>,
    spec: &'a Spec,
    claim: &'a Claim,
    is: Outcome,
}

impl Asked<'_> {
    fn prove(&self) -> Result<Proven, Unfound> {
        let mut worst = Proven { truth: Truth::True, told: String::new() };
        for from in self.clients()? {
            for to in self.servers()? {
                for port in self.ports(&to.0) {
                    let found = self.one(&from, &to, port);
                    if found.truth > worst.truth {
                        worst = found;
                    }
                }
            }
        }
        Ok(worst)
    }

    /// The clients, each with its name.
    fn clients(&self) -> Result<Vec<(String, Party)>, Unfound> {
        let names = self.claim.from.iter().flatten().flat_map(|which| self.names(which));
        let mut all = Vec::new();
        for name in names {
            all.extend(self.above.network.source(&name)?.into_iter().map(|party| (name.clone(), party)));
        }
        Ok(all)
    }

    fn servers(&self) -> Result<Vec<(String, Party)>, Unfound> {
        let mut all = Vec::new();
        for name in self.names(&self.claim.to) {
            let parties = self.above.network.source(&name)?;
            all.extend(parties.into_iter().map(|party| (name.clone(), party)));
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
        Proven { truth, told: line(verdict.outcome.word()) + &told(&verdict, self.above) }
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

/// The reasons of a verdict, one a line.
fn told(verdict: &Verdict, above: &Above<'_>) -> String {
    verdict.text(&above.network.manifests.sources)
}
