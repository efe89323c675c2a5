//! What programs are told reads back, and says nothing that they do not know: most of them refuse to start over a
//! key that they do not know, and the others silently do without it.

use std::collections::BTreeSet;

use meshgen_addons::{Addon, PrometheusVariant};
use meshgen_yaml::{FileId, Limits, Node, Value};

use crate::common;

fn read(text: &str) -> Node {
    let mut documents = meshgen_yaml::documents(FileId(0), text, 0..text.len(), Limits::default()).unwrap();
    assert_eq!(documents.len(), 1);
    documents.pop().unwrap()
}

/// The paths of all keys, such as `server.port`; items of lists are `[]`.
fn paths(node: &Node, at: &str, all: &mut BTreeSet<String>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let path = format!("{at}{}{}", if at.is_empty() { "" } else { "." }, entry.key.text);
                all.insert(path.clone());
                paths(&entry.value, &path, all);
            }
        }
        Value::List(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), all)),
        Value::Scalar(_) => {}
    }
}

/// That the file has these keys and no others. Read the source before a key is added here.
fn knows(addon: &Addon, key: &str, known: &[&str]) {
    let (_, _, text) = common::files(addon).into_iter().find(|(_, k, _)| k == key).unwrap();
    let mut all = BTreeSet::new();
    paths(&read(&text), "", &mut all);
    let known: BTreeSet<String> =
        known.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect();
    let unknown: Vec<_> = all.difference(&known).collect();
    assert!(unknown.is_empty(), "{}: {key} says {unknown:?}", addon.name);
}

fn addon(name: &str) -> Addon {
    common::of("1.31.1", &common::all()).into_iter().find(|a| a.name == name).unwrap()
}

/// Source: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>.
#[test]
fn prometheus() {
    let known = [
        "global global.scrape_interval global.evaluation_interval rule_files scrape_configs",
        "scrape_configs[].job_name scrape_configs[].scrape_interval scrape_configs[].scrape_timeout",
        "scrape_configs[].metrics_path scrape_configs[].scheme",
        "scrape_configs[].authorization scrape_configs[].authorization.credentials_file",
        "scrape_configs[].tls_config scrape_configs[].tls_config.ca_file scrape_configs[].tls_config.cert_file",
        "scrape_configs[].tls_config.key_file scrape_configs[].tls_config.insecure_skip_verify",
        "scrape_configs[].kubernetes_sd_configs scrape_configs[].kubernetes_sd_configs[].role",
        "scrape_configs[].static_configs scrape_configs[].static_configs[].targets",
        "scrape_configs[].file_sd_configs scrape_configs[].file_sd_configs[].files",
        "scrape_configs[].relabel_configs scrape_configs[].relabel_configs[].action",
        "scrape_configs[].relabel_configs[].source_labels scrape_configs[].relabel_configs[].regex",
        "scrape_configs[].relabel_configs[].target_label scrape_configs[].relabel_configs[].replacement",
    ];
    for variant in [
        PrometheusVariant::Plain,
        PrometheusVariant::SecureMetrics,
        PrometheusVariant::Vm,
        PrometheusVariant::VmTls,
    ] {
        let addon = common::of("1.31.1", &common::prometheus(variant)).remove(0);
        knows(&addon, "prometheus.yml", &known);
        knows(
            &addon,
            "alerting_rules.yml",
            &[
                "groups groups[].name groups[].rules groups[].rules[].alert groups[].rules[].expr",
                "groups[].rules[].for groups[].rules[].labels groups[].rules[].labels.severity",
                "groups[].rules[].annotations groups[].rules[].annotations.summary",
            ],
        );
        knows(&addon, "recording_rules.yml", &["groups"]);
    }
}

/// Jobs of one name are refused by Prometheus.
#[test]
fn jobs_have_names_of_their_own() {
    for variant in [PrometheusVariant::SecureMetrics, PrometheusVariant::VmTls] {
        let addon = common::of("1.31.1", &common::prometheus(variant)).remove(0);
        let (_, _, text) = common::files(&addon).into_iter().find(|(_, k, _)| k == "prometheus.yml").unwrap();
        let config = read(&text);
        let jobs = config.get("scrape_configs").unwrap().items();
        let names: BTreeSet<_> =
            jobs.iter().map(|j| &*j.get("job_name").unwrap().scalar().unwrap().text).collect();
        assert_eq!(names.len(), jobs.len());
    }
}

/// Source: kiali `config/config.go`.
#[test]
fn kiali() {
    knows(
        &addon("kiali"),
        "config.yaml",
        &[
            "auth auth.strategy",
            "deployment deployment.cluster_wide_access deployment.instance_name deployment.namespace",
            "deployment.view_only_mode external_services istio_namespace",
            "external_services.grafana external_services.grafana.enabled external_services.grafana.internal_url",
            "external_services.grafana.external_url external_services.grafana.datasource_uid",
            "external_services.grafana.dashboards external_services.grafana.dashboards[].name",
            "external_services.grafana.dashboards[].variables external_services.grafana.dashboards[].variables.namespace",
            "external_services.grafana.dashboards[].variables.service",
            "external_services.grafana.dashboards[].variables.workload",
            "external_services.prometheus external_services.prometheus.url",
            "external_services.tracing external_services.tracing.enabled external_services.tracing.provider",
            "external_services.tracing.internal_url external_services.tracing.external_url",
            "external_services.tracing.use_grpc",
            "kiali_feature_flags kiali_feature_flags.ui_defaults kiali_feature_flags.ui_defaults.namespaces",
            "server server.port server.web_root server.observability server.observability.metrics",
            "server.observability.metrics.enabled server.observability.metrics.port",
        ],
    );
}

/// Source: <https://grafana.com/docs/grafana/latest/administration/provisioning/>.
#[test]
fn grafana() {
    knows(
        &addon("grafana"),
        "datasources.yaml",
        &[
            "apiVersion datasources datasources[].uid datasources[].name datasources[].type datasources[].access",
            "datasources[].url datasources[].isDefault datasources[].editable datasources[].jsonData",
            "datasources[].jsonData.timeInterval",
        ],
    );
    knows(
        &addon("grafana"),
        "dashboardproviders.yaml",
        &[
            "apiVersion providers providers[].name providers[].folder providers[].type providers[].allowUiUpdates",
            "providers[].options providers[].options.path",
        ],
    );
}

/// Source: <https://www.jaegertracing.io/docs/2.17/deployment/configuration/>, jaeger v2.17.0
/// `cmd/jaeger/config-badger.yaml`.
#[test]
fn jaeger() {
    knows(
        &addon("jaeger"),
        "config.yaml",
        &[
            "service service.extensions service.pipelines service.pipelines.traces",
            "service.pipelines.traces.receivers service.pipelines.traces.processors",
            "service.pipelines.traces.exporters service.telemetry service.telemetry.resource",
            "service.telemetry.resource.service.name service.telemetry.metrics service.telemetry.metrics.level",
            "service.telemetry.metrics.readers service.telemetry.metrics.readers[].pull",
            "service.telemetry.metrics.readers[].pull.exporter",
            "service.telemetry.metrics.readers[].pull.exporter.prometheus",
            "service.telemetry.metrics.readers[].pull.exporter.prometheus.host",
            "service.telemetry.metrics.readers[].pull.exporter.prometheus.port",
            "extensions extensions.jaeger_query extensions.jaeger_query.base_path extensions.jaeger_query.storage",
            "extensions.jaeger_query.storage.traces extensions.jaeger_storage extensions.jaeger_storage.backends",
            "extensions.jaeger_storage.backends.traces extensions.jaeger_storage.backends.traces.badger",
            "extensions.jaeger_storage.backends.traces.badger.ephemeral",
            "extensions.jaeger_storage.backends.traces.badger.directories",
            "extensions.jaeger_storage.backends.traces.badger.directories.keys",
            "extensions.jaeger_storage.backends.traces.badger.directories.values",
            "extensions.healthcheckv2 extensions.healthcheckv2.use_v2 extensions.healthcheckv2.http",
            "extensions.healthcheckv2.http.endpoint",
            "receivers receivers.otlp receivers.otlp.protocols receivers.otlp.protocols.grpc",
            "receivers.otlp.protocols.grpc.endpoint receivers.otlp.protocols.http",
            "receivers.otlp.protocols.http.endpoint receivers.jaeger receivers.jaeger.protocols",
            "receivers.jaeger.protocols.grpc receivers.jaeger.protocols.grpc.endpoint",
            "receivers.jaeger.protocols.thrift_http receivers.jaeger.protocols.thrift_http.endpoint",
            "receivers.zipkin receivers.zipkin.endpoint processors processors.batch",
            "exporters exporters.jaeger_storage_exporter exporters.jaeger_storage_exporter.trace_storage",
        ],
    );
}

/// Source: <https://grafana.com/docs/loki/latest/configure/>.
#[test]
fn loki() {
    knows(
        &addon("loki"),
        "config.yaml",
        &[
            "auth_enabled server server.http_listen_port server.grpc_listen_port",
            "common common.compactor_address common.path_prefix common.replication_factor common.storage",
            "common.storage.filesystem common.storage.filesystem.chunks_directory",
            "common.storage.filesystem.rules_directory memberlist memberlist.join_members",
            "schema_config schema_config.configs schema_config.configs[].from schema_config.configs[].store",
            "schema_config.configs[].object_store schema_config.configs[].schema schema_config.configs[].index",
            "schema_config.configs[].index.prefix schema_config.configs[].index.period",
            "limits_config limits_config.reject_old_samples limits_config.reject_old_samples_max_age",
            "limits_config.max_cache_freshness_per_query limits_config.volume_enabled",
            "runtime_config runtime_config.file ruler ruler.storage ruler.storage.type ruler.storage.local",
            "ruler.storage.local.directory ruler.rule_path analytics analytics.reporting_enabled",
        ],
    );
    knows(&addon("loki"), "runtime-config.yaml", &[]);
}
