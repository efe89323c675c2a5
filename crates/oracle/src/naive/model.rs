//! What a cluster is, for a judge of single packets.

use std::{collections::BTreeMap, net::IpAddr};

use serde_json::Value;

use super::{
    labels::labels,
    tiers::{self, Direction},
};

/// Names and values of labels.
pub(super) type Labels = BTreeMap<String, String>;

/// The protocols that every plugin handles.
/// Source: networking/v1 `NetworkPolicyPort`: "TCP, UDP, or SCTP".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// `SCTP`.
    Sctp,
    /// `TCP`.
    Tcp,
    /// `UDP`.
    Udp,
}

impl Protocol {
    /// In the order in which lists name them.
    pub const ALL: [Protocol; 3] = [Protocol::Sctp, Protocol::Tcp, Protocol::Udp];

    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Sctp => "SCTP",
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
        }
    }

    /// By name, in any case.
    pub fn parse(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(name))
    }
}

/// A named port of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its protocol; TCP where none is written.
    pub protocol: Protocol,
    /// Its number.
    pub number: u16,
}

/// A pod, or the one pod that stands for all pods of a workload.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// The name of the object that was read.
    pub name: String,
    /// The kind of the object that was read.
    pub kind: String,
    /// Name and kind of the object that the pod belongs to: itself, or its controller.
    pub owner: (String, String),
    /// Labels of the pod.
    pub labels: Labels,
    /// Its named ports.
    pub ports: Vec<NamedPort>,
    /// Its service account.
    pub service_account: String,
    /// It uses its node's network.
    pub host_network: bool,
    /// Its addresses, if known.
    pub addresses: Vec<IpAddr>,
    /// Labels of its node, if known.
    pub node_labels: Option<Labels>,
}

impl Pod {
    /// `ns/name[Kind]` of the object that the pod belongs to.
    pub fn display(&self) -> String {
        format!("{}/{}[{}]", self.namespace, self.owner.0, self.owner.1)
    }
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Peer<'a> {
    /// A pod, which need not be one of the cluster's.
    Pod(&'a Pod),
    /// An address outside of the cluster.
    Address(IpAddr),
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// Who connects.
    pub source: Peer<'a>,
    /// Who is connected to.
    pub destination: Peer<'a>,
    /// By which protocol.
    pub protocol: Protocol,
    /// To which port of the pod.
    pub port: u16,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It connects.
    Allowed,
    /// It does not.
    Denied,
    /// The specification does not say, or it depends on what is not in the manifests.
    Undefined,
}

/// Manifests, sorted by what they are.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Labels of the namespaces.
    pub namespaces: BTreeMap<String, Labels>,
    /// The pods.
    pub pods: Vec<Pod>,
    /// All other objects.
    pub objects: Vec<Value>,
}

impl Cluster {
    /// Reads manifests.
    pub fn read(manifests: &[Value]) -> Cluster {
        let mut cluster = Cluster::default();
        for m in manifests {
            match kind(m) {
                "Namespace" => {
                    cluster.namespaces.insert(name(m), labels(m.pointer("/metadata/labels")));
                }
                "Pod" => cluster.pods.push(pod(m, m)),
                "Deployment"
                | "StatefulSet"
                | "DaemonSet"
                | "ReplicaSet"
                | "ReplicationController"
                | "Job" => {
                    let empty = Value::Null;
                    let template = m.pointer("/spec/template").unwrap_or(&empty);
                    cluster.pods.push(pod(m, template));
                }
                "CronJob" => {
                    let empty = Value::Null;
                    let template = m.pointer("/spec/jobTemplate/spec/template").unwrap_or(&empty);
                    cluster.pods.push(pod(m, template));
                }
                _ => cluster.objects.push(m.clone()),
            }
        }
        for pod in &cluster.pods {
            cluster.namespaces.entry(pod.namespace.clone()).or_default();
        }
        // The API server adds this label to every namespace.
        for (name, labels) in &mut cluster.namespaces {
            labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
        }
        for pod in &mut cluster.pods {
            let node =
                manifests.iter().find(|m| kind(m) == "Node" && Some(name(m)) == node_name(manifests, pod));
            pod.node_labels = node.map(|n| labels(n.pointer("/metadata/labels")));
        }
        cluster
    }

    /// Labels of a namespace; one that was not written has only its name.
    pub fn namespace(&self, name: &str) -> Labels {
        let named = || Labels::from([("kubernetes.io/metadata.name".to_owned(), name.to_owned())]);
        self.namespaces.get(name).cloned().unwrap_or_else(named)
    }

    /// Objects of a kind.
    pub fn of_kind<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |o| kind(o) == wanted)
    }

    /// What becomes of a connection: the source must be allowed to send, and the destination to receive.
    /// Source: Kubernetes, Network Policies, "both the egress policy on the source pod and the ingress policy
    /// on the destination pod need to allow the connection".
    pub fn verdict(&self, flow: &Flow<'_>) -> Verdict {
        let same = match (flow.source, flow.destination) {
            (Peer::Pod(a), Peer::Pod(b)) => {
                a.namespace == b.namespace && a.name == b.name && a.kind == b.kind
            }
            _ => false,
        };
        // A pod cannot block access to itself.
        if same {
            return Verdict::Allowed;
        }
        self.in_both_readings(|world| {
            let egress = world.outcomes(flow, Direction::Egress);
            tiers::both(egress, world.outcomes(flow, Direction::Ingress))
        })
    }

    /// What one end alone says.
    pub fn one_side(&self, flow: &Flow<'_>, direction: Direction) -> Verdict {
        let open = tiers::Outcomes { allow: true, ..tiers::Outcomes::default() };
        self.in_both_readings(|world| tiers::both(world.outcomes(flow, direction), open))
    }

    /// Pods on the host's network can be read as pods, or as nothing but an address.
    fn in_both_readings(&self, ask: impl Fn(tiers::World<'_>) -> Verdict) -> Verdict {
        let pods = ask(tiers::World { cluster: self, hosts_are_pods: true });
        let hosts = ask(tiers::World { cluster: self, hosts_are_pods: false });
        if pods == hosts { pods } else { Verdict::Undefined }
    }
}

/// The kind of a manifest.
pub(super) fn kind(manifest: &Value) -> &str {
    manifest.get("kind").and_then(Value::as_str).unwrap_or_default()
}

/// The name of a manifest.
pub(super) fn name(manifest: &Value) -> String {
    string(manifest.pointer("/metadata/name"))
}

/// The namespace of a manifest.
pub(super) fn namespace(manifest: &Value) -> String {
    let written = string(manifest.pointer("/metadata/namespace"));
    if written.is_empty() { "default".to_owned() } else { written }
}

/// Text, or nothing.
pub(super) fn string(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The items of a list, or nothing.
pub(super) fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A port number.
pub(super) fn number(value: Option<&Value>) -> Option<u16> {
    value.and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok())
}

/// The pod that an object makes by its template, or the pod that it is.
fn pod(object: &Value, template: &Value) -> Pod {
    let own = (name(object), kind(object).to_owned());
    let owners = items(object.pointer("/metadata/ownerReferences"));
    let controls = |o: &&Value| o.get("controller").and_then(Value::as_bool) == Some(true);
    let owner = owners.iter().find(controls).or_else(|| owners.first()).filter(|_| own.1 == "Pod");
    let kind_of = |o: &Value| Some(string(o.get("kind"))).filter(|k| !k.is_empty());
    let account = string(template.pointer("/spec/serviceAccountName"));
    Pod {
        namespace: namespace(object),
        name: own.0.clone(),
        kind: own.1.clone(),
        owner: owner.map_or(own, |o| (string(o.get("name")), kind_of(o).unwrap_or_else(|| "Pod".to_owned()))),
        labels: labels(template.pointer("/metadata/labels")),
        ports: ports(template),
        service_account: if account.is_empty() { "default".to_owned() } else { account },
        host_network: template.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true),
        addresses: addresses(object),
        node_labels: None,
    }
}

/// The named ports of all containers.
fn ports(template: &Value) -> Vec<NamedPort> {
    let containers = items(template.pointer("/spec/containers"));
    let ports = containers.iter().flat_map(|c| items(c.get("ports")));
    ports
        .filter_map(|p| {
            let protocol = p.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
            Some(NamedPort {
                name: p.get("name")?.as_str()?.to_owned(),
                protocol: Protocol::parse(protocol)?,
                number: number(p.get("containerPort"))?,
            })
        })
        .collect()
}

/// The addresses that a pod has been given.
fn addresses(object: &Value) -> Vec<IpAddr> {
    let several = items(object.pointer("/status/podIPs")).iter().map(|a| string(a.get("ip")));
    let one = string(object.pointer("/status/podIP"));
    let mut all: Vec<IpAddr> = several.chain([one]).filter_map(|a| a.parse().ok()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The name of the node that a pod runs on.
fn node_name(manifests: &[Value], pod: &Pod) -> Option<String> {
    let is = |m: &&Value| kind(m) == "Pod" && name(m) == pod.name && namespace(m) == pod.namespace;
    let found = manifests.iter().find(is)?;
    found.pointer("/spec/nodeName").and_then(Value::as_str).map(str::to_owned)
}
