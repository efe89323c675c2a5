//! Whether an input is a spec or somebody's manifests.

use meshgen_spec::{Input, is_spec};

/// What an input holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A spec, an overlay of one, or a part of one: the first key is `meshgen`.
    Spec,
    /// Anything else.
    Manifests,
}

impl Kind {
    /// What an input holds. A folder holds a spec if any of its files does: a file in it that lacks the mark
    /// is then a mistake that can be named.
    pub fn of(input: &Input) -> Kind {
        let spec = match input {
            Input::File(_, text) => is_spec(text),
            Input::Folder(_, files) => files.iter().any(|(_, text)| is_spec(text)),
        };
        if spec { Kind::Spec } else { Kind::Manifests }
    }
}
