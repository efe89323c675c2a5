//! The root `kustomization.yaml`, by which `kubectl apply -k` takes a tree in the order of the bundle.

use meshgen_bundle::{FilePath, InvalidPath, Part};
use serde::Serialize;

use crate::{
    render::{RenderError, header},
    tree::{Mode, Rendered},
};

/// Where it is.
pub(crate) const PATH: &str = "kustomization.yaml";

/// Source: `sigs.k8s.io/kustomize/api/types/kustomization.go`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kustomization<'a> {
    api_version: &'static str,
    kind: &'static str,
    sort_options: SortOptions,
    resources: &'a [&'a str],
}

/// Without it kustomize sorts by kind, and the order in which we restrict before we run is lost.
#[derive(Serialize)]
struct SortOptions {
    order: &'static str,
}

/// The file that lists these files; none when there is nothing to list, which kustomize refuses.
pub(crate) fn kustomization(project: &str, resources: &[&FilePath]) -> Result<Option<Rendered>, RenderError> {
    if resources.is_empty() {
        return Ok(None);
    }
    let resources: Vec<&str> = resources.iter().map(|path| path.as_str()).collect();
    let body = meshgen_yaml::to_string(&Kustomization {
        api_version: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        sort_options: SortOptions { order: "fifo" },
        resources: &resources,
    })
    .map_err(|source| RenderError::Yaml { what: PATH.to_owned(), source })?;
    Ok(Some(Rendered {
        path: PATH.parse().map_err(|e: InvalidPath| RenderError::Path(e))?,
        part: Part::Tree,
        mode: Mode::Plain,
        resource: false,
        text: header(project) + &body,
    }))
}
