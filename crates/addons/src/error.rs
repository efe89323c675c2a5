//! Why addons cannot be written.

use std::fmt;

use meshgen_bundle::Id;

use crate::{IstioVersion, Program};

/// What is wrong with the addons that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No images are known for this release of Istio.
    UnknownIstio {
        /// The release.
        version: IstioVersion,
        /// Releases whose images are known, newest first.
        known: Vec<&'static str>,
    },
    /// The release is known, but not which image of this program it has.
    NoImage {
        /// The program.
        program: Program,
        /// The release.
        version: IstioVersion,
    },
    /// A program shows nothing without another one.
    Needs {
        /// The program.
        program: Program,
        /// The one that it reads.
        needs: Program,
    },
    /// Two programs own one object, as upstream has it.
    Clash {
        /// The first, in the order of [`Program::ALL`].
        one: Program,
        /// The second.
        other: Program,
        /// The object that both own.
        object: Id,
    },
    /// One program has an object twice: two dashboards have one name.
    Twice {
        /// The program.
        program: Program,
        /// The object.
        object: Id,
    },
    /// A configuration could not be written.
    Write {
        /// The program whose configuration it is.
        program: Program,
        /// What the writer said.
        cause: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::UnknownIstio { version, known } => {
                write!(f, "the addons of Istio `{version}` are not known: use {}", alternatives(known))
            }
            Error::NoImage { program, version } => write!(
                f,
                "which image of {program} belongs to Istio `{version}` is not known: use 1.31.0 or later, or leave {program} out"
            ),
            Error::Needs { program, needs } => {
                write!(f, "`{program}` reads `{needs}`, which is not there: add `{needs}`")
            }
            Error::Clash { one, other, object } => {
                write!(f, "`{one}` and `{other}` both own `{object}`: use one of them")
            }
            Error::Twice { program, object } => {
                write!(f, "two dashboards of `{program}` would be one, `{object}`: give one another name")
            }
            Error::Write { program, cause } => {
                write!(f, "cannot write the configuration of {program}: {cause}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    pub(crate) fn of_json(program: Program, cause: &serde_json::Error) -> Error {
        Error::Write { program, cause: cause.to_string() }
    }
}

/// `a, b or c`.
fn alternatives(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
