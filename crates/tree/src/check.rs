//! In which ways a tree is not what it should be, in words.

use std::fmt;

use crate::{
    change::{Change, Conflict},
    changes::Changes,
    observed::Obstacle,
    tree::Mode,
};

/// One way in which a tree is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, seen from the output folder.
    pub path: String,
    /// What is different.
    pub what: What,
}

/// What is different about a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A render was killed, or is at work just now.
    Interrupted,
    /// The file is not there.
    Missing,
    /// The file is as a render left it, and should hold something else.
    Content,
    /// The file was edited by hand.
    Edited,
    /// The file should have this mode.
    Mode(Mode),
    /// The file is ours, and should not be there.
    Stale,
    /// The same, but it was edited by hand, so that a render leaves it in place.
    StaleEdited,
    /// Something is in the way of the file.
    Conflict(Conflict),
    /// The files are right, but the manifest lists others.
    Manifest,
}

/// All differences, by path. None means that a render would write nothing.
///
/// After an interruption there is only that one: whatever else could be said, such as that a file is not ours,
/// may be wrong until the next render has completed or undone the last.
pub fn differences(changes: &Changes) -> Vec<Difference> {
    let difference = |path: &str, what| Difference { path: path.to_owned(), what };
    if changes.interrupted {
        return vec![difference(".meshgen", What::Interrupted)];
    }
    let by_path = changes.paths.iter();
    let mut all: Vec<Difference> = by_path
        .flat_map(|(path, change)| whats(change).into_iter().map(|what| difference(path.as_str(), what)))
        .collect();
    say_once(&mut all);
    // Otherwise it is only what follows from the rest.
    if all.is_empty() && changes.relisted {
        all.push(difference(".meshgen/manifest.json", What::Manifest));
    }
    all
}

/// The conflicts alone, which are what stops a render.
pub(crate) fn conflicts(changes: &Changes) -> Vec<Difference> {
    let difference = |(path, conflict): (_, &Conflict)| Difference {
        path: ToString::to_string(path),
        what: What::Conflict(conflict.clone()),
    };
    let mut all = changes.conflicts().map(difference).collect();
    say_once(&mut all);
    all
}

/// One link or file above many paths is in the way once.
fn say_once(all: &mut Vec<Difference>) {
    all.dedup_by(|next, first| match (&first.what, &next.what) {
        (What::Conflict(Conflict::Blocked(a)), What::Conflict(Conflict::Blocked(b))) => {
            matches!(a, Obstacle::Symlink { .. } | Obstacle::File { .. }) && a == b
        }
        _ => false,
    });
}

impl What {
    /// One word for it, for programs.
    pub fn word(&self) -> &'static str {
        match self {
            What::Interrupted => "interrupted",
            What::Missing => "missing",
            What::Content => "content",
            What::Edited => "edited",
            What::Mode(_) => "mode",
            What::Stale => "stale",
            What::StaleEdited => "staleEdited",
            What::Conflict(Conflict::Foreign) => "foreign",
            What::Conflict(Conflict::Blocked(_)) => "blocked",
            What::Manifest => "manifest",
        }
    }

    /// Whether it changes no line of a file, so that [`crate::diff()`] does not show it.
    pub fn is_unseen_in_a_diff(&self) -> bool {
        match self {
            What::Interrupted | What::StaleEdited | What::Conflict(_) | What::Manifest => true,
            What::Missing | What::Content | What::Edited | What::Mode(_) | What::Stale => false,
        }
    }
}

fn whats(change: &Change) -> Vec<What> {
    match change {
        Change::Unchanged | Change::Forgotten => Vec::new(),
        Change::Created => vec![What::Missing],
        Change::Updated { content, mode } => {
            content.then_some(What::Content).into_iter().chain(mode.map(What::Mode)).collect()
        }
        Change::Overwritten => vec![What::Edited],
        Change::Removed => vec![What::Stale],
        Change::Disowned => vec![What::StaleEdited],
        Change::Conflict(conflict) => vec![What::Conflict(conflict.clone())],
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.what {
            What::Interrupted => {
                write!(f, "a render was interrupted, or is at work: render again to complete or to undo it")
            }
            What::Missing => write!(f, "`{path}` is missing"),
            What::Content => write!(f, "`{path}` is not what the spec gives now"),
            What::Edited => write!(f, "`{path}` was edited by hand"),
            What::Mode(Mode::Executable) => write!(f, "`{path}` should be executable, and is not"),
            What::Mode(Mode::Plain) => write!(f, "`{path}` should not be executable, and is"),
            What::Stale => write!(f, "`{path}` is not in the spec any more"),
            What::StaleEdited => {
                write!(
                    f,
                    "`{path}` is not in the spec any more, but was edited by hand: a render leaves it in place"
                )
            }
            What::Conflict(Conflict::Foreign) => {
                write!(f, "`{path}` is a file that no render wrote: move it away or delete it")
            }
            What::Conflict(Conflict::Blocked(obstacle)) => match obstacle {
                Obstacle::Symlink { at } => {
                    write!(
                        f,
                        "`{at}` is a symbolic link, which a render does not follow: move it away or delete it"
                    )
                }
                Obstacle::File { at } => {
                    write!(f, "`{at}` is a file where a folder has to be: move it away or delete it")
                }
                Obstacle::Folder { .. } => {
                    write!(f, "`{path}` is a folder where a file has to be: move it away or delete it")
                }
                Obstacle::Special => {
                    write!(f, "`{path}` is neither a file nor a folder: move it away or delete it")
                }
            },
            What::Manifest => write!(f, "`{path}` does not list what the spec gives"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(changes: &Changes) -> String {
        differences(changes).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_difference_has_a_sentence() {
        let at = || "shop".to_owned();
        let blocked = |obstacle| Change::Conflict(Conflict::Blocked(obstacle));
        let all = [
            Change::Unchanged,
            Change::Created,
            Change::Updated { content: true, mode: Some(Mode::Executable) },
            Change::Updated { content: false, mode: Some(Mode::Plain) },
            Change::Overwritten,
            Change::Removed,
            Change::Disowned,
            Change::Forgotten,
            Change::Conflict(Conflict::Foreign),
            blocked(Obstacle::Symlink { at: at() }),
            blocked(Obstacle::File { at: at() }),
            blocked(Obstacle::Folder { files: vec![] }),
            blocked(Obstacle::Special),
        ];
        let path = |i| format!("shop/{i:02}.yaml").parse().unwrap();
        let paths = all.into_iter().enumerate().map(|(i, change)| (path(i), change)).collect();
        let changes = Changes { paths, relisted: true, ..Changes::default() };
        insta::assert_snapshot!(shown(&changes), @"
        `shop/01.yaml` is missing
        `shop/02.yaml` is not what the spec gives now
        `shop/02.yaml` should be executable, and is not
        `shop/03.yaml` should not be executable, and is
        `shop/04.yaml` was edited by hand
        `shop/05.yaml` is not in the spec any more
        `shop/06.yaml` is not in the spec any more, but was edited by hand: a render leaves it in place
        `shop/08.yaml` is a file that no render wrote: move it away or delete it
        `shop` is a symbolic link, which a render does not follow: move it away or delete it
        `shop` is a file where a folder has to be: move it away or delete it
        `shop/11.yaml` is a folder where a file has to be: move it away or delete it
        `shop/12.yaml` is neither a file nor a folder: move it away or delete it
        ");
    }

    #[test]
    fn the_manifest_is_named_only_when_nothing_else_is() {
        let changes = Changes { relisted: true, ..Changes::default() };
        insta::assert_snapshot!(shown(&changes), @"`.meshgen/manifest.json` does not list what the spec gives");
    }

    #[test]
    fn an_interruption_is_all_that_is_sure() {
        let paths = [("a".parse().unwrap(), Change::Conflict(Conflict::Foreign))].into();
        let changes = Changes { paths, interrupted: true, ..Changes::default() };
        insta::assert_snapshot!(shown(&changes), @"a render was interrupted, or is at work: render again to complete or to undo it");
    }
}
