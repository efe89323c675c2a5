//! Kiali: the graph of the mesh.

mod config;
mod role;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, EnvVar, EnvVarSource, ObjectFieldSelector, PodSpec, Probe, ServicePort,
};
use meshgen_bundle::Object;

use crate::{
    Addons, Error, Kiali, Mesh, Program,
    container::{container, files, listens, no_root, probe, read, resources},
    object::{Labels, Owner, labels, named, number, port, scraped},
    pins::{Image, Pins, pin},
    written,
};

const CONFIG: &str = "kiali-configuration";

pub(crate) fn objects(
    mesh: &Mesh,
    pins: &Pins,
    addons: &Addons,
    kiali: &Kiali,
) -> Result<Vec<Object>, Error> {
    if addons.prometheus.is_none() {
        return Err(Error::Needs { program: Program::Kiali, needs: Program::Prometheus });
    }
    let image = pin(pins.kiali, Program::Kiali, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "kiali",
        selector: labels([("app.kubernetes.io/instance", "kiali"), ("app.kubernetes.io/name", "kiali")]),
        version: image.tag,
    };
    let text = written(Program::Kiali, &config::config(mesh, addons, kiali.access))?;
    let config = BTreeMap::from([("config.yaml".to_owned(), text)]);
    let mut pod = scraped(owner.pod(Some(&config), spec(image, kiali)), 9090);
    // `istioctl dashboard kiali` looks for this label.
    let app: Labels = labels([("app", "kiali")]);
    pod.metadata.get_or_insert_default().labels.get_or_insert_default().extend(app);
    Ok(vec![
        owner.service_account().into(),
        owner.config_map("kiali", config).into(),
        owner.cluster_role("kiali", role::rules(kiali.access)).into(),
        owner.cluster_role_binding("kiali", "kiali").into(),
        owner.service("kiali", vec![http("http", 20001), http("http-metrics", 9090)]).into(),
        owner.deployment(pod).into(),
    ])
}

fn http(name: &str, at: u16) -> ServicePort {
    ServicePort { app_protocol: Some("http".to_owned()), ..port(name, at, number(at)) }
}

fn spec(image: Image, kiali: &Kiali) -> PodSpec {
    PodSpec {
        service_account_name: Some("kiali".to_owned()),
        security_context: Some(no_root()),
        containers: vec![server(image, kiali)],
        volumes: Some(vec![files(CONFIG, "kiali")]),
        ..PodSpec::default()
    }
}

fn server(image: Image, kiali: &Kiali) -> Container {
    let healthy = || probe("/kiali/healthz", named("api-port"), 30);
    let namespace = EnvVar {
        name: "ACTIVE_NAMESPACE".to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: "metadata.namespace".to_owned(),
                api_version: None,
            }),
            ..EnvVarSource::default()
        }),
    };
    Container {
        command: Some(vec![
            "/opt/kiali/kiali".to_owned(),
            "-config".to_owned(),
            "/kiali-configuration/config.yaml".to_owned(),
        ]),
        env: Some(vec![namespace]),
        ports: Some(vec![listens("api-port", 20001), listens("http-metrics", 9090)]),
        startup_probe: Some(Probe {
            failure_threshold: Some(12),
            ..probe("/kiali/healthz", named("api-port"), 10)
        }),
        liveness_probe: Some(healthy()),
        readiness_probe: Some(healthy()),
        volume_mounts: Some(vec![read(CONFIG, "/kiali-configuration")]),
        ..container(
            "kiali",
            image,
            Some(kiali.resources.clone().unwrap_or_else(|| resources("10m", "64Mi", "1Gi"))),
        )
    }
}
