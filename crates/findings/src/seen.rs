//! What rules look at.

use std::collections::BTreeSet;

use meshgen_mesh::{Below, By, Call, Client, Membership, Mesh, Outcome};
use meshgen_reach::{Answer, Cluster, Labels, Party, Pod, Protocol, Stranger, Traits};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Place;

use crate::{Document, Documents};

/// The file in which a rendered tree tells what it assumes beside it: what others run is not judged.
const ASSUMED: &str = ".meshgen/assumed.yaml";

/// What rules look at: the manifests as both judges read them and as they were written, and the judges.
pub struct Seen<'a> {
    /// The manifests.
    pub world: &'a World,
    /// The judges of them.
    pub judges: Judges<'a>,
    /// The manifests as they were written.
    pub documents: Documents,
}

impl<'a> Seen<'a> {
    /// What is seen of manifests.
    pub fn new(world: &'a World) -> Seen<'a> {
        Seen { world, judges: Judges::new(world), documents: Documents::read(&world.manifests.sources) }
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
        let cluster = self.cluster();
        let workload = cluster.workloads.get(cluster.pods.get(pod)?.workload)?;
        self.mesh().find(&workload.namespace, &workload.kind, &workload.name)
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
        let member =
            self.in_mesh(pod).and_then(|n| Some((self.mesh().pods.get(n)?, self.mesh().members.get(n)?)));
        let led = member.into_iter().flat_map(|(p, member)| {
            let services = member.services.iter().filter_map(|s| self.mesh().services.get(*s));
            services.flat_map(|s| s.ports.iter().filter(|p| p.tcp)).filter_map(|port| port.on(p))
        });
        declared.chain(led).collect()
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
        self.judges.network.probe(from, to, Protocol::Tcp, port).answer
    }

    /// The pods of a namespace that are not on the network of their node.
    pub fn pods_in<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = (usize, &'a Pod)> + 's {
        let pods = (0..).zip(&self.cluster().pods);
        pods.filter(move |(_, p): &(usize, &Pod)| p.namespace == namespace && !p.host_network)
    }
}
