//! What a render would change, as text and as objects.

use std::collections::BTreeMap;

use meshgen_bundle::FilePath;
use meshgen_yaml::Sources;
use similar::TextDiff;

use crate::{
    change::Change,
    changes::Changes,
    observed::{Entry, Observed},
    tree::{Mode, Rendered},
};

/// A file before and after; nothing where it is not there.
struct Pair<'a> {
    path: &'a FilePath,
    before: Option<(&'a [u8], Mode)>,
    after: Option<&'a Rendered>,
}

/// What a render would change, as `git diff` would show it, by path. What is in the way is not shown: it is not
/// going to change.
pub fn diff(old: &Observed, changes: &Changes) -> String {
    pairs(old, changes).iter().map(shown).collect()
}

/// The objects before and after, for [`crate::compare`]: those of the files that a render would change.
pub fn before_and_after(old: &Observed, changes: &Changes) -> (Sources, Sources) {
    let (mut before, mut after) = (Sources::default(), Sources::default());
    for pair in pairs(old, changes) {
        let was_resource = old.listed(pair.path).is_some_and(|listed| listed.resource);
        if let Some((bytes, _)) = pair.before.filter(|_| was_resource) {
            before.add(pair.path.as_str(), String::from_utf8_lossy(bytes));
        }
        if let Some(file) = pair.after.filter(|f| f.resource) {
            after.add(pair.path.as_str(), file.text.as_str());
        }
    }
    (before, after)
}

fn pairs<'a>(old: &'a Observed, changes: &'a Changes) -> Vec<Pair<'a>> {
    let writes: BTreeMap<&FilePath, &Rendered> = changes.writes.iter().map(|f| (&f.path, f)).collect();
    let before = |path| match old.entries.get(path) {
        Some(Entry::File { bytes, mode }) => Some((bytes.as_slice(), *mode)),
        Some(Entry::Blocked(_)) | None => None,
    };
    let paths = changes
        .paths
        .iter()
        .filter(|(path, change)| writes.contains_key(path) || **change == Change::Removed);
    paths.map(|(path, _)| Pair { path, before: before(path), after: writes.get(path).copied() }).collect()
}

fn shown(pair: &Pair<'_>) -> String {
    let path = pair.path;
    let mode = match (pair.before, pair.after) {
        (None, Some(file)) => format!("new file mode 100{:o}\n", file.mode.bits()),
        (Some((_, mode)), None) => format!("deleted file mode 100{:o}\n", mode.bits()),
        (Some((_, mode)), Some(file)) if mode != file.mode => {
            format!("old mode 100{:o}\nnew mode 100{:o}\n", mode.bits(), file.mode.bits())
        }
        _ => String::new(),
    };
    format!("diff --git a/{path} b/{path}\n{mode}{}", lines(pair))
}

fn lines(pair: &Pair<'_>) -> String {
    let name =
        |side, is_there| if is_there { format!("{side}/{}", pair.path) } else { "/dev/null".to_owned() };
    let (from, to) = (name("a", pair.before.is_some()), name("b", pair.after.is_some()));
    let after = pair.after.map_or("", |file| &file.text);
    match str::from_utf8(pair.before.map_or(&[], |(bytes, _)| bytes)) {
        Ok(before) => TextDiff::from_lines(before, after).unified_diff().header(&from, &to).to_string(),
        // Only a file that was edited by hand can hold such bytes.
        Err(_) => format!("Binary files {from} and {to} differ\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Selection, changes, compare, render,
        testing::{bundle, namespace, objects, observed, script, text},
    };

    fn between(old: &[meshgen_bundle::File], new: &[meshgen_bundle::File]) -> (Observed, Changes) {
        let tree = |files: &[meshgen_bundle::File]| render(&bundle(files.iter().cloned())).unwrap();
        let old = observed(&tree(old));
        let changes = changes(&old, &tree(new), &Selection::all()).unwrap();
        (old, changes)
    }

    #[test]
    fn it_is_what_git_would_show() {
        let (old, changes) = between(
            &[text("gone", "1\n"), script("edited", "1\n2\n3"), text("same", "1\n"), text("mode", "1\n")],
            &[text("new", "1\n"), script("edited", "1\n2\n3\n"), text("same", "1\n"), script("mode", "1\n")],
        );
        insta::assert_snapshot!(diff(&old, &changes), @r"
        diff --git a/edited b/edited
        --- a/edited
        +++ b/edited
        @@ -1,3 +1,3 @@
         1
         2
        -3
        \ No newline at end of file
        +3
        diff --git a/gone b/gone
        deleted file mode 100644
        --- a/gone
        +++ /dev/null
        @@ -1 +0,0 @@
        -1
        diff --git a/mode b/mode
        old mode 100644
        new mode 100755
        diff --git a/new b/new
        new file mode 100644
        --- /dev/null
        +++ b/new
        @@ -0,0 +1 @@
        +1
        ");
    }

    #[test]
    fn no_change_is_no_text() {
        let (old, changes) = between(&[text("a", "1")], &[text("a", "1")]);
        assert_eq!(diff(&old, &changes), "");
    }

    #[test]
    fn bytes_that_are_no_text_are_not_shown() {
        let (mut old, changes) = between(&[text("a", "1\n")], &[text("a", "2\n")]);
        old.entries.insert("a".parse().unwrap(), Entry::File { bytes: vec![0xff], mode: Mode::Plain });
        insta::assert_snapshot!(diff(&old, &changes), @"
        diff --git a/a b/a
        Binary files a/a and b/a differ
        ");
    }

    #[test]
    fn an_object_that_moves_to_another_file_is_no_change_of_objects() {
        let (old, changes) = between(
            &[objects("a.yaml", [namespace("a"), namespace("b")])],
            &[objects("a.yaml", [namespace("a")]), objects("b.yaml", [namespace("b")])],
        );
        let (before, after) = before_and_after(&old, &changes);
        assert!(compare(&before, &after).is_nothing());
    }
}
