//! What is seen of many ports of one server at once.

use meshgen_mesh::Verdict;
use meshgen_reach::{Party, PortSet, Protocol};

use crate::{Judges, list::tcp};

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
}
