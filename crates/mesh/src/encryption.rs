//! The layer of encryption: what is sent, and whether the server takes it (I8, S1, S3, S33).

use crate::{
    By, Call, Carried, Effect, Handshake, Layer, Membership, Mesh, Mode, ModeOf, Outcome, Protocol, Reason,
    Said, Service, TlsMode, Truth, Verdict,
    object::Undecided,
    verdict::{Hop, Way, undecided},
};

impl Mesh {
    /// What is sent, if the server takes it; else what the client sees.
    pub(crate) fn encrypted(&self, hop: Hop<'_>, reasons: &mut Vec<Reason>) -> Way<Carried> {
        if hop.ends.server == Membership::Gateway {
            let told = if hop.known { self.told_to(hop.call, reasons)? } else { None };
            return self.heard(hop, told.map(|(rule, _)| rule), reasons);
        }
        if [hop.ends.client, hop.ends.server].contains(&Membership::Ambient) {
            return self.encrypted_in_ambient(hop, reasons);
        }
        let told = if hop.known { self.told_to(hop.call, reasons)? } else { None };
        let external = self.named(hop).is_some_and(|s| s.external);
        let auto_mtls = self.settings.auto_mtls && !external;
        let auto = hop.known && told.is_none() && auto_mtls;
        let labelled = self.is_labelled(hop);
        if auto && labelled == Truth::May {
            let said = "not all pods behind the headless Service are known to be in the mesh, or not to be";
            let last = Reason::plain(Layer::Membership, said);
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)));
        }
        // Modes are looked at by the server's sidecar, and by auto mTLS for servers that take it; for anybody else they
        // say nothing.
        let auto = auto && labelled == Truth::Yes;
        let headless = self.headless(hop).is_some();
        let decided = |mode: Result<ModeOf, Undecided>, asked: bool| match mode {
            Err(u) if asked => Err(Box::new(undecided(Layer::Mtls, reasons, &u))),
            Err(_) => Ok(ModeOf { mode: Mode::Permissive, said: None }),
            Ok(mode) => Ok(mode),
        };
        let mode = decided(self.mode(hop.call.server, hop.call.port), hop.guarded || (auto && !headless))?;
        let namespace = decided(self.namespace_mode(hop.call.server), auto)?;
        let handshake = Handshake {
            by_sidecar: hop.known,
            rule: told.as_ref().map(|(rule, _)| *rule),
            auto: auto_mtls,
            labelled: labelled == Truth::Yes,
            server: hop.guarded,
            mode: mode.mode,
            namespace_mode: namespace.mode,
            headless,
        };
        let reason = reason(&handshake, hop.guarded, told, mode);
        reasons.push(reason);
        if handshake.is_taken() {
            return Ok(handshake.carried());
        }
        let denied = self.is_denied(hop, &handshake);
        let outcome = match self.may_take_tls(hop, &handshake).filter(|_| !denied) {
            Some(why) => {
                reasons.push(Reason::plain(Layer::Mtls, why));
                Outcome::Unknown
            }
            None => self.refusal(hop, denied),
        };
        Err(Box::new(Verdict { outcome, reasons: std::mem::take(reasons) }))
    }

    /// Why it is not known whether TLS is taken that the server's sidecar does not take as mTLS of the mesh. Towards a
    /// port that no sidecar guards, or on which one passes on bytes, the application decides; a port of HTTP that takes
    /// plain text has no place for other TLS.
    ///
    /// Source: `pilot/pkg/networking/core/listener.go`, `inboundPermissive…` and `inboundStrict…FilterChainMatchOptions`.
    fn may_take_tls(&self, hop: Hop<'_>, handshake: &Handshake) -> Option<&'static str> {
        let protocol = self.protocol(hop.call.server, hop.call.port);
        let strict = hop.guarded && handshake.mode == Mode::Strict;
        let application = match handshake.carried() {
            Carried::Plain => false,
            Carried::Mutual => matches!(protocol, Ok(Protocol::Tls) | Err(_)),
            Carried::Tls if !hop.guarded => true,
            Carried::Tls if strict && handshake.rule == Some(TlsMode::Mutual) => {
                return Some("whether the certificate is one of the mesh, the manifests do not say");
            }
            Carried::Tls => !strict && protocol != Ok(Protocol::Http),
        };
        application.then_some("whether the application takes TLS, the manifests do not say")
    }

    /// A sidecar that speaks HTTP says itself that the server did not take what was sent; all others see the
    /// connection break (S1, S3).
    pub(crate) fn refusal(&self, hop: Hop<'_>, denied: bool) -> Outcome {
        let tcp = self.protocol(hop.call.server, hop.call.port) == Ok(Protocol::Tcp);
        if denied && tcp && !hop.http {
            return Outcome::Closed;
        }
        let answered = hop.known && self.spoken(hop.call).is_some_and(|p| p.is_http(hop.http));
        if answered { Outcome::Unavailable } else { Outcome::Reset }
    }

    /// Whether authorization refuses TLS that is not looked into, which is taken for bytes: that of another kind where
    /// plain text is taken, and that of the mesh where nothing else is.
    fn is_denied(&self, hop: Hop<'_>, handshake: &Handshake) -> bool {
        let closed = match handshake.carried() {
            Carried::Tls => handshake.mode != Mode::Strict,
            Carried::Mutual => handshake.mode == Mode::Disable,
            Carried::Plain => false,
        };
        let seen = self.seen(hop.call, Carried::Tls);
        closed && hop.guarded && self.decided(hop.call.server, &seen).effect == Effect::Denied
    }

    /// The Service that the client names.
    fn named(&self, hop: Hop<'_>) -> Option<&Service> {
        match hop.call.by {
            By::Service(n, _) => self.services.get(n),
            By::Address => None,
        }
    }

    /// The headless Service that the client names.
    fn headless(&self, hop: Hop<'_>) -> Option<&Service> {
        self.named(hop).filter(|s| s.headless)
    }

    /// Whether clients know that the server takes mTLS; of a headless Service, that all pods behind it do.
    fn is_labelled(&self, hop: Hop<'_>) -> Truth {
        let others = self.headless(hop).map(|s| self.behind(s, hop.call.dialled())).unwrap_or_default();
        let others = others.iter().filter(|(pod, _)| *pod != hop.call.server);
        let has = |pod, membership| self.has_label(self.named(hop), pod, membership);
        let others = Truth::all(others.map(|(pod, _)| has(*pod, self.membership(*pod))));
        has(hop.call.server, hop.ends.server).and(others)
    }

    /// Injection says so, unless the pod, or what leads to it, says otherwise.
    fn has_label(&self, by: Option<&Service>, pod: usize, membership: Membership) -> Truth {
        if let Some(mutual) = by.zip(self.pods.get(pod)).and_then(|(s, p)| s.mutual(p)) {
            return mutual.into();
        }
        let label = self.labels(pod).and_then(|l| l.get("security.istio.io/tlsMode"));
        match (membership, label) {
            (Membership::Sidecar, None) => Truth::Yes,
            (_, Some(mode)) => (mode == "istio").into(),
            (Membership::Plain | Membership::Gateway | Membership::Ambient, None) => Truth::No,
            (Membership::Unknown, None) => Truth::May,
        }
    }

    pub(crate) fn told_to(&self, call: &Call, reasons: &[Reason]) -> Way<Option<(TlsMode, Said)>> {
        let (Some(pod), By::Service(n, port)) = (call.client.pod(), call.by) else { return Ok(None) };
        let (Some(p), Some(labels), Some(service)) =
            (self.pods.get(pod), self.labels(pod), self.services.get(n))
        else {
            return Ok(None);
        };
        self.told((&p.namespace, labels), service, port)
            .map_err(|u| Box::new(undecided(Layer::Mtls, reasons, &u)))
    }
}

fn reason(handshake: &Handshake, guarded: bool, told: Option<(TlsMode, Said)>, mode: ModeOf) -> Reason {
    let words = match handshake.carried() {
        Carried::Plain => "plain text",
        Carried::Mutual => "mTLS",
        Carried::Tls => "TLS that is not the mesh's",
    };
    let to = if guarded { mode.told() } else { "a port without a sidecar".to_owned() };
    let said =
        told.as_ref().map_or_else(String::new, |(rule, _)| format!(" by DestinationRule {}", rule.word()));
    let by = told.map(|(_, said)| said).into_iter().chain(mode.said.filter(|_| guarded)).collect();
    Reason { layer: Layer::Mtls, said: format!("{words}{said}, to {to}"), by }
}
