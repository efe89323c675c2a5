//! One connection, from the client's sidecar to the server's: each may refuse it, and the network between them may drop
//! it.

use serde_json::Value;

use super::{
    super::{Flow, Peer, Protocol, Verdict, model::items},
    asked::{Client, Decision, Identity, Seen, Sight, Try},
    encryption::Sent,
    injection::How,
    model::{Mesh, Pod, Undecided, is_headless, is_tcp},
    modes::Mode,
    protocol::Speaks,
};

impl Mesh {
    /// What the client sees. None if one of the ends is not there.
    pub fn seen(&self, one: &Try<'_>) -> Option<Seen> {
        let server = self.find(one.server)?;
        let client = match one.client {
            Client::Pod(title) => Some(self.find(title)?),
            Client::Outside(_) => None,
        };
        let service = match one.by {
            Some((title, _)) => Some(self.service(title)?),
            None => None,
        };
        // Where it is not known who has a sidecar, each way is followed.
        let mut all: Vec<Seen> = Vec::new();
        for c in client.map_or(vec![None], |c| {
            let ways = if c.title() == server.title() { c.ways() } else { c.ways_out() };
            ways.into_iter().map(Some).collect()
        }) {
            for s in server.ways() {
                let same = c.as_ref().is_some_and(|c| c.title() == s.title());
                if !same || c.as_ref().is_some_and(|c| c.how == s.how) {
                    let ends = Ends { one, client: c.as_ref(), server: &s, service, same };
                    all.push(self.between(&ends).unwrap_or(Seen::Unknown));
                }
            }
        }
        Some(together(&all))
    }

    /// What the policies that bind a pod make of what its sidecar sees. None if there is no such pod.
    pub fn decided(&self, pod: &str, sight: &Sight) -> Option<Decision> {
        Some(self.decision(self.find(pod)?, sight))
    }

    /// Whether the sidecar of a pod takes mTLS on a port, or plain text. None also if that is not known.
    pub fn takes(&self, pod: &str, port: u16, mutual: bool) -> Option<bool> {
        let mode = self.mode(self.find(pod)?, port).ok()?;
        Some(mode != if mutual { Mode::Disable } else { Mode::Strict })
    }

    fn between(&self, ends: &Ends<'_>) -> Result<Seen, Undecided> {
        let Ends { one, client, server, same, .. } = *ends;
        let way = match self.way_out(ends)? {
            Ok(way) => way,
            Err(seen) => return Ok(seen),
        };
        let from_node = client.is_some_and(|c| c.how == How::Ambient);
        if server.how == How::Ambient || (from_node && server.how == How::Sidecar) {
            let ways = self.hbone(client, server, way.is_some());
            let all: Vec<Seen> = ways
                .into_iter()
                .map(|hbone| self.by_node(ends, way, hbone).unwrap_or(Seen::Unknown))
                .collect();
            return Ok(together(&all));
        }
        let network = if same { Verdict::Allowed } else { self.below(ends, one.port) };
        if network == Verdict::Denied {
            return Ok(Seen::Timeout);
        }
        let guarded = self.is_guarded(ends, way.is_some());
        let spoken = way.and_then(|(_, port)| port).map(Speaks::of);
        let sends_http = one.request.is_some();
        let sidecar_answers = spoken.is_some_and(|s| s.is_http(sends_http));
        let sent = match (way, client) {
            // What a gateway listens to without TLS of its own is plain.
            _ if server.how == How::Gateway => Sent::Plain,
            (Some((service, _)), Some(client)) => {
                let dialled = one.by.map_or(one.port, |(_, number)| number);
                self.sent(client, server, service, (dialled, one.port))?
            }
            (None, _) | (_, None) => Sent::Plain,
        };
        let sight = self.sight(ends, sent);
        let mode = if guarded { self.mode(server, one.port)? } else { Mode::Permissive };
        if !is_taken(sent, guarded, mode, server.how) {
            // What plain text meets does not depend on what the port speaks.
            // None: nothing says which of several Services counts.
            let server_speaks = match sent {
                Sent::Plain => Some(Speaks::Either),
                Sent::Mutual | Sent::Foreign { .. } => self.speaks_of(server, one.port).ok(),
            };
            // What the sidecar does not look into is bytes like others, which policies may refuse, as was seen: TLS of another
            // kind where plain text is taken, and mTLS where it is disabled.
            let bytes = match sent {
                Sent::Foreign { .. } => guarded && mode != Mode::Strict,
                Sent::Mutual => guarded && mode == Mode::Disable,
                Sent::Plain => false,
            };
            let refused =
                bytes && self.decision(server, &Sight { request: None, ..sight.clone() }) == Decision::Denied;
            // Only the application knows whether it takes TLS, and who made a rule which certificate it is.
            let open = match sent {
                Sent::Plain => false,
                Sent::Mutual => server_speaks.is_none_or(|s| s == Speaks::Tls),
                Sent::Foreign { .. } if !guarded => true,
                Sent::Foreign { certificate } if mode == Mode::Strict => certificate,
                Sent::Foreign { .. } => server_speaks != Some(Speaks::Http),
            };
            return Ok(if open && !refused {
                Seen::Unknown
            } else if refused && server_speaks == Some(Speaks::Tcp) && !sends_http {
                Seen::Closed
            } else if sidecar_answers {
                Seen::Unavailable
            } else {
                Seen::Reset
            });
        }
        let as_http = guarded && self.speaks_of(server, one.port)?.is_http(sends_http);
        // What is not HTTP gets nowhere where a proxy expects HTTP.
        if !sends_http && (sidecar_answers || as_http) {
            return Ok(Seen::Unavailable);
        }
        let decision = if guarded {
            let request = sight.request.clone().filter(|_| as_http);
            self.decision(server, &Sight { request, ..sight })
        } else {
            Decision::Allowed
        };
        Ok(after(decision, network, as_http, sidecar_answers))
    }

    /// The Service, and the port of it, as which the client's sidecar knows the connection, if it takes and knows it; or
    /// what the client sees if its own sidecar refuses it.
    fn way_out<'a>(&'a self, ends: &Ends<'a>) -> Result<Result<Option<Way<'a>>, Seen>, Undecided> {
        let Ends { one, server, same, .. } = *ends;
        let Some(client) = ends.client.filter(|c| matches!(c.how, How::Sidecar | How::Gateway)) else {
            return Ok(Ok(None));
        };
        let (service, dialled) = match (ends.service, one.by) {
            (Some(service), Some((_, number))) => (Some(service), number),
            _ => (self.headless_of(server, one.port), one.port),
        };
        let by_address = ends.service.is_none_or(is_headless);
        if (same && by_address) || (client.how == How::Sidecar && !self.takes_out(client, dialled)) {
            return Ok(Ok(None));
        }
        let scope = if client.how == How::Gateway { None } else { self.scope(client)? };
        let known = service.filter(|s| self.knows(scope, &client.namespace, s, dialled));
        let Some(service) = known else {
            let refused = self.refuses_unknown(scope);
            return Ok(if refused { Err(Seen::Reset) } else { Ok(None) });
        };
        let port = items(service.pointer("/spec/ports"))
            .iter()
            .find(|p| super::super::model::number(p.get("port")) == Some(dialled));
        let http = port.map_or(Speaks::Either, Speaks::of).is_http(one.request.is_some());
        if client.how == How::Sidecar
            && let Some(seen) = self.routed(client, service, http, one.request)?
        {
            return Ok(Err(seen));
        }
        Ok(Ok(Some((service, port))))
    }

    /// The headless Service by which sidecars know the address of a pod: HTTP is told apart by the host, not by address.
    fn headless_of(&self, server: &Pod, port: u16) -> Option<&Value> {
        self.of("", "Service").find(|s| {
            let declared = items(s.pointer("/spec/ports"))
                .iter()
                .find(|p| super::super::model::number(p.get("port")) == Some(port) && is_tcp(p));
            is_headless(s) && server.is_behind(s) && declared.is_some_and(|p| Speaks::of(p) != Speaks::Http)
        })
    }

    /// What network policies say of the packets.
    pub(super) fn below(&self, ends: &Ends<'_>, wire: u16) -> Verdict {
        let pod = |p: &Pod| self.network.pods.iter().find(|q| q.namespace == p.namespace && q.name == p.name);
        let source = match (ends.client, ends.one.client) {
            (Some(client), _) => pod(client).map(Peer::Pod),
            (None, Client::Outside(address)) => Some(Peer::Address(address)),
            (None, Client::Pod(_)) => None,
        };
        let (Some(source), Some(destination)) = (source, pod(ends.server).map(Peer::Pod)) else {
            return Verdict::Undefined;
        };
        let flow = Flow { source, destination, protocol: Protocol::Tcp, port: wire };
        self.network.verdict(&flow)
    }

    /// Whether the server's sidecar takes the connection. A pod that dials its own address does not meet it (S8); what its
    /// own sidecar does not lead to it (`led`) leaves the pod, and comes in as from anybody.
    fn is_guarded(&self, ends: &Ends<'_>, led: bool) -> bool {
        let Ends { one, server, same, .. } = *ends;
        match server.how {
            How::Gateway => !self.own(server).contains(&one.port),
            How::Sidecar if same => {
                let by_service = ends.service.is_some_and(|s| !is_headless(s));
                by_service
                    && if led { self.takes_own(server, one.port) } else { self.takes_in(server, one.port) }
            }
            How::Sidecar => self.takes_in(server, one.port),
            How::Plain | How::Ambient | How::Unknown => false,
        }
    }

    pub(super) fn speaks_of(&self, server: &Pod, port: u16) -> Result<Speaks, Undecided> {
        if server.how == How::Gateway { Ok(Speaks::Http) } else { self.speaks(server, port) }
    }

    pub(super) fn sight(&self, ends: &Ends<'_>, sent: Sent) -> Sight {
        let domain = super::super::model::string(self.setting("/meshConfig/trustDomain"));
        let identity = ends.client.map(|c| Identity {
            trust_domain: if domain.is_empty() { "cluster.local".to_owned() } else { domain },
            namespace: c.namespace.clone(),
            account: c.account.clone(),
        });
        let source = match (ends.client, ends.one.client) {
            (Some(client), _) => client.address,
            (None, Client::Outside(address)) => Some(address),
            (None, Client::Pod(_)) => None,
        };
        let tokens = self.takes_tokens(ends.server);
        let mut request = ends.one.request.cloned();
        if let Some(request) = request.as_mut().filter(|_| !tokens) {
            request.token = super::Token::None;
        }
        Sight {
            identity: identity.filter(|_| sent == Sent::Mutual),
            source,
            remote: source,
            destination: ends.server.address,
            port: ends.one.port,
            request,
            tokens,
        }
    }

    /// Whether a `RequestAuthentication` that takes tokens binds a pod (S30).
    fn takes_tokens(&self, pod: &Pod) -> bool {
        self.of("security.istio.io", "RequestAuthentication").any(|r| {
            let space = super::super::model::namespace(r);
            let near = space == pod.namespace || space == self.root();
            let selector = r.pointer("/spec/selector");
            let targets = r.pointer("/spec/targetRef").or(r.pointer("/spec/targetRefs"));
            near && targets.is_none()
                && !items(r.pointer("/spec/jwtRules")).is_empty()
                && selector.is_none_or(|s| super::super::labels::selects(s, &pod.labels))
        })
    }
}

pub(super) type Way<'a> = (&'a Value, Option<&'a Value>);

/// What is seen of what the policies decided, of what came through the network.
pub(super) fn after(decision: Decision, network: Verdict, as_http: bool, sidecar_answers: bool) -> Seen {
    match decision {
        Decision::Allowed if network == Verdict::Undefined => Seen::Unknown,
        Decision::Allowed => Seen::Open,
        Decision::Unknown => Seen::Unknown,
        Decision::Denied if as_http => Seen::Forbidden,
        Decision::Denied if sidecar_answers => Seen::Unavailable,
        Decision::Denied => Seen::Closed,
    }
}

/// What is seen where it may be any of these: what all say; or, if all refuse, what the first says.
fn together(all: &[Seen]) -> Seen {
    let first = all.first().copied().unwrap_or(Seen::Unknown);
    let refused = |seen: &Seen| !matches!(seen, Seen::Open | Seen::Unknown);
    if all.iter().all(|seen| *seen == first) || all.iter().all(refused) { first } else { Seen::Unknown }
}

/// A connection, and who is at its ends.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) one: &'a Try<'a>,
    pub(super) client: Option<&'a Pod>,
    pub(super) server: &'a Pod,
    pub(super) service: Option<&'a Value>,
    pub(super) same: bool,
}

impl Pod {
    /// The pod as a client of others: what runs as the user of the proxy sends past it.
    pub(super) fn ways_out(&self) -> Vec<Pod> {
        let of = |at: Option<&Value>, key: &str| {
            at.and_then(|s| s.pointer(&format!("/securityContext/{key}"))).cloned()
        };
        let spec = self.written.pointer("/spec");
        let as_proxy = |c: &Value| {
            let is = |key: &str| of(Some(c), key).or_else(|| of(spec, key)).is_some_and(|id| id == 1337);
            is("runAsUser") || is("runAsGroup")
        };
        let containers = items(self.written.pointer("/spec/containers"));
        let past = containers.iter().filter(|c| as_proxy(c)).count();
        let mut ways = self.ways();
        if self.how == How::Sidecar && past > 0 {
            ways.push(Pod { how: How::Plain, ..self.clone() });
            if past == containers.len() {
                ways.remove(0);
            }
        }
        ways
    }

    /// The pod, in each way in which it may be in the mesh.
    fn ways(&self) -> Vec<Pod> {
        let with = |how| {
            let mut pod = Pod { how, ..self.clone() };
            pod.labels = pod.labels_once_it_runs();
            pod
        };
        match self.how {
            How::Unknown => vec![with(How::Sidecar), with(self.else_how)],
            How::Plain | How::Sidecar | How::Gateway | How::Ambient => vec![self.clone()],
        }
    }
}

/// Whether the server takes what is sent: its sidecar by its mode, an application only plain text.
fn is_taken(sent: Sent, guarded: bool, mode: Mode, how: How) -> bool {
    match (sent, guarded) {
        _ if how == How::Gateway => true,
        (Sent::Plain, false) => true,
        (Sent::Plain, true) => mode != Mode::Strict,
        (Sent::Mutual, true) => mode != Mode::Disable,
        (Sent::Mutual, false) | (Sent::Foreign { .. }, _) => false,
    }
}
