//! From a value to text, in the style of kubectl: two spaces a level, lists in maps not indented.
//!
//! The text is written as serde walks the value; there is no tree in between. Text stands without quotes only
//! where every reader takes it for that text ([`crate::scalar::is_plain_safe`]), text of several lines becomes a
//! literal block where that is readable and safe, and everything else is quoted on one line.

mod document;
mod key;
mod out;

use std::{fmt, io};

use serde::ser::{self, Serialize};

use self::{document::Document, out::Out};

/// Longer keys are not understood everywhere: YAML 1.2, §7.4.2, allows 1,024 characters up to the colon.
const LONGEST_KEY: usize = 1000;

/// The YAML document of a value, ending in a line break.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut out = Out::new(None);
    value.serialize(Document::new(&mut out))?;
    Ok(out.text)
}

/// Writes the YAML document of a value. When it fails, the beginning may have been written.
pub fn to_writer<T: Serialize + ?Sized>(mut to: impl io::Write, value: &T) -> Result<(), Error> {
    let mut out = Out::new(Some(&mut to));
    value.serialize(Document::new(&mut out))?;
    out.flush()
}

/// Why a value cannot be written as YAML that everybody reads.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A float that is infinite or no number: JSON, and so Kubernetes, has none.
    NotFinite(f64),
    /// A key that is not text, a whole number or a boolean.
    Key(&'static str),
    /// A key that takes more than 1,000 characters to write; its beginning.
    LongKey(String),
    /// Bytes, which YAML only has with a tag that no manifest uses.
    Bytes,
    /// A value's own reason not to be written.
    Custom(String),
    /// The writer failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFinite(x) => write!(f, "`{x}` is not a number that YAML can hold: use a finite one"),
            Error::Key(what) => write!(f, "{what} cannot be a key: use text"),
            Error::LongKey(start) => {
                write!(f, "the key `{start}…` is too long: use at most {LONGEST_KEY} characters")
            }
            Error::Bytes => f.write_str("bytes cannot be written: use text, or base64 of them"),
            Error::Custom(message) => f.write_str(message),
            Error::Io(_) => f.write_str("cannot write the YAML"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io(e) => Some(e),
            _ => None,
        }
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::Custom(message.to_string())
    }
}
