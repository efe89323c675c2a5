//! Manifests, as both judges read them.

use meshgen_mesh::Mesh;
use meshgen_reach::{Manifests, PolicyKind};
use meshgen_yaml::Sources;

/// Manifests that were read.
#[derive(Clone, Debug)]
pub struct World {
    /// As the judge of network policies reads them.
    pub manifests: Manifests,
    /// As the judge of the mesh reads them.
    pub mesh: Mesh,
}

impl World {
    /// Reads files. What is wrong with them is in the problems of both; a bad document hides no other.
    pub fn read(sources: Sources) -> World {
        let mesh = Mesh::read(&sources);
        World { manifests: Manifests::read(sources), mesh }
    }

    /// The same manifests, as if there were no network policies of some kinds.
    #[must_use]
    pub fn without(&self, kinds: &[PolicyKind]) -> World {
        World { manifests: self.manifests.without(kinds), mesh: self.mesh.clone() }
    }
}
