//! One file for each rule: what is told of it, and what finds it.

mod mg001_namespace_labels;
mod mg002_label_is_not_mesh;
mod mg003_mesh_cut_off;
mod mg004_revision_missed;
mod mg005_two_injection_labels;
mod mg006_no_dns;
mod mg007_no_istiod;
mod mg008_strict_and_plain_clients;
mod mg009_http_fields_on_tcp;
mod mg010_identity_without_mtls;
mod mg011_selects_nothing;
mod mg012_peers_match_nobody;
mod mg013_no_policy;
mod mg014_policy_types;
mod mg015_two_peer_authentications;
mod mg016_dgraph_whitelist;
mod mg017_whitelist_void;
mod mg018_shared_account;
mod mg019_no_version;
mod mg020_grpc_port;
mod mg021_no_hbone;
mod mg022_dead_registry;
mod mg025_detected_port;
mod mg026_pod_security;
mod mg027_endless_job;
mod mg028_service_port;
mod mg029_probe_refused;
mod mg030_not_understood;
mod mg032_registry_only;
mod mg033_gateway_secret;
mod mg034_unlisted_port;
mod mg035_way_around;
mod mg036_mtls_off;
mod mg037_excluded_port;
mod mg038_never_matches;
mod mg039_unknown_provider;
mod mg040_lost_address;
mod mg041_host_network;
mod mg042_breaks_mtls;
mod mg043_webhook_cut_off;

use crate::{Find, Rule};

pub use mg016_dgraph_whitelist::RULE as DGRAPH_WHITELIST;

/// The rules whose findings stand whatever other objects there are. What others find may be mended, or be wrong, by an
/// object that could not be read at all.
pub(crate) const ALONE: [&str; 9] =
    ["MG001", "MG005", "MG014", "MG015", "MG022", "MG030", "MG038", "MG040", "MG041"];

/// All rules about manifests, in the order of their codes.
pub const RULES: &[(Rule, Find)] = &[
    (mg001_namespace_labels::RULE, mg001_namespace_labels::find),
    (mg002_label_is_not_mesh::RULE, mg002_label_is_not_mesh::find),
    (mg003_mesh_cut_off::RULE, mg003_mesh_cut_off::find),
    (mg004_revision_missed::RULE, mg004_revision_missed::find),
    (mg005_two_injection_labels::RULE, mg005_two_injection_labels::find),
    (mg006_no_dns::RULE, mg006_no_dns::find),
    (mg007_no_istiod::RULE, mg007_no_istiod::find),
    (mg008_strict_and_plain_clients::RULE, mg008_strict_and_plain_clients::find),
    (mg009_http_fields_on_tcp::RULE, mg009_http_fields_on_tcp::find),
    (mg010_identity_without_mtls::RULE, mg010_identity_without_mtls::find),
    (mg011_selects_nothing::RULE, mg011_selects_nothing::find),
    (mg012_peers_match_nobody::RULE, mg012_peers_match_nobody::find),
    (mg013_no_policy::RULE, mg013_no_policy::find),
    (mg014_policy_types::RULE, mg014_policy_types::find),
    (mg015_two_peer_authentications::RULE, mg015_two_peer_authentications::find),
    (mg016_dgraph_whitelist::RULE, mg016_dgraph_whitelist::find),
    (mg017_whitelist_void::RULE, mg017_whitelist_void::find),
    (mg018_shared_account::RULE, mg018_shared_account::find),
    (mg019_no_version::RULE, mg019_no_version::find),
    (mg020_grpc_port::RULE, mg020_grpc_port::find),
    (mg021_no_hbone::RULE, mg021_no_hbone::find),
    (mg022_dead_registry::RULE, mg022_dead_registry::find),
    (mg025_detected_port::RULE, mg025_detected_port::find),
    (mg026_pod_security::RULE, mg026_pod_security::find),
    (mg027_endless_job::RULE, mg027_endless_job::find),
    (mg028_service_port::RULE, mg028_service_port::find),
    (mg029_probe_refused::RULE, mg029_probe_refused::find),
    (mg030_not_understood::RULE, mg030_not_understood::find),
    (mg032_registry_only::RULE, mg032_registry_only::find),
    (mg033_gateway_secret::RULE, mg033_gateway_secret::find),
    (mg034_unlisted_port::RULE, mg034_unlisted_port::find),
    (mg035_way_around::RULE, mg035_way_around::find),
    (mg036_mtls_off::RULE, mg036_mtls_off::find),
    (mg037_excluded_port::RULE, mg037_excluded_port::find),
    (mg038_never_matches::RULE, mg038_never_matches::find),
    (mg039_unknown_provider::RULE, mg039_unknown_provider::find),
    (mg040_lost_address::RULE, mg040_lost_address::find),
    (mg041_host_network::RULE, mg041_host_network::find),
    (mg042_breaks_mtls::RULE, mg042_breaks_mtls::find),
    (mg043_webhook_cut_off::RULE, mg043_webhook_cut_off::find),
];
