//! What a client's sidecar knows (I12, S9, S36).

use serde_json::Value;

use super::{
    super::{
        labels::labels,
        model::{items, name, namespace, number, string},
    },
    model::{Mesh, Pod, Undecided, oldest},
};

impl Mesh {
    /// The Sidecar that counts for a pod: one that selects it, else one of its namespace, else one of the root namespace.
    pub(super) fn scope(&self, pod: &Pod) -> Result<Option<&Value>, Undecided> {
        let root = self.root();
        let selector = |s: &Value| labels(s.pointer("/spec/workloadSelector/labels"));
        let all = || self.of("networking.istio.io", "Sidecar");
        let here = || all().filter(|s| namespace(s) == pod.namespace);
        let selects = |s: &&Value| {
            !selector(s).is_empty() && selector(s).iter().all(|(k, v)| pod.labels.get(k) == Some(v))
        };
        let bare = |s: &&Value| selector(s).is_empty();
        let levels: [Vec<&Value>; 3] = [
            here().filter(selects).collect(),
            here().filter(bare).collect(),
            all().filter(|s| namespace(s) == root).filter(bare).collect(),
        ];
        for level in levels {
            if let Some(found) = oldest(&level, |s| s.get("spec").cloned())? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Whether what is not known is refused.
    pub(super) fn refuses_unknown(&self, scope: Option<&Value>) -> bool {
        let own = scope.and_then(|s| s.pointer("/spec/outboundTrafficPolicy"));
        match own {
            // The first word of the enum holds where none is written.
            Some(policy) => policy.get("mode").is_none_or(|m| m == "REGISTRY_ONLY"),
            None => string(self.setting("/meshConfig/outboundTrafficPolicy/mode")) == "REGISTRY_ONLY",
        }
    }

    /// Whether a namespace sees a Service, and a Sidecar lets it in.
    pub(super) fn knows(&self, scope: Option<&Value>, client: &str, service: &Value, port: u16) -> bool {
        let said = string(service.pointer("/metadata/annotations/networking.istio.io~1exportTo"));
        let said: Vec<String> =
            said.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect();
        let export = if said.is_empty() { self.default_export("defaultServiceExportTo") } else { said };
        is_exported(&export, &namespace(service), client) && imports(scope, client, service, port)
    }

    pub(super) fn default_export(&self, key: &str) -> Vec<String> {
        let said = items(self.setting(&format!("/meshConfig/{key}")));
        let said: Vec<String> = said.iter().map(|t| string(Some(t))).collect();
        if said.is_empty() { vec!["*".to_owned()] } else { said }
    }
}

/// `*` is everybody, `.` the own namespace.
pub(super) fn is_exported(to: &[String], own: &str, client: &str) -> bool {
    to.iter().any(|t| t == "*" || (t == "." && own == client) || t == client)
}

/// Without egress everything is let in. An entry with a port is for that port, and then counts alone.
fn imports(scope: Option<&Value>, client: &str, service: &Value, port: u16) -> bool {
    let egress = items(scope.and_then(|s| s.pointer("/spec/egress")));
    let for_port = |e: &&Value| number(e.pointer("/port/number")) == Some(port);
    let mut entries: Vec<&Value> = egress.iter().filter(for_port).collect();
    if entries.is_empty() {
        entries = egress.iter().filter(|e| e.get("port").is_none()).collect();
    }
    let means = |entry: &str| {
        let Some((space, host)) = entry.split_once('/') else { return false };
        let space =
            space == "*" || space == namespace(service) || (space == "." && namespace(service) == client);
        space && is_host(host, &host_of(service))
    };
    egress.is_empty()
        || entries.iter().flat_map(|e| items(e.get("hosts"))).any(|h| h.as_str().is_some_and(means))
}

/// A Service's name in the cluster.
pub(super) fn host_of(service: &Value) -> String {
    format!("{}.{}.svc.cluster.local", name(service), namespace(service))
}

/// Whether a host is meant, where `*` stands for any beginning.
pub(super) fn is_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// A host in full: a short one is of the namespace of the object that names it (S34).
pub(super) fn full(host: &str, space: &str) -> String {
    if host.contains('.') || host == "*" {
        host.to_owned()
    } else {
        format!("{host}.{space}.svc.cluster.local")
    }
}
