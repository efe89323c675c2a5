//! Files of a bundle, not yet rendered.

use std::{fmt, str::FromStr};

use crate::{Data, Object, Value};

/// Everything that a spec gives, in the order in which it is applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    /// The project's name, for the header of each file.
    pub project: String,
    /// The files. No two have one path, and none of their objects share an identity.
    pub files: Vec<File>,
    /// What will run and is not rendered here, such as the pods of istiod: for whoever judges what is emitted.
    /// It goes into `.meshgen/assumed.yaml`, with the objects of charts of ours, and is never applied.
    pub assumed: Vec<Object>,
}

impl Bundle {
    /// All objects that `kubectl apply` takes, in order; those of charts of ours among them.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.files.iter().flat_map(File::objects)
    }
}

/// One file of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Where it goes, seen from the output folder.
    pub path: FilePath,
    /// What `--only` and `--skip` call it.
    pub part: Part,
    /// What a reader must know, as comments at the top: one line each, and none in text and scripts.
    pub comment: Vec<String>,
    /// What it holds.
    pub content: Content,
}

impl File {
    /// The objects in it that `kubectl apply` takes.
    pub fn objects(&self) -> &[Object] {
        self.content.objects()
    }
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Objects that `kubectl apply` takes, as one YAML document each.
    Objects(Vec<Object>),
    /// Objects that a chart of ours installs.
    ChartTemplate(ChartTemplate),
    /// YAML that kubectl does not take, as one document each.
    Data(Vec<Data>),
    /// A Go template that gives this value, for helmfile: `values.yaml.gotmpl`.
    Gotmpl(Value),
    /// Any other text, mode 0644.
    Text(String),
    /// A program, mode 0755.
    Script(String),
}

impl Content {
    /// The objects in it.
    pub fn objects(&self) -> &[Object] {
        match self {
            Content::Objects(objects) | Content::ChartTemplate(ChartTemplate { objects, .. }) => objects,
            Content::Data(_) | Content::Gotmpl(_) | Content::Text(_) | Content::Script(_) => &[],
        }
    }
}

/// A file in the `templates` of a chart. It is written without a namespace, and takes its image from the
/// value `image`.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartTemplate {
    /// The objects as they are installed, in each namespace: what a stream shows. Those of one namespace are
    /// those of any other, but for the namespace.
    pub objects: Vec<Object>,
    /// The image, as in the objects.
    pub image: String,
}

/// A part of the tree, for `--only` and `--skip`. Declared in the order in which parts are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What makes the cluster: the configuration of kind and of Calico.
    Cluster,
    /// What installs the mesh.
    Istio,
    /// Namespaces with their labels.
    Namespaces,
    /// `NetworkPolicies`, of Kubernetes and of Calico.
    Policies,
    /// What the mesh enforces: `PeerAuthentication`, `AuthorizationPolicy`, `ServiceEntry`.
    Mesh,
    /// What shows the mesh: Prometheus, Grafana, Kiali and the like.
    Addons,
    /// State files of helmfile and values of other people's charts.
    Releases,
    /// Images that are built here: Dockerfile, Makefile, program and data. Workloads need them.
    Kits,
    /// Workloads with their Services and `ServiceAccounts`.
    Workloads,
    /// What binds the tree together: `kustomization.yaml`.
    Tree,
    /// `env.sh`, and the scripts that apply all of it and test it.
    Scripts,
    /// What is there to be read.
    Docs,
}

impl Part {
    /// All parts, in order.
    pub const ALL: [Part; 12] = [
        Part::Cluster,
        Part::Istio,
        Part::Namespaces,
        Part::Policies,
        Part::Mesh,
        Part::Addons,
        Part::Releases,
        Part::Kits,
        Part::Workloads,
        Part::Tree,
        Part::Scripts,
        Part::Docs,
    ];

    /// The word for it on the command line and in the tree's manifest.
    pub fn name(self) -> &'static str {
        match self {
            Part::Cluster => "cluster",
            Part::Istio => "istio",
            Part::Namespaces => "namespaces",
            Part::Policies => "policies",
            Part::Mesh => "mesh",
            Part::Addons => "addons",
            Part::Releases => "releases",
            Part::Kits => "kits",
            Part::Workloads => "workloads",
            Part::Tree => "tree",
            Part::Scripts => "scripts",
            Part::Docs => "docs",
        }
    }

    /// The part of a name that [`Part::name`] gave.
    pub fn from_name(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// A path inside the output folder.
///
/// Invariant: relative, `/` between its parts, each part made of `A-Z a-z 0-9 . _ -` and neither empty nor
/// `.` nor `..`, and the first part is not `.meshgen`, which is ours, but for `.meshgen/assumed.yaml`. So it cannot leave the folder, and it
/// means the same on every system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

/// Text that is no [`FilePath`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPath(String);

/// Where [`Bundle::assumed`] goes.
const ASSUMED: &str = ".meshgen/assumed.yaml";

impl FilePath {
    /// Where [`Bundle::assumed`] goes: the only path in `.meshgen` that a bundle's content has.
    pub fn assumed() -> Self {
        FilePath(ASSUMED.to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts between the slashes.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for FilePath {
    type Err = InvalidPath;

    fn from_str(s: &str) -> Result<Self, InvalidPath> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let part_ok = |p: &str| !matches!(p, "" | "." | "..") && p.chars().all(legal);
        let ours = s.split('/').next() == Some(".meshgen") && s != ASSUMED;
        if s.split('/').all(part_ok) && !ours {
            Ok(FilePath(s.to_owned()))
        } else {
            Err(InvalidPath(s.to_owned()))
        }
    }
}

impl TryFrom<String> for FilePath {
    type Error = InvalidPath;

    fn try_from(s: String) -> Result<Self, InvalidPath> {
        s.parse()
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a path inside the output folder: use names of letters, digits, `.`, `_` and `-`, with `/` between",
            self.0
        )
    }
}

impl std::error::Error for InvalidPath {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_the_output_folder() {
        for bad in [
            "",
            "/etc/passwd",
            "..",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "a b",
            "a\nb",
            "C:x",
            ".meshgen/x",
        ] {
            assert!(bad.parse::<FilePath>().is_err(), "{bad:?}");
        }
        for good in ["a", "a/b.yaml", ".env", "examples/dgraph/network_policy.yaml", "a..b"] {
            assert!(good.parse::<FilePath>().is_ok(), "{good:?}");
        }
    }
}
