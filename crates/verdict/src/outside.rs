//! What is outside of the cluster, as a client and as a server.

use std::net::IpAddr;

use meshgen_mesh::{Layer, Outcome, Outside, Reason, Request, Verdict};
use meshgen_reach::{AddressRange, Addresses, Answer, Party, Protocol};

use crate::Judges;

impl Judges<'_> {
    /// An address that stands for all of a range, if the mesh does not tell them apart.
    pub(crate) fn one_of(&self, range: AddressRange) -> Option<IpAddr> {
        let all = Addresses::from(range);
        let whole = |block: &Addresses| block.contains_all(&all) || block.intersection(&all).is_empty();
        self.world.blocks().iter().all(whole).then_some(range.first)
    }

    /// What a pod sees of the outside.
    pub(crate) fn outside(
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
}
