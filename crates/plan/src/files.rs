//! Which object goes into which file, and in which order files are applied.
//!
//! Secure first: whatever restricts is there before whatever runs. The cluster and the mesh, then namespaces, then
//! network policies, then what the mesh enforces, then addons, releases and workloads.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use meshgen_bundle::{Bundle, Content, File, FilePath, Id, Object, Part};
use meshgen_spec::{Folder, Name, Spec};
use meshgen_yaml::{Place, Problem};

/// What in the spec asked for each object.
pub type Origins = BTreeMap<Id, Place>;

/// Objects, by the file that they go into.
pub(crate) struct Files {
    apps: String,
    /// Sorted as they are applied: by part, then by path.
    by_path: BTreeMap<(Part, String), Content>,
    /// What a reader of a file must know.
    comments: BTreeMap<String, Vec<String>>,
    /// What will run and is not rendered, each once.
    assumed: IndexMap<Id, Object>,
    /// Where each object comes from, to tell what clashes.
    origins: IndexMap<Id, Place>,
    problems: Vec<Problem>,
}

impl Files {
    pub(crate) fn new(apps: &Folder) -> Self {
        Files {
            apps: apps.to_string(),
            by_path: BTreeMap::new(),
            comments: BTreeMap::new(),
            assumed: IndexMap::new(),
            origins: IndexMap::new(),
            problems: Vec::new(),
        }
    }

    /// Adds an object of a namespace. `origin` is what in the spec asked for it.
    pub(crate) fn add(&mut self, namespace: &Name, object: impl Into<Object>, origin: Place) {
        let object = object.into();
        let (part, file) = home(&object);
        self.push(part, format!("{}/{namespace}/{file}.yaml", self.apps), object, origin);
    }

    /// Adds an object of a workload, to the workload's own file.
    pub(crate) fn add_of_workload(
        &mut self,
        namespace: &Name,
        workload: &Name,
        object: impl Into<Object>,
        origin: Place,
    ) {
        let path = format!("{}/{namespace}/workloads/{workload}.yaml", self.apps);
        self.push(Part::Workloads, path, object.into(), origin);
    }

    /// Adds an object to a file of its own choice.
    pub(crate) fn push(&mut self, part: Part, path: String, object: Object, origin: Place) {
        self.claim(&object, origin);
        match self.by_path.entry((part, path)).or_insert_with(|| Content::Objects(Vec::new())) {
            Content::Objects(objects) => objects.push(object),
            // No path of ours is both.
            Content::ChartTemplate(_)
            | Content::Data(_)
            | Content::Gotmpl(_)
            | Content::Text(_)
            | Content::Script(_) => {}
        }
    }

    /// Adds a file that is not made of objects for kubectl.
    pub(crate) fn file(&mut self, part: Part, path: impl Into<String>, content: Content, origin: Place) {
        let path = path.into();
        for object in content.objects().to_vec() {
            self.claim(&object, origin);
        }
        if self.by_path.insert((part, path.clone()), content).is_some() {
            self.problems.push(
                Problem::error(origin, format!("two things in this spec are one file, `{path}`"))
                    .help("give one of them another name"),
            );
        }
    }

    /// Adds what a reader of the namespace's network policies must know.
    pub(crate) fn policy_comment(&mut self, namespace: &Name, lines: impl IntoIterator<Item = String>) {
        let path = format!("{}/{namespace}/network_policy.yaml", self.apps);
        self.comment(path, lines);
    }

    /// Adds what a reader of a file must know.
    pub(crate) fn comment(&mut self, path: impl Into<String>, lines: impl IntoIterator<Item = String>) {
        self.comments.entry(path.into()).or_default().extend(lines);
    }

    /// Adds what will run and is not rendered.
    pub(crate) fn assume(&mut self, object: impl Into<Object>) {
        let object = object.into();
        let id = object.id();
        if !self.origins.contains_key(&id) {
            self.assumed.entry(id).or_insert(object);
        }
    }

    /// Adds what is wrong with the spec and only shows here.
    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The folder of a namespace, or of a kit.
    pub(crate) fn folder(&self, name: &str) -> String {
        format!("{}/{name}", self.apps)
    }

    fn claim(&mut self, object: &Object, origin: Place) {
        if let Some(first) = self.origins.insert(object.id(), origin) {
            self.problems.push(
                Problem::error(origin, format!("two things in this spec are one object, `{}`", object.id()))
                    .related(first, "the other one")
                    .help("give the policy or the workload another name"),
            );
        }
    }

    /// The bundle and where its objects come from, unless two things were one object.
    pub(crate) fn into_bundle(mut self, spec: &Spec) -> Result<(Bundle, Origins), Vec<Problem>> {
        let mut files = Vec::with_capacity(self.by_path.len());
        for ((part, path), content) in self.by_path {
            let comment = self.comments.remove(&path).unwrap_or_default();
            match FilePath::try_from(path) {
                Ok(path) => files.push(File { path, part, comment, content }),
                Err(e) => self.problems.push(Problem::error(spec.project.place, e.to_string())),
            }
        }
        if self.problems.is_empty() {
            let assumed = self.assumed.into_values().collect();
            let bundle = Bundle { project: spec.project.to_string(), files, assumed };
            Ok((bundle, self.origins.into_iter().collect()))
        } else {
            Err(self.problems)
        }
    }
}

/// The part and the file of an object that belongs to a namespace. No workload's file can have these names:
/// an underscore is in no name of Kubernetes, and workloads have a folder of their own.
fn home(object: &Object) -> (Part, &'static str) {
    match object {
        Object::Namespace(_) => (Part::Namespaces, "namespace"),
        Object::NetworkPolicy(_) | Object::CalicoNetworkPolicy(_) => (Part::Policies, "network_policy"),
        Object::PeerAuthentication(_) => (Part::Mesh, "peer_authentication"),
        Object::AuthorizationPolicy(_) => (Part::Mesh, "authorization_policy"),
        Object::ServiceEntry(_) => (Part::Mesh, "service_entry"),
        Object::ConfigMap(_) => (Part::Workloads, "config_map"),
        Object::PersistentVolumeClaim(_) => (Part::Workloads, "persistent_volume_claim"),
        Object::Role(_) | Object::RoleBinding(_) => (Part::Workloads, "role"),
        Object::ClusterRole(_) | Object::ClusterRoleBinding(_) => (Part::Workloads, "cluster_role"),
        Object::ServiceAccount(_) => (Part::Workloads, "service_account"),
        Object::Service(_) => (Part::Workloads, "service"),
        Object::Deployment(_) => (Part::Workloads, "deployment"),
        Object::StatefulSet(_) => (Part::Workloads, "stateful_set"),
        Object::DaemonSet(_) => (Part::Workloads, "daemon_set"),
    }
}
