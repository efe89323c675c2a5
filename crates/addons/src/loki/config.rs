//! The configuration of Loki as one process with its files on one volume.
//!
//! Source: <https://grafana.com/docs/loki/latest/configure/>.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct File {
    auth_enabled: bool,
    server: Server,
    common: Common,
    memberlist: Memberlist,
    schema_config: Schema,
    limits_config: Limits,
    runtime_config: Runtime,
    ruler: Ruler,
    analytics: Analytics,
}

#[derive(Serialize)]
struct Server {
    http_listen_port: u16,
    grpc_listen_port: u16,
}

#[derive(Serialize)]
struct Common {
    compactor_address: &'static str,
    path_prefix: &'static str,
    replication_factor: u8,
    storage: Storage,
}

#[derive(Serialize)]
struct Storage {
    filesystem: Filesystem,
}

#[derive(Serialize)]
struct Filesystem {
    chunks_directory: &'static str,
    rules_directory: &'static str,
}

#[derive(Serialize)]
struct Memberlist {
    join_members: [&'static str; 1],
}

#[derive(Serialize)]
struct Schema {
    configs: [Period; 1],
}

#[derive(Serialize)]
struct Period {
    from: &'static str,
    store: &'static str,
    object_store: &'static str,
    schema: &'static str,
    index: Index,
}

#[derive(Serialize)]
struct Index {
    prefix: &'static str,
    period: &'static str,
}

#[derive(Serialize)]
struct Limits {
    reject_old_samples: bool,
    reject_old_samples_max_age: &'static str,
    max_cache_freshness_per_query: &'static str,
    volume_enabled: bool,
}

#[derive(Serialize)]
struct Runtime {
    file: &'static str,
}

#[derive(Serialize)]
struct Ruler {
    storage: RulerStorage,
    rule_path: &'static str,
}

#[derive(Serialize)]
struct RulerStorage {
    #[serde(rename = "type")]
    kind: &'static str,
    local: Local,
}

#[derive(Serialize)]
struct Local {
    directory: &'static str,
}

#[derive(Serialize)]
struct Analytics {
    reporting_enabled: bool,
}

/// What can be changed while Loki runs: nothing is.
#[derive(Serialize)]
pub(super) struct RuntimeConfig {}

pub(super) fn config() -> File {
    File {
        auth_enabled: false,
        server: Server { http_listen_port: 3100, grpc_listen_port: 9095 },
        common: Common {
            compactor_address: "http://loki:3100",
            path_prefix: "/var/loki",
            replication_factor: 1,
            storage: Storage {
                filesystem: Filesystem {
                    chunks_directory: "/var/loki/chunks",
                    rules_directory: "/var/loki/rules",
                },
            },
        },
        memberlist: Memberlist { join_members: ["loki-memberlist"] },
        // The date is older than any log: one schema for all of them.
        schema_config: Schema {
            configs: [Period {
                from: "2024-04-01",
                store: "tsdb",
                object_store: "filesystem",
                schema: "v13",
                index: Index { prefix: "index_", period: "24h" },
            }],
        },
        limits_config: Limits {
            reject_old_samples: true,
            reject_old_samples_max_age: "168h",
            max_cache_freshness_per_query: "10m",
            volume_enabled: true,
        },
        runtime_config: Runtime { file: "/etc/loki/runtime-config/runtime-config.yaml" },
        ruler: Ruler {
            storage: RulerStorage { kind: "local", local: Local { directory: "/rules" } },
            rule_path: "/var/loki/rules-temp",
        },
        analytics: Analytics { reporting_enabled: false },
    }
}
