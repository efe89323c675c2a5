//! `workloads`.

use meshgen_yaml::{At, Problem};

use crate::{EnvValue, Origin, Protocol, Spec, Workload, WorkloadName};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    // Those of releases and addons are not said here.
    for (name, workload) in spec.workloads.iter().filter(|(_, w)| w.origin == Origin::Spec) {
        super::namespace(spec, &name.namespace, name.place, problems);
        if let Some(namespace) = spec.namespaces.get(&name.namespace)
            && namespace.existing
            && workload.existing.is_none()
        {
            problems.push(
                Problem::warning(
                    name.place,
                    format!("`{name}` is rendered into a namespace that is somebody else's"),
                )
                .help("policies and mesh labels of that namespace are not rendered here"),
            );
        }
        origin(name, workload, problems);
        if let Some(build) = &workload.build
            && spec.registry().is_none()
        {
            super::no_registry(build.place, problems);
        }
        ports(name, workload, problems);
        env(spec, workload, problems);
        for label in workload.labels.keys() {
            if label.as_str().starts_with("app.kubernetes.io/") {
                problems.push(
                    Problem::error(label.place, format!("the label `{label}` is set by meshgen"))
                        .help("choose another key"),
                );
            }
        }
    }
}

fn origin(name: &At<WorkloadName>, workload: &Workload, problems: &mut Vec<Problem>) {
    let said = [
        workload.image.as_ref().map(|i| ("image", i.place)),
        workload.build.as_ref().map(|b| ("build", b.place)),
        workload.existing.as_ref().map(|e| ("existing", e.place)),
    ];
    let said: Vec<_> = said.into_iter().flatten().collect();
    if let [(first, _), (second, place), ..] = said.as_slice() {
        problems.push(
            Problem::error(*place, format!("`{name}` has both `{first}` and `{second}`")).help(
                "`image` renders it, `build` makes its image as well, `existing` describes what somebody else renders: keep one",
            ),
        );
        return;
    }
    match (&workload.image, &workload.existing) {
        (None, None) if workload.build.is_none() => problems.push(
            Problem::error(name.place, format!("`{name}` has neither an `image` nor `build` nor `existing`"))
                .help("`image` renders it, `existing` describes what somebody else renders"),
        ),
        (None, Some(existing)) => {
            if existing.labels.is_empty() {
                problems.push(
                    Problem::error(
                        existing.place,
                        format!("`{name}` has no labels: no policy can select it"),
                    )
                    .help("give the labels of its pods that tell them apart"),
                );
            }
            let rendered = workload.replicas.is_some()
                || !workload.command.is_empty()
                || !workload.args.is_empty()
                || !workload.env.is_empty()
                || !workload.labels.is_empty()
                || workload.health.is_some()
                || workload.resources != crate::Resources::default();
            if rendered {
                problems.push(
                    Problem::error(
                        name.place,
                        format!(
                            "`{name}` is somebody else's: only its `ports` and `security` can be said here"
                        ),
                    )
                    .help(
                        "give its labels under `existing`, and leave out what only a rendered workload has",
                    ),
                );
            }
        }
        (Some(_), Some(_)) => {}
        (image, None) => {
            if let Some(image) = image
                && (image.tag() == Some("latest") || (image.tag().is_none() && !image.as_str().contains('@')))
            {
                problems.push(
                    Problem::warning(image.place, format!("`{image}` is another image tomorrow"))
                        .help("write a version as tag, or a digest"),
                );
            }
            // A Service is a DNS label of RFC 1035. Source: ValidateServiceName, before Kubernetes 1.36 always.
            if !workload.ports.is_empty() && name.name.as_str().starts_with(|c: char| c.is_ascii_digit()) {
                problems.push(
                    Problem::error(name.place, format!("the Service of `{name}` cannot start with a digit"))
                        .help("start its name with a letter"),
                );
            }
        }
    }
}

fn ports(name: &At<WorkloadName>, workload: &Workload, problems: &mut Vec<Problem>) {
    let ports: Vec<_> = workload.ports.iter().collect();
    for (i, (port_name, port)) in ports.iter().enumerate() {
        for (other, earlier) in ports.iter().take(i) {
            if (earlier.port, earlier.protocol) == (port.port, port.protocol)
                || (earlier.service, earlier.protocol) == (port.service, port.protocol)
            {
                problems.push(
                    Problem::error(
                        port_name.place,
                        format!("`{port_name}` and `{other}` of `{name}` are the same port"),
                    )
                    .related(other.place, "the other one"),
                );
            }
        }
        if (port_name.as_str() == "udp" || port_name.as_str().starts_with("udp-"))
            && port.protocol != Protocol::Udp
        {
            problems.push(
                Problem::warning(
                    port_name.place,
                    format!("`{port_name}` is a TCP port called like a UDP one"),
                )
                .help(format!("write `{port_name}: {{ port: {}, protocol: UDP }}`", port.port)),
            );
        }
    }
    if let Some(health) = &workload.health
        && workload.http_port().is_none()
    {
        problems.push(
            Problem::error(health.place, format!("`{name}` has no HTTP port to ask for its health"))
                .help("add a port whose name starts with `http`"),
        );
    }
}

fn env(spec: &Spec, workload: &Workload, problems: &mut Vec<Problem>) {
    for (name, value) in &workload.env {
        match value {
            EnvValue::Text { text, plain: true } if !text.is_empty() && looks_secret(name.as_str()) => problems.push(
                // The value is not echoed.
                Problem::error(name.place, format!("`{name}` looks like a secret, and a secret is never written into a manifest"))
                    .help("name a key of a Secret: `{ secret: name/key }`; if it is none: `{ text: … }`"),
            ),
            EnvValue::Text { .. } | EnvValue::Secret(_) => {}
            EnvValue::HostOf(target) => {
                if let Some(found) = super::workload(spec, target, target.place, problems)
                    && found.ports.is_empty()
                {
                    problems.push(
                        Problem::error(target.place, format!("`{target}` has no ports, so it has no Service"))
                            .help("add its ports"),
                    );
                }
            }
            EnvValue::FromEnv(variable) => problems.push(
                Problem::error(variable.name.place, "a manifest cannot take a value from the environment of whoever applies it")
                    .help("write the text here, or in an overlay for each environment; for a secret: `{ secret: name/key }`"),
            ),
        }
    }
}

/// Whether a variable is called like something that must not be read by others.
fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ends = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PWD",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "API_KEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "SIGNING_KEY",
        "ENCRYPTION_KEY",
        "CREDENTIALS",
    ];
    ends.iter().any(|end| {
        name == *end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('_') || *end != "PWD")
    })
}
