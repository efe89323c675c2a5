//! Istio's `security.istio.io/v1` and `networking.istio.io/v1`, as far as meshgen writes them.
//!
//! Source: `istio/api` release-1.31, `security/v1` and `networking/v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::custom::custom_object;

/// Which pods of the namespace an object binds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadSelector {
    /// Labels of the pod, all of which must match.
    pub match_labels: BTreeMap<String, String>,
}

custom_object!(
    /// Which connections a sidecar accepts: mTLS, plain text or both.
    PeerAuthentication: PeerAuthenticationSpec, "security.istio.io", "v1", "PeerAuthentication", "peerauthentications"
);

/// What a [`PeerAuthentication`] asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PeerAuthenticationSpec {
    /// The pods; absent is all of the namespace, and of the mesh in Istio's root namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<WorkloadSelector>,
    /// The mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtls: Option<MutualTls>,
}

/// A mode of mTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MutualTls {
    /// The mode.
    pub mode: MtlsMode,
}

/// What a sidecar accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MtlsMode {
    /// Plain text only.
    Disable,
    /// Both.
    Permissive,
    /// mTLS only.
    Strict,
}

custom_object!(
    /// Who may call the workloads that it selects.
    AuthorizationPolicy: AuthorizationPolicySpec, "security.istio.io", "v1", "AuthorizationPolicy", "authorizationpolicies"
);

/// What an [`AuthorizationPolicy`] asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizationPolicySpec {
    /// The pods; absent is all of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<WorkloadSelector>,
    /// What happens to a request that matches; `ALLOW` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Any of them must match. None, with `ALLOW`, admits nobody: so none is written as `{}`, not left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<AuthorizationRule>,
}

/// What happens to a request that an [`AuthorizationPolicy`] matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// It is admitted; whatever no such policy matches is refused.
    Allow,
    /// It is refused, whatever else admits it.
    Deny,
}

/// One rule: any of `from`, and any of `to`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizationRule {
    /// Who calls; empty is everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<From>,
    /// What is called; empty is everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<To>,
}

/// The `source` of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// The source.
    pub source: AuthorizationSource,
}

/// Who calls: all of the fields, any value of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizationSource {
    /// `<trust domain>/ns/<namespace>/sa/<service account>`, from the certificate of the caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Namespaces, from the certificate of the caller.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Addresses of the packet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ip_blocks: Vec<String>,
}

/// The `operation` of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// The operation.
    pub operation: Operation,
}

/// What is called: all of the fields, any value of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Ports of the pod, not of the Service, as text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// HTTP methods. A rule with any never admits raw TCP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// HTTP paths, exact or with `*` at one end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

custom_object!(
    /// A service that the mesh does not know of by itself.
    ServiceEntry: ServiceEntrySpec, "networking.istio.io", "v1", "ServiceEntry", "serviceentries"
);

/// What a [`ServiceEntry`] declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceEntrySpec {
    /// Host names.
    pub hosts: Vec<String>,
    /// Namespaces that see it; `.` is its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub export_to: Vec<String>,
    /// `MESH_EXTERNAL` or `MESH_INTERNAL`.
    pub location: String,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// `DNS`, `STATIC` or `NONE`.
    pub resolution: String,
}

/// A port of a [`ServiceEntry`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// The number.
    pub number: u16,
    /// A name, unique in the entry.
    pub name: String,
    /// `HTTP`, `HTTPS`, `GRPC`, `HTTP2`, `TCP` or `TLS`.
    pub protocol: String,
}
