//! `istio`.

use meshgen_yaml::{At, Place, Problem, nearest};

use crate::{Cluster, Install, Istio, KubernetesSettings, MeshMode, Name, Spec, TreeMap};

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    let Some(istio) = &spec.istio else { return };
    source(spec, istio, problems);
    settings(istio, problems);
    kubernetes(spec, istio, problems);
    revisions(spec, istio, problems);
    gateways(istio, problems);
    for (name, namespace) in &spec.namespaces {
        if namespace.mesh == Some(MeshMode::Ambient) && !istio.mesh().ambient {
            let help = if istio.managed.is_some() {
                "the add-on of AKS has no ambient mode: use `mesh: sidecar`"
            } else {
                "say `profile: ambient`, or `existing: { ambient: true, … }`"
            };
            problems.push(
                Problem::error(
                    name.place,
                    format!("`{name}` is to be ambient, and this mesh has no ambient mode"),
                )
                .help(help),
            );
        }
    }
}

/// Where the mesh comes from: one of three.
fn source(spec: &Spec, istio: &Istio, problems: &mut Vec<Problem>) {
    let version = istio.version.as_ref().map(|v| ("version", v.place));
    let managed = istio.managed.as_ref().map(|m| ("managed", m.place));
    let existing = istio.existing.as_ref().map(|e| ("existing", e.place));
    let said: Vec<(&str, Place)> = [version, managed, existing].into_iter().flatten().collect();
    match said.as_slice() {
        [_] => {}
        [] => problems.push(
            Problem::error(spec.project.place, "`istio` says neither `version` nor `managed` nor `existing`")
                .help("`version` installs it, `managed` is the add-on of AKS, `existing` relies on what is there"),
        ),
        [(first, at), (second, place), ..] => problems.push(
            Problem::error(*place, format!("Istio comes from one place, and here are both `{first}` and `{second}`"))
                .related(*at, "the other one")
                .help("keep one of them"),
        ),
    }
    if let Some(managed) = &istio.managed
        && !matches!(spec.cluster, Cluster::Aks(_))
    {
        problems.push(
            Problem::error(managed.place, "only AKS has a mesh that it manages")
                .help("say `version` to install one, or `cluster: { aks: … }`"),
        );
    }
    if istio.version.is_none()
        && let Some((what, place)) = only_installed(istio)
    {
        problems.push(
            Problem::error(
                place.unwrap_or(spec.project.place),
                format!("`{what}` is for a mesh that is installed here"),
            )
            .help("it belongs beside `version`; `existing` and `managed` have fields of their own"),
        );
    }
}

/// The first thing that is said and that only an installation reads.
fn only_installed(istio: &Istio) -> Option<(&'static str, Option<Place>)> {
    let said = [
        ("install", istio.install.as_ref().map(|a| a.place)),
        ("profile", istio.profile.as_ref().map(|a| a.place)),
        ("hub", istio.hub.as_ref().map(|a| a.place)),
        ("tag", istio.tag.as_ref().map(|a| a.place)),
        ("revision", istio.revision.as_ref().map(|a| a.place)),
        ("meshConfig", istio.mesh_config.as_ref().map(|a| a.place)),
        ("upgrade", istio.upgrade.as_ref().map(|a| a.place)),
        ("values", istio.values.keys().next().map(|k| k.place)),
    ];
    let found = said.into_iter().find_map(|(what, place)| place.map(|p| (what, Some(p))));
    found.or((istio.components != crate::Components::default()).then_some(("components", None)))
}

/// What `extra` would say once more, and what cannot be here.
fn settings(istio: &Istio, problems: &mut Vec<Problem>) {
    /// Fields of `MeshConfig` that the spec has itself.
    const TYPED: [&str; 15] = [
        "accessLogFile",
        "accessLogEncoding",
        "accessLogFormat",
        "enableTracing",
        "enableAutoMtls",
        "enablePrometheusMerge",
        "outboundTrafficPolicy",
        "inboundTrafficPolicy",
        "trustDomain",
        "rootNamespace",
        "connectTimeout",
        "discoverySelectors",
        "extensionProviders",
        "defaultProviders",
        "defaultConfig",
    ];
    /// Fields of `ProxyConfig` that the spec has itself.
    const PROXY: [&str; 6] = [
        "holdApplicationUntilProxyStarts",
        "concurrency",
        "drainDuration",
        "terminationDrainDuration",
        "proxyMetadata",
        "tracing",
    ];
    let managed = istio.managed.as_ref().and_then(|m| m.mesh_config.as_ref());
    for mesh in istio.mesh_config.iter().chain(managed) {
        said_twice(&mesh.extra, &TYPED, "meshConfig", problems);
        said_twice(&mesh.default_config.extra, &PROXY, "defaultConfig", problems);
        let trees = mesh.extra.values().chain(mesh.default_config.extra.values());
        let trees =
            trees.chain(mesh.default_config.tracing.values()).chain(mesh.extension_providers.values());
        for tree in trees.chain(&mesh.discovery_selectors) {
            super::no_variables(tree, "an IstioOperator file", problems);
        }
    }
    for tree in istio.values.values() {
        super::no_variables(tree, "an IstioOperator file", problems);
    }
}

fn said_twice(extra: &TreeMap, typed: &[&str], parent: &str, problems: &mut Vec<Problem>) {
    for key in extra.keys() {
        if typed.contains(&key.as_str()) {
            problems.push(
                Problem::error(key.place, format!("`{key}` is a field of `{parent}` here"))
                    .help(format!("move it out of `extra`: `{parent}: {{ {key}: … }}`")),
            );
        } else if let Some(near) = nearest(key.as_str(), typed.iter().copied()) {
            problems.push(
                Problem::warning(
                    key.place,
                    format!("`{key}` is handed on as it is, and Istio may not know it"),
                )
                .help(format!("did you mean `{parent}: {{ {near}: … }}`?")),
            );
        }
    }
}

/// The oldest Kubernetes that a version of Istio takes.
///
/// Sources: istio release-1.31 `istioctl/pkg/install/k8sversion/version.go`;
/// <https://learn.microsoft.com/azure/aks/istio-support-policy> for the add-on.
fn oldest_kubernetes(istio_minor: u32) -> Option<u32> {
    match istio_minor {
        29 => Some(31),
        30 | 31 => Some(32),
        _ => None,
    }
}

fn kubernetes(spec: &Spec, istio: &Istio, problems: &mut Vec<Problem>) {
    let Cluster::Aks(aks) = &spec.cluster else { return };
    let Some(kubernetes) = &aks.kubernetes else { return };
    let minor =
        istio.version.as_ref().map(|v| v.minor()).or(istio.managed.as_ref().map(|m| m.revision.minor()));
    let Some((minor, oldest)) = minor.and_then(|m| oldest_kubernetes(m).map(|o| (m, o))) else { return };
    if kubernetes.minor() < oldest {
        problems.push(
            Problem::error(
                kubernetes.place,
                format!("Istio 1.{minor} does not run on Kubernetes {kubernetes}"),
            )
            .help(format!("use Kubernetes 1.{oldest} or newer")),
        );
    }
}

/// Which control planes there are, and which of them namespaces name.
fn revisions(spec: &Spec, istio: &Istio, problems: &mut Vec<Problem>) {
    let mesh = istio.mesh();
    if let Some(upgrade) = &istio.upgrade {
        if istio.install() == Install::Helm {
            problems.push(
                Problem::error(upgrade.place, "an upgrade by revision is for `install: istioctl`")
                    .help("with Helm, change `version`: the charts are upgraded in place"),
            );
        }
        if mesh.old_revision.as_ref() == Some(&mesh.revision) {
            problems.push(
                Problem::error(upgrade.place, "both control planes have the same revision")
                    .help("say `revision` for the new one, such as `revision: 1-31-1`"),
            );
        }
    }
    let known: Vec<Option<Name>> =
        [Some(mesh.revision.clone()), mesh.old_revision].into_iter().flatten().collect();
    for namespace in spec.namespaces.values() {
        let Some(At { value: revision, place }) = &namespace.revision else { continue };
        let wanted = Some(revision.clone()).filter(|r| r.as_str() != "default");
        if !known.contains(&wanted) {
            let names: Vec<String> =
                known.iter().map(|k| format!("`{}`", k.as_ref().map_or("default", Name::as_str))).collect();
            problems.push(
                Problem::error(*place, format!("no control plane has the revision `{revision}`"))
                    .help(format!("here are {}", names.join(" and "))),
            );
        }
    }
}

fn gateways(istio: &Istio, problems: &mut Vec<Problem>) {
    for name in istio.components.egress_gateways.keys() {
        if let Some((other, _)) = istio.components.ingress_gateways.get_key_value(name) {
            problems.push(
                Problem::error(name.place, format!("`{name}` is both an ingress and an egress gateway"))
                    .related(other.place, "the other one")
                    .help("give one of them another name"),
            );
        }
    }
    let parts = &istio.components;
    let node = [&parts.base, &parts.cni, &parts.ztunnel].into_iter().flatten().map(|c| &c.k8s);
    node.for_each(|k8s| pods(k8s, false, problems));
    let pilot = parts.pilot.iter().map(|c| &c.k8s);
    let gateways = parts.ingress_gateways.values().chain(parts.egress_gateways.values()).map(|g| &g.k8s);
    pilot.chain(gateways).for_each(|k8s| pods(k8s, istio.profile().scales(), problems));
}

/// How many pods a part has, where it may be that the profile scales it by load.
fn pods(k8s: &KubernetesSettings, scales: bool, problems: &mut Vec<Problem>) {
    match (&k8s.replicas, &k8s.hpa) {
        (Some(_), Some(hpa)) => problems.push(
            Problem::error(hpa.place, "`replicas` and `hpa` both say how many pods there are")
                .help("keep one of them"),
        ),
        (Some(replicas), None) if scales => problems.push(
            Problem::warning(
                replicas.place,
                "this profile scales it by load, so `replicas` says only with how many it starts",
            )
            .help(format!("say `hpa: {{ min: {replicas}, max: {replicas} }}`")),
        ),
        _ => {}
    }
    if let Some(hpa) = &k8s.hpa
        && (hpa.min == 0 || hpa.min > hpa.max)
    {
        problems.push(
            Problem::error(hpa.place, format!("`{}` to `{}` pods is no range", hpa.min, hpa.max))
                .help("use 1 or more for `min`, and no less for `max`"),
        );
    }
}
