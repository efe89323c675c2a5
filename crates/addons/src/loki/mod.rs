//! Loki: logs, as one process with one volume. Nothing here sends it logs.

mod config;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec},
        core::v1::{
            Container, EnvVar, EnvVarSource, ObjectFieldSelector, PersistentVolumeClaim,
            PersistentVolumeClaimSpec, PodSpec, PodTemplateSpec, Probe, Service, ServicePort, ServiceSpec,
            VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{LabelSelector, ObjectMeta},
    },
};
use meshgen_bundle::Object;

use crate::{
    Error, Loki, Mesh, Program,
    container::{container, files, listens, mount, probe, read, resources, scratch, user},
    object::{Labels, Owner, labels, named, port, rule},
    pins::{self, Pins, pin},
    written,
};

/// The user of the image.
const USER: i64 = 10001;

const COMPONENT: (&str, &str) = ("app.kubernetes.io/component", "single-binary");
const MEMBER: (&str, &str) = ("app.kubernetes.io/part-of", "memberlist");

pub(crate) fn objects(mesh: &Mesh, pins: &Pins, loki: &Loki) -> Result<Vec<Object>, Error> {
    let images = pin(pins.loki, Program::Loki, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "loki",
        selector: labels([("app.kubernetes.io/instance", "loki"), ("app.kubernetes.io/name", "loki")]),
        version: images.server.tag,
    };
    let config = one_file("config.yaml", written(Program::Loki, &config::config())?);
    let runtime = one_file("runtime-config.yaml", written(Program::Loki, &config::RuntimeConfig {})?);
    let stateful_set = stateful_set(&owner, images, loki, &config);
    let http = || port("http-metrics", 3100, named("http-metrics"));
    let memberlist = vec![port("tcp", 7946, named("http-memberlist"))];
    Ok(vec![
        owner.service_account().into(),
        owner.config_map("loki", config).into(),
        owner.config_map("loki-runtime", runtime).into(),
        // Upstream lets it read all Secrets too.
        owner
            .cluster_role("loki-clusterrole", vec![rule(&[""], &["configmaps"], &["get", "list", "watch"])])
            .into(),
        owner.cluster_role_binding("loki-clusterrolebinding", "loki-clusterrole").into(),
        headless(&owner, "loki-memberlist", memberlist, &[MEMBER]).into(),
        headless(&owner, "loki-headless", vec![http()], &[]).into(),
        owner.service("loki", vec![http(), port("grpc", 9095, named("grpc"))]).into(),
        stateful_set.into(),
    ])
}

fn one_file(name: &str, text: String) -> BTreeMap<String, String> {
    BTreeMap::from([(name.to_owned(), text)])
}

/// A Service whose name means the addresses of its pods.
fn headless(owner: &Owner<'_>, name: &str, ports: Vec<ServicePort>, more: &[(&str, &str)]) -> Service {
    let service = owner.service(name, ports);
    let mut selector = owner.selector.clone();
    selector.extend(more.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
    Service {
        spec: service.spec.map(|spec| ServiceSpec {
            cluster_ip: Some("None".to_owned()),
            // Members look for each other before they are ready.
            publish_not_ready_addresses: Some(true),
            selector: Some(selector),
            ..spec
        }),
        ..service
    }
}

fn stateful_set(
    owner: &Owner<'_>,
    images: pins::Loki,
    loki: &Loki,
    config: &BTreeMap<String, String>,
) -> StatefulSet {
    let mut selector = owner.selector.clone();
    selector.extend(labels([COMPONENT]));
    StatefulSet {
        metadata: owner.meta("loki"),
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some("loki-headless".to_owned()),
            pod_management_policy: Some("Parallel".to_owned()),
            // Nothing is left behind when it goes.
            persistent_volume_claim_retention_policy: Some(StatefulSetPersistentVolumeClaimRetentionPolicy {
                when_deleted: Some("Delete".to_owned()),
                when_scaled: Some("Delete".to_owned()),
            }),
            selector: LabelSelector { match_labels: Some(selector), match_expressions: None },
            template: template(owner, images, loki, config),
            volume_claim_templates: Some(vec![claim(loki.storage.as_ref())]),
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

fn template(
    owner: &Owner<'_>,
    images: pins::Loki,
    loki: &Loki,
    config: &BTreeMap<String, String>,
) -> PodTemplateSpec {
    let mut pod = owner.pod(
        Some(config),
        PodSpec {
            service_account_name: Some("loki".to_owned()),
            security_context: Some(user(USER)),
            containers: vec![rules(images.rules), server(images.server, loki)],
            volumes: Some(vec![
                scratch("tmp"),
                files("config", "loki"),
                files("runtime-config", "loki-runtime"),
                scratch("sc-rules-volume"),
            ]),
            ..PodSpec::default()
        },
    );
    let all: Labels = labels([COMPONENT, MEMBER]);
    pod.metadata.get_or_insert_default().labels.get_or_insert_default().extend(all);
    pod
}

fn claim(size: Option<&Quantity>) -> PersistentVolumeClaim {
    let size = size.cloned().unwrap_or_else(|| Quantity("10Gi".to_owned()));
    PersistentVolumeClaim {
        metadata: ObjectMeta { name: Some("storage".to_owned()), ..ObjectMeta::default() },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), size)])),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

fn server(image: pins::Image, loki: &Loki) -> Container {
    let resources = loki.resources.clone().unwrap_or_else(|| resources("100m", "256Mi", "1Gi"));
    Container {
        args: Some(vec!["-config.file=/etc/loki/config/config.yaml".to_owned(), "-target=all".to_owned()]),
        ports: Some(vec![
            listens("http-metrics", 3100),
            listens("grpc", 9095),
            listens("http-memberlist", 7946),
        ]),
        readiness_probe: Some(Probe {
            initial_delay_seconds: Some(15),
            ..probe("/ready", named("http-metrics"), 10)
        }),
        volume_mounts: Some(vec![
            mount("tmp", "/tmp"),
            read("config", "/etc/loki/config"),
            read("runtime-config", "/etc/loki/runtime-config"),
            mount("storage", "/var/loki"),
            mount("sc-rules-volume", "/rules"),
        ]),
        ..container("loki", image, Some(resources))
    }
}

/// Copies rules out of `ConfigMaps` that carry the label `loki_rule`, in Loki's namespace only.
fn rules(image: pins::Image) -> Container {
    let text = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        value_from: None,
    };
    let namespace = EnvVar {
        name: "NAMESPACE".to_owned(),
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
        env: Some(vec![
            text("METHOD", "WATCH"),
            text("LABEL", "loki_rule"),
            text("FOLDER", "/rules"),
            text("RESOURCE", "configmap"),
            namespace,
        ]),
        volume_mounts: Some(vec![mount("sc-rules-volume", "/rules")]),
        ..container("loki-sc-rules", image, Some(resources("10m", "64Mi", "256Mi")))
    }
}
