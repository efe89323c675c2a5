//! Paths, as Envoy sees them before it compares them (S28).

use crate::Normalization;

impl Normalization {
    /// The normalization of a word of `MeshConfig`.
    pub fn parse(word: &str) -> Option<Normalization> {
        match word {
            "NONE" => Some(Normalization::None),
            "DEFAULT" | "BASE" => Some(Normalization::Base),
            "MERGE_SLASHES" => Some(Normalization::MergeSlashes),
            "DECODE_AND_MERGE_SLASHES" => Some(Normalization::DecodeAndMergeSlashes),
            _ => None,
        }
    }

    /// A path without its query, normalized.
    pub fn path(self, path: &str) -> String {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        match self {
            Normalization::None => path.to_owned(),
            Normalization::Base => resolved(path),
            Normalization::MergeSlashes => merged(&resolved(path)),
            Normalization::DecodeAndMergeSlashes => merged(&resolved(&decoded(path))),
        }
    }
}

fn decoded(path: &str) -> String {
    ["%2F", "%2f", "%5C", "%5c"].iter().fold(path.to_owned(), |p, code| p.replace(code, "/"))
}

/// `.` and `..` resolved (RFC 3986, 5.2.4), with `/` for `\`.
fn resolved(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut kept: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for (n, part) in parts.iter().enumerate() {
        let last = n + 1 == parts.len();
        match *part {
            "." | ".." => {
                if *part == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

fn merged(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s28_dots_are_resolved_and_slashes_are_kept() {
        let base = |p| Normalization::Base.path(p);
        assert_eq!(base("/a?x=1"), "/a");
        assert_eq!(base("/x/../a"), "/a");
        assert_eq!(base("/a/./b/.."), "/a/");
        assert_eq!(base("//a"), "//a");
        assert_eq!(base("/a%2Fb"), "/a%2Fb");
        assert_eq!(Normalization::MergeSlashes.path("//a///b"), "/a/b");
        assert_eq!(Normalization::DecodeAndMergeSlashes.path("/a%2F/b"), "/a/b");
        assert_eq!(Normalization::None.path("/x/../a"), "/x/../a");
    }
}
