//! The closed world, with both judges: whoever reaches a pod without being one of those who may.

use std::collections::BTreeSet;

use meshgen_mesh::{By, Call, Client, Identity, Mesh, Outcome, Verdict};
use meshgen_reach::{
    Allowed, Answer, Claim, Party, Pods, PortSet, Protocol, Seen, Stranger, Truth, Unfound, View, Who,
};

use crate::Judges;

/// Somebody who reaches a pod and may not, or of whom it is not known.
#[derive(Clone, Debug)]
pub struct Intruder {
    /// Whether it is known.
    pub truth: Truth,
    /// Who, whom and by which port.
    pub line: String,
    /// What the mesh makes of it; none where it takes no part.
    pub verdict: Option<Verdict>,
}

impl Judges<'_> {
    /// The first connection that speaks against a claim about a closed world (`only_from`, `only_via`), else one of
    /// which it is not known. None if the claim is proven.
    ///
    /// Pods that nobody has written are looked at too: outside of the mesh, and in it with each service account that
    /// policies tell from others, but for those of the workloads that may.
    pub fn intruder(&self, claim: &Claim) -> Result<Option<Intruder>, Unfound> {
        let servers = self.network.servers(claim)?;
        let mut only = claim.only_from.clone().unwrap_or_default();
        self.network.known(&only)?;
        if claim.only_from.is_none() {
            // Whoever is inside may: the claim is about the outside alone.
            let namespaces = self.network.manifests.cluster.namespaces.keys();
            only.extend(namespaces.cloned().map(Who::Namespace));
        }
        only.extend(claim.only_via.iter().filter_map(|gateway| Who::parse(gateway)));
        let may = Allowed { only: &only, via: claim.only_via.as_deref() };
        let mut unknown = None;
        for to in &servers {
            let ports = self.network.ports_of(to, &claim.ports);
            for found in self.at(to, &ports, &may, claim.only_from.is_some()) {
                if found.truth == Truth::Refuted {
                    return Ok(Some(found));
                }
                unknown = unknown.or(Some(found));
            }
        }
        Ok(unknown)
    }

    /// Whoever reaches one pod.
    fn at(&self, to: &Party, ports: &PortSet, may: &Allowed<'_>, inside_too: bool) -> Vec<Intruder> {
        let Some(server) = self.pod(to) else {
            let line = format!("{}: the mesh knows nothing of it", to.title(&self.network.manifests.cluster));
            return vec![Intruder { truth: Truth::Unknown, line, verdict: None }];
        };
        let ask = Ask { judges: self, to, server, ports: ports.clone() };
        let (mut found, mut newcomers) = (Vec::new(), Vec::new());
        for from in self.network.others(may, to, Pods::All) {
            match &from {
                Party::Address(_) | Party::Range(_) => {
                    found.extend(ask.by_every_port(self.mesh, self.client(&from), &from));
                }
                Party::Pod(_) if inside_too => {
                    found.extend(ask.by_every_port(self.mesh, self.client(&from), &from));
                }
                Party::Stranger(stranger) if inside_too => {
                    newcomers.push((from.clone(), self.homes(stranger, server)));
                }
                Party::Pod(_) | Party::Stranger(_) => {}
            }
        }
        if inside_too {
            let whole = |name: &str| may.only.iter().any(|w| matches!(w, Who::Namespace(ns) if ns == name));
            let named = self.mesh.namespaces_told_apart(server).into_iter().filter(|name| !whole(name));
            newcomers.extend(named.map(|name| (self.network.newcomer(&name), vec![name])));
        }
        found.extend(ask.newcomers(&newcomers, &self.identities(may)));
        if let Some(gateway) = may.via {
            found.extend(self.other_doors(gateway, &ask));
        }
        found
    }

    /// Whoever comes in by another door than the gateway.
    fn other_doors(&self, gateway: &str, ask: &Ask<'_, '_>) -> Vec<Intruder> {
        let mut found = Vec::new();
        let others = self.network.ways().into_iter().filter(|way| way.gateway.as_deref() != Some(gateway));
        for way in others.filter(|way| Party::Pod(way.pod) == *ask.to) {
            let ports = way.permitted.possible.intersection(&ask.ports);
            let ask = Ask { ports, ..*ask };
            let by_door = match &way.via {
                Party::Stranger(stranger) => {
                    let homes = self.homes(stranger, ask.server);
                    ask.newcomers(&[(way.via.clone(), homes)], &BTreeSet::new())
                }
                via => ask.by_every_port(self.mesh, self.pod(via).map(|p| Client::Gateway(p, None)), via),
            };
            found.extend(by_door.into_iter().map(|intruder| Intruder {
                line: format!("the outside, by {} {}: {}", way.kind, way.door, intruder.line),
                ..intruder
            }));
        }
        found
    }

    /// The namespaces in which a pod that nobody has written may be.
    fn homes(&self, stranger: &Stranger, server: usize) -> Vec<String> {
        match stranger.namespace.seen("kubernetes.io/metadata.name") {
            Seen::Is(name) => vec![name.to_owned()],
            Seen::Absent | Seen::Among(_) | Seen::Anything => {
                let all = self.mesh.namespaces_told_apart(server).into_iter();
                all.filter(|name| !self.mesh.namespaces.contains_key(name)).collect()
            }
        }
    }

    /// The identities of those who may.
    fn identities(&self, may: &Allowed<'_>) -> BTreeSet<Identity> {
        let pods = self.network.known(may.only).unwrap_or_default();
        pods.iter().filter_map(|party| self.mesh.identity(self.pod(party)?)).collect()
    }
}

/// Who reaches one pod by some ports.
struct Ask<'a, 'w> {
    judges: &'a Judges<'w>,
    to: &'a Party,
    server: usize,
    ports: PortSet,
}

impl Ask<'_, '_> {
    /// What becomes of pods that nobody has written, each in some namespaces.
    fn newcomers(&self, all: &[(Party, Vec<String>)], taken: &BTreeSet<Identity>) -> Vec<Intruder> {
        let mut pods = Vec::new();
        let mut parties = Vec::new();
        for (party, homes) in all {
            for pod in homes.iter().flat_map(|home| self.judges.mesh.newcomers(self.server, home)) {
                pods.push(pod);
                parties.push(party);
            }
        }
        let (mesh, numbers) = self.judges.mesh.with(pods);
        let mut found = Vec::new();
        for (pod, party) in numbers.zip(parties) {
            let is_taken = mesh.identity(pod).is_some_and(|identity| taken.contains(&identity));
            if !is_taken {
                found.extend(self.by_every_port(&mesh, Some(Client::Pod(pod)), party));
            }
        }
        found
    }

    /// What becomes of one client, where it is not refused.
    fn by_every_port(&self, mesh: &Mesh, client: Option<Client>, from: &Party) -> Vec<Intruder> {
        let mut found = Vec::new();
        for protocol in Protocol::ALL {
            for (first, last) in self.ports.ranges(protocol) {
                found.extend(match (protocol, client) {
                    (Protocol::Tcp, Some(client)) if first == last => self.tcp(mesh, client, from, first),
                    (Protocol::Tcp, Some(_)) => self.below(from, protocol, first, "say by which ports"),
                    (Protocol::Tcp, None) => self.below(from, protocol, first, "the mesh does not know it"),
                    // No mesh takes UDP and SCTP.
                    (Protocol::Udp | Protocol::Sctp, _) => self.below(from, protocol, first, ""),
                });
            }
        }
        found
    }

    /// What the network alone makes of it; if there is a doubt, what it lets through is not known.
    fn below(&self, from: &Party, protocol: Protocol, port: u16, doubt: &str) -> Option<Intruder> {
        let truth = match self.judges.network.probe(from, self.to, protocol, port).answer {
            Answer::Denied => return None,
            Answer::Allowed if doubt.is_empty() => Truth::Refuted,
            Answer::Allowed | Answer::Unknown => Truth::Unknown,
        };
        let line = format!("{} {}", self.line(from, protocol, port), doubt);
        Some(Intruder { truth, line: line.trim_end().to_owned(), verdict: None })
    }

    /// By address and by each Service: what counts for one need not count for another.
    fn tcp(&self, mesh: &Mesh, client: Client, from: &Party, port: u16) -> Option<Intruder> {
        let mut unknown = None;
        for by in ways(mesh, self.server, port) {
            let call = Call { client, server: self.server, port, by };
            let verdict = mesh.any(&call, self.judges.below_in(mesh, from, self.to, &call));
            let truth = match verdict.outcome {
                Outcome::Open | Outcome::Partial(_) => Truth::Refuted,
                Outcome::Unknown => Truth::Unknown,
                Outcome::Timeout
                | Outcome::Reset
                | Outcome::Closed
                | Outcome::Forbidden
                | Outcome::Unavailable => continue,
            };
            let line = self.line(from, Protocol::Tcp, port) + &named(mesh, client);
            let found = Intruder { truth, line, verdict: Some(verdict) };
            if truth == Truth::Refuted {
                return Some(found);
            }
            unknown = Some(found);
        }
        unknown
    }

    fn line(&self, from: &Party, protocol: Protocol, port: u16) -> String {
        let cluster = &self.judges.network.manifests.cluster;
        format!("{} => {} : {} {port}", from.title(cluster), self.to.title(cluster), protocol.name())
    }
}

/// How clients may dial a port of a pod: by its address, and by each Service that leads there.
pub(crate) fn ways(mesh: &Mesh, server: usize, port: u16) -> Vec<By> {
    let services = mesh.members.get(server).map_or(&[][..], |member| &member.services);
    let mut all = vec![By::Address];
    for &number in services {
        let Some(service) = mesh.services.get(number) else { continue };
        let leads = |p: &&meshgen_mesh::ServicePort| {
            mesh.pods.get(server).and_then(|pod| service.pod_port(p, pod)) == Some(port)
        };
        all.extend(service.ports.iter().filter(leads).map(|p| By::Service(number, p.number)));
    }
    all
}

/// By which identity a pod that nobody has written comes.
fn named(mesh: &Mesh, client: Client) -> String {
    let newcomer = client
        .pod()
        .filter(|pod| mesh.pods.get(*pod).is_some_and(|p| p.place == meshgen_yaml::At::<()>::NOWHERE));
    match newcomer.map(|pod| mesh.identity(pod)) {
        None => String::new(),
        Some(None) => ", outside of the mesh".to_owned(),
        Some(Some(identity)) => {
            format!(", in the mesh as {}/{}", identity.namespace, identity.account)
        }
    }
}
