//! What has to happen to a tree on disk for it to hold what it should.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use meshgen_bundle::FilePath;

use crate::{
    change::{Change, Conflict},
    digest::Digest,
    manifest::Listed,
    observed::{Entry, Observed, Obstacle},
    render::RenderError,
    selection::Selection,
    tree::{Mode, Rendered, Tree},
    wanted::wanted,
};

/// From a tree on disk to the one that should be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What becomes of each file that is selected.
    pub paths: BTreeMap<FilePath, Change>,
    /// The files to write, whole.
    pub writes: Vec<Rendered>,
    /// The files that are ours afterwards.
    pub listed: BTreeMap<FilePath, Listed>,
    /// Whether the manifest lists something else now.
    pub relisted: bool,
    /// Whether a render was interrupted, so that all of this is about a tree that may be half changed.
    pub interrupted: bool,
}

impl Changes {
    /// Whether a render has nothing to do, and so writes nothing at all.
    pub fn is_nothing(&self) -> bool {
        !self.interrupted && !self.relisted && self.writes.is_empty()
    }

    /// The files that are removed.
    pub fn removed(&self) -> impl Iterator<Item = &FilePath> {
        self.paths.iter().filter(|(_, change)| **change == Change::Removed).map(|(path, _)| path)
    }

    /// What is in the way. A render refuses to begin while there is any.
    pub fn conflicts(&self) -> impl Iterator<Item = (&FilePath, &Conflict)> {
        self.paths.iter().filter_map(|(path, change)| match change {
            Change::Conflict(conflict) => Some((path, conflict)),
            _ => None,
        })
    }
}

/// What has to happen to `old` for it to hold what is selected of `new`.
///
/// Fails only when the kustomization of a selection cannot be written.
pub fn changes(old: &Observed, new: &Tree, selection: &Selection) -> Result<Changes, RenderError> {
    let wanted = wanted(old, new, selection)?;
    let mut changes = Changes { interrupted: old.interrupted, ..Changes::default() };
    for (path, listed) in unwanted(old, &wanted) {
        if is_stale(path, *listed, new, selection) {
            changes.paths.insert(path.clone(), farewell(old, path, *listed));
        } else {
            changes.listed.insert(path.clone(), *listed);
        }
    }
    let removed: BTreeSet<String> = changes.removed().map(ToString::to_string).collect();
    for file in wanted {
        let change = change(old, &file, &removed);
        let is_write = change.is_write();
        changes.listed.insert(file.path.clone(), Listed::from(&*file));
        changes.paths.insert(file.path.clone(), change);
        if is_write {
            changes.writes.push(file.into_owned());
        }
    }
    changes.relisted = !old.files().eq(&changes.listed);
    Ok(changes)
}

/// What is ours, and is not to be written now.
fn unwanted<'o>(old: &'o Observed, wanted: &[Cow<'_, Rendered>]) -> Vec<(&'o FilePath, &'o Listed)> {
    let wanted: BTreeSet<&FilePath> = wanted.iter().map(|f| &f.path).collect();
    old.files().filter(|(path, _)| !wanted.contains(path)).collect()
}

/// Whether a file that is not to be written now is in no selection any more, rather than in another one.
fn is_stale(path: &FilePath, listed: Listed, new: &Tree, selection: &Selection) -> bool {
    selection.has(listed.part) && !new.files.iter().any(|f| f.path == *path && !selection.has(f.part))
}

/// What becomes of a file that is ours, and should not be there any more.
fn farewell(old: &Observed, path: &FilePath, listed: Listed) -> Change {
    match old.entries.get(path) {
        None | Some(Entry::Blocked(Obstacle::File { .. })) => Change::Forgotten,
        Some(Entry::File { bytes, .. }) if Digest::of(bytes) == listed.sha256 => Change::Removed,
        Some(Entry::File { .. } | Entry::Blocked(_)) => Change::Disowned,
    }
}

/// What becomes of a file that should be there.
fn change(old: &Observed, file: &Rendered, removed: &BTreeSet<String>) -> Change {
    match (old.entries.get(&file.path), old.listed(&file.path)) {
        (None, _) => Change::Created,
        (Some(Entry::Blocked(obstacle)), _) if obstacle.goes_with(removed) => Change::Created,
        (Some(Entry::Blocked(obstacle)), _) => Change::Conflict(Conflict::Blocked(obstacle.clone())),
        (Some(Entry::File { .. }), None) => Change::Conflict(Conflict::Foreign),
        (Some(Entry::File { bytes, mode }), Some(listed)) => rewrite(file, bytes, *mode, *listed),
    }
}

/// What becomes of a file that is ours, and there.
fn rewrite(file: &Rendered, bytes: &[u8], mode: Mode, listed: Listed) -> Change {
    let content = bytes != file.text.as_bytes();
    let mode = (mode != file.mode).then_some(file.mode);
    match (content, mode) {
        (false, None) => Change::Unchanged,
        (true, _) if Digest::of(bytes) != listed.sha256 => Change::Overwritten,
        (content, mode) => Change::Updated { content, mode },
    }
}

impl Obstacle {
    /// Whether it is not in the way any more once these files are removed.
    fn goes_with(&self, removed: &BTreeSet<String>) -> bool {
        match self {
            Obstacle::File { at } => removed.contains(at.as_str()),
            // A folder that was empty before is not ours to remove.
            Obstacle::Folder { files } => {
                !files.is_empty() && files.iter().all(|f| removed.contains(f.as_str()))
            }
            Obstacle::Symlink { .. } | Obstacle::Special => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use meshgen_bundle::Part;

    use super::*;
    use crate::{
        kustomization, render,
        testing::{bundle, namespace, objects, observed, of_part, script, text},
    };

    fn tree(files: impl IntoIterator<Item = meshgen_bundle::File>) -> Tree {
        render(&bundle(files)).unwrap()
    }

    fn texts(files: &[(&str, &str)]) -> Tree {
        tree(files.iter().map(|(path, content)| text(path, content)))
    }

    /// One line a path, and `manifest` when that changes.
    fn shown(old: &Observed, new: &Tree, selection: &Selection) -> String {
        let changes = changes(old, new, selection).unwrap();
        let mut lines: Vec<String> =
            changes.paths.iter().map(|(path, change)| format!("{path}: {change:?}")).collect();
        lines.extend(changes.relisted.then(|| "manifest".to_owned()));
        lines.join("\n")
    }

    fn edit(old: &mut Observed, path: &str, entry: Entry) {
        old.entries.insert(path.parse().unwrap(), entry);
    }

    fn file(content: &str) -> Entry {
        Entry::File { bytes: content.into(), mode: Mode::Plain }
    }

    #[test]
    fn files_are_created_updated_removed_or_left_alone() {
        let old = observed(&texts(&[("same", "1"), ("other", "1"), ("stale", "1")]));
        let new = texts(&[("same", "1"), ("other", "2"), ("new", "1")]);
        insta::assert_snapshot!(shown(&old, &new, &Selection::all()), @"
        new: Created
        other: Updated { content: true, mode: None }
        same: Unchanged
        stale: Removed
        manifest
        ");
    }

    #[test]
    fn a_tree_that_is_as_it_should_be_has_nothing_to_do() {
        let tree = texts(&[("a", "1"), ("b/c", "1")]);
        assert!(changes(&observed(&tree), &tree, &Selection::all()).unwrap().is_nothing());
        assert!(changes(&Observed::default(), &Tree::default(), &Selection::all()).unwrap().is_nothing());
    }

    #[test]
    fn an_interrupted_tree_always_has_something_to_do() {
        let tree = texts(&[("a", "1")]);
        let old = Observed { interrupted: true, ..observed(&tree) };
        assert!(!changes(&old, &tree, &Selection::all()).unwrap().is_nothing());
    }

    #[test]
    fn a_mode_alone_is_a_change() {
        let old = observed(&tree([script("a", "1"), text("b", "1")]));
        insta::assert_snapshot!(shown(&old, &tree([text("a", "1"), script("b", "2")]), &Selection::all()), @"
        a: Updated { content: false, mode: Some(Plain) }
        b: Updated { content: true, mode: Some(Executable) }
        manifest
        ");
    }

    #[test]
    fn what_was_edited_by_hand_is_overwritten_by_name() {
        let mut old = observed(&texts(&[("a", "1")]));
        edit(&mut old, "a", file("mine"));
        insta::assert_snapshot!(shown(&old, &texts(&[("a", "1")]), &Selection::all()), @"a: Overwritten");
        insta::assert_snapshot!(shown(&old, &texts(&[("a", "2")]), &Selection::all()), @"
        a: Overwritten
        manifest
        ");
    }

    #[test]
    fn an_edit_that_the_spec_caught_up_with_is_not_touched() {
        let mut old = observed(&texts(&[("a", "1")]));
        edit(&mut old, "a", file("2"));
        insta::assert_snapshot!(shown(&old, &texts(&[("a", "2")]), &Selection::all()), @"
        a: Unchanged
        manifest
        ");
    }

    #[test]
    fn what_is_stale_and_edited_stays_and_is_disowned() {
        let mut old = observed(&texts(&[("a", "1"), ("b", "1"), ("c", "1")]));
        edit(&mut old, "a", file("mine"));
        edit(&mut old, "b", Entry::Blocked(Obstacle::Symlink { at: "b".to_owned() }));
        old.entries.remove(&"c".parse().unwrap());
        insta::assert_snapshot!(shown(&old, &texts(&[]), &Selection::all()), @"
        a: Disowned
        b: Disowned
        c: Forgotten
        manifest
        ");
    }

    #[test]
    fn a_file_that_no_render_wrote_is_never_ours_even_if_equal() {
        let mut old = Observed::default();
        edit(&mut old, "a", file("1"));
        insta::assert_snapshot!(shown(&old, &texts(&[("a", "1")]), &Selection::all()), @"
        a: Conflict(Foreign)
        manifest
        ");
    }

    #[test]
    fn what_is_in_the_way_is_a_conflict() {
        let mut old = Observed::default();
        let at = || "b".to_owned();
        edit(&mut old, "a", Entry::Blocked(Obstacle::Folder { files: Vec::new() }));
        edit(&mut old, "b/c", Entry::Blocked(Obstacle::Symlink { at: at() }));
        edit(&mut old, "b/d", Entry::Blocked(Obstacle::File { at: at() }));
        let new = texts(&[("a", ""), ("b/c", ""), ("b/d", "")]);
        insta::assert_snapshot!(shown(&old, &new, &Selection::all()), @r#"
        a: Conflict(Blocked(Folder { files: [] }))
        b/c: Conflict(Blocked(Symlink { at: "b" }))
        b/d: Conflict(Blocked(File { at: "b" }))
        manifest
        "#);
    }

    #[test]
    fn a_stale_file_makes_room_for_a_folder_and_the_other_way_round() {
        let mut old = observed(&texts(&[("a", "1"), ("b/c", "1")]));
        let below_a = Obstacle::File { at: "a".to_owned() };
        let at_b = |files: &[&str]| {
            Entry::Blocked(Obstacle::Folder { files: files.iter().map(ToString::to_string).collect() })
        };
        edit(&mut old, "a/x", Entry::Blocked(below_a));
        edit(&mut old, "b", at_b(&["b/c"]));
        let new = texts(&[("a/x", "1"), ("b", "1")]);
        insta::assert_snapshot!(shown(&old, &new, &Selection::all()), @"
        a: Removed
        a/x: Created
        b: Created
        b/c: Removed
        manifest
        ");
        edit(&mut old, "a", file("mine"));
        edit(&mut old, "b", at_b(&["b/c", "b/mine"]));
        insta::assert_snapshot!(shown(&old, &new, &Selection::all()), @r#"
        a: Disowned
        a/x: Conflict(Blocked(File { at: "a" }))
        b: Conflict(Blocked(Folder { files: ["b/c", "b/mine"] }))
        b/c: Removed
        manifest
        "#);
    }

    /// One file of objects for each part, each named for its part, then `marker`.
    fn parts(marker: &str, parts: &[Part]) -> Tree {
        tree(parts.iter().map(|part| {
            let name = part.name();
            of_part(*part, objects(&format!("{name}.yaml"), [namespace(&format!("{name}-{marker}"))]))
        }))
    }

    fn resources(changes: &Changes) -> Vec<&str> {
        let kustomization = changes.writes.iter().find(|f| f.path.as_str() == kustomization::PATH).unwrap();
        kustomization.text.lines().filter_map(|line| line.strip_prefix("- ")).collect()
    }

    #[test]
    fn a_selection_leaves_the_other_parts_as_they_are() {
        let old = observed(&parts("1", &[Part::Policies, Part::Mesh, Part::Workloads]));
        let new = parts("2", &[Part::Policies, Part::Mesh]);
        insta::assert_snapshot!(shown(&old, &new, &Selection::only([Part::Policies])), @"
        kustomization.yaml: Unchanged
        policies.yaml: Updated { content: true, mode: None }
        manifest
        ");
        insta::assert_snapshot!(shown(&old, &new, &Selection::skip([Part::Policies])), @"
        kustomization.yaml: Updated { content: true, mode: None }
        mesh.yaml: Updated { content: true, mode: None }
        workloads.yaml: Removed
        manifest
        ");
    }

    #[test]
    fn the_kustomization_of_a_selection_lists_what_will_be_there() {
        let old = observed(&parts("1", &[Part::Namespaces, Part::Mesh]));
        let new = parts("2", &[Part::Policies, Part::Workloads]);
        let only = |part| changes(&old, &new, &Selection::only([part])).unwrap();
        assert_eq!(resources(&only(Part::Policies)), ["namespaces.yaml", "policies.yaml", "mesh.yaml"]);
        assert_eq!(resources(&only(Part::Workloads)), ["namespaces.yaml", "mesh.yaml", "workloads.yaml"]);
        assert_eq!(resources(&only(Part::Mesh)), ["namespaces.yaml"]);
    }

    #[test]
    fn a_selection_with_no_objects_has_no_kustomization() {
        let new = parts("1", &[Part::Policies]);
        insta::assert_snapshot!(shown(&Observed::default(), &new, &Selection::only([Part::Mesh])), @"");
    }

    #[test]
    fn a_file_that_moved_to_a_part_that_is_not_selected_stays() {
        let old = observed(&tree([of_part(Part::Mesh, text("a", "1"))]));
        let new = tree([of_part(Part::Policies, text("a", "2"))]);
        insta::assert_snapshot!(shown(&old, &new, &Selection::only([Part::Mesh])), @"");
    }
}
