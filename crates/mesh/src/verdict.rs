//! What becomes of a connection: the layers, in the order in which its packets meet them.

use crate::{
    Below, By, Call, Layer, Membership, Mesh, Outcome, Protocol, Reason, Request, Said, Seen, Truth, Verdict,
    authorization::AuthorizationPolicy, ends::Ends, object::Undecided, read::discovery::undeclared,
};

/// A connection, how its ends are in the mesh, and what their sidecars do with it.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a table")]
pub(crate) struct Hop<'a> {
    pub(crate) call: &'a Call,
    pub(crate) ends: Ends,
    /// HTTP is sent.
    pub(crate) http: bool,
    /// The client's sidecar takes it, and knows the Service.
    pub(crate) known: bool,
    /// The server's sidecar takes it.
    pub(crate) guarded: bool,
    /// HBONE carries it.
    pub(crate) tunnelled: bool,
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
    /// The proxy of the node decides.
    pub(crate) ztunnel: bool,
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
        self.each_membership(call, |ends| {
            if let Some(verdict) = self.routed(call, ends.client, request) {
                return verdict;
            }
            match self.arrived(call, request.is_some(), below, ends) {
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

    /// The connection up to where requests are decided on, or what the client sees if it does not come so far.
    pub(crate) fn arrived(&self, call: &Call, http: bool, below: Below, ends: Ends) -> Way<Arrived<'_>> {
        let mut reasons = Vec::new();
        let known = self.leaves(call, ends.client, &mut reasons)?;
        let same = call.client.pod() == Some(call.server);
        self.unclear(call, ends, &reasons)?;
        let below = if same { Below::Passes } else { below };
        if below == Below::Drops {
            let last = Reason::plain(Layer::Network, "packets are dropped");
            return Err(Box::new(Verdict::new(Outcome::Timeout, reasons, last)));
        }
        let by_itself = same && self.is_by_address(call);
        let tunnelled = ends.are_tunnelled(known);
        let past = ends.server == Membership::Ambient && !tunnelled && self.bypasses(call.server);
        let guarded = !by_itself && !past && self.is_guarded(call, ends.server, known);
        let hop = Hop { call, ends, http, known, guarded, tunnelled };
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
            policies: if guarded { self.bound_as(call.server, ends.server) } else { Vec::new() },
            ztunnel: ends.server == Membership::Ambient,
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
            Membership::Gateway => !self.own_ports(call.server).contains(&call.port),
            Membership::Plain | Membership::Unknown => false,
        }
    }

    fn protocol_of(&self, hop: Hop<'_>) -> Result<Protocol, Undecided> {
        match hop.ends.server {
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
        if let By::Service(n, _) = call.by
            && let Some(service) = self.services.get(n)
            && self.discovers(&service.meta.namespace) == Truth::May
        {
            let last = Reason::plain(Layer::Client, undeclared(&service.meta.namespace));
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)));
        }
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
    fn unclear(&self, call: &Call, ends: Ends, reasons: &[Reason]) -> Way<()> {
        let of = |pod: usize, m: Membership, outbound| {
            (m == Membership::Sidecar).then(|| self.capture_unknown(pod, outbound)).flatten()
        };
        let client = call.client.pod().and_then(|pod| of(pod, ends.client, true));
        let mut unclear = client.or_else(|| of(call.server, ends.server, false));
        if ends.server == Membership::Ambient && self.has_waypoint(call) {
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
