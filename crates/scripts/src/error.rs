//! What a context can be refused for.

use std::{error, fmt};

use meshgen_bundle::InvalidPath;

use crate::context::WorkloadKind;

/// Why there are no files for a context.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Two files would have one path.
    SamePath(String),
    /// Two variables have one name.
    SameVariable(String),
    /// Two images would be one.
    SameImage(String),
    /// A workload cannot be waited for.
    NoRollout(WorkloadKind, String),
    /// The add-on of AKS needs the cluster and a revision.
    AddonWithout(&'static str),
    /// A path of ours is none of a tree.
    Path(InvalidPath),
    /// A template does not fit its context: a mistake in this crate.
    Template(minijinja::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::SamePath(path) => write!(f, "two files would be `{path}`: give each its own path"),
            Error::SameVariable(name) => {
                write!(f, "two variables are called `{name}`: give each its own name")
            }
            Error::SameImage(name) => {
                write!(f, "two kits make the image `{name}`: give each its own name or tag")
            }
            Error::NoRollout(kind, name) => write!(
                f,
                "`{name}` cannot be waited for, because a `{kind:?}` has no rollout: use a Deployment, a StatefulSet or a DaemonSet"
            ),
            Error::AddonWithout(what) => {
                write!(
                    f,
                    "the mesh that AKS manages has no {what} here: use `aks` and a revision such as `asm-1-30`"
                )
            }
            Error::Path(_) => write!(f, "a file has no path inside the tree"),
            Error::Template(_) => write!(f, "a template does not fit its context"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Path(e) => Some(e),
            Error::Template(e) => Some(e),
            Error::SamePath(_)
            | Error::SameVariable(_)
            | Error::SameImage(_)
            | Error::NoRollout(..)
            | Error::AddonWithout(_) => None,
        }
    }
}

impl From<minijinja::Error> for Error {
    fn from(e: minijinja::Error) -> Self {
        Error::Template(e)
    }
}

impl From<InvalidPath> for Error {
    fn from(e: InvalidPath) -> Self {
        Error::Path(e)
    }
}
