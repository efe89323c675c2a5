//! `.meshgen/manifest.json`: what a render wrote, so that the next one knows what is its own.

use std::{collections::BTreeMap, error::Error, fmt};

use meshgen_bundle::{FilePath, Part};
use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    tree::{Mode, Rendered},
};

/// The format that this version reads and writes.
const FORMAT: u32 = 1;

/// Where a tree comes from. Whoever calls says so, because this crate has no environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The version of meshgen.
    pub meshgen: String,
    /// The digest of the spec.
    pub spec: Digest,
}

/// What the last render wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// What that render was made of. A render that changes no file leaves it as it is: another version, or a
    /// comment in the spec, is no reason for a diff.
    pub origin: Origin,
    /// The files, this one excluded. No other file is ours.
    pub files: BTreeMap<FilePath, Listed>,
}

/// A file of a [`Manifest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its mode.
    pub mode: Mode,
    /// What `--only` and `--skip` call it.
    #[serde(with = "part")]
    pub part: Part,
    /// Whether `kustomization.yaml` lists it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resource: bool,
    /// What it held.
    pub sha256: Digest,
}

impl From<&Rendered> for Listed {
    fn from(file: &Rendered) -> Self {
        Listed {
            mode: file.mode,
            part: file.part,
            resource: file.resource,
            sha256: Digest::of(file.text.as_bytes()),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    meshgen: String,
    spec: Digest,
    files: BTreeMap<String, Listed>,
}

/// What is read first: whatever else a newer format has must not hide that it is newer.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Manifest {
    /// The text of the file.
    pub fn to_json(&self) -> Result<String, ManifestError> {
        let written = Written {
            format: FORMAT,
            meshgen: self.origin.meshgen.clone(),
            spec: self.origin.spec,
            files: self.files.iter().map(|(path, listed)| (path.to_string(), *listed)).collect(),
        };
        serde_json::to_string_pretty(&written).map(|text| text + "\n").map_err(ManifestError::Json)
    }

    /// The manifest that a text holds.
    pub fn from_json(text: &str) -> Result<Self, ManifestError> {
        let Format { format } = serde_json::from_str(text).map_err(ManifestError::Json)?;
        if format != FORMAT {
            return Err(ManifestError::Format(format));
        }
        let written: Written = serde_json::from_str(text).map_err(ManifestError::Json)?;
        let file = |(path, listed)| FilePath::try_from(path).map(|path| (path, listed));
        let files = written.files.into_iter().map(file).collect::<Result<_, _>>();
        let files = files.map_err(|e| ManifestError::Json(serde::de::Error::custom(e)))?;
        Ok(Manifest { origin: Origin { meshgen: written.meshgen, spec: written.spec }, files })
    }
}

/// Why a manifest cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManifestError {
    /// Another meshgen wrote it, in this format.
    Format(u32),
    /// It is not what any meshgen writes.
    Json(serde_json::Error),
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ManifestError::Format(format) => {
                write!(
                    f,
                    "it has format {format}, and this meshgen knows format {FORMAT}: use a newer meshgen"
                )
            }
            ManifestError::Json(_) => {
                f.write_str("it is not what meshgen wrote: restore it, for example from git")
            }
        }
    }
}

impl Error for ManifestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ManifestError::Format(_) => None,
            ManifestError::Json(e) => Some(e),
        }
    }
}

/// A part by its name, which is the word for it everywhere else.
mod part {
    use meshgen_bundle::Part;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(super) fn serialize<S: Serializer>(part: &Part, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(part.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        let name = String::deserialize(deserializer)?;
        Part::from_name(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is not a part")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let listed = |part, mode, resource| Listed { mode, part, resource, sha256: Digest::of(b"") };
        Manifest {
            origin: Origin { meshgen: "0.1.0".to_owned(), spec: Digest::of(b"spec") },
            files: BTreeMap::from([
                ("run.sh".parse().unwrap(), listed(Part::Workloads, Mode::Executable, false)),
                ("a/b.yaml".parse().unwrap(), listed(Part::Policies, Mode::Plain, true)),
            ]),
        }
    }

    fn refusal(text: &str) -> String {
        let error = Manifest::from_json(text).unwrap_err();
        let cause = error.source().map(|e| format!("\n{e}")).unwrap_or_default();
        format!("{error}{cause}")
    }

    #[test]
    fn it_is_sorted_and_ends_in_a_newline() {
        let text = manifest().to_json().unwrap();
        assert!(text.ends_with("}\n"));
        insta::assert_snapshot!(text, @r#"
        {
          "format": 1,
          "meshgen": "0.1.0",
          "spec": "d4f02eaafd1a9e9de7d10972ca8e47fa7a985825c3c9c1e249c72683cb3e4f19",
          "files": {
            "a/b.yaml": {
              "mode": "0644",
              "part": "policies",
              "resource": true,
              "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            },
            "run.sh": {
              "mode": "0755",
              "part": "workloads",
              "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            }
          }
        }
        "#);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        assert_eq!(Manifest::from_json(&manifest().to_json().unwrap()).unwrap(), manifest());
    }

    #[test]
    fn a_newer_format_is_told_from_nonsense() {
        insta::assert_snapshot!(refusal(r#"{"format": 2, "trees": []}"#), @"it has format 2, and this meshgen knows format 1: use a newer meshgen");
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        let text = manifest().to_json().unwrap();
        insta::assert_snapshot!(refusal(&text.replace("\"meshgen\"", "\"x\": 1, \"meshgen\"")), @"
        it is not what meshgen wrote: restore it, for example from git
        unknown field `x`, expected one of `format`, `meshgen`, `spec`, `files` at line 3 column 5
        ");
        insta::assert_snapshot!(refusal(&text.replace("policies", "politics")), @"
        it is not what meshgen wrote: restore it, for example from git
        `politics` is not a part at line 8 column 24
        ");
        insta::assert_snapshot!(refusal(&text.replace("0755", "0777")), @"
        it is not what meshgen wrote: restore it, for example from git
        unknown variant `0777`, expected `0644` or `0755` at line 13 column 20
        ");
    }

    #[test]
    fn it_cannot_name_a_file_outside_of_the_tree() {
        insta::assert_snapshot!(refusal(&manifest().to_json().unwrap().replace("a/b.yaml", "../b.yaml")), @"
        it is not what meshgen wrote: restore it, for example from git
        `../b.yaml` is not a path inside the output folder: use names of letters, digits, `.`, `_` and `-`, with `/` between
        ");
    }
}
