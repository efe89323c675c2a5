//! From manifests to a [`Cluster`].
//!
//! The manifests are anybody's, so reading is lenient where nothing depends on it and strict where an answer
//! does: a field that is not known, in a policy, makes the policy's answers unknown.

mod admin;
mod calico;
mod door;
mod fields;
mod network_policy;
mod object;
mod objects;
mod owners;
mod selector;
mod service;
mod workload;

use std::collections::BTreeSet;

use meshgen_yaml::{FileId, Node, Problem, Sources};

use crate::{
    Manifests,
    cluster::{Cluster, Namespace, Unread},
    matcher::{Matcher, Namespaces},
    select::Selector,
};
use fields::{Fields, Trouble};
use object::{Listed, Object};
use owners::Owned;

/// Manifests while they are read, one document after another.
#[derive(Default)]
pub struct Reader(Read);

impl Reader {
    /// Looks at documents, or remembers why there are none.
    pub fn look(&mut self, read: &Result<Vec<Node>, Box<Problem>>) {
        match read {
            Ok(nodes) => nodes.iter().for_each(|node| self.0.node(node, Listed::default())),
            Err(problem) => self.0.cluster.problems.push((**problem).clone()),
        }
    }

    /// What all of them say. The sources are the files that they are in.
    pub fn finish(self, sources: Sources) -> Manifests {
        let files = self.0.files.clone();
        let cluster = self.0.finish();
        let told: BTreeSet<FileId> =
            cluster.problems.iter().filter_map(|problem| problem.place).map(|place| place.file).collect();
        let all = sources.iter().map(|(file, _)| file);
        let without_objects = all.filter(|file| !files.contains(file) && !told.contains(file)).collect();
        Manifests { sources, cluster, without_objects }
    }
}

/// What was read so far.
#[derive(Default)]
struct Read {
    cluster: Cluster,
    owned: Vec<Owned>,
    /// Objects that were seen, so that one that comes twice is noticed.
    seen: BTreeSet<(String, String, String, String)>,
    /// Kinds of the mesh that were seen.
    mesh: BTreeSet<String>,
    /// Files with an object.
    files: BTreeSet<FileId>,
}

impl Read {
    fn node(&mut self, node: &Node, list: Listed<'_>) {
        let kind = node.text("kind").unwrap_or(list.kind);
        if let Some(kind) = kind.strip_suffix("List").filter(|_| node.field("items").is_some()) {
            let list = Listed { kind, version: node.text("apiVersion").unwrap_or_default() };
            node.list("items").iter().for_each(|n| self.node(n, list));
            return;
        }
        // In a typed list the kind of an item may be left out.
        let problem = if list.kind.is_empty() { objects::document(node) } else { None };
        let known = problem.is_some();
        self.cluster.problems.extend(problem);
        // A list of objects at the top is not what kubectl takes; other files (values, …) look like that.
        if !kind.is_empty() {
            let o = Object::new(node, list);
            if !known {
                self.cluster.problems.extend(objects::refused(&o));
            }
            self.files.insert(node.place.file);
            self.object(&o);
        }
    }

    fn object(&mut self, o: &Object<'_>) {
        if Self::is_policy(o) {
            self.twice(o);
        }
        match (o.group, o.kind) {
            (_, "Namespace") => {
                let mut labels = o.node.labels(&["metadata", "labels"]);
                // N12: every namespace carries its name, whatever the manifest says.
                labels.insert("kubernetes.io/metadata.name".to_owned(), o.name.clone());
                let namespace = Namespace { labels, place: Some(o.place) };
                self.cluster.namespaces.insert(o.name.clone(), namespace);
            }
            ("", "Service") => {
                let service = service::service(o);
                self.cluster.services.insert((o.namespace.clone(), o.name.clone()), service);
            }
            ("", "ServiceAccount") => {
                let labels = o.node.labels(&["metadata", "labels"]);
                self.cluster.accounts.insert((o.namespace.clone(), o.name.clone()), labels);
            }
            ("", "Node") => {
                let labels = o.node.labels(&["metadata", "labels"]);
                self.cluster.nodes.insert(o.name.clone(), labels);
            }
            ("" | "networking.k8s.io" | "extensions", "NetworkPolicy") => {
                let policy = network_policy::policy(o, &mut self.cluster.problems);
                self.cluster.policies.push(policy);
            }
            (
                "policy.networking.k8s.io",
                "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" | "ClusterNetworkPolicy",
            ) => {
                let policy = admin::policy(o, &mut self.cluster.problems);
                self.cluster.policies.extend(policy);
            }
            ("projectcalico.org" | "crd.projectcalico.org", _) => calico::object(o, &mut self.cluster),
            _ if door::is_door(o) => self.cluster.doors.extend(door::door(o)),
            ("gateway.networking.k8s.io" | "networking.istio.io", "Gateway") => {
                self.cluster.gateways.extend(door::gateway(o));
            }
            _ if self.is_unread(o) => {}
            _ => self.owned.extend(workload::owned(o)),
        }
    }

    fn is_policy(o: &Object<'_>) -> bool {
        o.kind.ends_with("NetworkPolicy")
    }

    /// Same kind, namespace and name twice: the later one would replace the earlier one (N13).
    fn twice(&mut self, o: &Object<'_>) {
        let key = (o.group.to_owned(), o.kind.to_owned(), o.namespace.clone(), o.name.clone());
        if self.seen.insert(key) {
            return;
        }
        let message =
            format!("{} `{}` is here twice: the later one replaces the earlier one", o.kind, o.full_name());
        self.cluster.problems.push(Problem::error(o.place, message));
        let calico = o.group.ends_with("projectcalico.org");
        let same = |p: &crate::Policy| {
            let kind = p.kind.name().strip_prefix("Calico ").unwrap_or(p.kind.name()) == o.kind;
            let home = p.namespace.as_ref().is_none_or(|n| *n == o.namespace);
            kind && p.kind.is_calico() == calico && p.name == o.name && home
        };
        if let Some(at) = self.cluster.policies.iter().position(same) {
            self.cluster.policies.remove(at);
        }
    }

    /// Kinds that could change an answer and are not understood; kinds of the mesh, which come later.
    fn is_unread(&mut self, o: &Object<'_>) -> bool {
        if matches!(o.group, "security.istio.io" | "networking.istio.io") {
            let kind = format!("{}.{}", o.kind, o.group);
            if self.mesh.insert(kind.clone()) {
                let message =
                    format!("`{kind}` is not judged: the answers are about the network below the mesh");
                self.cluster.above.push(o.place);
                self.cluster.problems.push(Problem::warning(o.place, message));
            }
            return true;
        }
        let other =
            o.kind.ends_with("NetworkPolicy") || matches!(o.kind, "EgressFirewall" | "EgressNetworkPolicy");
        // Policies for further interfaces of pods do not concern their own network.
        if !other || o.kind == "MultiNetworkPolicy" {
            return false;
        }
        let what = format!("{} of `{}`", o.kind, o.group);
        let concerns = if o.has_namespace {
            let namespaces = Namespaces::Named(o.namespace.clone());
            Matcher::Pods { namespaces, pods: Selector::default(), host: true }
        } else {
            Matcher::Anyone
        };
        let message =
            format!("{what} is not understood, so answers about the pods that it may concern are unknown");
        self.cluster.problems.push(Problem::warning(o.place, message));
        self.cluster.unread.push(Unread { what, place: o.place, concerns, host_only: false });
        true
    }

    fn finish(self) -> Cluster {
        let mut cluster = self.cluster;
        owners::merge(&mut cluster, self.owned);
        let named = cluster.pods.iter().map(|p| &p.namespace);
        let named = named.chain(cluster.policies.iter().filter_map(|p| p.namespace.as_ref()));
        let named: BTreeSet<String> =
            named.chain(cluster.services.keys().map(|(ns, _)| ns)).cloned().collect();
        for name in named {
            let labels = [("kubernetes.io/metadata.name".to_owned(), name.clone())].into();
            cluster.namespaces.entry(name).or_insert(Namespace { labels, place: None });
        }
        cluster
    }
}

/// What a trouble is, as a problem of a policy whose answers it makes unknown.
fn unreadable(o: &Object<'_>, trouble: &Trouble) -> Problem {
    let message = format!("{} `{}` is not understood: {}", o.kind, o.full_name(), trouble.message);
    Problem::error(trouble.place, message).help("answers that depend on it are unknown")
}
