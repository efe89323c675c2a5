//! What becomes of a connection: the layers, in the order in which its packets meet them.

use std::net::IpAddr;

use crate::{
    Carried, Decided, Effect, Handshake, Identity, Layer, Membership, Mesh, Mode, Outcome, Outside, Protocol,
    Provider, Reason, Remains, Request, Said, Seen, Verdict, authorization::AuthorizationPolicy,
    object::Undecided,
};

/// A connection that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who makes it.
    pub client: Client,
    /// The pod to which it goes, by its number in [`Mesh::pods`].
    pub server: usize,
    /// The port of that pod.
    pub port: u16,
    /// How the client names the server.
    pub by: By,
}

/// Who makes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// A pod, by its number in [`Mesh::pods`].
    Pod(usize),
    /// What is in no mesh: the outside, or a node.
    Outside(Option<IpAddr>),
}

/// How a client names the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By a Service, by its number in [`Mesh::services`], and a port of it.
    Service(usize, u16),
    /// By the address of the pod.
    Address,
}

/// What network policies say of the connection: they act below the mesh (I11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Its packets pass.
    Passes,
    /// Its packets are dropped.
    Drops,
    /// Not known.
    Unknown,
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

pub(crate) type Way<T> = Result<T, Box<Verdict>>;

fn undecided(layer: Layer, reasons: &[Reason], what: &Undecided) -> Box<Verdict> {
    let said = format!("the manifests do not say which counts: {}", what.names.join(", "));
    Box::new(Verdict::new(Outcome::Unknown, reasons.to_vec(), Reason::plain(layer, said)))
}

impl Mesh {
    /// What the client sees, by what it sends: a request, or over TCP only that it sends something.
    pub fn verdict(&self, call: &Call, request: Option<&Request>, below: Below) -> Verdict {
        self.each_membership(call, |client, server| {
            if let Some(verdict) = self.routed(call, client, request) {
                return verdict;
            }
            match self.arrived(call, request.is_some(), below, client, server) {
                Ok(arrived) => self.judged(call, &arrived, request),
                Err(verdict) => *verdict,
            }
        })
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
        let client = match call.client {
            Client::Pod(pod) => Some(pod),
            Client::Outside(_) => None,
        };
        let mut all: Vec<Verdict> = Vec::new();
        for c in of(client) {
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
        let same = call.client == Client::Pod(call.server);
        self.unclear(call, client, server, &reasons)?;
        let below = if same { Below::Passes } else { below };
        if below == Below::Drops {
            let last = Reason::plain(Layer::Network, "packets are dropped");
            return Err(Box::new(Verdict::new(Outcome::Timeout, reasons, last)));
        }
        let spoken = if known { self.spoken(call) } else { None };
        let by_itself = same && self.is_by_address(call);
        let guarded = match server {
            Membership::Sidecar => !by_itself && self.takes_inbound(call.server, call.port, same),
            Membership::Ambient | Membership::Gateway => !by_itself,
            Membership::Plain | Membership::Unknown => false,
        };
        let (carried, spoken) =
            (self.encrypted(call, client, server, guarded, known, http, &mut reasons)?, spoken);
        let protocol = match server {
            // The proxy of a node sees connections only.
            Membership::Ambient => Ok(Protocol::Tcp),
            Membership::Gateway => Ok(Protocol::Http),
            Membership::Plain | Membership::Sidecar | Membership::Unknown => {
                self.protocol(call.server, call.port)
            }
        };
        let protocol = protocol.map_err(|u| undecided(Layer::Authorization, &reasons, &u))?;
        Ok(Arrived {
            reasons,
            unguarded: !guarded,
            seen: self.seen(call, carried),
            protocol,
            spoken,
            policies: if guarded { self.bound(call.server) } else { Vec::new() },
            unknown: below == Below::Unknown,
        })
    }

    /// Whether the client's sidecar takes the connection and knows the Service; it may also refuse it.
    fn leaves(&self, call: &Call, client: Membership, reasons: &mut Vec<Reason>) -> Way<bool> {
        let (Client::Pod(pod), Membership::Sidecar | Membership::Gateway) = (call.client, client) else {
            return Ok(false);
        };
        let same_address = pod == call.server && self.is_by_address(call);
        if same_address || (client == Membership::Sidecar && !self.takes_outbound(pod, self.dialled(call))) {
            return Ok(false);
        }
        let Some(p) = self.pods.get(pod) else { return Ok(false) };
        // A Sidecar does not bind a gateway.
        let scope = if client == Membership::Gateway { Ok(None) } else { self.scope(pod) };
        let scope = scope.map_err(|u| undecided(Layer::Client, reasons, &u))?;
        if let By::Service(n, port) = call.by
            && let Some(service) = self.services.get(n)
            && self.knows(scope, &p.namespace, service, port)
        {
            return Ok(true);
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
        let client = match call.client {
            Client::Pod(pod) => of(pod, client),
            Client::Outside(_) => None,
        };
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

    /// The port that the client dials.
    fn dialled(&self, call: &Call) -> u16 {
        match call.by {
            By::Service(_, port) => port,
            By::Address => call.port,
        }
    }

    /// Whether packets carry the address of the pod from the start: by name of a headless Service they do.
    fn is_by_address(&self, call: &Call) -> bool {
        match call.by {
            By::Address => true,
            By::Service(n, _) => self.services.get(n).is_some_and(|s| s.headless),
        }
    }

    fn spoken(&self, call: &Call) -> Option<Protocol> {
        let By::Service(n, number) = call.by else { return None };
        let port = self.services.get(n)?.ports.iter().find(|p| p.number == number)?;
        Some(Protocol::of(port))
    }

    #[expect(clippy::too_many_arguments, reason = "each of them decides")]
    fn encrypted(
        &self,
        call: &Call,
        client: Membership,
        server: Membership,
        guarded: bool,
        known: bool,
        http: bool,
        reasons: &mut Vec<Reason>,
    ) -> Way<Carried> {
        let Some(labels) = self.labels(call.server) else { return Ok(Carried::Plain) };
        let mode = self.mode(call.server, call.port);
        let mode = mode.map_err(|u| undecided(Layer::Mtls, reasons, &u))?;
        if server == Membership::Gateway {
            // A listener of a gateway that is not TLS itself takes plain text and sees no identity (S21).
            return Ok(Carried::Plain);
        }
        let told = if known { self.told_to(call, reasons)? } else { None };
        let labelled = match server {
            Membership::Ambient => true,
            Membership::Plain | Membership::Sidecar | Membership::Gateway | Membership::Unknown => {
                labels.get("security.istio.io/tlsMode").is_some_and(|v| v == "istio")
                    && server != Membership::Unknown
            }
        };
        let handshake = Handshake {
            by_sidecar: known || (client == Membership::Ambient && server == Membership::Ambient),
            rule: told.as_ref().map(|(rule, _)| *rule),
            auto: self.settings.auto_mtls,
            labelled,
            server: guarded,
            mode: mode.mode,
        };
        let carried = handshake.carried();
        if client == Membership::Ambient && server == Membership::Sidecar && mode.mode != Mode::Permissive {
            let said = "whether the node's proxy reaches a sidecar with mTLS is not judged";
            let last = Reason::plain(Layer::Mtls, said);
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)));
        }
        let rule = told.map(|(rule, said)| (format!("DestinationRule {}", rule.word()), said));
        let words = match carried {
            Carried::Plain => "plain text",
            Carried::Mutual => "mTLS",
            Carried::Tls => "TLS that is not the mesh's",
        };
        let to = if guarded { mode.told() } else { "a port without a sidecar".to_owned() };
        let said = rule.as_ref().map_or_else(String::new, |(rule, _)| format!(" by {rule}"));
        let by = rule.map(|(_, said)| said).into_iter().chain(mode.said.filter(|_| guarded)).collect();
        let reason = Reason { layer: Layer::Mtls, said: format!("{words}{said}, to {to}"), by };
        let tls_application = self.protocol(call.server, call.port) == Ok(Protocol::Tls);
        if carried != Carried::Plain && !handshake.is_taken() && tls_application {
            // Whether the application itself takes what is sent, only it knows.
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), reason)));
        }
        if handshake.is_taken() {
            reasons.push(reason);
            return Ok(carried);
        }
        // A sidecar that speaks HTTP says so itself; all others see the connection break (S1, S3).
        let answered = known && self.spoken(call).is_some_and(|p| p.is_http(http));
        let outcome = if answered { Outcome::Unavailable } else { Outcome::Reset };
        Err(Box::new(Verdict::new(outcome, reasons.clone(), reason)))
    }

    fn told_to(&self, call: &Call, reasons: &[Reason]) -> Way<Option<(crate::TlsMode, Said)>> {
        let (Client::Pod(pod), By::Service(n, port)) = (call.client, call.by) else { return Ok(None) };
        let (Some(p), Some(labels), Some(service)) =
            (self.pods.get(pod), self.labels(pod), self.services.get(n))
        else {
            return Ok(None);
        };
        self.told((&p.namespace, labels), service, port).map_err(|u| undecided(Layer::Mtls, reasons, &u))
    }

    fn seen(&self, call: &Call, carried: Carried) -> Seen {
        let first = |pod: usize| self.pods.get(pod).and_then(|p| p.addresses.first().copied());
        let (source, identity) = match call.client {
            Client::Outside(address) => (address, None),
            Client::Pod(pod) => {
                let identity = self.pods.get(pod).map(|p| Identity {
                    trust_domain: self.settings.trust_domain.clone(),
                    namespace: p.namespace.clone(),
                    account: p.account.clone(),
                });
                (first(pod), identity.filter(|_| carried == Carried::Mutual))
            }
        };
        Seen {
            identity,
            source,
            remote: source,
            destination: first(call.server),
            port: call.port,
            request: None,
            tokens: self.takes_tokens(call.server),
        }
    }

    /// What the server's sidecar makes of what arrives.
    pub(crate) fn judged(&self, call: &Call, arrived: &Arrived<'_>, request: Option<&Request>) -> Verdict {
        let done = |outcome: Outcome, reasons: Vec<Reason>| {
            let outcome = if arrived.unknown { Outcome::Unknown } else { outcome };
            Verdict { outcome, reasons }
        };
        let spoken_http = arrived.spoken.is_some_and(|p| p.is_http(request.is_some()));
        let http = arrived.protocol.is_http(request.is_some());
        let mut reasons = arrived.reasons.clone();
        if request.is_none() && (spoken_http || (http && !arrived.unguarded)) {
            reasons.push(Reason::plain(Layer::Authorization, "the port takes HTTP only"));
            return done(Outcome::Closed, reasons);
        }
        if arrived.unguarded {
            return done(Outcome::Open, reasons);
        }
        let mut seen = Seen { request: request.filter(|_| http).cloned(), ..arrived.seen.clone() };
        if let Some(request) = seen.request.as_mut().filter(|_| !arrived.seen.tokens) {
            request.token = crate::Token::None;
        }
        let answers = |name: &str| self.answer(name);
        let decided = crate::authorization::decide(&arrived.policies, &self.settings, &seen, &answers);
        let outcome = match decided.effect {
            Effect::Allowed => Outcome::Open,
            Effect::Unknown => Outcome::Unknown,
            Effect::Denied if http => Outcome::Forbidden,
            // A client's sidecar that speaks HTTP says itself that the connection broke.
            Effect::Denied if spoken_http => Outcome::Unavailable,
            Effect::Denied => Outcome::Closed,
        };
        let _ = call;
        reasons.push(Reason { layer: Layer::Authorization, said: decided.why, by: decided.by });
        done(outcome, reasons)
    }

    /// What the policies that bind a pod make of what its sidecar sees.
    pub fn decided(&self, pod: usize, seen: &Seen) -> Decided {
        let answers = |name: &str| self.answer(name);
        crate::authorization::decide(&self.bound(pod), &self.settings, seen, &answers)
    }

    /// What a provider of CUSTOM policies does, as far as the manifests tell (S26).
    fn answer(&self, name: &str) -> crate::authorization::Answer {
        use crate::authorization::Answer;
        let provider = self.settings.providers.iter().find(|p| p.name == name);
        match provider {
            None if self.settings.assumed.is_empty() => Answer::Missing,
            None => Answer::Unknown,
            Some(p) if self.is_dead(p) => Answer::Dead(p.grpc),
            Some(p) if p.grpc => Answer::Asked,
            Some(_) => Answer::HttpOnly,
        }
    }

    /// Whether a provider's Service is here and leads nowhere.
    fn is_dead(&self, provider: &Provider) -> bool {
        let host = provider.service.rsplit('/').next().unwrap_or_default();
        let service = self.services.iter().find(|s| s.host() == host);
        !provider.fail_open
            && service.is_some_and(|s| s.selector.is_some() && self.behind(s, provider.port).is_empty())
    }

    /// What the client sees of a Service that leads to no pod (S35).
    pub fn without_pods(&self, client: Client) -> Verdict {
        let member = match client {
            Client::Pod(pod) => self.membership(pod),
            Client::Outside(_) => Membership::Plain,
        };
        let said = match member {
            Membership::Sidecar | Membership::Gateway => {
                "no pod is behind the Service: 503 from the client's sidecar"
            }
            Membership::Plain | Membership::Ambient | Membership::Unknown => "no pod is behind the Service",
        };
        Verdict::new(Outcome::Unavailable, Vec::new(), Reason::plain(Layer::Client, said))
    }

    /// What a pod sees of what is outside of the cluster (S36).
    pub fn outside(&self, client: usize, to: &Outside, http: bool) -> Verdict {
        let open = |said: &str| Verdict::new(Outcome::Open, Vec::new(), Reason::plain(Layer::Client, said));
        match self.membership(client) {
            Membership::Plain | Membership::Ambient => return open("no sidecar takes the connection"),
            Membership::Unknown => {
                let reason = Reason::plain(Layer::Membership, "whether there is a sidecar is not known");
                return Verdict::new(Outcome::Unknown, Vec::new(), reason);
            }
            Membership::Sidecar | Membership::Gateway => {}
        }
        let Some(pod) = self.pods.get(client) else { return open("no sidecar takes the connection") };
        if !self.takes_outbound(client, to.port) {
            return open("the client's sidecar leaves the port alone");
        }
        let scope = match self.scope(client) {
            Ok(scope) => scope,
            Err(u) => return *undecided(Layer::Client, &[], &u),
        };
        if !self.refuses_unknown(scope) {
            return open("the client's sidecar passes on what it does not know");
        }
        if self.is_entered(scope, &pod.namespace, to, http) {
            return open("a ServiceEntry opens it");
        }
        let outcome = if http { Outcome::Unavailable } else { Outcome::Reset };
        let said = "the client's sidecar refuses what it does not know (REGISTRY_ONLY; no security boundary)";
        Verdict::new(outcome, Vec::new(), Reason::plain(Layer::Client, said))
    }

    /// The port by which packets reach the server, which is the one that network policies see: from the proxy of one
    /// node to that of another it is 15008 (I11).
    pub fn wire_port(&self, call: &Call) -> u16 {
        let client = match call.client {
            Client::Pod(pod) => self.membership(pod),
            Client::Outside(_) => Membership::Plain,
        };
        let hbone = client == Membership::Ambient && self.membership(call.server) == Membership::Ambient;
        if hbone { 15008 } else { call.port }
    }

    /// What policies leave to decide by the request.
    pub(crate) fn remains(&self, arrived: &Arrived<'_>) -> Remains {
        Remains::of(&arrived.policies, &self.settings, &arrived.seen)
    }
}
