//! What must be true of the result, and which findings are accepted.

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    Cidr, Date, FindingCode, HttpMethod, Namespaces, Path, PortRef, Reason, WorkloadName, Workloads,
};

/// A group of claims.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// What it shows, in one line, for people who run it.
    #[serde(default)]
    pub title: Option<At<Reason>>,
    /// Kinds that are taken for absent: what holds without them?
    #[serde(default)]
    pub without: Vec<LayerKind>,
    /// The claims.
    pub claims: Vec<At<Claim>>,
}

/// A kind of object that decides who reaches whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the words of Kubernetes and Istio")]
pub enum LayerKind {
    NetworkPolicy,
    AuthorizationPolicy,
    PeerAuthentication,
}

/// A claim. Either what a client sees (`from…` and `is`), or a closed world (`onlyFrom`, `onlyVia`).
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// Clients: workloads.
    #[serde(default)]
    pub from: Option<Vec<At<Workloads>>>,
    /// Clients: any pod of namespaces.
    #[serde(default)]
    pub from_namespaces: Option<At<Namespaces>>,
    /// Clients: addresses outside of the cluster.
    #[serde(default)]
    pub from_cidrs: Option<Vec<Cidr>>,
    /// The gateway through which they come, `namespace/name`.
    #[serde(default)]
    pub via: Option<WorkloadName>,
    /// The server.
    pub to: At<Workloads>,
    /// Ports of the server. Left out: all that it has.
    #[serde(default)]
    pub ports: Vec<At<PortRef>>,
    /// The HTTP method of the request.
    #[serde(default)]
    pub method: Option<HttpMethod>,
    /// The HTTP path of the request.
    #[serde(default)]
    pub path: Option<Path>,
    /// What the client sees.
    #[serde(default)]
    pub is: Option<Outcome>,
    /// Nobody else reaches the server.
    #[serde(default)]
    pub only_from: Option<Vec<At<Workloads>>>,
    /// From outside nobody reaches the server but through this gateway, `namespace/name`.
    #[serde(default)]
    pub only_via: Option<WorkloadName>,
}

/// What a client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// An answer.
    Open,
    /// Nothing: the packet was dropped.
    Timeout,
    /// A reset: the server insists on mTLS.
    Reset,
    /// The connection is closed without an answer: refused by authorization, on a TCP port.
    Closed,
    /// 403: refused by authorization, on an HTTP port.
    Forbidden,
    /// 503 from the client's own sidecar.
    Unavailable,
}

/// A finding that is known and accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Acceptance {
    /// Its code.
    pub finding: At<FindingCode>,
    /// Where it is: `policies/shop/cart`, `external/stripe`, …
    pub at: At<String>,
    /// Why.
    pub because: Reason,
    /// The last day on which it is accepted.
    #[serde(default)]
    pub until: Option<Date>,
}
