//! From manifests to a [`Mesh`].
//!
//! The manifests are anybody's, so reading is lenient where nothing depends on it and strict where an answer does: a
//! field that is not known, in a policy, makes the answers that depend on it unknown.

mod authorization;
pub(crate) mod discovery;
mod entries;
mod fields;
mod gateway;
mod pods;
mod routing;
mod security;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use meshgen_yaml::{Node, Problem, nearest};

use crate::{Labels, Mesh, Meta, Pod, Service, Settings};
use fields::{Fields, Trouble, meta};

/// An object: its node, the group of its API, and what every object has.
pub(crate) struct Object<'a> {
    pub(crate) node: &'a Node,
    pub(crate) group: &'a str,
    pub(crate) meta: Meta,
}

/// What a list says of its items, which need not say it again: the API server leaves `kind` and `apiVersion` out of the
/// items of a `PeerAuthenticationList`.
#[derive(Clone, Copy, Default)]
struct Listed<'a> {
    kind: &'a str,
    version: &'a str,
}

/// Manifests while they are read, one document after another.
#[derive(Default)]
pub struct Reader(Read);

impl Reader {
    /// Looks at documents, or remembers why there are none.
    pub fn look(&mut self, read: &Result<Vec<Node>, Box<Problem>>) {
        match read {
            Ok(nodes) => nodes.iter().for_each(|node| self.0.node(node, Listed::default())),
            Err(problem) => self.0.mesh.problems.push((**problem).clone()),
        }
    }

    /// The mesh that all of them make. Settings that are given are not taken from them.
    pub fn finish(self, settings: Option<Settings>) -> Mesh {
        let Read { mut mesh, settings: found, entered, behind, .. } = self.0;
        gateway::without_what_is_there(&mut mesh);
        entries::put_behind(&mut mesh, behind);
        // After the Services: by those clients are taken to dial, if there is one.
        mesh.services.extend(entered);
        mesh.settings = settings.unwrap_or_else(|| found.settings());
        mesh.declared = mesh.namespaces.keys().cloned().collect();
        discovery::without_what_is_not_seen(&mut mesh);
        mesh.join();
        mesh
    }
}

/// The kinds of `security.istio.io`, `networking.istio.io` and `extensions.istio.io`.
const KINDS: [&str; 14] = [
    "AuthorizationPolicy",
    "DestinationRule",
    "EnvoyFilter",
    "Gateway",
    "PeerAuthentication",
    "ProxyConfig",
    "RequestAuthentication",
    "ServiceEntry",
    "Sidecar",
    "TrafficExtension",
    "VirtualService",
    "WasmPlugin",
    "WorkloadEntry",
    "WorkloadGroup",
];

/// What was read so far.
#[derive(Default)]
struct Read {
    mesh: Mesh,
    settings: settings::Found,
    /// The numbers of pods, by namespace, kind and name of what they were read from.
    pods: BTreeMap<(String, String, String), usize>,
    /// What `ServiceEntries` say of pods.
    entered: Vec<Service>,
    /// What lies behind Services without a selector.
    behind: Vec<entries::Behind>,
    /// Kinds of the mesh that were seen and are not judged.
    unread: BTreeSet<String>,
}

impl Read {
    fn node(&mut self, node: &Node, list: Listed<'_>) {
        let kind = node.word(&["kind"]).unwrap_or(list.kind);
        if let Some(kind) = kind.strip_suffix("List").filter(|_| node.at(&["items"]).is_some()) {
            let list = Listed { kind, version: node.word(&["apiVersion"]).unwrap_or_default() };
            node.list(&["items"]).iter().for_each(|n| self.node(n, list));
            return;
        }
        if kind.is_empty() {
            return;
        }
        let version = node.word(&["apiVersion"]).unwrap_or(list.version);
        let group = version.split_once('/').map_or("", |(group, _)| group);
        self.object(&Object { node, group, meta: meta(node, kind) });
    }

    fn object(&mut self, o: &Object<'_>) {
        let mesh = &mut self.mesh;
        match (o.group, o.meta.kind.as_str()) {
            ("", "Namespace") => {
                let mut labels: Labels = o.meta.labels.clone();
                labels.insert("kubernetes.io/metadata.name".to_owned(), o.meta.name.clone());
                mesh.namespaces.insert(o.meta.name.clone(), labels);
            }
            ("", "Service") => mesh.services.push(pods::service(o)),
            ("security.istio.io", "PeerAuthentication") => {
                let read = security::peer_authentication(o, &mut mesh.problems);
                mesh.peer_authentications.push(read);
            }
            ("security.istio.io", "AuthorizationPolicy") => {
                let read = authorization::policy(o, &mut mesh.problems);
                mesh.policies.push(read);
            }
            ("security.istio.io", "RequestAuthentication") => {
                let read = security::request_authentication(o, &mut mesh.problems);
                mesh.request_authentications.push(read);
            }
            ("networking.istio.io", "DestinationRule") => {
                let read = routing::destination_rule(o, &mut mesh.problems);
                mesh.destination_rules.push(read);
            }
            ("networking.istio.io", "Sidecar") => {
                let read = routing::sidecar(o, &mut mesh.problems);
                mesh.sidecars.push(read);
            }
            ("networking.istio.io", "ServiceEntry") => {
                let entry = entries::service_entry(o);
                self.entered.extend(entries::services(o, &entry));
                mesh.entries.push(entry);
            }
            ("discovery.k8s.io", "EndpointSlice") => self.behind.extend(entries::slice(o)),
            ("", "Endpoints") => self.behind.extend(entries::endpoints(o)),
            ("networking.istio.io", "VirtualService") => mesh.routes.push(routing::virtual_service(o)),
            ("gateway.networking.k8s.io", "Gateway") => {
                mesh.gateways.extend(gateway::of_the_api(o));
                if let Some((pod, service)) = gateway::gateway(o) {
                    mesh.pods.push(pod);
                    mesh.services.push(service);
                }
            }
            ("networking.istio.io", "Gateway") => mesh.gateways.push(gateway::of_istio(o)),
            ("security.istio.io" | "networking.istio.io" | "extensions.istio.io", _) => self.unread(o),
            _ if self.settings.object(o) => {}
            _ => {
                if let Some(pod) = pods::pod(o) {
                    self.pod(pod);
                }
            }
        }
    }

    /// An object that comes twice: the later one replaces the earlier one.
    fn pod(&mut self, pod: Pod) {
        let key = (pod.namespace.clone(), pod.kind.clone(), pod.name.clone());
        let fresh = self.mesh.pods.len();
        let number = *self.pods.entry(key).or_insert(fresh);
        match self.mesh.pods.get_mut(number) {
            Some(earlier) => *earlier = pod,
            None => self.mesh.pods.push(pod),
        }
    }

    /// Kinds of the mesh that could change an answer and are not understood.
    fn unread(&mut self, o: &Object<'_>) {
        if !KINDS.contains(&o.meta.kind.as_str()) {
            let message =
                format!("`{}` is no kind of `{}`, so that no cluster takes it", o.meta.kind, o.group);
            let help = nearest(&o.meta.kind, KINDS).map(|near| format!("did you mean `{near}`?"));
            return self.mesh.problems.push(Problem { help, ..Problem::error(o.meta.place, message) });
        }
        let kind = format!("{}.{}", o.meta.kind, o.group);
        if self.unread.insert(kind.clone()) {
            let message = format!("`{kind}` is not judged: the answers are as if there were none");
            self.mesh.problems.push(Problem::warning(o.meta.place, message));
        }
    }
}

/// What could not be read, told as a problem, and in the words that an answer gives for being unknown.
fn broken(o: &Object<'_>, trouble: &Trouble, problems: &mut Vec<Problem>) -> String {
    let message = format!(
        "{} `{}/{}` is not understood: {}",
        o.meta.kind, o.meta.namespace, o.meta.name, trouble.message
    );
    problems
        .push(Problem::error(trouble.place, message.clone()).help("answers that depend on it are unknown"));
    message
}
