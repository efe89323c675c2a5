//! The layer of authorization: what the server's sidecar makes of what arrives.

use crate::{
    Call, Carried, Client, Decided, Effect, Identity, Layer, Membership, Mesh, Outcome, Provider, Reason,
    Remains, Request, Seen, Token, Verdict,
    authorization::{Answer, View, decide},
    verdict::Arrived,
};

impl Mesh {
    /// What the server's sidecar sees of a connection.
    pub(crate) fn seen(&self, call: &Call, carried: Carried) -> Seen {
        let first = |pod: usize| self.pods.get(pod).and_then(|p| p.addresses.first().copied());
        let (source, remote) = match call.client {
            Client::Outside(address) => (address, address),
            Client::Pod(pod) => (first(pod), first(pod)),
            Client::Gateway(pod, address) => (first(pod), address),
        };
        let identity = call.client.pod().and_then(|pod| self.pods.get(pod)).map(|p| Identity {
            trust_domain: self.settings.trust_domain.clone(),
            namespace: p.namespace.clone(),
            account: p.account.clone(),
        });
        Seen {
            identity: identity.filter(|_| carried == Carried::Mutual),
            source,
            remote,
            destination: first(call.server),
            port: call.port,
            request: None,
            tokens: self.takes_tokens(call.server),
        }
    }

    /// What the server's sidecar makes of what arrives.
    pub(crate) fn judged(&self, arrived: &Arrived<'_>, request: Option<&Request>) -> Verdict {
        let done = |outcome: Outcome, reasons: Vec<Reason>| {
            // What the mesh refuses is refused whatever becomes of the packets below.
            let outcome =
                if arrived.unknown && outcome == Outcome::Open { Outcome::Unknown } else { outcome };
            Verdict { outcome, reasons }
        };
        let spoken_http = arrived.spoken.is_some_and(|p| p.is_http(request.is_some()));
        let http = arrived.protocol.is_http(request.is_some());
        let mut reasons = arrived.reasons.clone();
        if request.is_none() && (spoken_http || (http && !arrived.unguarded)) {
            reasons.push(Reason::plain(Layer::Authorization, "the port takes HTTP only"));
            return done(Outcome::Unavailable, reasons);
        }
        if arrived.unguarded {
            return done(Outcome::Open, reasons);
        }
        let mut seen = Seen { request: request.filter(|_| http).cloned(), ..arrived.seen.clone() };
        if let Some(request) = seen.request.as_mut().filter(|_| !arrived.seen.tokens) {
            request.token = Token::None;
        }
        let answers = |name: &str| self.answer(name);
        let ztunnel = arrived.ztunnel;
        let view = View { settings: &self.settings, seen: &seen, any: false, ztunnel, answers: &answers };
        let decided = decide(&arrived.policies, view);
        let outcome = match decided.effect {
            Effect::Allowed => Outcome::Open,
            Effect::Unknown => Outcome::Unknown,
            Effect::Denied if http => Outcome::Forbidden,
            // A client's sidecar that speaks HTTP says itself that the connection broke.
            Effect::Denied if spoken_http => Outcome::Unavailable,
            Effect::Denied => Outcome::Closed,
        };
        reasons.push(Reason { layer: Layer::Authorization, said: decided.why, by: decided.by });
        done(outcome, reasons)
    }

    /// Whether all requests fare alike, because the connection alone decides.
    pub(crate) fn fare_alike(&self, arrived: &Arrived<'_>) -> bool {
        let seen = Seen { request: Some(Request::default()), ..arrived.seen.clone() };
        let answers = |name: &str| self.answer(name);
        let ztunnel = arrived.ztunnel;
        let view = View { settings: &self.settings, seen: &seen, any: true, ztunnel, answers: &answers };
        decide(&arrived.policies, view).effect != Effect::Unknown
    }

    /// What the policies that bind a pod make of what its sidecar sees.
    pub fn decided(&self, pod: usize, seen: &Seen) -> Decided {
        let answers = |name: &str| self.answer(name);
        let ztunnel = self.membership(pod) == Membership::Ambient;
        let view = View { settings: &self.settings, seen, any: false, ztunnel, answers: &answers };
        decide(&self.bound(pod), view)
    }

    /// What a provider of CUSTOM policies does, as far as the manifests tell (S26).
    fn answer(&self, name: &str) -> Answer {
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

    /// What policies leave to decide by the request.
    pub(crate) fn remains(&self, arrived: &Arrived<'_>) -> Remains {
        Remains::of(&arrived.policies, &self.settings, &arrived.seen)
    }
}
