//! Whether a condition holds for what a sidecar sees.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;

use super::{Attribute, Condition, ztunnel};
use crate::{
    Settings, Truth,
    pattern::{Pattern, glob, is_name, is_template, template},
};

/// An identity, as the certificates of the mesh have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The trust domain.
    pub trust_domain: String,
    /// The namespace.
    pub namespace: String,
    /// The service account.
    pub account: String,
}

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path, as sent; a query is not looked at.
    pub path: String,
    /// Its `Host` header.
    pub host: String,
    /// Other headers, by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its token.
    pub token: Token,
}

/// The token of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Token {
    /// It has none.
    #[default]
    None,
    /// One that a configured issuer signed, with these claims, by path; a claim may have several values.
    Valid(BTreeMap<Vec<String>, Vec<String>>),
    /// One that no configured issuer signed, or that is out of date.
    Invalid,
}

/// What a sidecar sees of a connection and of what comes over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who the certificate says the client is.
    pub identity: Option<Identity>,
    /// Where the packets come from, if known.
    pub source: Option<IpAddr>,
    /// Where the client is, if known: behind a gateway, not the same.
    pub remote: Option<IpAddr>,
    /// The address of the pod, if known.
    pub destination: Option<IpAddr>,
    /// The port of the pod.
    pub port: u16,
    /// The request; none over TCP.
    pub request: Option<Request>,
    /// Whether there may be a valid token: a `RequestAuthentication` binds the pod.
    pub tokens: bool,
}

impl Identity {
    /// `trust-domain/ns/namespace/sa/account`
    pub fn principal(&self) -> String {
        format!("{}/ns/{}/sa/{}", self.trust_domain, self.namespace, self.account)
    }
}

/// What is compared, and with the eyes of which policy.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) settings: &'a Settings,
    /// The namespace of the policy.
    pub(crate) namespace: &'a str,
    pub(crate) seen: &'a Seen,
    /// Whether any request is meant, so that what only HTTP has may be anything.
    pub(crate) any: bool,
    /// Whether the proxy of a node looks, and not a sidecar.
    pub(crate) ztunnel: bool,
}

impl Condition {
    /// Whether it holds. One of the values is meant, and none of the other values.
    pub(crate) fn holds(&self, look: Look<'_>) -> Truth {
        if look.any && self.attribute.is_http() {
            return Truth::May;
        }
        let text = self.attribute.text(look);
        let any = |values: &[String]| Truth::any(values.iter().map(|v| self.attribute.is(look, &text, v)));
        let yes = if self.values.is_empty() { Truth::Yes } else { any(&self.values) };
        let no = if self.not_values.is_empty() { Truth::No } else { any(&self.not_values) };
        yes.and(no.negated())
    }
}

impl Attribute {
    /// What it is about: the method, the path and the host of a request can be asked for as headers, too.
    pub(super) fn meant(&self) -> Attribute {
        match self {
            Attribute::Header(name) => match name.to_ascii_lowercase().as_str() {
                ":method" => Attribute::Method,
                ":path" => Attribute::Path,
                ":authority" | "host" => Attribute::Host,
                _ => self.clone(),
            },
            _ => self.clone(),
        }
    }

    /// What values are compared with, worked out once for all of them: the path as Envoy sees it, the host without case.
    fn text(&self, look: Look<'_>) -> String {
        match (self, &look.seen.request) {
            (Attribute::Path, Some(r)) => look.settings.normalization.path(&r.path),
            (Attribute::Host, Some(r)) => r.host.to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// Whether it has a value. What is not there has none, so that only a negation holds (I4, S23).
    ///
    /// Source: `pilot/pkg/security/authz/model/generator.go`.
    fn is(&self, look: Look<'_>, text: &str, value: &str) -> Truth {
        let seen = look.seen;
        let identity = |test: &dyn Fn(&Identity) -> bool| seen.identity.as_ref().is_some_and(test).into();
        let request = |test: &dyn Fn(&Request) -> bool| seen.request.as_ref().is_some_and(test).into();
        match self {
            Attribute::Principal if look.ztunnel => seen.identity.as_ref().map_or(Truth::No, |i| {
                ztunnel::is_principal(is_principal(look.settings, i, value), i, value)
            }),
            Attribute::Principal => identity(&|i| is_principal(look.settings, i, value)),
            Attribute::Namespace => identity(&|i| is_namespace(i, value)),
            Attribute::TrustDomain => identity(&|i| is_trust_domain(look.settings, i, value)),
            Attribute::ServiceAccount => {
                let (namespace, account) = value.split_once('/').unwrap_or((look.namespace, value));
                identity(&|i| i.namespace == namespace && i.account == account)
            }
            Attribute::Ip => is_in(seen.source, value),
            Attribute::RemoteIp => is_in(seen.remote, value),
            Attribute::DestinationIp => is_in(seen.destination, value),
            Attribute::Port => (value.parse() == Ok(seen.port)).into(),
            // Clients of the mesh send `outbound_.…`; that is known only to be there.
            Attribute::Sni => match (seen.identity.is_some(), Pattern::parse(value)) {
                (false, _) => Truth::No,
                (true, Pattern::Any) => Truth::Yes,
                (true, Pattern::Exact(_) | Pattern::Prefix(_) | Pattern::Suffix(_)) => Truth::May,
            },
            Attribute::Method => request(&|r| Pattern::parse(value).matches(&r.method)),
            Attribute::Host => request(&|_| is_host(text, value)),
            Attribute::Path => request(&|_| is_path(text, value)),
            Attribute::Header(name) => request(&|r| {
                r.header(name).is_some_and(|h| value == "*" || Pattern::parse(value).matches(&h))
            }),
            Attribute::RequestPrincipal => request(&|r| is_request_principal(r, value)),
            Attribute::Claim(path) => {
                request(&|r| r.claim(path).iter().any(|claim| Pattern::parse(value).matches(claim)))
            }
            Attribute::Other(_) => Truth::May,
        }
    }
}

impl Request {
    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        match name.to_ascii_lowercase().as_str() {
            ":method" => Some(Cow::from(&self.method)),
            ":path" => Some(Cow::from(&self.path)),
            ":authority" | "host" => Some(Cow::from(&self.host)),
            other => self.headers.get(other).map(Cow::from),
        }
    }

    fn claim(&self, path: &[String]) -> &[String] {
        match &self.token {
            Token::Valid(claims) => claims.get(path).map_or(&[], Vec::as_slice),
            Token::None | Token::Invalid => &[],
        }
    }
}

/// What is asked is whether the whole identity is `.*/ns/<value>/.*`, with `.*` for each `*` of the value too. One at the end
/// of a value therefore means what it seems to; one at its beginning goes on to the account: `*a` is any namespace, because
/// `/ns/x/sa/` has an `a` before its last `/`.
///
/// Source: `pilot/pkg/security/authz/model/generator.go`, `srcNamespaceGenerator`.
fn is_namespace(identity: &Identity, value: &str) -> bool {
    // Only what is itself called `ns` makes `/ns/` come twice.
    if is_name(value) && identity.namespace != "ns" && identity.trust_domain != "ns" {
        return value == identity.namespace;
    }
    glob(&format!("*/ns/{value}/*"), &format!("spiffe://{}", identity.principal()))
}

/// The trust domain of a principal is replaced by that of the mesh and by each alias of it, if it is one of these or
/// `cluster.local`. Source: `pilot/pkg/security/trustdomain/bundle.go`.
fn is_principal(settings: &Settings, identity: &Identity, value: &str) -> bool {
    let own = identity.principal();
    let as_it_is = || Pattern::parse(value).matches(&own);
    // What has not the five parts of an identity names no trust domain, nor does one of `*`.
    if value.split('/').count() != 5 || value.starts_with("*/") {
        return as_it_is();
    }
    let Some((domain, rest)) = value.split_once('/') else { return as_it_is() };
    let aliases = settings.trust_domain_aliases.iter();
    let mut all = std::iter::once(&settings.trust_domain).chain(aliases).peekable();
    let pattern = Pattern::parse(domain);
    let is_ours = domain == "cluster.local" || all.clone().any(|d| pattern.matches(d));
    if !is_ours {
        return as_it_is();
    }
    all.any(|d| {
        let kept = domain.strip_prefix('*').is_some_and(|end| d.ends_with(end));
        let value = if kept { value.to_owned() } else { format!("{d}/{rest}") };
        Pattern::parse(&value).matches(&own)
    })
}

/// One of the trust domains of the mesh stands for all of them.
fn is_trust_domain(settings: &Settings, identity: &Identity, value: &str) -> bool {
    let mut all = std::iter::once(&settings.trust_domain).chain(&settings.trust_domain_aliases);
    let is_ours = all.clone().any(|d| d == value);
    glob(value, &identity.trust_domain) || (is_ours && all.any(|d| *d == identity.trust_domain))
}

/// Case does not count, so the host is in lower case; the port does (S29).
fn is_host(host: &str, value: &str) -> bool {
    value == "*" || Pattern::parse(&value.to_ascii_lowercase()).matches(host)
}

fn is_path(path: &str, value: &str) -> bool {
    if is_template(value) { template(value, path) } else { Pattern::parse(value).matches(path) }
}

/// Issuer and subject are compared apart, where the last `/` of the value parts them.
fn is_request_principal(request: &Request, value: &str) -> bool {
    let claim = |name: &str| request.claim(&[name.to_owned()]).first().cloned().unwrap_or_default();
    let (issuer, subject) = (claim("iss"), claim("sub"));
    if issuer.is_empty() {
        return false;
    }
    let there = |text: &str| !text.is_empty();
    match (Pattern::parse(value), value.rsplit_once('/')) {
        (Pattern::Any, _) => there(&subject),
        (Pattern::Exact(all), None) => issuer == all && subject.is_empty(),
        (Pattern::Exact(_), Some((iss, sub))) => issuer == iss && subject == sub,
        (Pattern::Prefix(start), None) => issuer.starts_with(start) && there(&subject),
        (Pattern::Prefix(_), Some((iss, sub))) => issuer == iss && Pattern::parse(sub).matches(&subject),
        (Pattern::Suffix(end), None) => subject.ends_with(end),
        (Pattern::Suffix(_), Some((iss, sub))) => Pattern::parse(iss).matches(&issuer) && subject == sub,
    }
}

/// Blocks in which the addresses of pods are taken to be when nothing says which they are: RFC 1918, 6598, 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// Whether an address is in a block.
pub(crate) fn is_in(address: Option<IpAddr>, block: &str) -> Truth {
    let net = block.parse::<IpNet>().ok().or_else(|| block.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(net) = net else { return Truth::No };
    match address {
        Some(address) => net.contains(&address).into(),
        None if net.prefix_len() == 0 => Truth::Yes,
        None => {
            let meets = |p: &&str| p.parse::<IpNet>().is_ok_and(|p| p.contains(&net) || net.contains(&p));
            if PRIVATE.iter().any(meets) { Truth::May } else { Truth::No }
        }
    }
}
