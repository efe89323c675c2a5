//! What Envoy makes of a connection or request, by the filters that Istio's builder writes: a small interpreter of them.
//!
//! Source: Envoy, `config/rbac/v3/rbac.proto`, `type/matcher/v3`. What it does not know makes a case fail.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::{
    regular::{regular, uri},
    text,
};
use crate::naive::mesh::{Request, Sight, Token};

type Held = Result<bool, String>;

/// Whether the filters let it pass; none if they ask somebody else.
pub(super) fn passes(filters: &[Value], sight: &Sight) -> Result<Option<bool>, String> {
    let mut asked = false;
    for filter in filters {
        if text(filter, "name")?.contains("ext_authz") {
            continue;
        }
        let config = filter.get("typedConfig").ok_or("a filter has no configuration")?;
        if let Some(rules) = config.get("rules") {
            let refuses_matches = match rules.get("action").and_then(Value::as_str).unwrap_or("ALLOW") {
                "ALLOW" => false,
                "DENY" => true,
                "LOG" => continue,
                other => return Err(format!("the action `{other}` is not understood")),
            };
            if matched(rules, sight)? == refuses_matches {
                return Ok(Some(false));
            }
        }
        // Shadow rules decide nothing, but that those of this name mark what the next filter asks about.
        let prefix = config.get("shadowRulesStatPrefix").and_then(Value::as_str).unwrap_or_default();
        if let Some(rules) = config.get("shadowRules").filter(|_| prefix.contains("ext_authz")) {
            asked |= matched(rules, sight)?;
        }
    }
    Ok(if asked { None } else { Some(true) })
}

fn matched(rules: &Value, sight: &Sight) -> Held {
    let policies = rules.get("policies").and_then(Value::as_object).into_iter().flatten();
    for (_, policy) in policies {
        if any(policy.get("permissions"), sight)? && any(policy.get("principals"), sight)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn any(all: Option<&Value>, sight: &Sight) -> Held {
    items(all).iter().try_fold(false, |found, n| Ok(found | holds(n, sight)?))
}

fn every(all: Option<&Value>, sight: &Sight) -> Held {
    items(all).iter().try_fold(true, |found, n| Ok(found & holds(n, sight)?))
}

/// The one key of a mapping, and its value.
fn entry(node: &Value) -> Result<(&str, &Value), String> {
    let object = node.as_object().filter(|o| o.len() == 1);
    let pair = object.and_then(|o| o.iter().next()).map(|(k, v)| (k.as_str(), v));
    pair.ok_or_else(|| format!("`{node}` is not one thing"))
}

/// A permission or a principal.
fn holds(node: &Value, sight: &Sight) -> Held {
    let (key, value) = entry(node)?;
    let of = |address: Option<IpAddr>| within(value, address);
    match key {
        "any" => Ok(true),
        "andRules" => every(value.get("rules"), sight),
        "orRules" => any(value.get("rules"), sight),
        "andIds" => every(value.get("ids"), sight),
        "orIds" => any(value.get("ids"), sight),
        "notRule" | "notId" => Ok(!holds(value, sight)?),
        "destinationPort" => Ok(value.as_u64() == Some(sight.port.into())),
        "destinationIp" => of(sight.destination),
        "directRemoteIp" => of(sight.source),
        "remoteIp" => of(sight.remote),
        "authenticated" => match (&sight.identity, value.get("principalName")) {
            (Some(identity), Some(name)) => string(name, &format!("spiffe://{}", identity.principal())),
            (identity, _) => Ok(identity.is_some()),
        },
        "header" => header(value, request(sight)?),
        "urlPath" => string(value.get("path").unwrap_or(&Value::Null), &request(sight)?.path),
        "uriTemplate" => {
            let template = value.pointer("/typedConfig/pathTemplate").and_then(Value::as_str);
            let template = template.ok_or("a template of paths is missing")?;
            Ok(uri(template, &request(sight)?.path))
        }
        "metadata" => metadata(value, request(sight)?),
        // Clients of the mesh name the Service in TLS; others send no name.
        "requestedServerName" => {
            Ok(sight.identity.is_some() && string(value, "outbound_.80_._.server.foo.svc")?)
        }
        other => Err(format!("`{other}` is not understood")),
    }
}

fn request(sight: &Sight) -> Result<&Request, String> {
    sight.request.as_ref().ok_or("a filter of TCP asks about a request".to_owned())
}

fn within(value: &Value, address: Option<IpAddr>) -> Held {
    let length = value.get("prefixLen").and_then(Value::as_u64).and_then(|n| u8::try_from(n).ok());
    let start = text(value, "addressPrefix")?.parse().map_err(|_| "an address is none")?;
    let net = IpNet::new(start, length.unwrap_or(0)).map_err(|_| "a block of addresses is none")?;
    Ok(address.is_some_and(|a| net.contains(&a)))
}

fn header(node: &Value, request: &Request) -> Held {
    let name = text(node, "name")?.to_lowercase();
    let value = match name.as_str() {
        ":method" => Some(&request.method),
        ":authority" => Some(&request.host),
        ":path" => Some(&request.path),
        other => request.headers.get(other),
    };
    let Some(value) = value else { return Ok(false) };
    if node.get("presentMatch").is_some() {
        return Ok(true);
    }
    match (node.get("stringMatch"), node.pointer("/safeRegexMatch/regex").and_then(Value::as_str)) {
        (Some(matcher), _) => string(matcher, value),
        (None, Some(regex)) => regular(regex, value),
        (None, None) => Err(format!("`{node}` is not understood")),
    }
}

/// Claims of the token, which another filter has read.
fn metadata(node: &Value, request: &Request) -> Held {
    if text(node, "filter")? != "envoy.filters.http.jwt_authn" {
        return Ok(false);
    }
    let keys = items(node.get("path")).iter().skip(1);
    let path: Vec<String> = keys.map(|p| text(p, "key").map(str::to_owned)).collect::<Result<_, _>>()?;
    let Token::Valid(claims) = &request.token else { return Ok(false) };
    let value = node.get("value").ok_or("a value is missing")?;
    let all = claims.get(&path).into_iter().flatten();
    all.into_iter().try_fold(false, |found, claim| Ok(found | claim_matches(value, claim)?))
}

/// A claim of one value is taken as that value, so what is asked of a list is not looked at.
fn claim_matches(node: &Value, claim: &str) -> Held {
    match entry(node)? {
        ("stringMatch", value) => string(value, claim),
        ("orMatch", value) => {
            let all = items(value.get("valueMatchers")).iter();
            all.into_iter().try_fold(false, |found, n| Ok(found | claim_matches(n, claim)?))
        }
        ("listMatch", _) => Ok(false),
        (other, _) => Err(format!("`{other}` is not understood")),
    }
}

/// A matcher of text.
fn string(node: &Value, value: &str) -> Held {
    let folds = node.get("ignoreCase").and_then(Value::as_bool).unwrap_or(false);
    let case = |t: &str| if folds { t.to_lowercase() } else { t.to_owned() };
    let value = case(value);
    let object = node.as_object().ok_or("a matcher of text is missing")?;
    let mut entries = object.iter().filter(|(k, _)| *k != "ignoreCase");
    let (key, of) = entries.next().ok_or("a matcher of text is empty")?;
    let given = || of.as_str().map(case).ok_or("a matcher of text has none");
    match key.as_str() {
        "exact" => Ok(value == given()?),
        "prefix" => Ok(value.starts_with(&given()?)),
        "suffix" => Ok(value.ends_with(&given()?)),
        "safeRegex" => regular(text(of, "regex")?, &value),
        other => Err(format!("`{other}` is not understood")),
    }
}
