//! What Grafana finds when it starts: datasources and dashboards.
//!
//! Source: <https://grafana.com/docs/grafana/latest/administration/provisioning/>.

use serde::Serialize;

use crate::{Addons, Mesh, dashboard::PROMETHEUS_UID};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Datasources {
    api_version: u8,
    datasources: Vec<Datasource>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Datasource {
    uid: &'static str,
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `proxy`: Grafana asks, not the browser.
    access: &'static str,
    url: String,
    is_default: bool,
    editable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_data: Option<JsonData>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonData {
    time_interval: String,
}

/// Those programs that are there.
pub(super) fn datasources(mesh: &Mesh, addons: &Addons) -> Datasources {
    let source = |uid, name, kind, service: &str, port_and_path: &str| Datasource {
        uid,
        name,
        kind,
        access: "proxy",
        url: format!("http://{service}.{}:{port_and_path}", mesh.namespace),
        is_default: false,
        editable: false,
        json_data: None,
    };
    let prometheus = addons.prometheus.as_ref().map(|p| Datasource {
        is_default: true,
        // The shortest interval of a graph; a shorter one would show gaps.
        json_data: Some(JsonData {
            time_interval: p.scrape_interval.as_ref().map_or("15s", |d| d.as_str()).to_owned(),
        }),
        ..source(PROMETHEUS_UID, "Prometheus", "prometheus", "prometheus", "9090")
    });
    let loki = addons.loki.as_ref().map(|_| source("loki", "Loki", "loki", "loki", "3100"));
    let jaeger = addons.jaeger.as_ref().map(|_| source("jaeger", "Jaeger", "jaeger", "tracing", "80/jaeger"));
    let zipkin = addons.zipkin.as_ref().map(|_| source("zipkin", "Zipkin", "zipkin", "zipkin", "9411"));
    Datasources {
        api_version: 1,
        datasources: [prometheus, loki, jaeger, zipkin].into_iter().flatten().collect(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Providers {
    api_version: u8,
    providers: Vec<Provider>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    name: &'static str,
    folder: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    allow_ui_updates: bool,
    options: Options,
}

#[derive(Serialize)]
struct Options {
    path: &'static str,
}

/// The folders of dashboards, as upstream has them.
pub(super) fn providers(folders: [(&'static str, &'static str); 2]) -> Providers {
    let provider = |(name, path)| Provider {
        name,
        folder: "istio",
        kind: "file",
        allow_ui_updates: false,
        options: Options { path },
    };
    Providers { api_version: 1, providers: folders.map(provider).into() }
}
