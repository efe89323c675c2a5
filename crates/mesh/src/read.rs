//! From manifests to a [`Mesh`].
//!
//! The manifests are anybody's, so reading is lenient where nothing depends on it and strict where an answer does: a
//! field that is not known, in a policy, makes the answers that depend on it unknown.

mod authorization;
mod fields;
mod gateway;
mod pods;
mod routing;
mod security;
mod settings;

use meshgen_yaml::{Limits, Node, Problem, Sources, documents, split_documents};

use crate::{Labels, Mesh, Meta, Settings};
use fields::{Fields, Trouble, meta};

/// An object: its node, the group of its API, and what every object has.
pub(crate) struct Object<'a> {
    pub(crate) node: &'a Node,
    pub(crate) group: &'a str,
    pub(crate) meta: Meta,
}

/// Reads all manifests. Settings that are given are not read from them.
pub(crate) fn mesh(sources: &Sources, settings: Option<Settings>) -> Mesh {
    let mut reader = Reader { mesh: Mesh::default(), settings: settings::Found::default() };
    for (file, source) in sources.iter() {
        for range in split_documents(&source.text) {
            match documents(file, &source.text, range, Limits::default()) {
                Ok(nodes) => nodes.iter().for_each(|node| reader.node(node, "")),
                Err(problem) => reader.mesh.problems.push(*problem),
            }
        }
    }
    let Reader { mut mesh, settings: found } = reader;
    mesh.settings = settings.unwrap_or_else(|| found.settings());
    mesh.join();
    mesh
}

struct Reader {
    mesh: Mesh,
    settings: settings::Found,
}

impl Reader {
    fn node(&mut self, node: &Node, list: &str) {
        let kind = node.word(&["kind"]).unwrap_or(list);
        if let Some(item) = kind.strip_suffix("List").filter(|_| node.at(&["items"]).is_some()) {
            node.list(&["items"]).iter().for_each(|n| self.node(n, item));
            return;
        }
        if kind.is_empty() {
            return;
        }
        let group = node.word(&["apiVersion"]).and_then(|v| v.split_once('/')).map_or("", |(group, _)| group);
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
            ("networking.istio.io", "ServiceEntry") => mesh.entries.push(routing::service_entry(o)),
            ("networking.istio.io", "VirtualService") => mesh.routes.push(routing::virtual_service(o)),
            ("gateway.networking.k8s.io", "Gateway") => {
                if let Some((pod, service)) = gateway::gateway(o) {
                    mesh.pods.push(pod);
                    mesh.services.push(service);
                }
            }
            _ if self.settings.object(o) => {}
            _ => mesh.pods.extend(pods::pod(o)),
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
