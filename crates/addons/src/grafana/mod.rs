//! Grafana, with dashboards of our own.

mod ini;
mod provision;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, ConfigMapVolumeSource, Container, EnvVar, KeyToPath, PodSpec, Probe,
    ProjectedVolumeSource, ServiceAccount, Volume, VolumeProjection,
};
use meshgen_bundle::Object;

pub(crate) use crate::dashboard::PROMETHEUS_UID;
use crate::{
    Addons, Error, Grafana, Mesh, Program, Watched,
    container::{container, files, listens, mount, probe, read, resources, scratch, user},
    dashboard,
    object::{Owner, labels, named, number, port},
    pins::{Image, Pins, pin},
    written,
};

/// The user of the image.
const USER: i64 = 472;

/// The `ConfigMap` of each folder of dashboards, and where Grafana sees it.
const OF_ISTIO: (&str, &str) = ("istio-grafana-dashboards", "/var/lib/grafana/dashboards/istio");
const OF_TRAFFIC: (&str, &str) =
    ("istio-services-grafana-dashboards", "/var/lib/grafana/dashboards/istio-services");

pub(crate) fn objects(
    mesh: &Mesh,
    pins: &Pins,
    addons: &Addons,
    grafana: &Grafana,
) -> Result<Vec<Object>, Error> {
    if addons.prometheus.is_none() {
        return Err(Error::Needs { program: Program::Grafana, needs: Program::Prometheus });
    }
    let image = pin(pins.grafana, Program::Grafana, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "grafana",
        selector: labels([("app.kubernetes.io/instance", "grafana"), ("app.kubernetes.io/name", "grafana")]),
        version: image.tag,
    };
    let unwritten = |cause: serde_json::Error| Error::of_json(Program::Grafana, &cause);
    let of_istio = dashboard::of_istio(mesh).map_err(unwritten)?;
    let of_traffic = dashboard::of_traffic(mesh).map_err(unwritten)?;
    let config = configuration(mesh, addons, grafana)?;
    let deployment = owner.deployment(owner.pod(Some(&config), spec(image, grafana)));
    let mut objects: Vec<Object> = vec![
        ServiceAccount { automount_service_account_token: Some(false), ..owner.service_account() }.into(),
        owner.config_map("grafana", config).into(),
        owner.service("grafana", vec![port("service", 3000, number(3000))]).into(),
        deployment.into(),
        owner.config_map(OF_ISTIO.0, of_istio).into(),
        owner.config_map(OF_TRAFFIC.0, of_traffic).into(),
    ];
    for watched in &grafana.watched {
        let file = dashboard::of_watched(watched).map_err(unwritten)?;
        objects.push(owner.config_map(&config_map_of(watched), file).into());
    }
    Ok(objects)
}

/// Each has a `ConfigMap` of its own: one for all of them would grow too large for `kubectl apply`.
fn config_map_of(watched: &Watched) -> String {
    format!("{}-grafana-dashboard", watched.name)
}

fn configuration(mesh: &Mesh, addons: &Addons, grafana: &Grafana) -> Result<BTreeMap<String, String>, Error> {
    let folders = [("istio", OF_ISTIO.1), ("istio-services", OF_TRAFFIC.1)];
    Ok(BTreeMap::from([
        ("dashboardproviders.yaml".to_owned(), written(Program::Grafana, &provision::providers(folders))?),
        ("datasources.yaml".to_owned(), written(Program::Grafana, &provision::datasources(mesh, addons))?),
        ("grafana.ini".to_owned(), ini::text(grafana)),
    ]))
}

fn spec(image: Image, grafana: &Grafana) -> PodSpec {
    PodSpec {
        service_account_name: Some("grafana".to_owned()),
        automount_service_account_token: Some(false),
        security_context: Some(user(USER)),
        containers: vec![server(image, grafana)],
        volumes: Some(vec![
            one_file("config", "grafana.ini"),
            one_file("datasources", "datasources.yaml"),
            one_file("dashboard-providers", "dashboardproviders.yaml"),
            files("dashboards-istio", OF_ISTIO.0),
            all_files("dashboards-istio-services", &traffic_maps(grafana)),
            scratch("storage"),
            scratch("tmp"),
        ]),
        ..PodSpec::default()
    }
}

/// The `ConfigMaps` of the folder about traffic.
fn traffic_maps(grafana: &Grafana) -> Vec<String> {
    [OF_TRAFFIC.0.to_owned()].into_iter().chain(grafana.watched.iter().map(config_map_of)).collect()
}

/// The files of several `ConfigMaps` in one folder.
fn all_files(name: &str, config_maps: &[String]) -> Volume {
    let source = |map: &String| VolumeProjection {
        config_map: Some(ConfigMapProjection { name: map.clone(), ..ConfigMapProjection::default() }),
        ..VolumeProjection::default()
    };
    Volume {
        name: name.to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(config_maps.iter().map(source).collect()),
            ..ProjectedVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// One file of the `ConfigMap`: Grafana reads all files of a folder.
fn one_file(name: &str, key: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: "grafana".to_owned(),
            items: Some(vec![KeyToPath { key: key.to_owned(), path: key.to_owned(), mode: None }]),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

fn server(image: Image, grafana: &Grafana) -> Container {
    let healthy = || probe("/api/health", named("grafana"), 10);
    Container {
        // Not the image's own folder, which has other files.
        env: Some(vec![EnvVar {
            name: "GF_PATHS_CONFIG".to_owned(),
            value: Some("/etc/grafana/meshgen/grafana.ini".to_owned()),
            value_from: None,
        }]),
        ports: Some(vec![listens("grafana", 3000)]),
        readiness_probe: Some(healthy()),
        liveness_probe: Some(Probe { initial_delay_seconds: Some(60), ..healthy() }),
        volume_mounts: Some(vec![
            read("config", "/etc/grafana/meshgen"),
            read("datasources", "/etc/grafana/provisioning/datasources"),
            read("dashboard-providers", "/etc/grafana/provisioning/dashboards"),
            mount("storage", "/var/lib/grafana"),
            read("dashboards-istio", OF_ISTIO.1),
            read("dashboards-istio-services", OF_TRAFFIC.1),
            mount("tmp", "/tmp"),
        ]),
        ..container(
            "grafana",
            image,
            Some(grafana.resources.clone().unwrap_or_else(|| resources("50m", "128Mi", "512Mi"))),
        )
    }
}
