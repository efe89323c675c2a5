//! What is predicted of what a real Istio is asked, in the words of those who ask it.
//!
//! There, each pod tries each port of each Service with what the port is called for, and what comes of it is OPEN,
//! DENIED, REFUSED or TIMEOUT. A word can be more than one: what some endings look like is a matter of luck.

use meshgen_mesh::{Layer, Membership, Outcome, Reason, Request, ServicePort, Verdict};
use meshgen_reach::Party;
use meshgen_verdict::{Judges, Sent};

/// What a client sends, by what the port is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// HTTP/1.1.
    Http,
    /// HTTP/2, from the first byte.
    Http2,
    /// Some bytes.
    Tcp,
}

/// One try: a pod, and a port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// The client, `namespace/name`.
    pub client: String,
    /// The Service and its port, `name.namespace:port`.
    pub service: String,
    /// What is sent.
    pub spoken: Spoken,
    /// The method, or `-`.
    pub method: &'static str,
    from: Option<usize>,
    to: (usize, u16),
    /// The client is the pod behind the Service.
    itself: bool,
}

/// What is predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Any of these words; none if it is not known.
    pub words: Vec<&'static str>,
    /// Why.
    pub why: String,
}

impl Spoken {
    /// What is sent to a port: `appProtocol`, else its name up to the first `-`, and HTTP if that says nothing.
    pub fn of(port: &ServicePort) -> Spoken {
        let said = [&port.app_protocol, &port.name].into_iter().flatten().find(|said| !said.is_empty());
        let said = said.map(|s| s.split('-').next().unwrap_or_default().to_ascii_lowercase());
        match said.as_deref() {
            Some("grpc" | "http2" | "kubernetes.io/h2c") => Spoken::Http2,
            Some("tcp" | "mongo" | "mysql" | "redis" | "tls" | "https") => Spoken::Tcp,
            Some(_) | None => Spoken::Http,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Spoken::Http => "http",
            Spoken::Http2 => "h2",
            Spoken::Tcp => "tcp",
        }
    }

    /// What a word means.
    pub fn parse(word: &str) -> Option<Spoken> {
        [Spoken::Http, Spoken::Http2, Spoken::Tcp].into_iter().find(|s| s.word() == word)
    }

    fn methods(self) -> &'static [&'static str] {
        match self {
            Spoken::Http => &["GET", "POST"],
            Spoken::Http2 => &["GET"],
            Spoken::Tcp => &["-"],
        }
    }
}

/// Everything that is tried, in a stable order. Gateways are not.
pub fn tries(judges: &Judges<'_>) -> Vec<Try> {
    let mesh = judges.mesh;
    let is_client = |pod: &usize| mesh.membership(*pod) != Membership::Gateway;
    let clients: Vec<usize> = (0..mesh.pods.len()).filter(is_client).collect();
    let mut all = Vec::new();
    for client in clients {
        let title = mesh.pods.get(client).map(|p| format!("{}/{}", p.namespace, p.name)).unwrap_or_default();
        let from = judges.world.pods.iter().position(|pod| *pod == Some(client));
        for (number, service) in mesh.services.iter().enumerate() {
            for port in &service.ports {
                let itself = mesh.behind(service, port.number).iter().any(|(pod, _)| *pod == client);
                let spoken = Spoken::of(port);
                let one = |method| Try {
                    client: title.clone(),
                    service: format!("{}.{}:{}", service.meta.name, service.meta.namespace, port.number),
                    spoken,
                    method,
                    from,
                    to: (number, port.number),
                    itself,
                };
                all.extend(spoken.methods().iter().map(|method| one(*method)));
            }
        }
    }
    all
}

/// What is predicted of a try.
pub fn expected(judges: &Judges<'_>, one: &Try) -> Expected {
    let (service, port) = one.to;
    let request = request(one.method, one.service.trim_end_matches(":80"));
    let sent = if one.spoken == Spoken::Tcp { Sent::Bytes } else { Sent::Request(&request) };
    let verdicts = one.from.and_then(|from| judges.by_service(&Party::Pod(from), service, port, sent));
    match verdicts.unwrap_or_default().as_slice() {
        [verdict] => Expected { words: words(verdict, one.spoken, one.itself), why: why(verdict) },
        all => Expected { words: Vec::new(), why: format!("{} pods answer", all.len()) },
    }
}

/// What a client there asks for.
pub fn request(method: &str, host: &str) -> Request {
    let (method, path, host) = (method.to_owned(), "/x".to_owned(), host.to_owned());
    Request { method, path, host, ..Request::default() }
}

/// The words for what is predicted. `itself`: the client is a pod behind the Service.
pub fn words(verdict: &Verdict, spoken: Spoken, itself: bool) -> Vec<&'static str> {
    // What an application that speaks HTTP/2 does with TLS is its own affair: it may close, or wait for ever.
    let tls = |r: &Reason| r.layer == Layer::Mtls && !r.said.starts_with("plain");
    let waits = verdict.reasons.last().is_some_and(tls);
    match (&verdict.outcome, spoken) {
        (Outcome::Open, _) => vec!["OPEN"],
        // A denial is found in the server's log by the client's address, which a pod that calls itself past its own
        // sidecar does not keep: what was closed is then called REFUSED.
        (Outcome::Closed, Spoken::Tcp) if itself => vec!["DENIED", "REFUSED"],
        (Outcome::Forbidden, _) | (Outcome::Closed, Spoken::Tcp) => vec!["DENIED"],
        // No application there takes TLS, and no certificate that a rule names is there.
        (Outcome::Unavailable | Outcome::Unknown, Spoken::Http2) if waits => vec!["REFUSED", "TIMEOUT"],
        (Outcome::Unknown, _) if waits => vec!["REFUSED"],
        (Outcome::Closed | Outcome::Reset | Outcome::Unavailable, _) => vec!["REFUSED"],
        (Outcome::Timeout, _) => vec!["TIMEOUT"],
        (Outcome::Partial(_) | Outcome::Unknown, _) => Vec::new(),
    }
}

/// What is predicted, and why, in one line.
pub fn why(verdict: &Verdict) -> String {
    let reasons: Vec<String> = verdict.reasons.iter().map(|r| format!("{:?}: {}", r.layer, r.said)).collect();
    format!("{}: {}", verdict.outcome.word(), reasons.join("; "))
}
