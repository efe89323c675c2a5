//! The configuration of Jaeger 2, which is a collector of OpenTelemetry.
//!
//! Source: <https://www.jaegertracing.io/docs/2.17/deployment/configuration/>.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Config {
    service: Service,
    extensions: Extensions,
    receivers: Receivers,
    processors: Processors,
    exporters: Exporters,
}

#[derive(Serialize)]
struct Service {
    extensions: [&'static str; 3],
    pipelines: Pipelines,
    telemetry: Telemetry,
}

#[derive(Serialize)]
struct Pipelines {
    traces: Pipeline,
}

#[derive(Serialize)]
struct Pipeline {
    receivers: [&'static str; 3],
    processors: [&'static str; 1],
    exporters: [&'static str; 1],
}

#[derive(Serialize)]
struct Telemetry {
    resource: BTreeMap<&'static str, &'static str>,
    metrics: Metrics,
}

#[derive(Serialize)]
struct Metrics {
    level: &'static str,
    readers: [Reader; 1],
}

#[derive(Serialize)]
struct Reader {
    pull: Pull,
}

#[derive(Serialize)]
struct Pull {
    exporter: PullExporter,
}

#[derive(Serialize)]
struct PullExporter {
    prometheus: Listen,
}

#[derive(Serialize)]
struct Listen {
    host: &'static str,
    port: u16,
}

#[derive(Serialize)]
struct Extensions {
    jaeger_query: Query,
    jaeger_storage: Storage,
    healthcheckv2: Health,
}

#[derive(Serialize)]
struct Query {
    base_path: &'static str,
    storage: QueryStorage,
}

#[derive(Serialize)]
struct QueryStorage {
    traces: &'static str,
}

#[derive(Serialize)]
struct Storage {
    backends: Backends,
}

#[derive(Serialize)]
struct Backends {
    traces: Backend,
}

#[derive(Serialize)]
struct Backend {
    badger: Badger,
}

#[derive(Serialize)]
struct Badger {
    ephemeral: bool,
    directories: Directories,
}

#[derive(Serialize)]
struct Directories {
    keys: &'static str,
    values: &'static str,
}

#[derive(Serialize)]
struct Health {
    use_v2: bool,
    http: Endpoint,
}

#[derive(Serialize)]
struct Endpoint {
    endpoint: &'static str,
}

#[derive(Serialize)]
struct Receivers {
    otlp: Protocols<Otlp>,
    jaeger: Protocols<JaegerProtocols>,
    zipkin: Endpoint,
}

#[derive(Serialize)]
struct Protocols<T> {
    protocols: T,
}

#[derive(Serialize)]
struct Otlp {
    grpc: Endpoint,
    http: Endpoint,
}

#[derive(Serialize)]
struct JaegerProtocols {
    grpc: Endpoint,
    thrift_http: Endpoint,
}

#[derive(Serialize)]
struct Processors {
    batch: Batch,
}

#[derive(Serialize)]
struct Batch {}

#[derive(Serialize)]
struct Exporters {
    jaeger_storage_exporter: Exporter,
}

#[derive(Serialize)]
struct Exporter {
    trace_storage: &'static str,
}

/// What is stored, and asked for, under one name.
const TRACES: &str = "traces";

/// Takes every way in that a Service offers, keeps traces in files, and shows them under `/jaeger`, where
/// `istioctl dashboard jaeger` and Kiali look.
pub(super) fn config() -> Config {
    Config {
        service: Service {
            extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
            pipelines: Pipelines {
                traces: Pipeline {
                    receivers: ["otlp", "jaeger", "zipkin"],
                    processors: ["batch"],
                    exporters: ["jaeger_storage_exporter"],
                },
            },
            telemetry: Telemetry {
                resource: BTreeMap::from([("service.name", "jaeger")]),
                metrics: Metrics {
                    level: "normal",
                    readers: [Reader {
                        pull: Pull {
                            exporter: PullExporter { prometheus: Listen { host: "0.0.0.0", port: 8888 } },
                        },
                    }],
                },
            },
        },
        extensions: extensions(),
        receivers: receivers(),
        processors: Processors { batch: Batch {} },
        exporters: Exporters { jaeger_storage_exporter: Exporter { trace_storage: TRACES } },
    }
}

fn extensions() -> Extensions {
    Extensions {
        jaeger_query: Query { base_path: "/jaeger", storage: QueryStorage { traces: TRACES } },
        jaeger_storage: Storage {
            backends: Backends {
                traces: Backend {
                    badger: Badger {
                        ephemeral: false,
                        directories: Directories { keys: "/badger/key", values: "/badger/data" },
                    },
                },
            },
        },
        healthcheckv2: Health { use_v2: true, http: Endpoint { endpoint: "0.0.0.0:13133" } },
    }
}

fn receivers() -> Receivers {
    Receivers {
        otlp: Protocols {
            protocols: Otlp {
                grpc: Endpoint { endpoint: "0.0.0.0:4317" },
                http: Endpoint { endpoint: "0.0.0.0:4318" },
            },
        },
        jaeger: Protocols {
            protocols: JaegerProtocols {
                grpc: Endpoint { endpoint: "0.0.0.0:14250" },
                thrift_http: Endpoint { endpoint: "0.0.0.0:14268" },
            },
        },
        zipkin: Endpoint { endpoint: "0.0.0.0:9411" },
    }
}
