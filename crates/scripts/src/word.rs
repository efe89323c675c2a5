//! Text that is safe where it goes, because of what it is made of. After reading, the type is the proof.
//!
//! Most of these words stand without quotes somewhere: in a Makefile, a Dockerfile, a URL, a command of the
//! README. None of their alphabets has a blank, a quote, `$`, a backtick, a control character or a `-` in
//! front, so none can end a word, start another, be expanded, or be taken for an option.

use std::{borrow::Borrow, fmt, fmt::Write, str::FromStr};

use meshgen_bundle::FilePath;
use serde::{Deserialize, Serialize};

/// Text that is not what it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidWord {
    /// The text.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
    /// What would be right.
    pub right: &'static str,
}

impl fmt::Display for InvalidWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        for c in self.text.chars() {
            // A message is one line, whatever was given.
            if breaks_a_line(c) { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
        }
        write!(f, "` is not {}: use {}", self.what, self.right)
    }
}

impl std::error::Error for InvalidWord {}

/// Declares a type that is text for which `$legal` holds.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $what:literal, $right:literal, $legal:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidWord;
            fn try_from(text: String) -> Result<Self, InvalidWord> {
                let legal: fn(&str) -> bool = $legal;
                if legal(&text) {
                    Ok($name(text))
                } else {
                    Err(InvalidWord { text, what: $what, right: $right })
                }
            }
        }

        impl FromStr for $name {
            type Err = InvalidWord;
            fn from_str(s: &str) -> Result<Self, InvalidWord> {
                $name::try_from(s.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> String {
                word.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

word!(
    /// A DNS label (RFC 1123): namespaces, Services, containers, projects.
    Label,
    "a DNS label",
    "1 to 63 of a-z, 0-9 and `-`, with no `-` at either end",
    is_label
);

word!(
    /// A DNS subdomain (RFC 1123): names of objects, names of resources, hosts inside the cluster.
    Subdomain,
    "a DNS subdomain",
    "DNS labels with dots between, up to 253 characters",
    |s| s.len() <= 253 && s.split('.').all(is_label)
);

word!(
    /// The name of a cluster: what AKS takes, which covers what kind takes.
    ClusterName,
    "the name of a cluster",
    "1 to 63 letters, digits, `-` and `_`, with a letter or digit at both ends",
    |s| s.len() <= 63 && made_of(s, "-_") && ends_in_alphanumerics(s)
);

word!(
    /// The name of a registry in Azure, which is a part of a public host name.
    AcrName,
    "the name of a registry in Azure",
    "5 to 50 letters and digits",
    |s| (5..=50).contains(&s.len()) && made_of(s, "")
);

word!(
    /// The name of a resource group in Azure: the part of its alphabet that is ASCII.
    ResourceGroup,
    "the name of a resource group",
    "1 to 90 letters, digits, `-`, `_`, `.`, `(` and `)`, with a letter, digit or `_` first and no `.` at the end",
    |s| (1..=90).contains(&s.len())
        && made_of(s, "-_.()")
        && !s.ends_with('.')
        && s.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
);

word!(
    /// A word that a command line knows: a region, a size, the value of an option.
    Keyword,
    "a word of a command line",
    "1 to 63 letters, digits, `-`, `_` and `.`, with a letter or digit first",
    |s| s.len() <= 63 && made_of(s, "-_.") && s.starts_with(|c: char| c.is_ascii_alphanumeric())
);

word!(
    /// A version, without a `v` in front where the tool wants none.
    Version,
    "a version",
    "1 to 63 letters, digits, `.`, `+` and `-`, with a letter or digit first",
    |s| s.len() <= 63 && made_of(s, ".+-") && s.starts_with(|c: char| c.is_ascii_alphanumeric())
);

word!(
    /// The tag of an image.
    Tag,
    "the tag of an image",
    "1 to 128 letters, digits, `_`, `.` and `-`, with a letter, digit or `_` first",
    |s| s.len() <= 128 && made_of(s, "_.-") && s.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
);

word!(
    /// A reference to an image: a name, and a tag or a digest or both.
    ImageRef,
    "a reference to an image",
    "a name such as `docker.io/library/python:3.13-slim-trixie`, with or without `@sha256:` and 64 hexadecimal digits",
    is_image
);

word!(
    /// A host and a port of a registry, and maybe a folder in it.
    Registry,
    "a registry",
    "a host with or without `:` and a port, and with or without a path, such as `ghcr.io/acme`",
    |s| s.len() <= 255 && s.split('/').all(|part| made_of(part, ".:_-") && ends_in_alphanumerics(part))
);

word!(
    /// A path inside the tree, as [`FilePath`] says, and no part of it begins with `-`.
    TreePath,
    "a path inside the tree",
    "names of letters, digits, `.`, `_` and `-`, with `/` between, none with a `-` first",
    |s| s.parse::<FilePath>().is_ok() && !s.split('/').any(|part| part.starts_with('-'))
);

word!(
    /// The name of an environment variable that belongs to the user: none that shells, loaders or our scripts
    /// give a meaning to.
    EnvName,
    "the name of an environment variable of your own",
    "letters, digits and `_`, no digit first, and none of the names that shells, programs and these scripts use",
    crate::reserved::is_free
);

word!(
    /// The lower-case hexadecimal digits of a SHA-256.
    Sha256,
    "a SHA-256",
    "64 of 0-9 and a-f",
    |s| s.len() == 64 && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
);

word!(
    /// An `https` URL, of characters that mean nothing to a shell.
    Url,
    "an https URL",
    "`https://`, and then letters, digits and `.` `_` `~` `:` `/` `?` `=` `%` `+` `-`",
    |s| s.strip_prefix("https://").is_some_and(|rest| ends_in_alphanumerics(rest) && made_of(rest, "._~:/?=%+-"))
);

word!(
    /// A path of a URL: `/`, and then what RFC 3986 lets stand in a path and a query.
    UrlPath,
    "the path of a URL",
    "`/`, and then letters, digits, `%` with two hexadecimal digits and `- . _ ~ ! $ & ' ( ) * + , ; = : @ / ?`",
    |s| s.starts_with('/') && made_of(s, "-._~!$&'()*+,;=:@/?%") && percent_signs_are_codes(s)
);

word!(
    /// An HTTP method.
    Method,
    "an HTTP method",
    "1 to 20 of A-Z and `-`, a letter first",
    |s| (1..=20).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
        && !s.starts_with('-')
);

word!(
    /// A method of a gRPC service, in full.
    GrpcMethod,
    "a gRPC method",
    "a service and a method such as `api.Dgraph/CheckVersion`",
    |s| match s.split_once('/') {
        Some((service, method)) => service.split('.').all(is_identifier) && is_identifier(method),
        None => false,
    }
);

word!(
    /// One line of text, for humans: no control character, no line or paragraph separator, nothing that turns
    /// the direction of what follows.
    Line,
    "one line of text",
    "printable characters without a line break, and no blank at either end",
    |s| !s.is_empty() && s.trim() == s && !s.chars().any(breaks_a_line)
);

word!(
    /// Any text, for the value of an environment variable. Only NUL is missing, which no environment can hold.
    Text,
    "a value of an environment variable",
    "any text without a NUL",
    |s| !s.contains('\0')
);

/// RFC 1123.
fn is_label(s: &str) -> bool {
    (1..=63).contains(&s.len())
        && s.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && ends_in_alphanumerics(s)
}

/// Whether there is something, made of ASCII letters, digits and `further`.
fn made_of(s: &str, further: &str) -> bool {
    !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || further.contains(c))
}

fn ends_in_alphanumerics(s: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric();
    s.starts_with(good) && s.ends_with(good)
}

fn is_identifier(s: &str) -> bool {
    made_of(s, "_") && !s.starts_with(|c: char| c.is_ascii_digit())
}

/// Source: the grammar of `distribution/reference`, without its upper bound on the name.
fn is_image(s: &str) -> bool {
    let (name, digest) = s.split_once('@').map_or((s, None), |(name, digest)| (name, Some(digest)));
    let digest_ok =
        digest.is_none_or(|d| d.strip_prefix("sha256:").is_some_and(|hex| hex.parse::<Sha256>().is_ok()));
    // A `:` in the last part is a tag, an earlier one a port.
    let parts = name.split('/').all(|part| made_of(part, "._:-") && ends_in_alphanumerics(part));
    s.len() <= 512 && parts && digest_ok
}

fn percent_signs_are_codes(s: &str) -> bool {
    let code = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    s.split('%').skip(1).all(code)
}

fn breaks_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
