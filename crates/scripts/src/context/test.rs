//! What is tested, and from where.

use serde::{Deserialize, Serialize};

use crate::word::{GrpcMethod, Label, Line, Method, Subdomain, TreePath, UrlPath};

/// A group of claims: one script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The script: `scripts/test_0.sh`.
    pub script: TreePath,
    /// What it shows.
    pub title: Line,
    /// The test is a SKIP if one of these is there (`without` in a spec).
    pub absent: Vec<ObjectRef>,
    /// The test is a SKIP unless all of these are there.
    pub present: Vec<ObjectRef>,
    /// Applied first.
    pub apply: Vec<TreePath>,
    /// Each a claim of the spec for one client and one port.
    pub claims: Vec<ProbedClaim>,
}

/// An object in the cluster, and the file that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectRef {
    /// As in `kubectl get`, with the group, so that there is no doubt: `networkpolicies.networking.k8s.io`.
    pub resource: Subdomain,
    /// Its namespace.
    pub namespace: Label,
    /// Its name.
    pub name: Subdomain,
    /// Its file.
    pub file: TreePath,
}

/// What one client must see at one port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbedClaim {
    /// Who asks.
    pub from: Client,
    /// The host that is asked: `demo-dgraph-alpha.dgraph.svc.cluster.local`.
    pub to_host: Subdomain,
    /// The port of the Service.
    pub port: u16,
    /// What is sent.
    pub probe: Probe,
    /// What must be seen.
    pub expect: Expect,
}

/// A workload, as `kubectl exec` and `kubectl rollout` name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Its namespace.
    pub namespace: Label,
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: Subdomain,
}

/// The kind of a workload, in the spelling of kubectl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words of Kubernetes")]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    Pod,
}

impl WorkloadKind {
    /// Whether `kubectl rollout status` knows it.
    pub fn has_rollout(self) -> bool {
        match self {
            WorkloadKind::Deployment | WorkloadKind::StatefulSet | WorkloadKind::DaemonSet => true,
            WorkloadKind::ReplicaSet | WorkloadKind::Job | WorkloadKind::Pod => false,
        }
    }
}

/// A container that probes are sent from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its workload.
    pub workload: Workload,
    /// The container; none: kubectl's default, which Istio sets to the application.
    pub container: Option<Label>,
    /// Whether there is a sidecar, which takes every connection before anybody is asked.
    pub sidecar: bool,
}

/// What is sent. HTTP and TCP need curl in the client's container, gRPC grpcurl too; where they are missing the
/// test is a SKIP that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "protocol", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Probe {
    /// A request.
    Http {
        /// Its method.
        method: Method,
        /// Its path, with or without a query.
        path: UrlPath,
    },
    /// A call without a message.
    Grpc {
        /// What is called.
        method: GrpcMethod,
        /// A file in the container's working folder; none: the server is asked for its reflection.
        proto: Option<TreePath>,
    },
    /// An empty line.
    Tcp,
}

/// What must be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Any answer other than the next ones.
    Open,
    /// No connection or no answer in time; through a sidecar a 503 that says so.
    Timeout,
    /// Refused, or no route; through a sidecar a 503 that says so.
    Refused,
    /// A hang-up without an answer, either way; through a sidecar a 503 that says so.
    Reset,
    /// The same: which of the two arrives depends on what was still unread, not on who refused.
    Closed,
    /// HTTP 403, gRPC `PermissionDenied`.
    Forbidden,
    /// HTTP 502, 503 or 504, gRPC `Unavailable`, whatever the reason.
    Unavailable,
}

/// Traffic through the mesh, to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    /// Who sends it.
    pub from: Client,
    /// The host that it goes to.
    pub to_host: Subdomain,
    /// The namespace of the Service, as metrics name it.
    pub service_namespace: Label,
    /// The name of the Service.
    pub service: Label,
    /// Its HTTP port.
    pub http_port: u16,
    /// What is asked for there.
    pub http_path: UrlPath,
    /// Its gRPC port.
    pub grpc_port: u16,
    /// What is called there.
    pub grpc_method: GrpcMethod,
    /// A file in the container's working folder; none: reflection.
    pub grpc_proto: Option<TreePath>,
    /// The client is the kit and the server is Dgraph: load the data, and query it.
    pub dgraph: bool,
    /// Where Prometheus answers.
    pub prometheus: Option<ServicePort>,
    /// Where Kiali answers.
    pub kiali: Option<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServicePort {
    /// The namespace.
    pub namespace: Label,
    /// The Service.
    pub service: Label,
    /// The port.
    pub port: u16,
}
