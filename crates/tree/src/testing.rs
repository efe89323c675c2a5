//! Bundles and trees for tests, in one line.

use k8s_openapi::api::core::v1::Namespace;
use meshgen_bundle::{Bundle, Content, File, Object, Part};

use crate::{Digest, Entry, Listed, Manifest, Observed, Origin, Rendered, Tree};

/// A tree on disk as its render leaves it.
pub(crate) fn observed(tree: &Tree) -> Observed {
    let file = |f: &Rendered| (f.path.clone(), Entry::File { bytes: f.text.clone().into(), mode: f.mode });
    let files = tree.files.iter().map(|f| (f.path.clone(), Listed::from(f))).collect();
    let origin = Origin { meshgen: "0.1.0".to_owned(), spec: Digest::of(b"") };
    Observed {
        manifest: Some(Manifest { origin, files }),
        entries: tree.files.iter().map(file).collect(),
        interrupted: false,
    }
}

pub(crate) fn bundle(files: impl IntoIterator<Item = File>) -> Bundle {
    Bundle { project: "shop".to_owned(), files: files.into_iter().collect(), assumed: Vec::new() }
}

pub(crate) fn objects(path: &str, objects: impl IntoIterator<Item = Object>) -> File {
    file(path, Part::Namespaces, Content::Objects(objects.into_iter().collect()))
}

pub(crate) fn text(path: &str, text: &str) -> File {
    file(path, Part::Workloads, Content::Text(text.to_owned()))
}

pub(crate) fn script(path: &str, text: &str) -> File {
    file(path, Part::Workloads, Content::Script(text.to_owned()))
}

pub(crate) fn namespace(name: &str) -> Object {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.to_owned());
    namespace.into()
}

pub(crate) fn of_part(part: Part, file: File) -> File {
    File { part, ..file }
}

fn file(path: &str, part: Part, content: Content) -> File {
    File { path: path.parse().unwrap(), part, comment: Vec::new(), content }
}
