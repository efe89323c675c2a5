//! Jaeger: traces, in files that live as long as the pod.

mod config;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};
use meshgen_bundle::Object;

use crate::{
    Error, Jaeger, Mesh, Program,
    container::{container, files, listens, mount, probe, read, resources, scratch, user},
    object::{Owner, labels, named, number, port, scraped},
    pins::{Image, Pins, pin},
    written,
};

/// The user of the image.
const USER: i64 = 10001;

const CONFIG: &str = "jaeger-configuration";

pub(crate) fn objects(mesh: &Mesh, pins: &Pins, jaeger: &Jaeger) -> Result<Vec<Object>, Error> {
    let image = pin(pins.jaeger, Program::Jaeger, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "jaeger",
        selector: labels([("app", "jaeger")]),
        version: image.tag,
    };
    let config = BTreeMap::from([("config.yaml".to_owned(), written(Program::Jaeger, &config::config())?)]);
    let pod = PodSpec {
        automount_service_account_token: Some(false),
        security_context: Some(user(USER)),
        containers: vec![server(image, jaeger)],
        volumes: Some(vec![scratch("data"), files(CONFIG, "jaeger")]),
        ..PodSpec::default()
    };
    let pod = scraped(owner.pod(Some(&config), pod), 8888);
    let query = vec![port("http-query", 80, number(16686)), port("grpc-query", 16685, number(16685))];
    Ok(vec![
        owner.config_map("jaeger", config).into(),
        owner.deployment(pod).into(),
        owner.service("tracing", query).into(),
        // Jaeger speaks Zipkin's protocol, under the name that programs expect.
        owner.service("zipkin", vec![same("http-query", 9411)]).into(),
        owner.service("jaeger-collector", COLLECTOR.map(|(name, number)| same(name, number)).to_vec()).into(),
    ])
}

/// The ports by which spans come in.
const COLLECTOR: [(&str, u16); 5] = [
    ("jaeger-collector-http", 14268),
    ("jaeger-collector-grpc", 14250),
    ("http-zipkin", 9411),
    ("grpc-otel", 4317),
    ("http-otel", 4318),
];

fn same(name: &str, at: u16) -> k8s_openapi::api::core::v1::ServicePort {
    port(name, at, number(at))
}

fn server(image: Image, jaeger: &Jaeger) -> Container {
    let healthy = || Some(probe("/status", named("health"), 10));
    let resources = jaeger.resources.clone().unwrap_or_else(|| resources("50m", "128Mi", "1Gi"));
    Container {
        args: Some(vec!["--config".to_owned(), "/jaeger-configuration/config.yaml".to_owned()]),
        ports: Some(vec![listens("http-query", 16686), listens("health", 13133)]),
        liveness_probe: healthy(),
        readiness_probe: healthy(),
        volume_mounts: Some(vec![mount("data", "/badger"), read(CONFIG, "/jaeger-configuration")]),
        ..container("jaeger", image, Some(resources))
    }
}
