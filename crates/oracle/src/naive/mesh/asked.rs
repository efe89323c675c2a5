//! What is asked of a judge of meshes, and what it answers: connection by connection, request by request.

use std::{collections::BTreeMap, net::IpAddr};

/// One connection.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// Who makes it.
    pub client: Client<'a>,
    /// The pod to which it goes, as `namespace/name`.
    pub server: &'a str,
    /// The port of that pod.
    pub port: u16,
    /// The Service that the client names, as `namespace/name`, and its port; none if it dials the pod's address.
    pub by: Option<(&'a str, u16)>,
    /// The request that is sent; none if it is something else.
    pub request: Option<&'a Request>,
}

/// Who makes a connection.
#[derive(Clone, Copy, Debug)]
pub enum Client<'a> {
    /// A pod, as `namespace/name`.
    Pod(&'a str),
    /// What is outside of the cluster.
    Outside(IpAddr),
}

/// What the client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// It is answered by the server.
    Open,
    /// Packets are dropped.
    Timeout,
    /// The connection is reset.
    Reset,
    /// It is closed once something was sent.
    Closed,
    /// 403 or 401.
    Forbidden,
    /// An error of the client's own sidecar, or nobody listens.
    Unavailable,
    /// The manifests or the specification do not say.
    Unknown,
}

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path, as sent.
    pub path: String,
    /// Its `Host` header.
    pub host: String,
    /// Other headers, by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its token.
    pub token: Token,
}

/// The token of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// It has none.
    #[default]
    None,
    /// One that nobody signed.
    Invalid,
    /// One of an issuer that is taken: its claims, by path.
    Valid(BTreeMap<Vec<String>, Vec<String>>),
}

/// Who a certificate says that the client is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The trust domain.
    pub trust_domain: String,
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub account: String,
}

/// What the server's sidecar sees of a connection, once it is there.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Who the client's certificate says it is.
    pub identity: Option<Identity>,
    /// Where the packets come from, if that is known.
    pub source: Option<IpAddr>,
    /// Where the client is, if that is known.
    pub remote: Option<IpAddr>,
    /// The address of the pod, if that is known.
    pub destination: Option<IpAddr>,
    /// The port of the pod.
    pub port: u16,
    /// The request; none over TCP.
    pub request: Option<Request>,
    /// Whether tokens are read at all.
    pub tokens: bool,
}

/// What policies make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It passes.
    Allowed,
    /// It is refused.
    Denied,
    /// A provider is asked, or it depends on what is not known.
    Unknown,
}

impl Identity {
    /// `trust-domain/ns/namespace/sa/account`
    pub fn principal(&self) -> String {
        format!("{}/ns/{}/sa/{}", self.trust_domain, self.namespace, self.account)
    }
}
