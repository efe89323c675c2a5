//! AuthorizationPolicy: what it says, as read (I1 to I6).

pub(crate) mod condition;
mod decide;
mod remains;
mod requests;
mod told;
mod ztunnel;

use meshgen_yaml::Place;

use crate::{Labels, Meta, Pod, Selector};

pub use condition::{Identity, Request, Seen, Token};
pub(crate) use decide::{Answer, View, decide};
pub use decide::{Decided, Effect};
pub use remains::{Clause, Remains, Term};
pub(crate) use requests::Kinds;

/// What a policy does with the requests that its rules match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// They pass, and others do not.
    Allow,
    /// They do not pass.
    Deny,
    /// They are recorded.
    Audit,
    /// A provider is asked.
    Custom,
}

/// An `AuthorizationPolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationPolicy {
    /// Its name, and so on.
    pub meta: Meta,
    /// What it does.
    pub action: Action,
    /// Whom it asks.
    pub provider: Option<String>,
    /// Whether it only records what it would do (`istio.io/dry-run`).
    pub dry_run: bool,
    /// Whom it binds.
    pub scope: Scope,
    /// Its rules; without any, it never matches (I2).
    pub rules: Vec<Rule>,
    /// What of it is not understood, so that what it says is not known.
    pub broken: Option<String>,
}

/// Whom a policy binds, in its namespace, or everywhere if that is the root namespace (I3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Pods by label.
    Selected(Selector),
    /// Gateways and waypoints, never sidecars.
    Targets(Vec<TargetRef>),
}

/// What a policy is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRef {
    /// Its kind: `Gateway`, `Service`, …
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A rule matches if one of `from`, one of `to`, and all of `when` hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Sources; the conditions of each are all to hold. None means any.
    pub from: Vec<Vec<Condition>>,
    /// Operations; the conditions of each are all to hold. None means any.
    pub to: Vec<Vec<Condition>>,
    /// Conditions that are all to hold.
    pub when: Vec<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// That an attribute has one of some values, and none of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The attribute.
    pub attribute: Attribute,
    /// One of these, if there are any.
    pub values: Vec<String>,
    /// None of these.
    pub not_values: Vec<String>,
}

/// What a condition is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// The identity in the client's certificate, without `spiffe://`.
    Principal,
    /// The namespace in it.
    Namespace,
    /// The service account in it, as `namespace/name`, or `name` for the policy's own namespace.
    ServiceAccount,
    /// The trust domain in it.
    TrustDomain,
    /// The address that sent the packets.
    Ip,
    /// The address of the client, by way of `X-Forwarded-For`.
    RemoteIp,
    /// The issuer and subject of the token.
    RequestPrincipal,
    /// The `Host` header.
    Host,
    /// The method.
    Method,
    /// The path, without the query.
    Path,
    /// The port of the pod.
    Port,
    /// The address of the pod.
    DestinationIp,
    /// The server name in TLS.
    Sni,
    /// A header.
    Header(String),
    /// A claim of the token, by its path.
    Claim(Vec<String>),
    /// What is not known here.
    Other(String),
}

impl Attribute {
    /// Whether only HTTP has it.
    pub fn is_http(&self) -> bool {
        match self {
            Attribute::RequestPrincipal
            | Attribute::Host
            | Attribute::Method
            | Attribute::Path
            | Attribute::Header(_)
            | Attribute::Claim(_) => true,
            Attribute::Principal
            | Attribute::Namespace
            | Attribute::ServiceAccount
            | Attribute::TrustDomain
            | Attribute::Ip
            | Attribute::RemoteIp
            | Attribute::Port
            | Attribute::DestinationIp
            | Attribute::Sni
            | Attribute::Other(_) => false,
        }
    }

    /// The attribute of a key of `when`.
    ///
    /// Source: `pilot/pkg/security/authz/model/model.go`.
    pub fn of_key(key: &str) -> Attribute {
        let inside =
            |prefix: &str| key.strip_prefix(prefix).filter(|k| k.starts_with('[') && k.ends_with(']'));
        let parts = |k: &str| k.split(['[', ']']).filter(|p| !p.is_empty()).map(str::to_owned).collect();
        if let Some(header) = inside("request.headers") {
            return Attribute::Header(header.trim_matches(['[', ']']).to_owned());
        }
        if let Some(claim) = inside("request.auth.claims") {
            return Attribute::Claim(parts(claim));
        }
        match key {
            "source.ip" => Attribute::Ip,
            "remote.ip" => Attribute::RemoteIp,
            "source.namespace" => Attribute::Namespace,
            "source.principal" => Attribute::Principal,
            "source.serviceAccount" => Attribute::ServiceAccount,
            "source.trustDomain" => Attribute::TrustDomain,
            "request.auth.principal" => Attribute::RequestPrincipal,
            "request.auth.audiences" => Attribute::Claim(vec!["aud".to_owned()]),
            "request.auth.presenter" => Attribute::Claim(vec!["azp".to_owned()]),
            "destination.ip" => Attribute::DestinationIp,
            "destination.port" => Attribute::Port,
            "connection.sni" => Attribute::Sni,
            other => Attribute::Other(other.to_owned()),
        }
    }

    /// What it is called.
    pub fn name(&self) -> String {
        match self {
            Attribute::Principal => "principal".to_owned(),
            Attribute::Namespace => "namespace".to_owned(),
            Attribute::ServiceAccount => "service account".to_owned(),
            Attribute::TrustDomain => "trust domain".to_owned(),
            Attribute::Ip => "address".to_owned(),
            Attribute::RemoteIp => "remote address".to_owned(),
            Attribute::RequestPrincipal => "token of".to_owned(),
            Attribute::Host => "host".to_owned(),
            Attribute::Method => "method".to_owned(),
            Attribute::Path => "path".to_owned(),
            Attribute::Port => "port".to_owned(),
            Attribute::DestinationIp => "destination address".to_owned(),
            Attribute::Sni => "server name".to_owned(),
            Attribute::Header(name) => format!("header {name}"),
            Attribute::Claim(path) => format!("claim {}", path.join(".")),
            Attribute::Other(key) => key.clone(),
        }
    }
}

impl AuthorizationPolicy {
    /// Whether it binds a pod with these labels (after injection: S27), of this kind of proxy.
    ///
    /// Source: `pilot/pkg/model/policyattachment.go`.
    pub fn binds(&self, root: &str, pod: &Pod, labels: &Labels) -> bool {
        let near = self.meta.namespace == pod.namespace || self.meta.namespace == root;
        near && match &self.scope {
            Scope::Selected(selector) => selector.selects(labels),
            Scope::Targets(targets) => targets.iter().any(|t| t.is(labels, &self.meta.namespace, pod)),
        }
    }
}

impl TargetRef {
    fn is(&self, labels: &Labels, namespace: &str, pod: &Pod) -> bool {
        let gateway = labels.get("gateway.networking.k8s.io/gateway-name");
        self.kind == "Gateway" && namespace == pod.namespace && gateway == Some(&self.name)
    }
}
