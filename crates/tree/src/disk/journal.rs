//! What a change consists of, so that whoever finds it half done can complete it.

use meshgen_bundle::FilePath;
use serde::{Deserialize, Serialize};

use super::{
    error::DiskError,
    look::read_ours,
    places::{JOURNAL, Places},
};
use crate::digest::Digest;

/// A change that is decided.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    /// The files to remove.
    pub(super) remove: Vec<Removal>,
    /// The folders to create, each after the one it is in.
    pub(super) folders: Vec<PathText>,
    /// Where each staged file belongs.
    pub(super) write: Vec<Write>,
}

/// A file to remove, unless somebody edited it since.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    pub(super) path: PathText,
    pub(super) sha256: Digest,
}

/// A staged file to move to its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) path: PathText,
    /// Whether a file of ours was there. A file that came since is not.
    pub(super) over: bool,
}

/// A path that stays in the output folder, also when somebody edited the journal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct PathText(pub(super) FilePath);

impl TryFrom<String> for PathText {
    type Error = meshgen_bundle::InvalidPath;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        FilePath::try_from(text).map(PathText)
    }
}

impl From<PathText> for String {
    fn from(path: PathText) -> Self {
        path.0.to_string()
    }
}

impl PathText {
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Journal {
    /// The journal of a change that was not completed, if there is one.
    pub(super) fn read(places: Places<'_>) -> Result<Option<Journal>, DiskError> {
        let Some(text) = read_ours(places, JOURNAL)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|e| DiskError::Journal(places.journal(), e))
    }

    pub(super) fn to_json(&self, places: Places<'_>) -> Result<String, DiskError> {
        serde_json::to_string_pretty(self).map_err(|e| DiskError::Journal(places.journal(), e))
    }
}
