//! How Istio compares text (S23, S28, S29).

/// Whether a text is meant by a value of a policy: exactly, or with `*` at its beginning or end. `*` alone is any text
/// that is not empty.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    if pattern == "*" {
        !text.is_empty()
    } else if let Some(end) = pattern.strip_prefix('*') {
        text.ends_with(end)
    } else if let Some(start) = pattern.strip_suffix('*') {
        text.starts_with(start)
    } else {
        pattern == text
    }
}

/// Whether a text is meant where every `*` is any text.
pub(super) fn stars(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let mut cuts = (0..=rest.len()).filter(|n| rest.is_char_boundary(*n));
            cuts.any(|n| stars(after, rest.split_at(n).1))
        }
    }
}

/// Whether a path is meant: by a template, if it has `{*}` or `{**}`.
pub(super) fn path(pattern: &str, path: &str) -> bool {
    if pattern.contains("{*}") || pattern.contains("{**}") {
        let (pattern, path): (Vec<&str>, Vec<&str>) =
            (pattern.split('/').collect(), path.split('/').collect());
        return segments(&pattern, &path);
    }
    matches(pattern, path)
}

/// `{*}` is one segment that is not empty, `{**}` one or more of any kind.
fn segments(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"{**}", rest)), Some((_, left))) => segments(rest, left) || segments(pattern, left),
        (Some((&"{*}", rest)), Some((one, left))) => !one.is_empty() && segments(rest, left),
        (Some((word, rest)), Some((one, left))) => word == one && segments(rest, left),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// A path as it is compared: without its query, `.` and `..` resolved, `\` as `/`; and as the mesh is told, slashes
/// merged or decoded.
pub(super) fn normal(path: &str, how: &str) -> String {
    let bare = path.split(['?', '#']).next().unwrap_or_default();
    if how == "NONE" {
        return bare.to_owned();
    }
    let mut text = bare.to_owned();
    if how == "DECODE_AND_MERGE_SLASHES" {
        for code in ["%2f", "%2F", "%5c", "%5C"] {
            text = text.replace(code, "/");
        }
    }
    let mut text = without_dots(&text.replace('\\', "/"));
    while how.ends_with("MERGE_SLASHES") && text.contains("//") {
        text = text.replace("//", "/");
    }
    text
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
        if last && (part == "." || part == "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a real Istio answered.
    #[test]
    fn s28_paths() {
        let paths = ["/a", "/a/", "/a/b", "/a/b/c", "/A", "/a%2Fb", "//a"];
        let seen = |t: &str| paths.iter().map(|p| if path(t, p) { 'x' } else { '.' }).collect::<String>();
        assert_eq!(seen("/a/*"), ".xxx...");
        assert_eq!(seen("/a*"), "xxxx.x.");
        assert_eq!(seen("*/b"), "..x....");
        assert_eq!(seen("/a/{*}"), "..x....");
        assert_eq!(seen("/a/{**}"), ".xxx...");
        assert_eq!(seen("/{**}/c"), "...x...");
        assert_eq!(seen("/a/{*}/c"), "...x...");
        assert_eq!(seen("/a/**"), ".......");
    }

    #[test]
    fn s28_normal_paths() {
        assert_eq!(normal("/a?x=1", "BASE"), "/a");
        assert_eq!(normal("/x/../a", "BASE"), "/a");
        assert_eq!(normal("//a", "BASE"), "//a");
        assert_eq!(normal("/a%2F/b", "DECODE_AND_MERGE_SLASHES"), "/a/b");
    }
}
