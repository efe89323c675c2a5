//! Three switches: mTLS, default deny, and what enforces the policies.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{LabelKey, LabelValue, Name};

/// What holds. Each switch can be said again for a namespace or a workload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Security {
    /// What a sidecar accepts. Left out: nothing is rendered, and Istio's default is PERMISSIVE.
    #[serde(default)]
    pub mtls: Option<Mtls>,
    /// Directions in which everything is refused that nothing permits. Left out: none.
    #[serde(default)]
    pub deny: Option<Vec<Direction>>,
    /// What becomes of `policies`: left out, `[NetworkPolicy]`.
    #[serde(default)]
    pub enforce: Option<At<Vec<Enforce>>>,
    /// Who scrapes metrics, for the exception of default deny.
    #[serde(default)]
    pub scrape: Option<Scrape>,
}

/// A mode of mutual TLS, in Istio's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mtls {
    /// mTLS only.
    Strict,
    /// mTLS and plain text.
    Permissive,
    /// Plain text only.
    Disable,
}

/// A direction of traffic, seen from the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

/// A kind of object that enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Enforce {
    /// Kubernetes `NetworkPolicy`: addresses and ports.
    NetworkPolicy,
    /// Calico's `NetworkPolicy` instead of the one of Kubernetes.
    CalicoNetworkPolicy,
    /// Istio `AuthorizationPolicy`: identities, methods and paths.
    AuthorizationPolicy,
}

/// Who scrapes metrics.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scrape {
    /// Its namespace.
    pub namespace: Name,
    /// Labels of its pods.
    pub labels: BTreeMap<LabelKey, LabelValue>,
}

impl Security {
    /// Takes over what a nearer scope says.
    pub(crate) fn override_with(&mut self, nearer: Option<&Security>) {
        let Some(nearer) = nearer else { return };
        self.mtls = nearer.mtls.or(self.mtls);
        self.deny = nearer.deny.clone().or_else(|| self.deny.take());
        self.enforce = nearer.enforce.clone().or_else(|| self.enforce.take());
        self.scrape = nearer.scrape.clone().or_else(|| self.scrape.take());
    }

    /// Whether everything is refused in a direction that nothing permits.
    pub fn denies(&self, direction: Direction) -> bool {
        self.deny.as_ref().is_some_and(|d| d.contains(&direction))
    }

    /// Whether policies become objects of a kind.
    pub fn enforces(&self, kind: Enforce) -> bool {
        match &self.enforce {
            Some(kinds) => kinds.contains(&kind),
            None => kind == Enforce::NetworkPolicy,
        }
    }

    /// Whether policies become network policies of either API.
    pub fn enforces_network_policy(&self) -> bool {
        self.enforces(Enforce::NetworkPolicy) || self.enforces(Enforce::CalicoNetworkPolicy)
    }
}
