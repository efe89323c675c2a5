//! The patterns that Istio has for text.

/// Text, with a `*` at one end at most.
///
/// Source: Istio `pilot/pkg/security/authz/matcher/string.go`: `*` is any text that is not empty, then a leading
/// `*` is looked for, then one at the end; every other `*` is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// Anything that is there.
    Any,
    /// This text.
    Exact(&'a str),
    /// What begins so.
    Prefix(&'a str),
    /// What ends so.
    Suffix(&'a str),
}

impl<'a> Pattern<'a> {
    /// The pattern of a text.
    pub(crate) fn parse(text: &'a str) -> Pattern<'a> {
        if text == "*" {
            return Pattern::Any;
        }
        match (text.strip_prefix('*'), text.strip_suffix('*')) {
            (Some(end), _) => Pattern::Suffix(end),
            (None, Some(start)) => Pattern::Prefix(start),
            (None, None) => Pattern::Exact(text),
        }
    }

    /// Whether a text is meant.
    pub(crate) fn matches(self, text: &str) -> bool {
        match self {
            Pattern::Any => !text.is_empty(),
            Pattern::Exact(all) => text == all,
            Pattern::Prefix(start) => text.starts_with(start),
            Pattern::Suffix(end) => text.ends_with(end),
        }
    }
}

/// Whether a text is meant by a pattern in which every `*` stands for any text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.ends_with(last)
}

/// Whether a text has no letters but those of names, so that in a pattern it means itself.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Whether a path is a template: it has `{*}` or `{**}`.
pub(crate) fn is_template(path: &str) -> bool {
    path.contains("{*}") || path.contains("{**}")
}

/// Whether a path is meant by a template: `{*}` is one segment that is not empty, `{**}` the rest of the path or any
/// number of segments, none too.
///
/// Source: Envoy `source/extensions/path/match/uri_template`, and S28 as measured.
pub(crate) fn template(template: &str, path: &str) -> bool {
    let (Some(template), Some(path)) = (template.strip_prefix('/'), path.strip_prefix('/')) else {
        return false;
    };
    let template: Vec<&str> = template.split('/').collect();
    segments(&template, &path.split('/').collect::<Vec<_>>())
}

/// For each part of the template, by how many segments of the path the parts so far can be met.
fn segments(template: &[&str], path: &[&str]) -> bool {
    let mut met = vec![false; path.len() + 1];
    met.iter_mut().take(1).for_each(|m| *m = true);
    for part in template {
        let mut next = vec![false; path.len() + 1];
        let mut before = false;
        for ((segment, from), to) in path.iter().zip(&met).zip(next.iter_mut().skip(1)) {
            before |= *from;
            *to = match *part {
                "{**}" => before,
                "{*}" => *from && !segment.is_empty(),
                word => *from && word == *segment,
            };
        }
        met = next;
    }
    met.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_counts_at_one_end() {
        let seen = |p: &str| ["", "a", "ab", "xab", "*a", "a*"].map(|t| Pattern::parse(p).matches(t));
        assert_eq!(seen("*"), [false, true, true, true, true, true]);
        assert_eq!(seen("a*"), [false, true, true, false, false, true]);
        assert_eq!(seen("*ab"), [false, false, true, true, false, false]);
        assert_eq!(seen("**a"), [false, false, false, false, true, false]);
    }

    #[test]
    fn in_a_glob_every_star_counts() {
        let seen = |p: &str| ["", "a", "ab", "axb", "axbxc"].map(|t| glob(p, t));
        assert_eq!(seen("a*b"), [false, false, true, true, false]);
        assert_eq!(seen("*"), [true; 5]);
        assert_eq!(seen("a*b*c"), [false, false, false, false, true]);
    }

    /// The table of paths as a real Istio answered it.
    #[test]
    fn s28_templates() {
        let paths = ["/a", "/a/", "/a/b", "/a/b/c", "/A", "/a%2Fb", "//a"];
        let seen =
            |t: &str| -> String { paths.iter().map(|p| if template(t, p) { 'x' } else { '.' }).collect() };
        assert_eq!(seen("/a/{*}"), "..x....");
        assert_eq!(seen("/a/{**}"), ".xxx...");
        assert_eq!(seen("/{*}/b"), "..x....");
        assert_eq!(seen("/{**}/c"), "...x...");
        assert_eq!(seen("/a/{*}/c"), "...x...");
        assert_eq!(seen("/{**}"), "xxxxxxx");
        assert_eq!(seen("/{*}"), "x...xx.");
    }
}
