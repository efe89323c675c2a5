//! What is called outside of the cluster.

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Cidr, Host, Workloads};

/// A service outside of the cluster, and who may call it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct External {
    /// Its host names; `*.example.com` is every name below.
    pub hosts: Vec<At<Host>>,
    /// Its ports. 443 is taken for TLS, 80 for HTTP, any other for TCP.
    pub ports: Vec<At<u16>>,
    /// Its addresses, where they are known. `NetworkPolicy` has no host names: without them all addresses
    /// outside of private ranges are permitted on these ports.
    #[serde(default)]
    pub cidrs: Vec<At<Cidr>>,
    /// Who may call it.
    pub allow: Vec<ExternalAllow>,
}

/// Who may call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalAllow {
    /// Workloads, `namespace/name`, or all of a namespace, `namespace/*`.
    pub from: Vec<At<Workloads>>,
}
