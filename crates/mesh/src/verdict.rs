//! What becomes of a connection: the layers, in the order in which its packets meet them.

use crate::{
    Below, By, Call, Capture, Layer, Membership, Mesh, Outcome, Protocol, Reason, Request, Said, Seen, Truth,
    Verdict, authorization::AuthorizationPolicy, object::Undecided,
};

/// A connection, how its ends are in the mesh, and what their sidecars do with it.
#[derive(Clone, Copy)]
pub(crate) struct Hop<'a> {
    pub(crate) call: &'a Call,
    pub(crate) client: Membership,
    pub(crate) server: Membership,
    /// HTTP is sent.
    pub(crate) http: bool,
    /// The client's sidecar takes it, and knows the Service.
    pub(crate) known: bool,
    /// The server's sidecar takes it.
    pub(crate) guarded: bool,
}

/// A connection that arrived at what decides on its requests.
pub(crate) struct Arrived<'a> {
    pub(crate) reasons: Vec<Reason>,
    /// Nobody decides: there is no sidecar, or it leaves the port alone.
    pub(crate) unguarded: bool,
    pub(crate) seen: Seen,
    /// What the server's sidecar takes the port for.
    pub(crate) protocol: Protocol,
    /// What the client's sidecar takes the port for, if the connection is known to it.
    pub(crate) spoken: Option<Protocol>,
    pub(crate) policies: Vec<&'a AuthorizationPolicy>,
    pub(crate) unknown: bool,
}

impl Verdict {
    pub(crate) fn new(outcome: Outcome, mut reasons: Vec<Reason>, last: Reason) -> Verdict {
        reasons.push(last);
        Verdict { outcome, reasons }
    }
}

/// Why a pod may send past its sidecar.
pub(crate) const AS_PROXY: &str =
    "some of the client's containers run as the proxy (1337), and pass by the sidecar";

pub(crate) type Way<T> = Result<T, Box<Verdict>>;

pub(crate) fn undecided(layer: Layer, reasons: &[Reason], what: &Undecided) -> Verdict {
    let said = format!("the manifests do not say which counts: {}", what.names.join(", "));
    Verdict::new(Outcome::Unknown, reasons.to_vec(), Reason::plain(layer, said))
}

impl Mesh {
    /// What the client sees, by what it sends: a request, or over TCP only that it sends something.
    pub fn verdict(&self, call: &Call, request: Option<&Request>, below: Below) -> Verdict {
        self.seen_or_hidden(call, |call| self.verdict_as_seen(call, request, below))
    }

    fn verdict_as_seen(&self, call: &Call, request: Option<&Request>, below: Below) -> Verdict {
        let call = &self.as_known(call);
        self.each_membership(call, |client, server| {
            if let Some(verdict) = self.routed(call, client, request) {
                return verdict;
            }
            match self.arrived(call, request.is_some(), below, client, server) {
                Ok(arrived) => self.judged(&arrived, request),
                Err(verdict) => *verdict,
            }
        })
    }

    /// Sidecars know the addresses of the pods behind a headless Service, unless its port is HTTP: that is told apart by
    /// the host that a request names.
    ///
    /// Source: `pilot/pkg/networking/core/listener.go`, `buildSidecarOutboundListeners`.
    pub(crate) fn as_known(&self, call: &Call) -> Call {
        let services = self.members.get(call.server).map_or(&[][..], |m| &m.services);
        let known = |n: &&usize| {
            let service = self.services.get(**n).filter(|s| s.headless);
            let port = service.and_then(|s| s.ports.iter().find(|p| p.tcp && p.number == call.port));
            port.is_some_and(|p| Protocol::of(p) != Protocol::Http)
        };
        match (call.by, services.iter().find(known)) {
            (By::Address, Some(service)) => Call { by: By::Service(*service, call.port), ..*call },
            (By::Address | By::Service(..), _) => *call,
        }
    }

    /// What holds for each way in which the ends may be in the mesh, where that is not known.
    pub(crate) fn each_membership(
        &self,
        call: &Call,
        verdict: impl Fn(Membership, Membership) -> Verdict,
    ) -> Verdict {
        let of = |pod: Option<usize>| match pod.map(|p| self.membership(p)) {
            None => vec![Membership::Plain],
            Some(Membership::Unknown) => vec![Membership::Sidecar, Membership::Plain],
            Some(known) => vec![known],
        };
        let client = call.client.pod();
        let mut all: Vec<Verdict> = Vec::new();
        let ends = [client, Some(call.server)].into_iter().flatten();
        if let Some(end) = ends.filter_map(|p| self.members.get(p)).find(|m| m.unsure) {
            let said = format!("{}, and policies select by what injection adds", end.injection.why);
            return Verdict::new(Outcome::Unknown, Vec::new(), Reason::plain(Layer::Membership, said));
        }
        // What a pod sends past its sidecar, it sends like one that has none.
        let past = client.filter(|c| *c != call.server && self.membership(*c) == Membership::Sidecar);
        let past = past.and_then(|c| self.pods.get(c)).map_or(Truth::No, |p| p.as_proxy);
        let clients = match past {
            Truth::No => of(client),
            Truth::May => vec![Membership::Sidecar, Membership::Plain],
            Truth::Yes => vec![Membership::Plain],
        };
        for c in clients {
            for s in of(Some(call.server)) {
                // A pod is with itself in the same mesh.
                if client != Some(call.server) || c == s {
                    all.push(verdict(c, s));
                }
            }
        }
        let same = all.iter().zip(all.iter().skip(1)).all(|(a, b)| a.outcome == b.outcome);
        match all.into_iter().next() {
            Some(first) if same => first,
            _ => {
                let ends = [client, Some(call.server)].into_iter().flatten();
                let why = ends.filter(|p| self.membership(*p) == Membership::Unknown);
                let why = why.filter_map(|p| self.members.get(p).map(|m| m.injection.why.clone()));
                let why = why.chain((past == Truth::May).then(|| AS_PROXY.to_owned()));
                let said = why.collect::<Vec<_>>().join("; ");
                Verdict::new(Outcome::Unknown, Vec::new(), Reason::plain(Layer::Membership, said))
            }
        }
    }

    /// The connection up to where requests are decided on, or what the client sees if it does not come so far.
    pub(crate) fn arrived(
        &self,
        call: &Call,
        http: bool,
        below: Below,
        client: Membership,
        server: Membership,
    ) -> Way<Arrived<'_>> {
        let mut reasons = Vec::new();
        let known = self.leaves(call, client, &mut reasons)?;
        let same = call.client.pod() == Some(call.server);
        self.unclear(call, client, server, &reasons)?;
        let below = if same { Below::Passes } else { below };
        if below == Below::Drops {
            let last = Reason::plain(Layer::Network, "packets are dropped");
            return Err(Box::new(Verdict::new(Outcome::Timeout, reasons, last)));
        }
        let by_itself = same && self.is_by_address(call);
        let guarded = !by_itself && self.is_guarded(call, server, known);
        let hop = Hop { call, client, server, http, known, guarded };
        let carried = self.encrypted(hop, &mut reasons)?;
        let protocol = match self.protocol_of(hop) {
            Ok(protocol) => protocol,
            Err(u) if guarded => return Err(Box::new(undecided(Layer::Authorization, &reasons, &u))),
            // Nobody takes the port for anything.
            Err(_) => Protocol::Detected,
        };
        Ok(Arrived {
            reasons,
            unguarded: !guarded,
            seen: self.seen(call, carried),
            protocol,
            spoken: if known { self.spoken(call) } else { None },
            policies: if guarded { self.bound(call.server) } else { Vec::new() },
            unknown: below == Below::Unknown,
        })
    }

    /// Whether something before the server's application decides on the connection. What a pod sends to itself stays in
    /// it only if its sidecar leads it there; else it goes to the node, and comes back like what others send.
    fn is_guarded(&self, call: &Call, server: Membership, led: bool) -> bool {
        let same = led && call.client.pod() == Some(call.server);
        match server {
            Membership::Sidecar => self.takes_inbound(call.server, call.port, same),
            Membership::Ambient => true,
            Membership::Gateway => !Capture::OWN.contains(&call.port),
            Membership::Plain | Membership::Unknown => false,
        }
    }

    fn protocol_of(&self, hop: Hop<'_>) -> Result<Protocol, Undecided> {
        match hop.server {
            // The proxy of a node sees connections only.
            Membership::Ambient => Ok(Protocol::Tcp),
            Membership::Gateway => Ok(self.handed_on(hop.call.server, hop.call.port)),
            Membership::Plain | Membership::Sidecar | Membership::Unknown => {
                self.protocol(hop.call.server, hop.call.port)
            }
        }
    }

    /// Whether the client's sidecar takes the connection and knows the Service; it may also refuse it.
    pub(crate) fn leaves(&self, call: &Call, client: Membership, reasons: &mut Vec<Reason>) -> Way<bool> {
        let (Some(pod), Membership::Sidecar | Membership::Gateway) = (call.client.pod(), client) else {
            return Ok(false);
        };
        let same_address = pod == call.server && self.is_by_address(call);
        if same_address || (client == Membership::Sidecar && !self.takes_outbound(pod, call.dialled())) {
            return Ok(false);
        }
        let Some(p) = self.pods.get(pod) else { return Ok(false) };
        // A Sidecar does not bind a gateway.
        let scope = if client == Membership::Gateway { Ok(None) } else { self.scope(pod) };
        let scope = scope.map_err(|u| Box::new(undecided(Layer::Client, reasons, &u)))?;
        if let By::Service(n, port) = call.by
            && let Some(service) = self.services.get(n)
            && self.knows(scope, &p.namespace, service, port)
        {
            return Ok(true);
        }
        if self.passed_on(scope, &p.namespace, call, reasons)? {
            return Ok(false);
        }
        if self.refuses_unknown(scope) {
            let said =
                "the client's sidecar refuses what it does not know (REGISTRY_ONLY; no security boundary)";
            let by = scope.map(|s| Said::of(&s.meta)).into_iter().collect();
            let last = Reason { layer: Layer::Client, said: said.to_owned(), by };
            return Err(Box::new(Verdict::new(Outcome::Reset, reasons.clone(), last)));
        }
        let said = "the client's sidecar passes on what it does not know, in plain text";
        reasons.push(Reason::plain(Layer::Client, said));
        Ok(false)
    }

    /// What is not judged for pods like these.
    fn unclear(&self, call: &Call, client: Membership, server: Membership, reasons: &[Reason]) -> Way<()> {
        let of = |pod: usize, m: Membership| {
            (m == Membership::Sidecar).then(|| self.capture_unknown(pod)).flatten()
        };
        let client = call.client.pod().and_then(|pod| of(pod, client));
        let mut unclear = client.or_else(|| of(call.server, server));
        if server == Membership::Ambient && self.has_waypoint(call) {
            unclear = Some("a waypoint is asked, which is not judged".to_owned());
        }
        match unclear {
            None => Ok(()),
            Some(why) => {
                let last = Reason::plain(Layer::Client, why);
                Err(Box::new(Verdict::new(Outcome::Unknown, reasons.to_vec(), last)))
            }
        }
    }

    fn has_waypoint(&self, call: &Call) -> bool {
        let key = "istio.io/use-waypoint";
        let set = |l: &crate::Labels| l.get(key).is_some_and(|v| v != "none");
        let service = match call.by {
            By::Service(n, _) => self.services.get(n).is_some_and(|s| set(&s.meta.labels)),
            By::Address => false,
        };
        let pod = self.pods.get(call.server);
        service || pod.is_some_and(|p| set(&p.labels) || self.namespaces.get(&p.namespace).is_some_and(set))
    }

    /// Whether packets carry the address of the pod from the start: by name of a headless Service they do.
    fn is_by_address(&self, call: &Call) -> bool {
        match call.by {
            By::Address => true,
            By::Service(n, _) => self.services.get(n).is_some_and(|s| s.headless),
        }
    }

    /// What the Service says that the port speaks: the client's sidecar speaks that.
    pub(crate) fn spoken(&self, call: &Call) -> Option<Protocol> {
        let By::Service(n, number) = call.by else { return None };
        let port = self.services.get(n)?.ports.iter().find(|p| p.number == number)?;
        Some(Protocol::of(port))
    }
}
