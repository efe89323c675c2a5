//! Clients from outside whose addresses are lost on the way: by a Service that nodes pass on
//! (`externalTrafficPolicy: Cluster`), a pod sees the address of a node.

use crate::{Call, Client, Layer, Mesh, Outcome, Reason, Verdict};

impl Mesh {
    /// What holds whether the address of the client is seen or that of some node: which of them, the way decides.
    pub(crate) fn seen_or_hidden(&self, call: &Call, verdict: impl Fn(&Call) -> Verdict) -> Verdict {
        let seen = verdict(call);
        let client = match call.client {
            Client::Outside(Some(_)) if self.is_hidden(call.server, Some(call.port)) => Client::Outside(None),
            Client::Gateway(pod, Some(_)) if self.is_hidden(pod, None) => Client::Gateway(pod, None),
            Client::Outside(_) | Client::Gateway(..) | Client::Pod(_) => return seen,
        };
        if verdict(&Call { client, ..*call }).outcome == seen.outcome {
            return seen;
        }
        let said = "nodes pass on what comes from outside under their own addresses, unless the Service says \
                    `externalTrafficPolicy: Local`";
        Verdict::new(Outcome::Unknown, seen.reasons, Reason::plain(Layer::Network, said))
    }

    /// Whether a Service before a port of a pod, or before any port of it, hides the addresses of clients from outside.
    fn is_hidden(&self, pod: usize, port: Option<u16>) -> bool {
        let Some(p) = self.pods.get(pod) else { return false };
        let numbers = self.members.get(pod).map_or(&[][..], |m| &m.services);
        let mut hiding = numbers.iter().filter_map(|n| self.services.get(*n)).filter(|s| s.hides);
        hiding.any(|s| port.is_none_or(|port| s.ports.iter().any(|q| s.target(q, p) == Some(port))))
    }
}
