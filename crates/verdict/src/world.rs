//! Manifests, as both judges read them, and as the cluster that comes of them: with what injection adds to pods, and
//! with the pods that istiod makes by itself.

mod pods;

use meshgen_mesh::{Membership, Mesh};
use meshgen_reach::{Addresses, Manifests, Policy, PolicyKind};
use meshgen_yaml::{Problem, Sources, each};

/// What is taken of an `ipBlock`: the specification leaves open whether it means pods, and plugins differ.
const NO_PODS: &str = "an ipBlock means the outside, and no pod";

/// Manifests that were read.
#[derive(Clone, Debug)]
pub struct World {
    /// As the judge of network policies reads them. Pods have the labels that they have once they run (S15), and the
    /// pods of gateways are there that istiod makes (S14).
    pub manifests: Manifests,
    /// As the judge of the mesh reads them.
    pub mesh: Mesh,
    /// For each pod of the cluster of [`World::manifests`], the pod of [`World::mesh`] that it is.
    pub pods: Vec<Option<usize>>,
}

impl World {
    /// Reads files. What is wrong with them is in [`World::problems`]; a bad document hides no other.
    pub fn read(sources: Sources) -> World {
        let (mut network, mut mesh) = (meshgen_reach::Reader::default(), meshgen_mesh::Reader::default());
        each(&sources, |read| {
            network.look(&read);
            mesh.look(&read);
        });
        World::of(network.finish(sources), mesh.finish(None))
    }

    /// What both readers made of the same files.
    pub fn of(mut manifests: Manifests, mesh: Mesh) -> World {
        pods::made(&mut manifests, &mesh);
        let pods = pods::joined(&manifests, &mesh);
        for (pod, member) in (0..).zip(&pods) {
            if let Some(member) = member {
                pods::running(&mut manifests, pod, &mesh, *member);
            }
        }
        World { manifests, mesh, pods }
    }

    /// The same manifests, as if there were no network policies of some kinds.
    #[must_use]
    pub fn without(&self, kinds: &[PolicyKind]) -> World {
        World { manifests: self.manifests.without(kinds), ..self.clone() }
    }

    /// Whether any pod may be in a mesh.
    pub fn is_meshed(&self) -> bool {
        self.mesh.members.iter().any(|member| member.injection.membership != Membership::Plain)
    }

    /// What is wrong with the manifests, or not understood: what both readers tell is told once, and what the judge of
    /// network policies leaves to the mesh is not.
    pub fn problems(&self) -> Vec<Problem> {
        let above = &self.manifests.cluster.above;
        let own = self.manifests.problems();
        let left = |p: &&Problem| p.place.is_none_or(|place| !above.contains(&place));
        let mut all: Vec<Problem> = own.iter().filter(left).cloned().collect();
        let further: Vec<Problem> = self.mesh.problems.iter().filter(|p| !all.contains(p)).cloned().collect();
        all.extend(further);
        all
    }

    /// The sets of addresses by which the mesh tells the outside apart.
    pub fn blocks(&self) -> Vec<Addresses> {
        let entries = self.mesh.entries.iter().flat_map(|e| &e.addresses).map(String::as_str);
        let entries = entries.filter(|_| self.mesh.may_refuse_the_outside());
        self.mesh.blocks().into_iter().chain(entries).filter_map(Addresses::block).collect()
    }

    /// What the answers rest on that no manifest says: what is taken to be as Istio has it by default, where a pod may be
    /// in a mesh; and what blocks of addresses mean, where pods may have theirs in one (N8).
    pub fn assumed(&self) -> Vec<&'static str> {
        let mesh = if self.is_meshed() { self.mesh.settings.assumed.as_slice() } else { &[] };
        let blocks = self.manifests.cluster.policies.iter().any(Policy::may_mean_pods_by_address);
        mesh.iter().copied().chain(blocks.then_some(NO_PODS)).collect()
    }
}
