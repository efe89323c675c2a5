//! Zipkin: traces, kept in memory.

use k8s_openapi::api::core::v1::{EnvVar, PodSpec, SecurityContext};
use meshgen_bundle::Object;

use crate::{
    Error, Mesh, Program, Zipkin,
    container::{container, default_seccomp, listens, probe, resources},
    object::{Owner, labels, named, number, port},
    pins::{Pins, pin},
};

pub(crate) fn objects(mesh: &Mesh, pins: &Pins, zipkin: &Zipkin) -> Result<Vec<Object>, Error> {
    let image = pin(pins.zipkin, Program::Zipkin, &mesh.version)?;
    let owner = Owner {
        namespace: &mesh.namespace,
        name: "zipkin",
        selector: labels([("app", "zipkin")]),
        version: image.tag,
    };
    let mut container = container(
        "zipkin",
        image,
        Some(zipkin.resources.clone().unwrap_or_else(|| resources("50m", "256Mi", "1Gi"))),
    );
    // Java writes beside itself, and the image names its user, so that Kubernetes cannot tell that it is not root.
    container.security_context =
        container.security_context.map(|c| SecurityContext { read_only_root_filesystem: None, ..c });
    container.env = Some(vec![EnvVar {
        name: "STORAGE_TYPE".to_owned(),
        value: Some("mem".to_owned()),
        value_from: None,
    }]);
    container.ports = Some(vec![listens("http", 9411)]);
    container.readiness_probe = Some(probe("/health", named("http"), 5));
    let pod = PodSpec {
        automount_service_account_token: Some(false),
        security_context: Some(default_seccomp()),
        containers: vec![container],
        ..PodSpec::default()
    };
    Ok(vec![
        owner.deployment(owner.pod(None, pod)).into(),
        owner.service("tracing", vec![port("http-query", 80, number(9411))]).into(),
        owner.service("zipkin", vec![port("http-query", 9411, number(9411))]).into(),
    ])
}
