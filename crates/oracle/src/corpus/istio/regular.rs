//! The few regular expressions, and the templates of paths, that Istio writes for Envoy.

/// Whether the whole of a value is meant: `.*`, `.+`, `[^/]*`, groups of alternatives, escapes, `(?i)`.
///
/// Fails on what is not among these.
pub(super) fn regular(regex: &str, value: &str) -> Result<bool, String> {
    let (regex, value) = match regex.strip_prefix("(?i)") {
        Some(rest) => (rest.to_lowercase(), value.to_lowercase()),
        None => (regex.to_owned(), value.to_owned()),
    };
    tail(&regex, &value)
}

/// A part that repeats: how it is written, how long it is at least, and what of a value it may be.
type Repeated = (&'static str, usize, fn(&str) -> bool);

fn tail(regex: &str, value: &str) -> Result<bool, String> {
    if regex.is_empty() {
        return Ok(value.is_empty());
    }
    let repeated: [Repeated; 4] = [
        (".*", 0, |_| true),
        (".+", 1, |_| true),
        ("[^/]*", 0, |t| !t.contains('/')),
        ("[^/]+", 1, |t| !t.contains('/')),
    ];
    for (part, least, fits) in repeated {
        if let Some(rest) = regex.strip_prefix(part) {
            return some_cut(value, least, fits, rest);
        }
    }
    if let Some(rest) = regex.strip_prefix('(') {
        let (group, rest) = rest.split_once(')').ok_or("a group is not closed")?;
        let (optional, rest) = rest.strip_prefix('?').map_or((false, rest), |r| (true, r));
        let tried = group.split('|').map(|g| tail(&format!("{g}{rest}"), value));
        let some = tried.collect::<Result<Vec<bool>, String>>()?.contains(&true);
        return Ok(some || (optional && tail(rest, value)?));
    }
    let escaped = regex.strip_prefix('\\');
    let (Some(first), is_escaped) = (escaped.unwrap_or(regex).chars().next(), escaped.is_some()) else {
        return Err(format!("the expression `{regex}` is not understood"));
    };
    let rest = escaped.unwrap_or(regex).split_at(first.len_utf8()).1;
    let special = "[]{}()*+?|^$.".contains(first) && !is_escaped;
    if special || rest.starts_with(['*', '+', '?', '{']) {
        return Err(format!("the expression `{regex}` is not understood"));
    }
    value.strip_prefix(first).map_or(Ok(false), |v| tail(rest, v))
}

/// Whether a start of the value fits, and the rest of the expression the rest of it.
fn some_cut(value: &str, least: usize, fits: fn(&str) -> bool, rest: &str) -> Result<bool, String> {
    let cuts = (least..=value.len()).filter(|n| value.is_char_boundary(*n));
    for (start, end) in cuts.map(|n| value.split_at(n)) {
        if fits(start) && tail(rest, end)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A template of paths, where `*` is a segment and `**` any number of them.
pub(super) fn uri(template: &str, path: &str) -> bool {
    fn go(template: &[&str], path: &[&str]) -> bool {
        match (template.split_first(), path.split_first()) {
            (None, None) => true,
            (Some((&"**", rest)), Some((_, left))) => go(rest, left) || go(template, left),
            (Some((&"*", rest)), Some((s, left))) => !s.is_empty() && go(rest, left),
            (Some((word, rest)), Some((s, left))) => word == s && go(rest, left),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
    go(&template.split('/').collect::<Vec<_>>(), &path.split('/').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_value_is_meant() {
        let is = |regex: &str, value: &str| regular(regex, value).unwrap();
        assert!(is(".*/ns/foo/.*", "td/ns/foo/sa/x") && !is(".*/ns/foo/.*", "td/ns/foo2/sa/x"));
        assert!(is(".+", "a") && !is(".+", ""));
        assert!(is("(a|b)\\.c", "b.c") && !is("(a|b)\\.c", "bxc"));
        assert!(is("(?i)X.*", "xy"));
        assert!(is("a(:.*)?", "a") && is("a(:.*)?", "a:80"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for regex in ["[a-z]", "a*", "a{2}", "(a", "a.c"] {
            assert!(regular(regex, "aac").is_err(), "{regex}");
        }
    }

    #[test]
    fn two_stars_are_any_number_of_segments() {
        assert!(uri("/a/**", "/a/b/c") && uri("/*/c", "/b/c") && !uri("/*/c", "//c"));
    }
}
