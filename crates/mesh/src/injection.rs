//! Who is in the mesh (I9, S10, S15).

use crate::{Known, Labels, Pod, Settings};

const INJECT: &str = "sidecar.istio.io/inject";
const REV: &str = "istio.io/rev";
const MODE: &str = "istio.io/dataplane-mode";

/// Namespaces that the injector ignores (`pkg/kube/inject/inject.go`, `IgnoredNamespaces`).
const IGNORED: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// How a pod is in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Membership {
    /// It is not.
    Plain,
    /// By a sidecar.
    Sidecar,
    /// It is a gateway: a proxy and nothing else.
    Gateway,
    /// By the proxy of its node.
    Ambient,
    /// The manifests do not say.
    Unknown,
}

/// How a pod is in the mesh, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injection {
    /// How.
    pub membership: Membership,
    /// Why, in words.
    pub why: String,
    /// Whether the sidecar is a container that starts before the others (`nativeSidecar`).
    pub native: bool,
}

impl Injection {
    /// How a pod in a namespace with these labels is in the mesh.
    ///
    /// Labels count on the pod, not on what owns it. The webhook's selectors come first, the injector's own
    /// decision second. Sources: `mutatingwebhook.yaml`, `pkg/kube/inject/inject.go` (`injectRequired`).
    pub fn of(settings: &Settings, namespace: &Labels, pod: &Pod) -> Injection {
        let injection = Injection::in_the_mesh(settings, namespace, pod);
        if settings.discovers(namespace) || injection.membership == Membership::Plain {
            return injection;
        }
        // Its proxy starts without the certificates of the mesh, which are not handed out there, if it starts at all.
        let why =
            format!("the mesh does not discover the namespace `{}` (`discoverySelectors`)", pod.namespace);
        Injection { membership: Membership::Unknown, why, ..injection }
    }

    fn in_the_mesh(settings: &Settings, namespace: &Labels, pod: &Pod) -> Injection {
        let native = pod.annotations.get("sidecar.istio.io/nativeSidecar").is_some_and(|v| v == "true");
        let as_said = |membership, why: &str| Injection { membership, why: why.to_owned(), native };
        if let Some(written) = pod.proxy {
            return as_said(written, "its proxy is written in the manifest");
        }
        let (injected, why) = injected(settings, namespace, pod);
        match injected {
            Some(true) => match templated(pod) {
                Ok(membership) => as_said(membership, &why),
                Err(why) => as_said(Membership::Unknown, &why),
            },
            None => as_said(Membership::Unknown, &why),
            Some(false) => {
                if ambient(namespace, pod) {
                    as_said(Membership::Ambient, "`istio.io/dataplane-mode: ambient`")
                } else {
                    as_said(Membership::Plain, &why)
                }
            }
        }
    }
}

fn injected(settings: &Settings, namespace: &Labels, pod: &Pod) -> (Option<bool>, String) {
    let injector = &settings.injector;
    let Some(webhook) = injector.called(namespace, &pod.labels) else {
        return not_called(settings, namespace, pod);
    };
    let (yes, why) = required(settings, pod);
    (Some(yes), if yes { format!("{why} (webhook `{}`)", webhook.name) } else { why })
}

/// No webhook is called of those that are known; but one that the manifests do not show may serve what is asked for: a
/// control plane of another revision, or a tag, which may also be the default one.
///
/// Source: <https://istio.io/latest/docs/setup/upgrade/canary/#stable-revision-labels>.
fn not_called(settings: &Settings, namespace: &Labels, pod: &Pod) -> (Option<bool>, String) {
    let injection = namespace.get("istio-injection");
    let inject = pod.labels.get(INJECT).map(String::as_str);
    if inject == Some("false") {
        return (Some(false), format!("the pod's label `{INJECT}: false`"));
    }
    let named = namespace.get(REV).or_else(|| pod.labels.get(REV));
    let may = settings.injector.known != Known::All && required(settings, pod).0;
    match (injection.map(String::as_str), named) {
        (Some("enabled"), _) if may => {
            (None, "nothing in the manifests says which revision is the default one".to_owned())
        }
        (Some(value), _) => (Some(false), format!("the namespace's label `istio-injection: {value}`")),
        (None, Some(revision)) if may => {
            (None, format!("nothing in the manifests says whether the revision `{revision}` exists"))
        }
        (None, Some(revision)) => (Some(false), format!("no injector serves the revision `{revision}`")),
        (None, None) if may && inject == Some("true") => {
            (None, "nothing in the manifests says which revision is the default one".to_owned())
        }
        (None, None) => (Some(false), "neither the namespace nor the pod asks for injection".to_owned()),
    }
}

/// What the injector decides once it is called.
pub(crate) fn required(settings: &Settings, pod: &Pod) -> (bool, String) {
    let injector = &settings.injector;
    if pod.host_network {
        return (false, "`hostNetwork` is never injected".to_owned());
    }
    if IGNORED.contains(&pod.namespace.as_str()) {
        return (false, format!("the namespace `{}` is never injected", pod.namespace));
    }
    // The label is preferred; a value that is neither `true` nor `false` decides nothing.
    let (what, said) = match pod.labels.get(INJECT) {
        Some(label) => ("label", Some(label)),
        None => ("annotation", pod.annotations.get(INJECT)),
    };
    match said.map(String::as_str) {
        Some("true") => return (true, format!("the pod's {what} `{INJECT}: true`")),
        Some("false") => return (false, format!("the pod's {what} `{INJECT}: false`")),
        Some(_) | None => {}
    }
    let selected = |all: &[crate::Selector]| all.iter().any(|s| !s.is_empty() && s.selects(&pod.labels));
    if selected(&injector.never) {
        return (false, "`neverInjectSelector`".to_owned());
    }
    if selected(&injector.always) {
        return (true, "`alwaysInjectSelector`".to_owned());
    }
    let policy =
        if injector.enabled { "the namespace asks for injection" } else { "the injector's policy is off" };
    (injector.enabled, policy.to_owned())
}

/// What the templates make of a pod that are asked for it. Others than these two bring what they like: `grpc-agent` an agent
/// that leaves connections to the application.
///
/// Source: `pkg/kube/inject/inject.go`, `selectTemplates`; `manifests/charts/istio-control/istio-discovery/files`.
fn templated(pod: &Pod) -> Result<Membership, String> {
    let Some(said) = pod.annotations.get("inject.istio.io/templates") else { return Ok(Membership::Sidecar) };
    let asks = |name: &str| said.split(',').any(|t| t.trim() == name);
    match (asks("gateway"), asks("sidecar")) {
        (true, _) => Ok(Membership::Gateway),
        (false, true) => Ok(Membership::Sidecar),
        (false, false) => Err(format!("what the template `{said}` makes of the pod is not judged")),
    }
}

/// I11: by label, where the pod's own label counts more than that of its namespace; never on the node's network.
pub(crate) fn ambient(namespace: &Labels, pod: &Pod) -> bool {
    let mode = pod.labels.get(MODE).or_else(|| namespace.get(MODE));
    !pod.host_network && mode.is_some_and(|m| m == "ambient")
}

/// The labels that a pod has once it is injected: a policy can select by them (S15).
///
/// Source: `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml` and, for a gateway,
/// `gateway-injection-template.yaml`.
pub fn labels_after_injection(pod: &Pod, membership: Membership) -> Labels {
    let mut labels = pod.labels.clone();
    let first =
        |keys: &[&str]| keys.iter().find_map(|k| pod.labels.get(*k)).filter(|v| !v.is_empty()).cloned();
    let mut set = |key: &str, value: String| {
        labels.entry(key.to_owned()).or_insert(value);
    };
    match membership {
        Membership::Plain | Membership::Ambient | Membership::Unknown => return labels,
        Membership::Sidecar => set("security.istio.io/tlsMode", "istio".to_owned()),
        Membership::Gateway => {}
    }
    let name = first(&["app.kubernetes.io/name", "app"]).unwrap_or_else(|| pod.name.clone());
    set("service.istio.io/canonical-name", name);
    let revision = first(&["app.kubernetes.io/version", "version"]).unwrap_or_else(|| "latest".to_owned());
    set("service.istio.io/canonical-revision", revision);
    labels
}
