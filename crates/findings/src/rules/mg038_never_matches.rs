//! MG038: values of an AuthorizationPolicy that do not mean what they look like.

use meshgen_mesh::{Action, Attribute, AuthorizationPolicy, Condition, Rule as PolicyRule};

use crate::{Hit, Rule, Seen, Severity, pods::is_enforced};

pub(super) const RULE: Rule = Rule {
    code: "MG038",
    slug: "never-matches",
    title: "a value of an AuthorizationPolicy does not match what it looks like",
    severity: Severity::Warning,
    why: "Values are compared as text. A `*` counts only at one end of a value, so `/a/**` is the path `/a/*`, star and all; \
          `/a` is not `/a/`; a host is compared with the `Host` header as it was sent, port included; a principal has no \
          `spiffe://` before it; a method is in capitals; and a service account without a namespace is one of the policy's \
          own namespace. In an ALLOW rule such a value admits nobody, in a DENY rule it lets through what it was to refuse. And \
          `0.0.0.0/0` among addresses that are let in is everybody.",
    way_out: "`/a/*` and `/a` for a path with all below it, `/a/{*}/b` for any one segment between, `host` and `host:*` for a host, \
              `cluster.local/ns/x/sa/y` for a principal, `x/y` for a service account.",
    sources: &[
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
        "https://istio.io/latest/docs/ops/best-practices/security/#understand-path-normalization-in-authorization-policy",
        "https://istio.io/latest/docs/ops/best-practices/security/#writing-host-match-policies",
    ],
};

/// What is wrong with a value, and what would be right.
type Wrong = (String, String);

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let policies = seen.mesh().policies.iter().filter(|p| is_enforced(p) && p.broken.is_none());
    policies.flat_map(|policy| in_policy(seen, policy)).collect()
}

fn in_policy(seen: &Seen<'_>, policy: &AuthorizationPolicy) -> Vec<Hit> {
    let Some(document) = seen.document(policy.meta.place) else { return Vec::new() };
    // What a provider is asked about is stopped as well: what is near to it nobody asks about.
    let stops = matches!(policy.action, Action::Deny | Action::Custom);
    let mut hits: Vec<Hit> = Vec::new();
    for rule in &policy.rules {
        for condition in conditions(rule) {
            let values = condition.values.iter().map(|v| (v, &condition.values, stops));
            let others = condition
                .not_values
                .iter()
                .map(|v| (v, &condition.not_values, policy.action == Action::Allow));
            for (value, beside, refuses) in values.chain(others) {
                let wrong = wrong(seen, policy, condition, value)
                    .or_else(|| everybody(condition, value).filter(|_| !refuses))
                    .or_else(|| too_narrow(condition, value, beside, refuses));
                let hit = wrong.map(|(said, way_out)| Hit::about(document, said, way_out).at(rule.place));
                hits.extend(hit.filter(|hit| !hits.contains(hit)).into_iter().collect::<Vec<_>>());
            }
        }
    }
    hits
}

fn conditions(rule: &PolicyRule) -> impl Iterator<Item = &Condition> {
    rule.from.iter().chain(&rule.to).flatten().chain(&rule.when)
}

/// Values that never match what they look like, wherever they stand.
fn wrong(seen: &Seen<'_>, policy: &AuthorizationPolicy, condition: &Condition, value: &str) -> Option<Wrong> {
    match &condition.attribute {
        Attribute::Path if has_inner_star(value) => {
            let said = format!(
                "the path `{value}` has a `*` that is taken literally, so it matches nothing that is meant"
            );
            Some((said, meant(value)))
        }
        Attribute::Principal if value.starts_with("spiffe://") => {
            let bare = value.trim_start_matches("spiffe://");
            Some((
                format!("the principal `{value}` never matches: principals have no scheme"),
                format!("write `{bare}`"),
            ))
        }
        Attribute::Principal if value.starts_with("ns/") => {
            let said = format!("the principal `{value}` never matches: it names no trust domain");
            Some((said, format!("write `{}/{value}`", seen.mesh().settings.trust_domain)))
        }
        Attribute::ServiceAccount
            if !value.contains('/') && policy.meta.namespace == seen.mesh().settings.root_namespace =>
        {
            let root = &policy.meta.namespace;
            let said = format!(
                "the service account `{value}` is taken for one of `{root}`, because it names no namespace"
            );
            Some((said, format!("write `namespace/{value}`")))
        }
        Attribute::Method if value.chars().any(|c| c.is_ascii_lowercase()) => {
            let said = format!("the method `{value}` never matches: methods are in capitals");
            Some((said, format!("write `{}`", value.to_ascii_uppercase())))
        }
        Attribute::Path
        | Attribute::Principal
        | Attribute::ServiceAccount
        | Attribute::Method
        | Attribute::Namespace
        | Attribute::TrustDomain
        | Attribute::Ip
        | Attribute::RemoteIp
        | Attribute::RequestPrincipal
        | Attribute::Host
        | Attribute::Port
        | Attribute::DestinationIp
        | Attribute::Sni
        | Attribute::Header(_)
        | Attribute::Claim(_)
        | Attribute::Other(_) => None,
    }
}

/// A star that is neither at an end nor part of a template (S28).
fn has_inner_star(path: &str) -> bool {
    let bare = path.replace("{**}", "").replace("{*}", "");
    if bare != path {
        return bare.contains('*');
    }
    let inner = path.strip_prefix('*').or_else(|| path.strip_suffix('*')).unwrap_or(path);
    inner.contains('*')
}

/// Blocks that hold every address.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// A block that tells nobody apart. Beside others that are left out of it, it says something.
fn everybody(condition: &Condition, value: &str) -> Option<Wrong> {
    let by_address = matches!(condition.attribute, Attribute::Ip | Attribute::RemoteIp);
    let alone = condition.values.is_empty() || condition.not_values.is_empty();
    (by_address && alone && EVERYBODY.contains(&value)).then(|| {
        let said = format!("the block `{value}` holds every address, so it tells nobody apart");
        (said, "name the addresses that are meant, or leave it out".to_owned())
    })
}

/// How to write what a path with such a star means, and no more than that: a prefix, or a template, in which `{*}` is one
/// segment and `{**}` all that are left (S28).
fn meant(path: &str) -> String {
    if let Some(start) = path.strip_suffix("/**").filter(|start| !start.contains('*')) {
        return format!("write `{start}/*`, and `{start}` too if that is meant");
    }
    let last = path.split('/').count().saturating_sub(1);
    let segment = |(number, segment): (usize, &str)| match segment {
        "*" | "**" | "{**}" if number == last => Some("{**}".to_owned()),
        "*" => Some("{*}".to_owned()),
        plain if !plain.contains('*') || plain == "{*}" => Some(plain.to_owned()),
        _ => None,
    };
    let segments: Option<Vec<String>> = path.split('/').enumerate().map(segment).collect();
    match segments {
        Some(segments) if path.starts_with('/') => format!("write `{}`", segments.join("/")),
        _ => "name the paths one by one: a template has `{*}` for a whole segment, and `{**}` at its end"
            .to_owned(),
    }
}

/// Values that refuse less than they look like: what is near to them gets through.
fn too_narrow(condition: &Condition, value: &str, beside: &[String], refuses: bool) -> Option<Wrong> {
    if !refuses || value.contains('*') {
        return None;
    }
    let near = |other: &str| {
        beside.iter().any(|v| v == other || v.strip_suffix('*').is_some_and(|s| other.starts_with(s)))
    };
    if condition.attribute == Attribute::Host
        && !value.contains(':')
        && !near(&format!("{value}:80"))
        && !near(&format!("{value}:*"))
    {
        let said = format!(
            "the host `{value}` is not `{value}:80`: a request with the port in its `Host` header gets through"
        );
        return Some((said, format!("name `{value}:*` too")));
    }
    let slash = format!("{value}/");
    let below = |v: &String| v.starts_with(&slash) || v == "*";
    if condition.attribute == Attribute::Path
        && value.len() > 1
        && !value.ends_with('/')
        && !near(&slash)
        && !beside.iter().any(below)
    {
        let said =
            format!("the path `{value}` is not `{slash}`, nor what is below it: such requests get through");
        return Some((said, format!("name `{slash}*` too")));
    }
    None
}
