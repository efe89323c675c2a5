//! What a cluster, or kubectl before it, would refuse: manifests that it does not take bind nobody, and whoever wrote them
//! believes that they do.
//!
//! Sources: `k8s.io/cli-runtime/pkg/resource` (an object names `apiVersion` and `kind`), the API server (`no matches for
//! kind`; `metadata.name: Required value`; a template has containers), <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/>.

use meshgen_yaml::{Node, Problem, nearest};

use super::{fields::Fields, object::Object};

/// The kinds of the groups of Kubernetes that have what is judged here: the core, `apps`, `batch`, `networking.k8s.io`.
const KINDS: [&str; 40] = [
    "APIService",
    "Binding",
    "ComponentStatus",
    "ConfigMap",
    "ControllerRevision",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Endpoints",
    "Event",
    "IPAddress",
    "Ingress",
    "IngressClass",
    "Job",
    "LimitRange",
    "List",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "PodTemplate",
    "ReplicaSet",
    "ReplicationController",
    "ResourceQuota",
    "Scale",
    "Secret",
    "Service",
    "ServiceAccount",
    "ServiceCIDR",
    "StatefulSet",
    "Status",
    "Table",
    "ThirdPartyResource",
    "Eviction",
    "RangeAllocation",
    "SerializedReference",
];

/// The groups of those kinds.
const GROUPS: [&str; 5] = ["", "apps", "batch", "extensions", "networking.k8s.io"];

/// Those of them that have pods.
const WITH_PODS: [&str; 8] = [
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
];

/// What in a kustomization changes the objects beside it, and so who may connect.
const TRANSFORMERS: [&str; 15] = [
    "commonLabels",
    "components",
    "configurations",
    "generators",
    "helmCharts",
    "labels",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "transformers",
    "vars",
];

/// What is wrong with an object as such.
pub(super) fn refused(o: &Object<'_>) -> Option<Problem> {
    let own = GROUPS.contains(&o.group);
    let told = |message: String| Problem::error(o.place, message);
    if own && !KINDS.contains(&o.kind) {
        let (kind, version) = (o.kind, o.node.text("apiVersion").unwrap_or_default());
        let message = format!("`{kind}` is no kind of `{version}`");
        // What is like none of them may be one that some distribution has, or had.
        return Some(match nearest(kind, KINDS) {
            Some(near) => told(message).help(format!("did you mean `{near}`?")),
            None => {
                Problem::warning(o.place, format!("{message} that decides who may connect: it is passed by"))
            }
        });
    }
    let decides = match o.group {
        "security.istio.io" | "networking.istio.io" => true,
        _ => {
            own && (WITH_PODS.contains(&o.kind)
                || matches!(o.kind, "NetworkPolicy" | "Service" | "Namespace"))
        }
    };
    if decides && o.name.is_empty() {
        return Some(told(format!("a {} without a name", o.kind)).help("`metadata.name` says it"));
    }
    if own && WITH_PODS.contains(&o.kind) {
        let at: &[&str] = match o.kind {
            "Pod" => &["spec", "containers"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec", "containers"],
            _ => &["spec", "template", "spec", "containers"],
        };
        if o.node.path(at).is_none() {
            let message =
                format!("{} `{}` has no containers, so that no pod comes of it", o.kind, o.full_name());
            return Some(told(message).help(format!("they stand at `{}`", at.join("."))));
        }
    }
    None
}

/// What is wrong with a document that says not what it is, or that is none of a cluster's and changes what is.
pub(super) fn document(node: &Node) -> Option<Problem> {
    let (version, kind) = (node.text("apiVersion"), node.text("kind"));
    match (version, kind) {
        (Some(version), None) if node.get("metadata").is_some() => {
            Some(Problem::error(node.place, format!("an object of `{version}` without a `kind`")))
        }
        (None, Some(kind)) if KINDS.contains(&kind) || node.get("metadata").is_some() => {
            Some(Problem::error(node.place, format!("a {kind} without `apiVersion`")))
        }
        _ => kustomization(node),
    }
}

/// The files beside a kustomization are not what comes of it.
fn kustomization(node: &Node) -> Option<Problem> {
    let (version, kind) =
        (node.text("apiVersion").unwrap_or_default(), node.text("kind").unwrap_or_default());
    let named = version.starts_with("kustomize.config.k8s.io/");
    let files = ["resources", "bases", "components"].iter().any(|key| {
        let files = node.get(key).map(Node::items).unwrap_or_default();
        files.iter().any(|file| file.scalar().is_some())
    });
    let unnamed = version.is_empty() && kind.is_empty() && files;
    if !named && !unnamed {
        return None;
    }
    let found: Vec<String> =
        TRANSFORMERS.iter().filter(|key| node.get(key).is_some()).map(|key| format!("`{key}`")).collect();
    (!found.is_empty()).then(|| {
        let message =
            format!("a kustomization changes what lies beside it, by {}, and is not read", found.join(", "));
        Problem::error(node.place, message)
            .help("judge what comes of it: `kubectl kustomize DIR | meshgen … -f -`")
    })
}
