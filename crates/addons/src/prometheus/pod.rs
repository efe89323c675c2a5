//! The pod of Prometheus.

use k8s_openapi::{
    api::core::v1::{
        ConfigMapVolumeSource, Container, EmptyDirVolumeSource, PodSpec, PodTemplateSpec, Probe, Volume,
        VolumeMount,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::Serialize;

use super::{CERTIFICATES, FILE_SD_CONFIG_MAP, FILE_SD_FOLDER};
use crate::{
    Error, Mesh, Program, Prometheus, PrometheusVariant,
    container::{container, files, listens, mount, probe, read, resources, scratch, user},
    object::{Labels, NO_SIDECAR, Owner, labels, named},
    pins,
};

/// The user of the images: `nobody`.
const NOBODY: i64 = 65534;

const CONFIG: &str = "config-volume";
const STORAGE: &str = "storage-volume";
const CERTS: &str = "istio-certs";
const VM_FILES: &str = "file-sd-volume";

/// What a variant adds to the pod.
struct Extras {
    /// A sidecar writes a certificate for it.
    certificates: bool,
    /// It is told of workloads on virtual machines.
    virtual_machines: bool,
}

impl Extras {
    fn of(variant: PrometheusVariant) -> Extras {
        match variant {
            PrometheusVariant::Plain => Extras { certificates: false, virtual_machines: false },
            PrometheusVariant::SecureMetrics => Extras { certificates: true, virtual_machines: false },
            PrometheusVariant::Vm => Extras { certificates: false, virtual_machines: true },
            PrometheusVariant::VmTls => Extras { certificates: true, virtual_machines: true },
        }
    }
}

pub(super) fn template(
    mesh: &Mesh,
    owner: &Owner<'_>,
    images: pins::Prometheus,
    prometheus: &Prometheus,
) -> Result<PodTemplateSpec, Error> {
    let extras = Extras::of(prometheus.variant);
    let mut containers = vec![reloader(images.reloader), server(images.server, prometheus, &extras)];
    if extras.virtual_machines {
        containers.push(container(
            "vm-discovery",
            pins::VM_DISCOVERY,
            Some(resources("10m", "32Mi", "128Mi")),
        ));
    }
    Ok(PodTemplateSpec {
        metadata: Some(metadata(mesh, owner, &extras)?),
        spec: Some(PodSpec {
            service_account_name: Some(owner.name.to_owned()),
            security_context: Some(user(NOBODY)),
            // It writes what it has in memory before it ends.
            termination_grace_period_seconds: Some(300),
            containers,
            volumes: Some(volumes(&extras)),
            ..PodSpec::default()
        }),
    })
}

fn metadata(mesh: &Mesh, owner: &Owner<'_>, extras: &Extras) -> Result<ObjectMeta, Error> {
    let mut all = owner.labels();
    let annotations = extras.certificates.then(certificate_annotations).transpose()?;
    if extras.certificates {
        all.extend(labels([("sidecar.istio.io/inject", "true")]));
        // The namespace of the control plane has no label of its own, so the pod names a revision other than the
        // default one. Source: istio `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`.
        if let Some(revision) = &mesh.revision {
            all.extend(labels([("istio.io/rev", revision.as_str())]));
        }
    } else {
        all.extend(labels([NO_SIDECAR]));
    }
    Ok(ObjectMeta { labels: Some(all), annotations, ..ObjectMeta::default() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyConfig {
    proxy_metadata: ProxyMetadata,
}

#[derive(Serialize)]
struct ProxyMetadata {
    #[serde(rename = "OUTPUT_CERTS")]
    output_certs: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserMount {
    name: &'static str,
    mount_path: &'static str,
}

/// A sidecar that captures nothing and writes its certificate into a volume that the server sees too.
/// Source: <https://istio.io/latest/docs/ops/integrations/prometheus/#tls-settings>.
fn certificate_annotations() -> Result<Labels, Error> {
    let config = ProxyConfig { proxy_metadata: ProxyMetadata { output_certs: CERTIFICATES.folder } };
    let mounts = [UserMount { name: CERTS, mount_path: CERTIFICATES.folder }];
    let unwritten = |cause| Error::of_json(Program::Prometheus, &cause);
    Ok(labels([
        ("proxy.istio.io/config", &serde_json::to_string(&config).map_err(unwritten)?),
        ("sidecar.istio.io/userVolumeMount", &serde_json::to_string(&mounts).map_err(unwritten)?),
        ("traffic.sidecar.istio.io/includeInboundPorts", ""),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", ""),
    ]))
}

fn reloader(image: pins::Image) -> Container {
    let healthy = |period| Some(probe("/healthz", named("metrics"), period));
    Container {
        args: Some(vec![
            "--watched-dir=/etc/config".to_owned(),
            "--listen-address=0.0.0.0:8080".to_owned(),
            "--reload-url=http://127.0.0.1:9090/-/reload".to_owned(),
        ]),
        ports: Some(vec![listens("metrics", 8080)]),
        liveness_probe: healthy(10),
        readiness_probe: healthy(10),
        volume_mounts: Some(vec![read(CONFIG, "/etc/config")]),
        ..container("prometheus-server-configmap-reload", image, Some(resources("10m", "32Mi", "128Mi")))
    }
}

fn server(image: pins::Image, prometheus: &Prometheus, extras: &Extras) -> Container {
    let retention = prometheus.retention.as_ref().map_or("15d", |d| d.as_str());
    let resources = prometheus.resources.clone().unwrap_or_else(|| resources("100m", "512Mi", "2Gi"));
    Container {
        args: Some(vec![
            format!("--storage.tsdb.retention.time={retention}"),
            "--config.file=/etc/config/prometheus.yml".to_owned(),
            "--storage.tsdb.path=/data".to_owned(),
            "--web.enable-lifecycle".to_owned(),
        ]),
        ports: Some(vec![listens("http", 9090)]),
        readiness_probe: Some(probe("/-/ready", named("http"), 5)),
        liveness_probe: Some(Probe {
            initial_delay_seconds: Some(30),
            ..probe("/-/healthy", named("http"), 15)
        }),
        volume_mounts: Some(mounts(extras)),
        ..container("prometheus-server", image, Some(resources))
    }
}

fn mounts(extras: &Extras) -> Vec<VolumeMount> {
    let mut mounts = vec![read(CONFIG, "/etc/config"), mount(STORAGE, "/data")];
    if extras.virtual_machines {
        mounts.push(read(VM_FILES, FILE_SD_FOLDER));
    }
    if extras.certificates {
        mounts.push(read(CERTS, CERTIFICATES.folder));
    }
    mounts
}

fn volumes(extras: &Extras) -> Vec<Volume> {
    let mut volumes = vec![files(CONFIG, "prometheus"), scratch(STORAGE)];
    if extras.virtual_machines {
        volumes.push(Volume {
            name: VM_FILES.to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: FILE_SD_CONFIG_MAP.to_owned(),
                // It is not there before the first workload is found.
                optional: Some(true),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        });
    }
    if extras.certificates {
        volumes.push(Volume {
            name: CERTS.to_owned(),
            // A private key belongs on no disk.
            empty_dir: Some(EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                ..EmptyDirVolumeSource::default()
            }),
            ..Volume::default()
        });
    }
    volumes
}
