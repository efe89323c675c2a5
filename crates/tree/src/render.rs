//! From a bundle to its files.

use std::{error::Error, fmt};

use meshgen_bundle::{Bundle, Content, Data, File, FilePath, Id, InvalidPath, Object, Part};
use meshgen_yaml::WriteError;

use crate::{
    kustomization::kustomization,
    template,
    tree::{Mode, Rendered, Tree},
    unique::{check_objects, check_paths},
};

/// The files of a bundle, in its order, and after them what binds them together: `.meshgen/assumed.yaml`, and the
/// `kustomization.yaml` that lists those with objects.
pub fn render(bundle: &Bundle) -> Result<Tree, RenderError> {
    check_objects(bundle)?;
    let header = header(&bundle.project);
    let mut files = bundle.files.iter().map(|file| rendered(&header, file)).collect::<Result<Vec<_>, _>>()?;
    files.extend(assumed(&header, bundle)?);
    let resources: Vec<&FilePath> = files.iter().filter(|f| f.resource).map(|f| &f.path).collect();
    let kustomization = kustomization(&bundle.project, &resources)?;
    files.extend(kustomization);
    check_paths(files.iter().map(|f| &f.path))?;
    Ok(Tree { project: bundle.project.clone(), files })
}

/// The first line of what we write. It says nothing that changes while the spec does not.
pub(crate) fn header(project: &str) -> String {
    // Escaped, so that no name can end the comment.
    let project = project.escape_debug();
    format!(
        "# Made by meshgen from the spec of project {project}. Do not edit: change the spec and render again.\n"
    )
}

fn rendered(header: &str, file: &File) -> Result<Rendered, RenderError> {
    let header = &with_comment(header, &file.comment);
    let (mode, resource, text) = match &file.content {
        // kustomize refuses a resource without objects.
        Content::Objects(objects) => (Mode::Plain, !objects.is_empty(), documents(header, objects)?),
        Content::ChartTemplate(chart) => {
            let text = template::chart(header, chart);
            (Mode::Plain, false, text.map_err(|(what, source)| RenderError::Yaml { what, source })?)
        }
        Content::Data(data) => (Mode::Plain, false, data_documents(header, data, &file.path)?),
        Content::Gotmpl(value) => {
            let text = template::gotmpl(header, value);
            let fail = |source| RenderError::Yaml { what: file.path.to_string(), source };
            (Mode::Plain, false, text.map_err(fail)?)
        }
        Content::Text(text) => (Mode::Plain, false, text.clone()),
        Content::Script(text) => (Mode::Executable, false, text.clone()),
    };
    Ok(Rendered { path: file.path.clone(), part: file.part, mode, resource, text })
}

/// The header and a comment below it. No line of it can be anything but a comment.
fn with_comment(header: &str, comment: &[String]) -> String {
    let mut text = header.to_owned();
    for line in comment.iter().flat_map(|c| c.lines()) {
        text.push_str("# ");
        // A line break of Unicode ends a comment for some readers.
        for c in line.chars() {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                text.extend(c.escape_unicode());
            } else {
                text.push(c);
            }
        }
        text.push('\n');
    }
    text
}

/// What is not rendered but will run, for whoever judges the tree. Nothing where there is no such thing.
fn assumed(header: &str, bundle: &Bundle) -> Result<Option<Rendered>, RenderError> {
    // What is in a chart is a template, so that who reads manifests cannot read it there.
    let in_charts = bundle.files.iter().flat_map(|f| match &f.content {
        Content::ChartTemplate(chart) => chart.objects.as_slice(),
        _ => &[],
    });
    let objects: Vec<&Object> = bundle.assumed.iter().chain(in_charts).collect();
    if objects.is_empty() {
        return Ok(None);
    }
    let note =
        "What will run and is not rendered as manifests here: for whoever judges this tree. Never apply it.";
    Ok(Some(Rendered {
        path: FilePath::assumed(),
        part: Part::Tree,
        mode: Mode::Plain,
        resource: false,
        text: documents(&with_comment(header, &[note.to_owned()]), objects)?,
    }))
}

fn documents<'a>(header: &str, objects: impl IntoIterator<Item = &'a Object>) -> Result<String, RenderError> {
    let mut text = header.to_owned();
    for (i, object) in objects.into_iter().enumerate() {
        if i > 0 {
            text.push_str("---\n");
        }
        let document = meshgen_yaml::to_string(object).map_err(|e| RenderError::of(object, e))?;
        text.push_str(&document);
    }
    Ok(text)
}

fn data_documents(header: &str, data: &[Data], path: &FilePath) -> Result<String, RenderError> {
    let fail = |source| RenderError::Yaml { what: path.to_string(), source };
    let documents = data.iter().map(meshgen_yaml::to_string).collect::<Result<Vec<_>, _>>().map_err(fail)?;
    Ok(header.to_owned() + &documents.join("---\n"))
}

/// Why a bundle has no files.
#[derive(Debug)]
#[non_exhaustive]
pub enum RenderError {
    /// Two files have one path, letter case aside.
    SamePath {
        /// The one.
        first: FilePath,
        /// The other.
        second: FilePath,
    },
    /// A file is where another needs a folder.
    InsideFile {
        /// The file.
        file: FilePath,
        /// The other, which would lie inside of it.
        inside: FilePath,
    },
    /// A path in `.git` or `.meshgen`.
    Reserved(FilePath),
    /// Text that is no path.
    Path(InvalidPath),
    /// Two objects have one identity.
    SameObject {
        /// The identity.
        id: Box<Id>,
        /// The file of the one.
        first: FilePath,
        /// The file of the other.
        second: FilePath,
    },
    /// A value that cannot be written as YAML.
    Yaml {
        /// The object, or the file.
        what: String,
        /// Why.
        source: WriteError,
    },
}

impl RenderError {
    pub(crate) fn of(object: &Object, source: WriteError) -> Self {
        RenderError::Yaml { what: object.id().to_string(), source }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RenderError::SamePath { first, second } if first == second => {
                write!(f, "two files have the path `{first}`: give one of them another name")
            }
            RenderError::SamePath { first, second } => write!(
                f,
                "the paths `{first}` and `{second}` are one on systems that ignore letter case: give one of them another name"
            ),
            RenderError::InsideFile { file, inside } => {
                write!(
                    f,
                    "`{file}` cannot be a file and the folder of `{inside}`: give one of them another name"
                )
            }
            RenderError::Reserved(path) => {
                write!(f, "`{path}` is not for rendered files: use a path outside of `.git` and `.meshgen`")
            }
            RenderError::Path(e) => e.fmt(f),
            RenderError::SameObject { id, first, second } if first == second => {
                write!(f, "`{id}` is twice in `{first}`: give one of them another name")
            }
            RenderError::SameObject { id, first, second } => {
                write!(f, "`{id}` is both in `{first}` and in `{second}`: give one of them another name")
            }
            RenderError::Yaml { what, .. } => write!(f, "`{what}` cannot be written as YAML"),
        }
    }
}

impl Error for RenderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            RenderError::Yaml { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{bundle, namespace, objects, script, text};

    fn shown(bundle: &Bundle) -> String {
        let file = |f: &Rendered| format!("== {} {} {:?}\n{}", f.path, f.part.name(), f.mode, f.text);
        render(bundle)
            .map_or_else(|e| e.to_string(), |tree| tree.files.iter().map(file).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn objects_are_documents_under_one_header() {
        let bundle = bundle([objects("shop/namespace.yaml", [namespace("shop"), namespace("till")])]);
        insta::assert_snapshot!(shown(&bundle), @"
        == shop/namespace.yaml namespaces Plain
        # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
        apiVersion: v1
        kind: Namespace
        metadata:
          name: shop
        ---
        apiVersion: v1
        kind: Namespace
        metadata:
          name: till

        == kustomization.yaml tree Plain
        # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        sortOptions:
          order: fifo
        resources:
        - shop/namespace.yaml
        ");
    }

    #[test]
    fn text_and_scripts_stay_as_they_are() {
        let bundle = bundle([text("notes.txt", "no final newline"), script("run.sh", "#!/bin/sh\n")]);
        insta::assert_snapshot!(shown(&bundle), @"
        == notes.txt workloads Plain
        no final newline
        == run.sh workloads Executable
        #!/bin/sh
        ");
    }

    #[test]
    fn the_kustomization_lists_objects_in_the_order_of_the_bundle() {
        let files =
            [objects("z.yaml", [namespace("z")]), text("n.txt", ""), objects("a.yaml", [namespace("a")])];
        let tree = render(&bundle(files)).unwrap();
        insta::assert_snapshot!(tree.files.last().unwrap().text, @"
        # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        sortOptions:
          order: fifo
        resources:
        - z.yaml
        - a.yaml
        ");
    }

    #[test]
    fn two_objects_of_one_identity_are_refused() {
        let twice = [objects("a.yaml", [namespace("shop")]), objects("b.yaml", [namespace("shop")])];
        insta::assert_snapshot!(shown(&bundle(twice)), @"`Namespace shop` is both in `a.yaml` and in `b.yaml`: give one of them another name");
        let twice = [objects("a.yaml", [namespace("shop"), namespace("shop")])];
        insta::assert_snapshot!(shown(&bundle(twice)), @"`Namespace shop` is twice in `a.yaml`: give one of them another name");
    }

    #[test]
    fn a_file_cannot_take_the_place_of_the_kustomization() {
        let files = [text("Kustomization.yaml", ""), objects("a.yaml", [namespace("a")])];
        insta::assert_snapshot!(shown(&bundle(files)), @"the paths `Kustomization.yaml` and `kustomization.yaml` are one on systems that ignore letter case: give one of them another name");
    }

    #[test]
    fn a_comment_stays_one() {
        let file =
            File { comment: vec!["Test 1's \"hole\"\nkind: Pod\u{85}x".to_owned()], ..objects("a.yaml", []) };
        insta::assert_snapshot!(shown(&bundle([file])), @r##"
        == a.yaml namespaces Plain
        # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
        # Test 1's "hole"
        # kind: Pod\u{85}x
        "##);
    }

    #[test]
    fn what_is_assumed_is_written_and_not_applied() {
        let assumed = Bundle { assumed: vec![namespace("istio-system")], ..bundle([]) };
        insta::assert_snapshot!(shown(&assumed), @"
        == .meshgen/assumed.yaml tree Plain
        # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
        # What will run and is not rendered as manifests here: for whoever judges this tree. Never apply it.
        apiVersion: v1
        kind: Namespace
        metadata:
          name: istio-system
        ");
    }

    #[test]
    fn a_project_cannot_end_the_comment_that_names_it() {
        assert_eq!(header("a\nkind: Pod").lines().count(), 1);
    }
}
