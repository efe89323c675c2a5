//! An image that is built out of the tree.

use serde::{Deserialize, Serialize};

use crate::word::{ImageRef, Label, Tag, TreePath, Version};

/// The folder of a workload with `build: pydgraph`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kit {
    /// Its folder.
    pub dir: TreePath,
    /// The image's name in the registry.
    pub name: Label,
    /// The image's tag.
    pub tag: Tag,
    /// The base: Debian, with Python 3.12 to 3.14, for which the hashes of `requirements.txt` were measured.
    pub python_image: ImageRef,
    /// What compiles grpcurl: Debian, with Go 1.24 or newer.
    pub golang_image: ImageRef,
    /// The version of grpcurl, without a `v`.
    pub grpcurl: Version,
    /// The server's major version, which the client's has to be.
    pub dgraph_major: DgraphMajor,
}

/// A major version of Dgraph that there is a client for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum DgraphMajor {
    /// Dgraph 24: pydgraph 24.3.0.
    V24,
    /// Dgraph 25: pydgraph 25.2.0.
    V25,
}

impl From<DgraphMajor> for u16 {
    fn from(major: DgraphMajor) -> u16 {
        match major {
            DgraphMajor::V24 => 24,
            DgraphMajor::V25 => 25,
        }
    }
}

impl TryFrom<u16> for DgraphMajor {
    type Error = String;

    fn try_from(major: u16) -> Result<Self, String> {
        match major {
            24 => Ok(DgraphMajor::V24),
            25 => Ok(DgraphMajor::V25),
            _ => Err(format!("there is no client for Dgraph `{major}`: use 24 or 25")),
        }
    }
}
