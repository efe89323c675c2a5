//! Whether a field of a policy holds for what a sidecar sees (I4, I6, S20, S23, S28 to S30). None: it is not known.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{
    super::model::{items, string},
    asked::{Identity, Request, Sight, Token},
    model::Mesh,
    patterns::{matches, normal, path, stars},
};

/// What is looked at, with the eyes of a policy of a namespace.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) mesh: &'a Mesh,
    pub(super) space: &'a str,
    pub(super) sight: &'a Sight,
}

/// Either of several: yes if one is, not known if one may be.
pub(super) fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let all: Vec<Option<bool>> = all.collect();
    if all.contains(&Some(true)) {
        Some(true)
    } else if all.contains(&None) {
        None
    } else {
        Some(false)
    }
}

/// All of several.
pub(super) fn every(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(all.map(|one| one.map(|yes| !yes))).map(|no| !no)
}

/// Blocks from which clusters give pods their addresses; one that is not known is of these.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// What only HTTP has: fields of sources and operations, and keys of conditions.
pub(super) fn is_http(name: &str) -> bool {
    matches!(name, "requestPrincipals" | "hosts" | "methods" | "paths") || name.starts_with("request.")
}

impl Look<'_> {
    /// Whether one of the values is meant.
    pub(super) fn one_of(self, name: &str, values: &Value) -> Option<bool> {
        any(items(Some(values)).iter().map(|v| self.is(name, &string(Some(v)))))
    }

    /// Whether a value of a field is meant. What is not there is meant by no value.
    fn is(self, name: &str, value: &str) -> Option<bool> {
        let sight = self.sight;
        let who = |test: &dyn Fn(&Identity) -> bool| Some(sight.identity.as_ref().is_some_and(test));
        let what = |test: &dyn Fn(&Request) -> bool| Some(sight.request.as_ref().is_some_and(test));
        let header = name.strip_prefix("request.headers[").and_then(|k| k.strip_suffix(']'));
        match name {
            "principals" | "source.principal" => who(&|i| self.is_principal(i, value)),
            "namespaces" | "source.namespace" => {
                who(&|i| stars(&format!("*/ns/{value}/*"), &format!("spiffe://{}", i.principal())))
            }
            "serviceAccounts" | "source.serviceAccount" => who(&|i| {
                let (space, account) = value.split_once('/').unwrap_or((self.space, value));
                i.namespace == space && i.account == account
            }),
            "trustDomains" | "source.trustDomain" => who(&|i| self.is_trust_domain(i, value)),
            "ipBlocks" | "source.ip" => within(sight.source, value),
            "remoteIpBlocks" | "remote.ip" => within(sight.remote, value),
            "destination.ip" => within(sight.destination, value),
            "ports" | "destination.port" => Some(value.parse() == Ok(sight.port)),
            // Clients of the mesh name the Service in TLS, in a way of their own.
            "connection.sni" => match (&sight.identity, value) {
                (None, _) => Some(false),
                (Some(_), "*") => Some(true),
                (Some(_), _) => None,
            },
            "methods" => what(&|r| matches(value, &r.method)),
            "hosts" => what(&|r| matches(&value.to_lowercase(), &r.host.to_lowercase())),
            "paths" => what(&|r| path(value, &self.path(r))),
            "requestPrincipals" | "request.auth.principal" => what(&|r| is_token(r, value)),
            "request.auth.audiences" => what(&|r| claims(r, &["aud"]).iter().any(|c| matches(value, c))),
            "request.auth.presenter" => what(&|r| claims(r, &["azp"]).iter().any(|c| matches(value, c))),
            key if key.starts_with("request.auth.claims[") => {
                let key = key.trim_start_matches("request.auth.claims");
                let way: Vec<&str> = key.split(['[', ']']).filter(|p| !p.is_empty()).collect();
                what(&|r| claims(r, &way).iter().any(|c| matches(value, c)))
            }
            _ => match header {
                Some(name) => what(&|r| named(r, name).is_some_and(|h| value == "*" || matches(value, &h))),
                None => None,
            },
        }
    }

    fn path(self, request: &Request) -> String {
        let how = string(self.mesh.setting("/meshConfig/pathNormalization/normalization"));
        normal(&request.path, if how.is_empty() { "BASE" } else { &how })
    }

    /// The trust domain of the mesh and its aliases; each stands for all of them.
    fn trusted(self) -> Vec<String> {
        let own = string(self.mesh.setting("/meshConfig/trustDomain"));
        let own = if own.is_empty() { "cluster.local".to_owned() } else { own };
        let aliases = items(self.mesh.setting("/meshConfig/trustDomainAliases"));
        std::iter::once(own).chain(aliases.iter().map(|a| string(Some(a)))).collect()
    }

    fn is_principal(self, identity: &Identity, value: &str) -> bool {
        let trusted = self.trusted();
        let own = identity.principal();
        let parts = value.split('/').count();
        let Some((domain, rest)) = value.split_once('/').filter(|(d, _)| parts == 5 && *d != "*") else {
            return matches(value, &own);
        };
        // `cluster.local` is the mesh's own, whatever that is called.
        let ours = domain == "cluster.local" || trusted.iter().any(|t| matches(domain, t));
        if !ours {
            return matches(value, &own);
        }
        trusted.iter().any(|t| {
            let ends_so = domain.strip_prefix('*').is_some_and(|end| t.ends_with(end));
            let pattern = if ends_so { value.to_owned() } else { format!("{t}/{rest}") };
            matches(&pattern, &own)
        })
    }

    fn is_trust_domain(self, identity: &Identity, value: &str) -> bool {
        let trusted = self.trusted();
        let ours = trusted.iter().any(|t| t == value);
        stars(value, &identity.trust_domain) || (ours && trusted.contains(&identity.trust_domain))
    }
}

/// Headers by any case; some have names of their own.
fn named(request: &Request, name: &str) -> Option<String> {
    match name.to_lowercase().as_str() {
        ":method" => Some(request.method.clone()),
        ":path" => Some(request.path.clone()),
        ":authority" | "host" => Some(request.host.clone()),
        other => request.headers.get(other).cloned(),
    }
}

fn claims(request: &Request, path: &[&str]) -> Vec<String> {
    let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
    match &request.token {
        Token::Valid(claims) => claims.get(&path).cloned().unwrap_or_default(),
        Token::None | Token::Invalid => Vec::new(),
    }
}

/// Issuer and subject are compared apart: the value is parted at its last `/`.
fn is_token(request: &Request, value: &str) -> bool {
    let (issuer, subject) = (claims(request, &["iss"]).concat(), claims(request, &["sub"]).concat());
    if issuer.is_empty() {
        return false;
    }
    match value.rsplit_once('/') {
        _ if value == "*" => !subject.is_empty(),
        Some((iss, sub)) if value.starts_with('*') => matches(iss, &issuer) && sub == subject,
        Some((iss, sub)) => iss == issuer && matches_end(sub, &subject),
        None if value.starts_with('*') => subject.ends_with(value.trim_start_matches('*')),
        None if value.ends_with('*') => {
            issuer.starts_with(value.trim_end_matches('*')) && !subject.is_empty()
        }
        None => issuer == value && subject.is_empty(),
    }
}

/// A subject, with `*` at its end only.
fn matches_end(pattern: &str, text: &str) -> bool {
    if pattern.ends_with('*') { matches(pattern, text) } else { pattern == text }
}

fn within(address: Option<IpAddr>, block: &str) -> Option<bool> {
    let net =
        |text: &str| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(block) = net(block) else { return Some(false) };
    match address {
        Some(address) => Some(block.contains(&address)),
        None if block.prefix_len() == 0 => Some(true),
        None => {
            let mut private = PRIVATE.iter().filter_map(|p| net(p));
            if private.any(|p| p.contains(&block) || block.contains(&p)) { None } else { Some(false) }
        }
    }
}
