//! Manifests, and the pods that come of them.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{
    super::{
        Cluster,
        labels::labels,
        model::{Labels, items, kind, name, namespace, string},
    },
    injection::How,
};

/// The manifests of a mesh.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// All of them.
    pub(super) manifests: Vec<Value>,
    /// The pods.
    pub(super) pods: Vec<Pod>,
    /// The network below, with the labels and ports that injection adds to pods.
    pub(super) network: Cluster,
}

/// A pod, or one that stands for all of a workload.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) name: String,
    /// As its template has it.
    pub(super) written: Value,
    pub(super) how: How,
    /// How it is in the mesh if it gets no sidecar.
    pub(super) else_how: How,
    /// Its labels once it runs.
    pub(super) labels: Labels,
    pub(super) annotations: Labels,
    pub(super) account: String,
    pub(super) address: Option<IpAddr>,
}

/// A Service, the number of a port of it, and the pods behind it with their ports.
pub type Door = (String, u16, Vec<(String, u16)>);

/// That of two objects one counts, and nothing says which.
pub(super) struct Undecided;

impl Mesh {
    /// Reads manifests.
    pub fn read(manifests: &[Value]) -> Mesh {
        let mut mesh = Mesh { manifests: manifests.to_vec(), ..Mesh::default() };
        let mut running = Vec::new();
        for manifest in manifests {
            let mut after = manifest.clone();
            if let Some(path) = template(manifest)
                && let Some(written) = manifest.pointer(path)
            {
                let pod = mesh.pod(manifest, written);
                run(&mut after, path, &pod);
                mesh.pods.push(pod);
            }
            running.push(after);
        }
        mesh.network = Cluster::read(&running);
        mesh
    }

    fn pod(&self, object: &Value, written: &Value) -> Pod {
        let account = string(written.pointer("/spec/serviceAccountName"));
        let mut pod = Pod {
            namespace: namespace(object),
            name: name(object),
            written: written.clone(),
            how: How::Plain,
            else_how: How::Plain,
            labels: labels(written.pointer("/metadata/labels")),
            annotations: labels(written.pointer("/metadata/annotations")),
            account: if account.is_empty() { "default".to_owned() } else { account },
            address: string(object.pointer("/status/podIP")).parse().ok(),
        };
        pod.how = self.how(&pod);
        pod.else_how = self.else_how(&pod);
        pod.labels = pod.labels_once_it_runs();
        pod
    }

    /// The names of all pods, as `namespace/name`.
    pub fn pods(&self) -> impl Iterator<Item = String> {
        self.pods.iter().map(Pod::title)
    }

    /// How a pod is in the mesh.
    pub fn how_is(&self, pod: &str) -> Option<How> {
        self.find(pod).map(|p| p.how)
    }

    /// Whether it is not known which of what a pod sends its sidecar takes. None if there is no such pod.
    pub fn may_send_past(&self, pod: &str) -> Option<bool> {
        self.find(pod).map(|p| p.ways_out().len() > 1)
    }

    pub(super) fn find(&self, title: &str) -> Option<&Pod> {
        self.pods.iter().find(|p| p.title() == title)
    }

    /// Objects of a kind of a group of the API; the core group is empty.
    pub(super) fn of<'a>(&'a self, group: &'a str, wanted: &'a str) -> impl Iterator<Item = &'a Value> {
        self.manifests.iter().filter(move |m| {
            let version = m.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            let own = version.split_once('/').map_or("", |(group, _)| group);
            own == group && kind(m) == wanted
        })
    }

    /// The Service of a name `namespace/name`.
    pub(super) fn service(&self, title: &str) -> Option<&Value> {
        self.of("", "Service").find(|s| format!("{}/{}", namespace(s), name(s)) == title)
    }

    /// The Services, as `namespace/name`, with the numbers of their ports of TCP, and for each the pods and their ports
    /// to which it leads.
    pub fn doors(&self) -> Vec<Door> {
        let mut all = Vec::new();
        for service in self.of("", "Service") {
            for port in items(service.pointer("/spec/ports")).iter().filter(|p| is_tcp(p)) {
                let Some(number) = super::super::model::number(port.get("port")) else { continue };
                let behind = self.pods.iter().filter(|p| p.is_behind(service));
                let led = behind.filter_map(|p| Some((p.title(), p.port_of(service, port)?)));
                all.push((format!("{}/{}", namespace(service), name(service)), number, led.collect()));
            }
        }
        all
    }

    /// What an `IstioOperator` says of the mesh.
    pub(super) fn setting(&self, path: &str) -> Option<&Value> {
        self.of("install.istio.io", "IstioOperator").find_map(|o| o.pointer(&format!("/spec{path}")))
    }

    /// Whether there is an `IstioOperator`.
    pub(super) fn is_told(&self) -> bool {
        self.of("install.istio.io", "IstioOperator").next().is_some()
    }

    /// The namespace whose policies bind all others.
    pub(super) fn root(&self) -> String {
        let said = string(self.setting("/meshConfig/rootNamespace"));
        if said.is_empty() { "istio-system".to_owned() } else { said }
    }
}

impl Pod {
    pub(super) fn title(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    pub(super) fn is_behind(&self, service: &Value) -> bool {
        let wanted = labels(service.pointer("/spec/selector"));
        let external = service.pointer("/spec/type").is_some_and(|t| t == "ExternalName");
        !external
            && !wanted.is_empty()
            && namespace(service) == self.namespace
            && wanted.iter().all(|(k, v)| self.labels.get(k) == Some(v))
    }

    /// The port of the pod to which a port of a Service leads. Clients of a headless Service dial the pod by the number
    /// of the Service's port.
    pub(super) fn port_of(&self, service: &Value, port: &Value) -> Option<u16> {
        if is_headless(service) {
            return super::super::model::number(port.get("port"));
        }
        self.target_of(port)
    }

    /// The port of the pod that a port of a Service targets: by number, by name, or the same number.
    pub(super) fn target_of(&self, port: &Value) -> Option<u16> {
        let number = super::super::model::number;
        match port.get("targetPort") {
            Some(Value::String(name)) => {
                let containers = items(self.written.pointer("/spec/containers"));
                let mut all = containers.iter().flat_map(|c| items(c.get("ports")));
                let is = |p: &&Value| p.get("name") == Some(&Value::from(name.as_str())) && is_tcp(p);
                all.find(is).and_then(|p| number(p.get("containerPort")))
            }
            Some(target) => number(Some(target)),
            None => number(port.get("port")),
        }
    }
}

pub(super) fn is_headless(service: &Value) -> bool {
    service.pointer("/spec/clusterIP").is_some_and(|ip| ip == "None")
}

pub(super) fn is_tcp(port: &Value) -> bool {
    port.get("protocol").and_then(Value::as_str).is_none_or(|p| p == "TCP")
}

/// Where the pod stands in an object.
fn template(manifest: &Value) -> Option<&'static str> {
    match kind(manifest) {
        "Pod" => Some(""),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
            Some("/spec/template")
        }
        "CronJob" => Some("/spec/jobTemplate/spec/template"),
        _ => None,
    }
}

/// Network policies select by the labels that a pod has once it is injected, and know the port of metrics by name (S15).
fn run(object: &mut Value, path: &str, pod: &Pod) {
    let Some(written) = object.pointer_mut(path).and_then(Value::as_object_mut) else { return };
    if !matches!(pod.how, How::Sidecar | How::Gateway) {
        return;
    }
    if let Some(meta) = written.entry("metadata").or_insert_with(|| json!({})).as_object_mut() {
        meta.insert("labels".to_owned(), json!(pod.labels));
    }
    let metrics =
        json!({"name": "istio-proxy", "ports": [{"name": "http-envoy-prom", "containerPort": 15090}]});
    let containers = written.get_mut("spec").and_then(|s| s.get_mut("containers"));
    if let Some(containers) = containers.and_then(Value::as_array_mut) {
        containers.push(metrics);
    }
}

/// Of objects that contradict each other, the oldest counts: by creation, then by name. What each says is asked; if all
/// say the same, their age does not matter.
pub(super) fn oldest<'a, T: PartialEq>(
    all: &[&'a Value],
    says: impl Fn(&'a Value) -> T,
) -> Result<Option<&'a Value>, Undecided> {
    let created = |o: &Value| string(o.pointer("/metadata/creationTimestamp"));
    let mut sorted = all.to_vec();
    sorted.sort_by_key(|o| (created(o), name(o)));
    let dated = sorted.iter().all(|o| !created(o).is_empty());
    let Some(first) = sorted.first().copied() else { return Ok(None) };
    if !dated && sorted.iter().any(|o| says(o) != says(first)) {
        return Err(Undecided);
    }
    Ok(Some(first))
}
