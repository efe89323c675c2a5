//! Workloads that somebody else renders, as far as policies depend on them.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use serde_json::Value;

use crate::{
    draft::{Draft, Existing, Port, Workload},
    legal,
    object::{Labels, Object, items},
    selector::covers,
};

/// Labels that controllers put on pods, another value for each pod or revision.
/// Source: <https://kubernetes.io/docs/reference/labels-annotations-taints/>.
const VOLATILE: [&str; 9] = [
    "pod-template-hash",
    "pod-template-generation",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
];
/// What injection adds. Source: istio `manifests/charts/istio-control/istio-discovery/files/injection-template.yaml`.
const INJECTED: [&str; 3] =
    ["security.istio.io/tlsMode", "service.istio.io/canonical-name", "service.istio.io/canonical-revision"];

/// Where the pod of a workload stands in its object.
pub(crate) fn template(object: &Object) -> Option<&'static str> {
    match (object.group.as_str(), object.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            Some("/spec/template")
        }
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template"),
        // Gone from Kubernetes since 1.16, and still in many a folder.
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => Some("/spec/template"),
        _ => None,
    }
}

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    for object in objects {
        let Some(template) = template(object) else { continue };
        // The pods of what is owned are those of its owner, who is there or will make it again.
        if owner(object).is_some() {
            draft.take(object);
            continue;
        }
        let selector = object.labels("/spec/selector/matchLabels");
        add(object, &object.name, &object.kind, (template, selector), draft);
    }
    let namespaces: std::collections::BTreeSet<String> =
        draft.workloads.keys().map(|(ns, _)| ns.clone()).collect();
    for namespace in &namespaces {
        tell_apart(namespace, draft);
    }
}

/// The controller that owns an object: kind and name.
pub(crate) fn owner(object: &Object) -> Option<(&str, &str)> {
    let owners = items(&object.value, "/metadata/ownerReferences");
    let text = |owner: &'_ Value, key: &str| owner.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut controllers = owners.filter(|o| o.get("controller").and_then(Value::as_bool) != Some(false));
    let owner = controllers.next()?;
    text(owner, "kind")?;
    Some((owner.get("kind")?.as_str()?, owner.get("name")?.as_str()?))
}

/// Adds a workload of a name and kind, whose pods are as `template` of the object says.
pub(crate) fn add(object: &Object, name: &str, kind: &str, pods: (&str, Labels), draft: &mut Draft) {
    let (template, selector) = pods;
    if !legal::is_name(name) || !legal::is_name(object.home()) {
        draft.note(object, "its name is not a DNS label, which a workload of a spec has");
        return;
    }
    let place = (object.home().to_owned(), name.to_owned());
    if draft.workloads.contains_key(&place) {
        draft.note(
            object,
            "another workload of its namespace has its name, and in a spec a name is one workload",
        );
        return;
    }
    let pod_labels = stable(object.labels(&format!("{template}/metadata/labels")));
    if pod_labels.is_empty() {
        draft.note(object, "its pods have no labels, so no policy can select them");
        return;
    }
    draft.take(object);
    let empty = Value::Null;
    let pod = object.at(&format!("{template}/spec")).unwrap_or(&empty);
    let account = ["/serviceAccountName", "/serviceAccount"].iter().find_map(|p| pod.pointer(p)?.as_str());
    if account.is_some_and(|a| !legal::is_name(a)) {
        draft.note(object, "the name of its service account is not a DNS label: it is left out");
    }
    if object.at(&format!("{template}/metadata/labels/sidecar.istio.io~1inject")).is_some() {
        draft.note(object, "it has a label of its own for the sidecar, and a spec meshes whole namespaces");
    }
    let selector = stable(selector);
    let labels = if selector.is_empty() { pod_labels.clone() } else { selector };
    let account = account.filter(|a| legal::is_name(a) && *a != "default").map(str::to_owned);
    let existing = Existing { kind: kind.to_owned(), labels, service_account: account, service: None };
    let origin = Some(At { value: object.to_string(), place: object.place });
    let mut workload = Workload { existing, pod_labels, origin, ..Workload::default() };
    container_ports(pod, &mut workload);
    draft.declare(&place.0);
    draft.workloads.insert(place, workload);
}

fn stable(mut labels: Labels) -> Labels {
    labels.retain(|k, v| {
        !VOLATILE.contains(&k.as_str()) && !INJECTED.contains(&k.as_str()) && legal::is_label(k, v)
    });
    labels
}

fn container_ports(pod: &Value, workload: &mut Workload) {
    let named = |c: &&Value| c.get("name").and_then(Value::as_str) != Some("istio-proxy");
    for port in items(pod, "/containers").filter(named).flat_map(|c| items(c, "/ports")) {
        let number = port.get("containerPort").and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
        let Some(number) = number.filter(|n| *n > 0) else { continue };
        let text = |key: &str| port.get(key).and_then(Value::as_str).unwrap_or_default();
        let protocol = if text("protocol").is_empty() { "TCP" } else { text("protocol") };
        workload.container_ports.push((text("name").to_owned(), protocol.to_owned(), number));
    }
}

/// Where the labels of a selector also fit pods of another workload, all labels of the pods may tell them apart.
fn tell_apart(namespace: &str, draft: &mut Draft) {
    let all: BTreeMap<String, Labels> =
        draft.workloads_of(namespace).map(|(name, w)| (name.to_owned(), w.pod_labels.clone())).collect();
    for (name, pods) in &all {
        let Some(workload) = draft.workloads.get_mut(&(namespace.to_owned(), name.clone())) else { continue };
        let alone = |labels: &Labels| all.iter().filter(|(_, pods)| covers(labels, pods)).count() == 1;
        if !alone(&workload.existing.labels) && alone(pods) {
            workload.existing.labels.clone_from(pods);
        }
    }
}

impl Workload {
    /// The name of a port, which is added if it is new. None where another port stands in the way.
    pub(crate) fn port(
        &mut self,
        number: u16,
        protocol: &str,
        service: Option<u16>,
        name: &str,
    ) -> Option<String> {
        if !matches!(protocol, "TCP" | "UDP" | "SCTP") {
            return None;
        }
        let same = |p: &Port| p.protocol == protocol && p.number == number;
        if let Some((name, _)) = self.ports.iter().find(|(_, p)| same(p)) {
            return Some(name.clone());
        }
        let service = service.unwrap_or(number);
        if self.ports.values().any(|p| p.protocol == protocol && p.service == service) {
            return None;
        }
        let name = self.free_name(name, protocol, number);
        self.ports.insert(name.clone(), Port { number, service, protocol: protocol.to_owned() });
        Some(name)
    }

    /// A legal name that no other port has.
    fn free_name(&self, wish: &str, protocol: &str, number: u16) -> String {
        let plain = format!("{}-{number}", protocol.to_ascii_lowercase());
        let made = legal::name_of(wish, 15, &plain);
        let made = if legal::is_port_name(&made) { made } else { plain.clone() };
        let numbered = (2..).map(|n| format!("{plain}-{n}"));
        let mut names = [made, plain.clone()].into_iter().chain(numbered);
        names.find(|name| !self.ports.contains_key(name)).unwrap_or_default()
    }
}
