//! Default deny, and the exceptions without which nothing works.
//!
//! The exceptions are policies of their own, each with a name that says what for: a reviewer sees them, and
//! can take one away.

use ipnet::IpNet;
use meshgen_spec::{Direction, MeshMode, Name, Scrape, Security, Spec};
use meshgen_yaml::Place;

use crate::{
    files::Files,
    labels::{self, Labels, label},
    network::{In, NetworkPolicy, Peer, PodPort, Rule},
};

/// Where istiod hands out certificates and configuration.
/// Source: <https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>.
const ISTIOD_XDS: u16 = 15012;
/// Where istiod answers the API server's webhooks. Same source.
const ISTIOD_WEBHOOK: u16 = 15017;
/// Metrics of the pod and its sidecar, merged; and of Envoy alone. Neither goes through mTLS. Same source.
const SIDECAR_METRICS: [u16; 2] = [15020, 15090];
/// Addresses at which a cache on the node answers DNS: the usual one, and those of AKS `LocalDNS`.
/// Sources: <https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/>,
/// <https://learn.microsoft.com/azure/aks/localdns-custom>.
const NODE_DNS: [&str; 2] = ["169.254.20.10/32", "169.254.10.10/31"];
/// From where ambient mode lets the kubelet's probes come.
/// Source: <https://istio.io/latest/docs/ambient/usage/networkpolicy/>.
const AMBIENT_PROBES: &str = "169.254.7.127/32";

pub(crate) fn plan(spec: &Spec, files: &mut Files) {
    for (name, _) in spec.namespaces.iter().filter(|(_, n)| !n.existing) {
        let security = spec.security(name, None);
        if !security.enforces_network_policy() {
            continue;
        }
        let all = Scope {
            spec,
            namespace: name,
            security: &security,
            pods: Labels::new(),
            prefix: String::new(),
            origin: name.place,
        };
        let directions = |s: &Security| (s.denies(Direction::Ingress), s.denies(Direction::Egress));
        let (ingress, egress) = directions(&security);
        all.deny(ingress, egress, files);
        for (workload_name, workload) in spec.workloads_of(name) {
            if workload.security.deny.is_none() {
                continue;
            }
            let own = spec.security(name, Some(workload));
            let (own_ingress, own_egress) = directions(&own);
            let scope = Scope {
                pods: labels::of_pods(workload_name, workload),
                prefix: format!("{workload_name}-"),
                security: &own,
                ..all
            };
            scope.deny(own_ingress && !ingress, own_egress && !egress, files);
            scope.open(ingress && !own_ingress, egress && !own_egress, files);
        }
    }
}

/// Pods for which a denial holds: all of a namespace, or those of a workload.
struct Scope<'a> {
    spec: &'a Spec,
    namespace: &'a Name,
    security: &'a Security,
    pods: Labels,
    prefix: String,
    origin: Place,
}

impl Scope<'_> {
    fn add(&self, name: &str, ingress: Option<Vec<Rule>>, egress: Option<Vec<Rule>>, files: &mut Files) {
        let policy = NetworkPolicy {
            namespace: self.namespace,
            name: format!("{}{name}", self.prefix),
            pods: self.pods.clone(),
            ingress,
            egress,
        };
        files.add(self.namespace, policy.into_object(self.security), self.origin);
    }

    fn deny(&self, ingress: bool, egress: bool, files: &mut Files) {
        if !ingress && !egress {
            return;
        }
        self.add("default-deny", ingress.then(Vec::new), egress.then(Vec::new), files);
        let mode = self.spec.mesh_mode(self.namespace);
        if egress {
            self.add("allow-dns", None, Some(vec![dns()]), files);
        }
        let Some(mesh) = self.spec.mesh() else { return };
        let control_plane = self.namespace.as_str() == mesh.namespace;
        let istiod = Peer::Pods(
            if control_plane { In::Own } else { In::Named(vec![mesh.namespace.clone()]) },
            label("app", "istiod"),
        );
        if egress && mode == MeshMode::Sidecar {
            let rule = Rule { peers: vec![istiod], ports: vec![PodPort::tcp(ISTIOD_XDS)] };
            self.add("allow-istiod", None, Some(vec![rule]), files);
        }
        if ingress && mode == MeshMode::Sidecar {
            let rule = Rule {
                peers: vec![scraper(self.security.scrape.as_ref(), &mesh.namespace)],
                ports: SIDECAR_METRICS.map(PodPort::tcp).to_vec(),
            };
            self.add("allow-scrape", Some(vec![rule]), None, files);
        }
        if ingress && mode == MeshMode::Ambient {
            let rule = Rule { peers: nets(&[AMBIENT_PROBES]), ports: Vec::new() };
            self.add("allow-probes", Some(vec![rule]), None, files);
        }
        if ingress && control_plane && self.pods.is_empty() {
            // Sidecars of the whole cluster, and the API server, which has no label to select by.
            let sidecars = Rule {
                peers: vec![Peer::Pods(In::Labelled(Labels::new()), Labels::new())],
                ports: vec![PodPort::tcp(ISTIOD_XDS)],
            };
            let webhooks = Rule { peers: Vec::new(), ports: vec![PodPort::tcp(ISTIOD_WEBHOOK)] };
            let control_plane = Scope { pods: label("app", "istiod"), prefix: self.prefix.clone(), ..*self };
            control_plane.add("allow-mesh", Some(vec![sidecars, webhooks]), None, files);
        }
    }

    /// Takes a denial of the namespace back for these pods: policies add up.
    fn open(&self, ingress: bool, egress: bool, files: &mut Files) {
        if ingress || egress {
            let everything = || vec![Rule::default()];
            self.add("allow-all", ingress.then(everything), egress.then(everything), files);
        }
    }
}

/// DNS in all its forms: the cluster's own pods, a cache on the node that answers at an address of its own, and
/// one that Cilium redirects to, which it knows as a pod.
/// Source: <https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/#node-local-dns-cache>.
fn dns() -> Rule {
    let system = || In::Named(vec!["kube-system".to_owned()]);
    let mut peers: Vec<Peer> =
        ["kube-dns", "node-local-dns"].map(|app| Peer::Pods(system(), label("k8s-app", app))).to_vec();
    peers.extend(nets(&NODE_DNS));
    Rule { peers, ports: vec![PodPort::tcp(53), PodPort::udp(53)] }
}

fn scraper(scrape: Option<&Scrape>, mesh_namespace: &str) -> Peer {
    match scrape {
        Some(scrape) => Peer::Pods(
            In::Named(vec![scrape.namespace.to_string()]),
            scrape.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        ),
        // Istio's own Prometheus addon.
        None => Peer::Pods(In::Named(vec![mesh_namespace.to_owned()]), label(labels::NAME, "prometheus")),
    }
}

fn nets(blocks: &[&str]) -> Vec<Peer> {
    blocks.iter().filter_map(|b| b.parse::<IpNet>().ok()).map(|net| Peer::Net(net, Vec::new())).collect()
}
