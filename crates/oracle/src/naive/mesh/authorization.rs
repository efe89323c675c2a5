//! What policies decide (I1 to I6, S23 to S27).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::{
        labels::selects,
        model::{items, name, namespace, number, string},
    },
    asked::{Decision, Sight, Token},
    conditions::{Look, any, every, is_http},
    model::{Mesh, Pod},
    scopes::host_of,
};

/// What a provider of the action CUSTOM does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Provider {
    Missing,
    /// It is asked, about TCP too or not; or its Service leads nowhere.
    Asked {
        tcp: bool,
    },
    Dead {
        tcp: bool,
    },
    NotKnown,
}

impl Mesh {
    /// What the policies that bind a pod make of what its sidecar sees: CUSTOM and DENY first, then ALLOW.
    pub(super) fn decision(&self, pod: &Pod, sight: &Sight) -> Decision {
        if sight.tokens && sight.request.as_ref().is_some_and(|r| r.token == Token::Invalid) {
            return Decision::Denied;
        }
        let bound: Vec<&Value> =
            self.of("security.istio.io", "AuthorizationPolicy").filter(|p| self.binds(p, pod)).collect();
        let enforced = |action: &str| {
            let is = |p: &&&Value| action_of(p) == action && !is_dry(p);
            bound.iter().filter(is).copied().collect::<Vec<&Value>>()
        };
        let custom: Vec<&Value> = bound.iter().filter(|p| action_of(p) == "CUSTOM").copied().collect();
        let asked = self.asked(&custom, sight);
        let denied = any(enforced("DENY").into_iter().map(|p| self.policy(p, sight)));
        let allow = enforced("ALLOW");
        let none = allow.is_empty();
        let allowed = if none { Some(true) } else { any(allow.into_iter().map(|p| self.policy(p, sight))) };
        if asked == Decision::Denied || denied == Some(true) || allowed == Some(false) {
            Decision::Denied
        } else if asked == Decision::Unknown || denied.is_none() || allowed.is_none() {
            Decision::Unknown
        } else {
            Decision::Allowed
        }
    }

    /// Whether a policy binds a pod: in its namespace or the root one, by its labels; with targets, gateways only.
    pub(super) fn binds(&self, policy: &Value, pod: &Pod) -> bool {
        let near = namespace(policy) == pod.namespace || namespace(policy) == self.root();
        let one = policy.pointer("/spec/targetRef").into_iter();
        let targets: Vec<&Value> = one.chain(items(policy.pointer("/spec/targetRefs"))).collect();
        let selected = policy.pointer("/spec/selector").is_none_or(|s| selects(s, &pod.labels));
        let gateway = pod.labels.get("gateway.networking.k8s.io/gateway-name");
        let target = |t: &&Value| {
            string(t.get("kind")) == "Gateway"
                && gateway.is_some_and(|g| *g == string(t.get("name")))
                && namespace(policy) == pod.namespace
        };
        near && if targets.is_empty() { selected } else { targets.iter().any(target) }
    }

    /// Whether a rule of a policy matches.
    fn policy(&self, policy: &Value, sight: &Sight) -> Option<bool> {
        let space = namespace(policy);
        let look = Look { mesh: self, space: &space, sight };
        let allows = action_of(policy) == "ALLOW";
        any(items(policy.pointer("/spec/rules")).iter().map(|rule| matches(rule, allows, look)))
    }

    /// What becomes of what CUSTOM policies match (S26).
    fn asked(&self, policies: &[&Value], sight: &Sight) -> Decision {
        let names: BTreeSet<String> =
            policies.iter().map(|p| string(p.pointer("/spec/provider/name"))).collect();
        let over_tcp = sight.request.is_none();
        let mut worst = Decision::Allowed;
        for policy in policies {
            let matched = self.policy(policy, sight);
            let provider = self.provider(&string(policy.pointer("/spec/provider/name")));
            let becomes = match (matched, provider) {
                (Some(false), _) => Decision::Allowed,
                // More than one provider for a pod is refused, and so is one that is not there.
                (Some(true), _) if names.len() > 1 => Decision::Denied,
                (Some(true), Provider::Missing) => Decision::Denied,
                (_, Provider::Asked { tcp: false } | Provider::Dead { tcp: false }) if over_tcp => {
                    Decision::Allowed
                }
                _ if is_dry(policy) => Decision::Unknown,
                (Some(true), Provider::Dead { .. }) => Decision::Denied,
                _ => Decision::Unknown,
            };
            if becomes == Decision::Denied {
                return becomes;
            }
            if becomes == Decision::Unknown {
                worst = becomes;
            }
        }
        worst
    }

    fn provider(&self, wanted: &str) -> Provider {
        let all = items(self.setting("/meshConfig/extensionProviders"));
        let Some(found) = all.iter().find(|p| string(p.get("name")) == wanted) else {
            return if self.is_told() { Provider::Missing } else { Provider::NotKnown };
        };
        let (of, tcp) = match (found.get("envoyExtAuthzGrpc"), found.get("envoyExtAuthzHttp")) {
            (Some(grpc), _) => (grpc, true),
            (None, Some(http)) => (http, false),
            (None, None) => return Provider::Missing,
        };
        let host = string(of.get("service"));
        let host = host.split('/').next_back().unwrap_or_default();
        let service = self.of("", "Service").find(|s| host_of(s) == host);
        let opens = of.get("failOpen").and_then(Value::as_bool) == Some(true);
        let port = number(of.get("port"));
        let leads = service.is_none_or(|s| {
            let title = format!("{}/{}", namespace(s), name(s));
            let empty = s.pointer("/spec/selector").is_none();
            empty || self.doors().iter().any(|(t, p, led)| *t == title && Some(*p) == port && !led.is_empty())
        });
        if leads || opens { Provider::Asked { tcp } } else { Provider::Dead { tcp } }
    }
}

pub(super) fn action_of(policy: &Value) -> String {
    let said = string(policy.pointer("/spec/action"));
    if said.is_empty() { "ALLOW".to_owned() } else { said }
}

/// `istio.io/dry-run`, as Go reads a truth.
pub(super) fn is_dry(policy: &Value) -> bool {
    let said = string(policy.pointer("/metadata/annotations/istio.io~1dry-run"));
    ["1", "t", "T", "TRUE", "true", "True"].contains(&said.as_str())
}

/// A field of a part of a rule: its name, its values, and whether they are excluded.
pub(super) type Field<'a> = (String, &'a Value, bool);

/// The fields of a part of a rule.
fn fields(of: Option<&Value>) -> Vec<Field<'_>> {
    let all = of.and_then(Value::as_object).into_iter().flatten();
    let all = all.filter(|(_, values)| !items(Some(values)).is_empty());
    all.map(|(key, values)| match key.strip_prefix("not") {
        Some(rest) => {
            let (first, others) = rest.split_at(1.min(rest.len()));
            (format!("{}{others}", first.to_lowercase()), values, true)
        }
        None => (key.clone(), values, false),
    })
    .collect()
}

/// The sources, the operations and the conditions of a rule, each with its fields.
pub(super) fn parts(rule: &Value) -> [Vec<Vec<Field<'_>>>; 3] {
    let part =
        |list: &str, inner: &str| items(rule.get(list)).iter().map(|one| fields(one.get(inner))).collect();
    let when = items(rule.get("when")).iter().map(named).collect();
    [part("from", "source"), part("to", "operation"), when]
}

fn named(condition: &Value) -> Vec<Field<'_>> {
    let of = |key: &str, no: bool| condition.get(key).map(|v| (string(condition.get("key")), v, no));
    let both = [of("values", false), of("notValues", true)].into_iter().flatten();
    both.filter(|(_, values, _)| !items(Some(values)).is_empty()).collect()
}

/// One of `from`, one of `to`, all of `when`. Over TCP an ALLOW rule that knows HTTP never matches; of others what knows
/// HTTP is left out (I5, S24).
fn matches(rule: &Value, allows: bool, look: Look<'_>) -> Option<bool> {
    let over_tcp = look.sight.request.is_none();
    let [from, to, when] = parts(rule);
    let when: Vec<Field<'_>> = when.into_iter().flatten().collect();
    let knows_http = from.iter().chain(&to).flatten().chain(&when).any(|(name, ..)| is_http(name));
    if over_tcp && allows && knows_http {
        return Some(false);
    }
    let holds = |(name, values, no): &Field<'_>| {
        if over_tcp && is_http(name) {
            return Some(true);
        }
        look.one_of(name, values).map(|yes| yes != *no)
    };
    let one = |all: &[Vec<Field<'_>>]| {
        let each = || any(all.iter().map(|fields| every(fields.iter().map(holds))));
        if all.is_empty() { Some(true) } else { each() }
    };
    every([one(&from), one(&to), every(when.iter().map(holds))].into_iter())
}
