//! Calico's `projectcalico.org/v3`, as far as meshgen writes it.
//!
//! Source: `projectcalico/calico` `api/pkg/apis/projectcalico/v3/networkpolicy.go`.

use serde::{Deserialize, Serialize};

use crate::custom::custom_object;

/// The API group.
pub const GROUP: &str = "projectcalico.org";

custom_object!(
    /// A policy for the pods of one namespace.
    NetworkPolicy: NetworkPolicySpec, "projectcalico.org", "v3", "NetworkPolicy", "networkpolicies"
);

/// What a [`NetworkPolicy`] asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkPolicySpec {
    /// The tier; `default` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Lower comes first; absent is last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<f64>,
    /// Which pods; empty is all of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Further narrows the pods, by their service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_selector: Option<String>,
    /// `Ingress`, `Egress` or both. When absent it depends on the rules, differently from Kubernetes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Rules for what comes in; the first that matches decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<Rule>,
    /// Rules for what goes out; the first that matches decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<Rule>,
}

/// One rule of a policy. All that is said must match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// `Allow`, `Deny`, `Pass` or `Log`.
    pub action: String,
    /// `TCP`, `UDP`, `SCTP`, …; ports need one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Who sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<EntityRule>,
    /// Who receives, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<EntityRule>,
}

/// One side of a [`Rule`]. All that is said must match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntityRule {
    /// Address blocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nets: Vec<String>,
    /// Address blocks that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_nets: Vec<String>,
    /// Pods, or network sets, by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// Their namespaces, by label; without it, with a selector: the policy's own namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<String>,
    /// Ports: numbers, `a:b` ranges or names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Port>,
}

/// A port of an [`EntityRule`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Port {
    /// One port.
    Number(u16),
    /// A range `a:b`, or the name of a port.
    Text(String),
}
