//! What rules look at.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    rc::Rc,
};

use meshgen_mesh::{Apart, Below, By, Call, Capture, Client, Membership, Mesh, Outcome};
use meshgen_reach::{
    Action, Addresses, Answer, Cluster, Direction, End, Labels, Match, Matcher, Near, Party, Pod, PodView,
    Policy, Protocol, Stranger, Traits, Values,
};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Place;

use crate::{
    Document, Documents,
    index::{Index, Meant},
};

/// The file in which a rendered tree tells what it assumes beside it: what others run is not judged.
const ASSUMED: &str = ".meshgen/assumed.yaml";

/// The label of istiod's pods, whatever their revision
/// (`manifests/charts/istio-control/istio-discovery/templates/deployment.yaml`).
pub(crate) const ISTIOD: (&str, &str) = ("app", "istiod");

/// Whether a pod is istiod's.
pub(crate) fn is_istiod(p: &Pod) -> bool {
    p.labels.get(ISTIOD.0).is_some_and(|value| value == ISTIOD.1)
}

/// Namespaces of the cluster itself.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// What rules look at: the manifests as both judges read them and as they were written, and the judges.
pub struct Seen<'a> {
    /// The manifests.
    pub world: &'a World,
    /// The judges of them.
    pub judges: Judges<'a>,
    /// The manifests as they were written.
    pub documents: Documents,
    /// For each pod of the mesh, the first pod of the network judge that it is.
    on_network: Vec<Option<usize>>,
    index: Index,
    apart: OnceCell<Apart<'a>>,
}

impl<'a> Seen<'a> {
    /// What is seen of manifests.
    pub fn new(world: &'a World) -> Seen<'a> {
        let documents = Documents::read(&world.manifests.sources);
        let mut on_network = vec![None; world.mesh.pods.len()];
        for (number, member) in (0..).zip(&world.pods) {
            if let Some(slot) = member.and_then(|n| on_network.get_mut(n)) {
                *slot = slot.or(Some(number));
            }
        }
        Seen {
            world,
            judges: Judges::new(world),
            documents,
            on_network,
            index: Index::default(),
            apart: OnceCell::new(),
        }
    }

    /// What the network judge read.
    pub fn cluster(&self) -> &'a Cluster {
        &self.world.manifests.cluster
    }

    /// What the judge of the mesh read.
    pub fn mesh(&self) -> &'a Mesh {
        &self.world.mesh
    }

    /// The object in which a place is, unless it is only assumed.
    pub fn document(&self, place: Place) -> Option<&Document> {
        self.documents.at(place).filter(|d| !self.is_assumed(d.node.place))
    }

    /// Whether a place is in what a rendered tree assumes beside it.
    pub fn is_assumed(&self, place: Place) -> bool {
        self.world.manifests.sources.get(place.file).is_some_and(|s| s.name.ends_with(ASSUMED))
    }

    /// `ns/name[Kind]` of a pod of the network judge.
    pub fn title(&self, pod: usize) -> String {
        Party::Pod(pod).title(self.cluster())
    }

    /// The pod of the mesh that a pod of the network judge is.
    pub fn in_mesh(&self, pod: usize) -> Option<usize> {
        self.world.pods.get(pod).copied().flatten()
    }

    /// The pod of the network judge that a pod of the mesh is; of several that are counted to what owns them, the first.
    pub fn on_network(&self, pod: usize) -> Option<usize> {
        self.on_network.get(pod).copied().flatten()
    }

    /// Pods of the mesh that have a sidecar: one of each kind that a server, which is one of the mesh too and not among
    /// them, tells apart.
    pub(crate) fn sidecars_apart(&self, server: usize) -> Vec<usize> {
        let apart = self.apart.get_or_init(|| self.mesh().apart());
        let mut kinds: Vec<Vec<usize>> = vec![Vec::new(); apart.count()];
        for (number, cut) in apart.cuts(server).into_iter().enumerate() {
            for class in cut {
                kinds.get_mut(class as usize).into_iter().for_each(|kind| kind.push(number));
            }
        }
        let mut first: BTreeMap<&[usize], usize> = BTreeMap::new();
        for (pod, class) in (0..).zip(&apart.clients) {
            if let Some(kind) = kinds.get(*class as usize)
                && self.mesh().membership(pod) == Membership::Sidecar
                && pod != server
            {
                first.entry(kind).or_insert(pod);
            }
        }
        let mut all: Vec<usize> = first.into_values().collect();
        all.sort_unstable();
        all
    }

    /// How a pod of the network judge is in the mesh.
    pub fn membership(&self, pod: usize) -> Membership {
        self.in_mesh(pod).map_or(Membership::Unknown, |pod| self.mesh().membership(pod))
    }

    /// The TCP ports of a pod that somebody is known to listen on: those that it declares, and those to which Services
    /// lead.
    pub fn ports(&self, pod: usize) -> BTreeSet<u16> {
        let declared = self.cluster().pods.get(pod).into_iter().flat_map(|p| &p.ports);
        let declared = declared.filter(|p| p.protocol == Protocol::Tcp).map(|p| p.number);
        // A sidecar declares ports of its own once it is injected: they are nobody's service.
        let declared = declared.filter(|port| !Capture::OWN.contains(port));
        let member =
            self.in_mesh(pod).and_then(|n| Some((self.mesh().pods.get(n)?, self.mesh().members.get(n)?)));
        let led = member.into_iter().flat_map(|(p, member)| {
            let services = member.services.iter().filter_map(|s| self.mesh().services.get(*s));
            services.flat_map(|s| s.ports.iter().filter(|p| p.tcp)).filter_map(|port| port.on(p))
        });
        // Those of its sidecar are not what it is there for.
        declared.chain(led).filter(|port| !Capture::OWN.contains(port)).collect()
    }

    /// What a client that is in no mesh sees of a port of a pod, if its packets arrive.
    pub fn plain_client(&self, pod: usize, port: u16) -> Option<Outcome> {
        let server = self.in_mesh(pod)?;
        let call = Call { client: Client::Outside(None), server, port, by: By::Address };
        Some(self.mesh().any(&call, Below::Passes).outcome)
    }

    /// A pod with these labels that need not exist, in a namespace that has these.
    pub fn stranger(name: &str, namespace: &Labels, pod: &Labels) -> Party {
        Party::Stranger(Stranger {
            name: name.to_owned(),
            namespace: Traits::exactly(namespace),
            pod: Traits::exactly(pod),
            account: None,
            ports: None,
        })
    }

    /// Whether the network lets a party through to a TCP port.
    pub fn lets_through(&self, from: &Party, to: &Party, port: u16) -> Answer {
        self.judges.network.answer(from, to, Protocol::Tcp, port)
    }

    /// The policy that refuses a connection in a direction: of those that decide, the one that selects the fewest pods.
    pub fn refusing(
        &self,
        direction: Direction,
        from: &Party,
        to: &Party,
        (protocol, port): (Protocol, u16),
    ) -> Option<&'a Policy> {
        let verdict = self.judges.network.probe(from, to, protocol, port);
        let decisions = verdict.decisions.iter();
        let refused = decisions.filter(|d| d.direction == direction && d.answer == Answer::Denied);
        let reasons = refused.filter_map(|d| d.layers.last()).flat_map(|layer| &layer.reasons);
        let nearest = reasons.min_by_key(|reason| (reason.selects, reason.policy.clone()))?;
        let is = |p: &&Policy| p.kind == nearest.kind && p.full_name() == nearest.policy;
        self.cluster().policies.iter().find(is)
    }

    /// Pods and policies by namespace.
    pub fn near(&self) -> &Near<'a> {
        self.judges.network.near()
    }

    /// The pods that a matcher means.
    pub(crate) fn meant(&self, matcher: &Matcher) -> Rc<Meant> {
        self.index.meant(self.near(), matcher)
    }

    /// The policies that are surely about a pod of the network judge.
    pub fn policies_of(&self, pod: usize) -> impl Iterator<Item = &'a Policy> {
        let namespace = self.cluster().pods.get(pod).map_or("", |p| &p.namespace);
        self.near().policies(namespace).filter(move |policy| self.selects(policy, pod) == Match::Yes)
    }

    /// Whether a policy is about a pod of the network judge.
    pub fn selects(&self, policy: &Policy, pod: usize) -> Match {
        let Some(p) = self.cluster().pods.get(pod) else { return Match::No };
        policy.subject.matches(self.cluster(), End::Pod(PodView::new(self.cluster(), p)))
    }

    /// The pods of applications, by number: not those of the cluster and of the mesh itself, and not those on the network
    /// of their node, which policies leave alone.
    pub fn pods(&self) -> impl Iterator<Item = (usize, &'a Pod)> {
        (0..).zip(&self.cluster().pods).filter(|(_, p): &(usize, &Pod)| self.is_of_application(p))
    }

    /// Those of a namespace.
    pub fn pods_in(&self, namespace: &str) -> impl Iterator<Item = (usize, &'a Pod)> {
        let pods = self.near().pods(namespace).iter().map(|number| *number as usize);
        let pods = pods.filter_map(|number| Some((number, self.cluster().pods.get(number)?)));
        pods.filter(|(_, p)| self.is_of_application(p))
    }

    /// Those of some pods.
    pub fn pods_of<'s>(&'s self, some: &'s BTreeSet<usize>) -> impl Iterator<Item = (usize, &'a Pod)> + 's {
        let pods = some.iter().filter_map(|number| Some((*number, self.cluster().pods.get(*number)?)));
        pods.filter(|(_, p)| self.is_of_application(p))
    }

    fn is_of_application(&self, p: &Pod) -> bool {
        let root = self.mesh().settings.root_namespace.as_str();
        let system = p.namespace == root || SYSTEM.contains(&p.namespace.as_str());
        !p.host_network && !system
    }

    /// The pods of a namespace that serve something: those that have one of some values under a key, and those that listen
    /// on a port. If none of the first is here, one that has such a value, and of which nothing else is known.
    pub(crate) fn serving(&self, namespace: &str, (key, values): (&str, &[&str]), port: u16) -> Vec<Party> {
        let labelled = |p: &Pod| p.labels.get(key).is_some_and(|value| values.contains(&value.as_str()));
        let here =
            || (0..).zip(&self.cluster().pods).filter(|(_, p): &(usize, &Pod)| p.namespace == namespace);
        let listens = |p: &Pod| p.ports.iter().any(|p| p.number == port);
        let mut all: Vec<Party> =
            here().filter(|(_, p)| labelled(p) || listens(p)).map(|(n, _)| Party::Pod(n)).collect();
        if here().any(|(_, p)| labelled(p)) {
            return all;
        }
        let listed = values.iter().map(|value| (*value).to_owned()).collect();
        let label = Values { absent: values.is_empty(), listed, inverted: values.is_empty() };
        all.push(Party::Stranger(Stranger {
            name: namespace.to_owned(),
            namespace: self.traits_of(namespace),
            pod: Traits { known: BTreeMap::from([(key.to_owned(), label)]), open: true, written: None },
            account: None,
            ports: None,
        }));
        all
    }

    /// A pod in a namespace that is made of something that is here: it has these labels, and perhaps others.
    pub(crate) fn somebody(&self, name: &str, namespace: &str, labels: &Labels) -> Party {
        let known = labels.iter().map(|(key, value)| (key.clone(), Values::only(value))).collect();
        Party::Stranger(Stranger {
            name: name.to_owned(),
            namespace: self.traits_of(namespace),
            pod: Traits { known, open: true, written: None },
            account: None,
            ports: None,
        })
    }

    /// What is known of the labels of a namespace: all of them if it is declared, else that it carries its name.
    fn traits_of(&self, namespace: &str) -> Traits {
        let declared = self.cluster().namespaces.get(namespace).filter(|ns| ns.place.is_some());
        let name = || ("kubernetes.io/metadata.name".to_owned(), Values::only(namespace));
        let named = || Traits { known: BTreeMap::from([name()]), open: true, written: None };
        declared.map_or_else(named, |ns| Traits::exactly(&ns.labels))
    }

    /// Whether a rule about what a pod sends to a port may mean a server by its address. What a block of addresses means
    /// for pods and Services is left to the plugin, and a cache on the node, or a server outside of the cluster, is known
    /// by its address alone; so then nothing is sure. Blocks that are simply the internet are another matter.
    pub(crate) fn may_send_by_address(&self, pod: usize, protocol: Protocol, port: u16) -> bool {
        let near = ["169.254.0.0/16", "fe80::/10"].iter().filter_map(|block| Addresses::block(block));
        let near = near.fold(Addresses::of_pods(), |all, block| all.union(&block));
        // Two servers that are far from each other, of Cloudflare and of the root of DNS.
        let far = [IpAddr::from([1, 1, 1, 1]), IpAddr::from([198, 41, 0, 4])];
        let means = |set: &&Addresses| {
            let internet = far.iter().all(|address| set.contains(*address));
            !set.is_empty() && (!internet || !set.intersection(&near).is_empty())
        };
        let rules = self.policies_of(pod).filter_map(|policy| policy.egress.as_ref()).flatten();
        let mut rules =
            rules.filter(|rule| rule.action == Action::Allow && rule.ports.numbers.contains(protocol, port));
        rules.any(|rule| rule.peers.iter().flat_map(Matcher::address_sets).any(|set| means(&set)))
    }
}

/// Names in backticks, with commas between: the first few, and how many more there are.
pub fn listed(names: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 5;
    let mut all: Vec<String> = names.into_iter().collect();
    all.sort();
    all.dedup();
    let more = all.len().saturating_sub(MOST);
    let shown: Vec<String> = all.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
