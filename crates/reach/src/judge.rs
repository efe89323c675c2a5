//! The judge: manifests that were read, and the questions that they can be asked.

use std::sync::OnceLock;

use meshgen_yaml::{FileId, Place, Problem, Sources, each};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{AddressRange, Cluster, Near, Reader, table::Table};

/// Manifests that were read.
#[derive(Clone, Debug)]
pub struct Manifests {
    /// The files.
    pub sources: Sources,
    /// What they say.
    pub cluster: Cluster,
    /// Files that could be read, and in which is no object.
    pub without_objects: Vec<FileId>,
}

/// Answers questions about manifests. What is needed for many answers is worked out once, when first asked for.
pub struct Judge<'a> {
    /// What is judged.
    pub manifests: &'a Manifests,
    table: OnceLock<Table<'a>>,
    near: OnceLock<Near<'a>>,
}

/// A file and a line, from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Where {
    /// The name of the file.
    pub file: String,
    /// The line.
    pub line: usize,
}

impl Manifests {
    /// Reads files. What is wrong with them is in [`Manifests::problems`]; a bad document hides no other.
    pub fn read(sources: Sources) -> Manifests {
        let mut reader = Reader::default();
        each(&sources, |read| reader.look(&read));
        reader.finish(sources)
    }

    /// What is wrong with the manifests, or not understood, in the order read.
    pub fn problems(&self) -> &[Problem] {
        &self.cluster.problems
    }

    /// Where something stands.
    pub fn find(&self, place: Place) -> Where {
        let file = self.sources.get(place.file).map(|s| s.name.clone()).unwrap_or_default();
        Where { file, line: self.sources.line_column(place).0 }
    }
}

impl<'a> Judge<'a> {
    /// A judge of these manifests.
    pub fn new(manifests: &'a Manifests) -> Judge<'a> {
        Judge { manifests, table: OnceLock::new(), near: OnceLock::new() }
    }

    /// The addresses outside, in ranges that no policy tells apart.
    pub fn outside(&self) -> Vec<AddressRange> {
        let classes = &self.table().classes;
        (classes.pods()..classes.len()).flat_map(|c| classes.ranges(c)).collect()
    }

    pub(crate) fn cluster(&self) -> &'a Cluster {
        &self.manifests.cluster
    }

    /// Pods and policies by namespace.
    pub fn near(&self) -> &Near<'a> {
        self.near.get_or_init(|| Near::new(&self.manifests.cluster))
    }

    pub(crate) fn table(&self) -> &Table<'a> {
        self.table.get_or_init(|| Table::new(&self.manifests.cluster, self.near()))
    }
}
