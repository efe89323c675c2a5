//! One file for each rule: what is told of it, and what finds it.

mod mg001_namespace_labels;
mod mg017_whitelist_void;
mod mg018_shared_account;
mod mg019_no_version;
mod mg020_grpc_port;
mod mg021_no_hbone;
mod mg022_dead_registry;

use crate::{Find, Rule};

/// All rules about manifests, in the order of their codes.
pub const RULES: &[(Rule, Find)] = &[
    (mg001_namespace_labels::RULE, mg001_namespace_labels::find),
    (mg017_whitelist_void::RULE, mg017_whitelist_void::find),
    (mg018_shared_account::RULE, mg018_shared_account::find),
    (mg019_no_version::RULE, mg019_no_version::find),
    (mg020_grpc_port::RULE, mg020_grpc_port::find),
    (mg021_no_hbone::RULE, mg021_no_hbone::find),
    (mg022_dead_registry::RULE, mg022_dead_registry::find),
];
