//! The files that a selection is to write.

use std::{borrow::Cow, collections::BTreeSet};

use meshgen_bundle::{FilePath, Part};

use crate::{
    kustomization,
    observed::Observed,
    render::RenderError,
    selection::Selection,
    tree::{Rendered, Tree},
};

/// The selected files, with a kustomization that lists also what was there and is not selected.
pub(crate) fn wanted<'t>(
    old: &Observed,
    new: &'t Tree,
    selection: &Selection,
) -> Result<Vec<Cow<'t, Rendered>>, RenderError> {
    let mut resources: Vec<(Part, &FilePath)> = new
        .files
        .iter()
        .filter(|f| f.resource && (selection.has(f.part) || old.listed(&f.path).is_some()))
        .map(|f| (f.part, &f.path))
        .collect();
    let known: BTreeSet<&FilePath> = new.files.iter().map(|f| &f.path).collect();
    for (path, listed) in old.files() {
        if listed.resource && !selection.has(listed.part) && !known.contains(path) {
            // Parts are applied one after the other, so behind the last of its part is a right place.
            let after = resources.iter().rposition(|(part, _)| *part <= listed.part).map_or(0, |at| at + 1);
            resources.insert(after, (listed.part, path));
        }
    }
    let resources: Vec<&FilePath> = resources.into_iter().map(|(_, path)| path).collect();
    let kustomization = kustomization::kustomization(&new.project, &resources)?;
    let selected =
        new.files.iter().filter(|f| selection.has(f.part) && f.path.as_str() != kustomization::PATH);
    Ok(selected.map(Cow::Borrowed).chain(kustomization.map(Cow::Owned)).collect())
}
