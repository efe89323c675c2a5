//! That no file of a tree hides another, and no object another.

use std::collections::BTreeMap;

use meshgen_bundle::{Bundle, FilePath};

use crate::{paths::folders, render::RenderError};

/// That paths differ in more than letter case (macOS and Windows do not tell `A` from `a`), that none is the
/// folder of another, and that none is in a folder that belongs to git or to us.
pub(crate) fn check_paths<'a>(paths: impl Iterator<Item = &'a FilePath>) -> Result<(), RenderError> {
    let mut files: BTreeMap<String, &FilePath> = BTreeMap::new();
    for path in paths {
        let lower = path.as_str().to_lowercase();
        if *path != FilePath::assumed() && matches!(lower.split('/').next(), Some(".git" | ".meshgen")) {
            return Err(RenderError::Reserved(path.clone()));
        }
        if let Some(first) = files.insert(lower, path) {
            return Err(RenderError::SamePath { first: first.clone(), second: path.clone() });
        }
    }
    for (lower, path) in &files {
        if let Some(file) = folders(lower).find_map(|folder| files.get(folder)) {
            return Err(RenderError::InsideFile { file: (*file).clone(), inside: (*path).clone() });
        }
    }
    Ok(())
}

/// That no two objects have one identity: the second to be applied would undo the first.
pub(crate) fn check_objects(bundle: &Bundle) -> Result<(), RenderError> {
    let mut seen = BTreeMap::new();
    for file in &bundle.files {
        for object in file.objects() {
            // As good as `Object::id`, since no kind is written in two versions, and nothing has to be copied.
            let metadata = object.metadata();
            let id = (object.type_meta(), &metadata.namespace, &metadata.name);
            if let Some(first) = seen.insert(id, &file.path) {
                return Err(RenderError::SameObject {
                    id: Box::new(object.id()),
                    first: first.clone(),
                    second: file.path.clone(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(paths: &[&str]) -> String {
        let paths: Vec<FilePath> = paths.iter().map(|p| p.parse().unwrap()).collect();
        check_paths(paths.iter()).map_or_else(|e| e.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn two_files_of_one_path_are_refused() {
        insta::assert_snapshot!(refusal(&["a.yaml", "b.yaml", "a.yaml"]), @"two files have the path `a.yaml`: give one of them another name");
    }

    #[test]
    fn so_are_paths_that_differ_only_in_letter_case() {
        insta::assert_snapshot!(refusal(&["shop/a.yaml", "Shop/A.yaml"]), @"the paths `shop/a.yaml` and `Shop/A.yaml` are one on systems that ignore letter case: give one of them another name");
    }

    #[test]
    fn so_is_a_file_where_another_needs_a_folder() {
        insta::assert_snapshot!(refusal(&["shop/a", "Shop"]), @"`Shop` cannot be a file and the folder of `shop/a`: give one of them another name");
    }

    #[test]
    fn so_are_the_folders_of_git_and_of_meshgen() {
        insta::assert_snapshot!(refusal(&[".git/config"]), @"`.git/config` is not for rendered files: use a path outside of `.git` and `.meshgen`");
        insta::assert_snapshot!(refusal(&[".Meshgen/manifest.json"]), @"`.Meshgen/manifest.json` is not for rendered files: use a path outside of `.git` and `.meshgen`");
    }

    #[test]
    fn neighbours_are_fine() {
        assert_eq!(refusal(&["shop/a", "shop/b", "shop.yaml", "shop-2/a", ".gitignore"]), "fine");
    }
}
