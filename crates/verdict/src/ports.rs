//! What is seen of many ports of one server at once.

use meshgen_mesh::{Call, Membership, Verdict};
use meshgen_reach::{Party, PortSet, Protocol};

use crate::{Judges, closed::ways, list::tcp};

impl Judges<'_> {
    /// What the client sees of each of some TCP ports, whatever it sends: ports that fare alike stand together. Nothing
    /// where the mesh knows nothing of one of them.
    pub fn verdicts(&self, from: &Party, to: &Party, ports: &PortSet) -> Vec<(PortSet, Option<Verdict>)> {
        let asked = ports.intersection(&PortSet::protocol(Protocol::Tcp));
        let pieces = match (to, self.pod(to)) {
            (_, Some(server)) => self.mesh.apart().ports(server),
            (Party::Address(_) | Party::Range(_), None) => self.mesh.apart().ports_outside(),
            (Party::Pod(_) | Party::Stranger(_), None) => vec![vec![(1, u16::MAX)]],
        };
        let mut all: Vec<(PortSet, Option<Verdict>)> = Vec::new();
        for part in self.network.explain(from, to, &asked).parts {
            for set in pieces.iter().map(|piece| tcp(piece).intersection(&part.ports)) {
                let Some((port, _)) = set.ranges(Protocol::Tcp).next() else { continue };
                let verdict = self.verdict(from, to, port, None);
                match all.iter_mut().find(|(_, known)| *known == verdict) {
                    Some((ports, _)) => *ports = ports.union(&set),
                    None => all.push((set, verdict)),
                }
            }
        }
        all
    }

    /// The ports that packets have of connections to some ports, by all ways of dialling: to and from pods in ambient mode
    /// others than were dialled (I11). Policies of the network are about these.
    pub fn on_the_wire(&self, from: &Party, to: &Party, ports: &PortSet) -> PortSet {
        let (Some(client), Some(server)) = (self.client(from), self.pod(to)) else { return ports.clone() };
        let in_ambient = |pod: usize| self.mesh.membership(pod) == Membership::Ambient;
        if !in_ambient(server) && !client.pod().is_some_and(in_ambient) {
            return ports.clone();
        }
        let mut all = ports.minus(&PortSet::protocol(Protocol::Tcp));
        for set in self.mesh.apart().ports(server).iter().map(|piece| tcp(piece).intersection(ports)) {
            let Some((port, _)) = set.ranges(Protocol::Tcp).next() else { continue };
            let calls = ways(self.mesh, server, port).into_iter().map(|by| Call { client, server, port, by });
            for wire in calls.flat_map(|call| self.mesh.wire_ports(&call)) {
                let own = if wire == port { set.clone() } else { PortSet::one(Protocol::Tcp, wire) };
                all = all.union(&own);
            }
        }
        all
    }
}
