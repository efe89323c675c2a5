//! How the two ends of a connection are in the mesh, where that is not known in each way in which they may be.

use crate::{Call, Layer, Membership, Mesh, Outcome, Reason, Truth, Verdict, verdict::AS_PROXY};

/// How the ends of a connection are in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) client: Membership,
    pub(crate) server: Membership,
    /// A sidecar or gateway at one end and the proxy of a node at the other talk HBONE.
    pub(crate) hbone: bool,
}

impl Mesh {
    /// What holds for each way in which the ends may be in the mesh, where that is not known.
    pub(crate) fn each_membership(&self, call: &Call, verdict: impl Fn(Ends) -> Verdict) -> Verdict {
        let pods = || [call.client.pod(), Some(call.server)].into_iter().flatten();
        if let Some(end) = pods().filter_map(|p| self.members.get(p)).find(|m| m.unsure) {
            let said = format!("{}, and policies select by labels that nobody wrote", end.injection.why);
            return Verdict::new(Outcome::Unknown, Vec::new(), Reason::plain(Layer::Membership, said));
        }
        let all: Vec<(Ends, Verdict)> = self.ends(call).into_iter().map(|e| (e, verdict(e))).collect();
        let same = all.iter().zip(all.iter().skip(1)).all(|(a, b)| a.1.outcome == b.1.outcome);
        let tunnels = all.iter().any(|(e, _)| all.iter().any(|(f, _)| e.hbone != f.hbone));
        match all.into_iter().next() {
            Some((_, first)) if same => first,
            _ => {
                let why = pods().filter(|p| self.membership(*p) == Membership::Unknown);
                let why = why.filter_map(|p| self.members.get(p).map(|m| m.injection.why.clone()));
                let hbone = "whether the sidecar and the proxy of the node talk HBONE is not known";
                let past = (self.goes_past(call) == Truth::May).then(|| AS_PROXY.to_owned());
                let said = why.chain(tunnels.then(|| hbone.to_owned())).chain(past);
                let said = said.collect::<Vec<_>>().join("; ");
                Verdict::new(Outcome::Unknown, Vec::new(), Reason::plain(Layer::Membership, said))
            }
        }
    }

    /// The ways in which the ends of a connection may be in the mesh; one, if all is known.
    pub(crate) fn ends(&self, call: &Call) -> Vec<Ends> {
        let of = |pod: Option<usize>| match pod.map(|p| (p, self.membership(p))) {
            None => vec![Membership::Plain],
            Some((pod, Membership::Unknown)) => vec![Membership::Sidecar, self.without_injection(pod)],
            Some((_, known)) => vec![known],
        };
        let client = call.client.pod();
        let clients = match self.goes_past(call) {
            Truth::No => of(client),
            Truth::May => vec![Membership::Sidecar, Membership::Plain],
            Truth::Yes => vec![Membership::Plain],
        };
        let mut all = Vec::new();
        for c in clients {
            for s in of(Some(call.server)) {
                // A pod is with itself in the same mesh.
                if client != Some(call.server) || c == s {
                    let hbone = self.hbone(call, c, s);
                    all.extend(hbone.iter().map(|hbone| Ends { client: c, server: s, hbone: *hbone }));
                }
            }
        }
        all
    }

    /// Whether the client's sidecar does not take what it sends, which it then sends like one that has none.
    fn goes_past(&self, call: &Call) -> Truth {
        let client = call.client.pod().filter(|c| *c != call.server);
        let client = client.filter(|c| self.membership(*c) == Membership::Sidecar);
        client.and_then(|c| self.pods.get(c)).map_or(Truth::No, |p| p.as_proxy)
    }

    /// How a pod is in the mesh if it has no sidecar.
    fn without_injection(&self, pod: usize) -> Membership {
        let Some(p) = self.pods.get(pod) else { return Membership::Plain };
        let ambient = self.namespaces.get(&p.namespace).is_some_and(|l| crate::injection::ambient(l, p));
        if ambient { Membership::Ambient } else { Membership::Plain }
    }
}
