//! What a server's sidecar may see: made up from the values that policies name, with others beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde_json::Value;

use crate::{
    manifests,
    naive::mesh::{Identity, Request, Sight, Token},
};

/// The trust domains of a mesh.
pub(super) struct Domains<'a> {
    pub(super) own: &'a str,
    pub(super) aliases: &'a [&'a str],
}

/// Texts by the field in which they stand.
type Named = BTreeMap<String, BTreeSet<String>>;

/// How many are made of a case.
const SAMPLES: usize = 1000;

/// Mixtures of values. The same text gives the same ones.
pub(super) fn all(text: &str, tcp: bool, domains: &Domains<'_>) -> Vec<Sight> {
    let mut named = Named::new();
    for manifest in manifests::parse(text) {
        gather(&manifest, "", &mut named);
    }
    let of = |keys: &[&str]| texts(&named, keys);
    let identities = identities(&named, domains);
    let (methods, paths, hosts) = (of(&["methods"]), of(&["paths"]), of(&["hosts"]));
    let headers: Vec<String> =
        named.keys().filter_map(|k| inside(k, "request.headers")).map(str::to_owned).collect();
    let values: Vec<String> = headers.iter().flat_map(|h| of(&[&format!("request.headers[{h}]")])).collect();
    let values = if values.is_empty() { vec!["other".to_owned()] } else { values };
    let principals = of(&["requestprincipals", "request.auth.principal"]);
    let claims = claims(&named);
    let mut ports: Vec<u16> =
        of(&["ports", "destination.port"]).iter().filter_map(|p| p.parse().ok()).collect();
    ports.push(7);
    let sources = addresses(&of(&["ipblocks", "remoteipblocks", "source.ip", "remote.ip"]));
    let destinations = addresses(&of(&["destination.ip"]));
    let mut pick = Pick(7);
    let mut all = Vec::new();
    for _ in 0..SAMPLES {
        let value = pick.of(&values).cloned().unwrap_or_default();
        let request = Request {
            method: pick.of(&methods).cloned().unwrap_or_default(),
            path: format!("/{}", pick.of(&paths).map(|p| p.trim_start_matches('/')).unwrap_or_default()),
            host: pick.of(&hosts).cloned().unwrap_or_default(),
            headers: headers.iter().map(|h| (h.to_lowercase(), value.clone())).collect(),
            token: token(pick.of(&principals).map(String::as_str), &claims, &mut pick),
        };
        let (source, other) = (pick.of(&sources).copied(), pick.of(&sources).copied());
        all.push(Sight {
            identity: pick.of(&identities).cloned().flatten(),
            source,
            remote: pick.of(&[source, other]).copied().flatten(),
            destination: pick.of(&destinations).copied(),
            port: pick.of(&ports).copied().unwrap_or(7),
            request: (!tcp).then_some(request),
            tokens: true,
        });
    }
    all
}

/// A row of numbers that look like chance.
struct Pick(u64);

impl Pick {
    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = usize::try_from(self.0 >> 33).unwrap_or_default();
        all.get(number % all.len().max(1))
    }
}

/// The texts of policies by the field, or the key of the condition, in which they stand.
fn gather(value: &Value, key: &str, named: &mut Named) {
    match value {
        Value::Object(entries) => {
            let when = entries.get("key").and_then(Value::as_str);
            for (name, inner) in entries {
                let name = when.filter(|_| name == "values" || name == "notValues").unwrap_or(name);
                gather(inner, name, named);
            }
        }
        Value::Array(items) => items.iter().for_each(|i| gather(i, key, named)),
        Value::String(text) => {
            let lower = key.to_lowercase();
            let key = lower.strip_prefix("not").unwrap_or(&lower);
            named.entry(key.to_owned()).or_default().insert(text.clone());
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// What stands in brackets behind a word.
fn inside<'a>(key: &'a str, word: &str) -> Option<&'a str> {
    key.strip_prefix(word)?.strip_prefix('[')?.strip_suffix(']')
}

/// Texts that the patterns of some fields mean, and another one.
fn texts(named: &Named, keys: &[&str]) -> Vec<String> {
    let all = keys.iter().filter_map(|k| named.get(*k)).flatten();
    let filled = |v: &String| {
        let v = v.replace("{**}", "x/y").replace("{*}", "x");
        [v.replace('*', "x"), v.replace('*', "")]
    };
    let all: BTreeSet<String> = all.flat_map(filled).chain(["other".to_owned()]).collect();
    all.into_iter().collect()
}

fn addresses(texts: &[String]) -> Vec<IpAddr> {
    let parsed = texts.iter().filter_map(|t| t.split('/').next()?.parse().ok());
    parsed.chain(["192.0.2.9".parse().ok()].into_iter().flatten()).collect()
}

/// Identities that the values name, of the trust domains of the mesh and of others.
fn identities(named: &Named, domains: &Domains<'_>) -> Vec<Option<Identity>> {
    let mut who: BTreeSet<(String, String)> = BTreeSet::from([("other".to_owned(), "other".to_owned())]);
    let known = [domains.own, "other"].into_iter().chain(domains.aliases.iter().copied());
    let mut trusted: BTreeSet<String> = known.map(str::to_owned).collect();
    trusted.extend(texts(named, &["trustdomains"]));
    for principal in texts(named, &["principals", "source.principal"]) {
        let parts: Vec<&str> = principal.split('/').collect();
        if let [domain, "ns", namespace, "sa", account] = parts.as_slice() {
            who.insert(((*namespace).to_owned(), (*account).to_owned()));
            trusted.insert((*domain).to_owned());
        }
    }
    let namespaces = texts(named, &["namespaces", "source.namespace"]);
    who.extend(namespaces.into_iter().map(|n| (n, "other".to_owned())));
    for account in texts(named, &["serviceaccounts", "source.serviceaccount"]) {
        let (namespace, account) = account.split_once('/').unwrap_or(("foo", &account));
        who.insert((namespace.to_owned(), account.to_owned()));
    }
    let each = who.iter().flat_map(|(namespace, account)| {
        trusted.iter().map(move |domain| Identity {
            trust_domain: domain.clone(),
            namespace: namespace.clone(),
            account: account.clone(),
        })
    });
    std::iter::once(None).chain(each.map(Some)).collect()
}

/// Claims that are named, by path, with their values.
fn claims(named: &Named) -> Vec<(Vec<String>, Vec<String>)> {
    let short = [("request.auth.audiences", "aud"), ("request.auth.presenter", "azp")];
    let short = short.iter().filter(|(key, _)| named.contains_key(*key));
    let mut all: Vec<(Vec<String>, Vec<String>)> =
        short.map(|(key, claim)| (vec![(*claim).to_owned()], texts(named, &[key]))).collect();
    for key in named.keys().filter(|k| k.starts_with("request.auth.claims[")) {
        let path = key.trim_start_matches("request.auth.claims").split(['[', ']']);
        let path: Vec<String> = path.filter(|p| !p.is_empty()).map(str::to_owned).collect();
        all.push((path, texts(named, &[key])));
    }
    all
}

/// A token of an issuer and a subject, or none.
fn token(principal: Option<&str>, claims: &[(Vec<String>, Vec<String>)], pick: &mut Pick) -> Token {
    let Some((issuer, subject)) = principal.map(|p| p.rsplit_once('/').unwrap_or((p, ""))) else {
        return Token::None;
    };
    if pick.of(&[false, true, true]) == Some(&false) {
        return Token::None;
    }
    let mut of = BTreeMap::from([
        (vec!["iss".to_owned()], vec![issuer.to_owned()]),
        (vec!["sub".to_owned()], vec![subject.to_owned()]),
    ]);
    for (path, values) in claims {
        of.insert(path.clone(), pick.of(values).cloned().into_iter().collect());
    }
    Token::Valid(of)
}
