//! Who gets a sidecar (I9, S10), and what else a pod has then (S15).

use serde_json::Value;

use super::{
    super::{
        labels::{labels, selects},
        model::{Labels, items, name, string},
    },
    model::{Mesh, Pod},
};

/// How a pod is in the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is not.
    Plain,
    /// By a sidecar.
    Sidecar,
    /// It is a gateway.
    Gateway,
    /// By the proxy of its node.
    Ambient,
    /// The manifests do not say.
    Unknown,
}

const SYSTEM: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

impl Mesh {
    pub(super) fn how(&self, pod: &Pod) -> How {
        if let Some(how) = written(pod) {
            return how;
        }
        let space = self.labels_of_namespace(&pod.namespace);
        let templates = pod.annotations.get("inject.istio.io/templates");
        let templates: Vec<&str> =
            templates.map_or("sidecar", |t| t.as_str()).split(',').map(str::trim).collect();
        match (self.is_called(pod, &space), self.is_wanted(pod)) {
            (Some(true), true) if templates.contains(&"gateway") => How::Gateway,
            (Some(true), true) if templates.contains(&"sidecar") => How::Sidecar,
            // Other templates bring what nobody here knows.
            (Some(true) | None, true) => How::Unknown,
            (Some(_) | None, _) if is_ambient(pod, &space) => How::Ambient,
            (Some(_) | None, _) => How::Plain,
        }
    }

    /// How a pod is in the mesh if it gets no sidecar.
    pub(super) fn else_how(&self, pod: &Pod) -> How {
        let space = self.labels_of_namespace(&pod.namespace);
        if is_ambient(pod, &space) { How::Ambient } else { How::Plain }
    }

    fn labels_of_namespace(&self, wanted: &str) -> Labels {
        let found = self.of("", "Namespace").find(|n| name(n) == wanted);
        let mut labels = found.map(|n| labels(n.pointer("/metadata/labels"))).unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), wanted.to_owned());
        labels
    }

    /// Whether the injector is called for a pod; none if that is not known.
    fn is_called(&self, pod: &Pod, space: &Labels) -> Option<bool> {
        let written = self.of("admissionregistration.k8s.io", "MutatingWebhookConfiguration");
        let hooks = written.flat_map(|w| items(w.get("webhooks")));
        let hooks: Vec<&Value> = hooks.filter(|h| calls_injector(h)).collect();
        if !hooks.is_empty() {
            let fits = |selector: Option<&Value>, on: &Labels| selector.is_none_or(|s| selects(s, on));
            let is = |h: &&Value| {
                fits(h.get("namespaceSelector"), space) && fits(h.get("objectSelector"), &pod.labels)
            };
            // Those of the default control plane are all that there are; those of a canary have others beside them.
            let enabled: Labels = [("istio-injection".to_owned(), "enabled".to_owned())].into();
            let serves = |h: &&Value| {
                fits(h.get("namespaceSelector"), &enabled) && fits(h.get("objectSelector"), &Labels::new())
            };
            return match hooks.iter().any(is) {
                true => Some(true),
                false if hooks.iter().any(serves) => Some(false),
                false => asks_for_none(pod, space),
            };
        }
        if pod.labels.get("sidecar.istio.io/inject").is_some_and(|v| v == "false") {
            return Some(false);
        }
        let (injection, by_space) = (space.get("istio-injection"), space.get("istio.io/rev"));
        let (asks, by_pod) = (pod.labels.get("sidecar.istio.io/inject"), pod.labels.get("istio.io/rev"));
        match (injection, by_space, by_pod) {
            // `istio-injection` counts more than a revision, whatever it says.
            (Some(word), ..) => Some(word == "enabled"),
            (None, Some(revision), _) | (None, None, Some(revision)) => self.serves(revision),
            (None, None, None) => Some(match asks {
                Some(word) => word == "true",
                None => self.is_everywhere() && !SYSTEM.contains(&pod.namespace.as_str()),
            }),
        }
    }

    /// Whether a control plane serves a revision. One that the manifests do not show may be there.
    fn serves(&self, revision: &str) -> Option<bool> {
        let tags = items(self.setting("/values/revisionTags"));
        let served = revision == "default" || tags.iter().any(|t| t.as_str() == Some(revision));
        served.then_some(true)
    }

    fn is_everywhere(&self) -> bool {
        let said = self.setting("/values/sidecarInjectorWebhook/enableNamespacesByDefault");
        said.and_then(Value::as_bool) == Some(true)
    }

    /// What the injector says once it is called.
    fn is_wanted(&self, pod: &Pod) -> bool {
        let host = pod.written.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
        if host || SYSTEM.contains(&pod.namespace.as_str()) {
            return false;
        }
        let key = "sidecar.istio.io/inject";
        let said = pod.labels.get(key).or_else(|| pod.annotations.get(key));
        match said.map(String::as_str) {
            Some("true") => return true,
            Some("false") => return false,
            Some(_) | None => {}
        }
        let selected = |list: &str| {
            let all = items(self.setting(&format!("/values/sidecarInjectorWebhook/{list}")));
            let says = |s: &Value| s.get("matchLabels").is_some() || s.get("matchExpressions").is_some();
            all.iter().any(|s| says(s) && selects(s, &pod.labels))
        };
        if selected("neverInjectSelector") {
            return false;
        }
        let off = string(self.setting("/values/global/proxy/autoInject")) == "disabled";
        selected("alwaysInjectSelector") || !off
    }
}

/// Whether nobody is called for a pod, whatever is installed: it says so, or nothing asks for anybody.
fn asks_for_none(pod: &Pod, space: &Labels) -> Option<bool> {
    let says = |labels: &Labels, key: &str, value: &str| labels.get(key).is_some_and(|v| v == value);
    let refuses = says(&pod.labels, "sidecar.istio.io/inject", "false")
        || space.get("istio-injection").is_some_and(|v| v != "enabled");
    let asks = says(space, "istio-injection", "enabled")
        || says(&pod.labels, "sidecar.istio.io/inject", "true")
        || [space, &pod.labels].iter().any(|labels| labels.contains_key("istio.io/rev"));
    (refuses || !asks).then_some(false)
}

fn calls_injector(hook: &Value) -> bool {
    let service = string(hook.pointer("/clientConfig/service/path"));
    service.contains("/inject") || string(hook.pointer("/clientConfig/url")).contains("/inject")
}

/// A proxy that stands in the manifest is not injected again.
fn written(pod: &Pod) -> Option<How> {
    let containers = items(pod.written.pointer("/spec/containers")).iter();
    let first = items(pod.written.pointer("/spec/initContainers")).iter();
    let stays = first.filter(|c| string(c.get("restartPolicy")) == "Always");
    let proxy = containers.chain(stays).find(|c| string(c.get("name")) == "istio-proxy")?;
    let says = |word: &str| items(proxy.get("args")).iter().any(|a| a == word);
    match (says("sidecar"), says("router") || says("waypoint")) {
        (true, _) => Some(How::Sidecar),
        (false, true) => Some(How::Gateway),
        (false, false) => None,
    }
}

fn is_ambient(pod: &Pod, space: &Labels) -> bool {
    let key = "istio.io/dataplane-mode";
    let host = pod.written.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
    let said = pod.labels.get(key).or_else(|| space.get(key));
    !host && said.is_some_and(|mode| mode == "ambient")
}

impl Pod {
    /// Its labels, with those that injection adds where they are not there.
    pub(super) fn labels_once_it_runs(&self) -> Labels {
        let mut all = self.labels.clone();
        let first = |a: &str, b: &str| {
            let said = self.labels.get(a).or_else(|| self.labels.get(b));
            said.filter(|v| !v.is_empty()).cloned()
        };
        let mut add = |key: &str, value: String| {
            all.entry(key.to_owned()).or_insert(value);
        };
        if self.how == How::Sidecar {
            add("security.istio.io/tlsMode", "istio".to_owned());
        }
        if matches!(self.how, How::Sidecar | How::Gateway) {
            let name = first("app.kubernetes.io/name", "app").unwrap_or_else(|| self.name.clone());
            add("service.istio.io/canonical-name", name);
            let version = first("app.kubernetes.io/version", "version");
            add("service.istio.io/canonical-revision", version.unwrap_or_else(|| "latest".to_owned()));
        }
        all
    }
}
