//! Tabs at the beginning of a line inside of brackets, where they are no indentation (YAML 1.2, 6.3): kubectl takes
//! them there, the parser does not.

/// The text with a blank in place of each such tab; none if there is none. No byte moves.
pub(crate) fn without_tabs_in_brackets(text: &str) -> Option<String> {
    if !text.contains('\t') {
        return None;
    }
    let (mut made, mut depth, mut quote) = (String::with_capacity(text.len()), 0usize, None);
    for line in text.split_inclusive('\n') {
        let words = line.trim_start_matches([' ', '\t']);
        let margin = line.strip_suffix(words).unwrap_or_default();
        if depth > 0 && quote.is_none() {
            made.extend(margin.chars().map(|_| ' '));
        } else {
            made.push_str(margin);
        }
        made.push_str(words);
        brackets(words, &mut depth, &mut quote);
    }
    (made != text).then_some(made)
}

/// Counts the brackets of a line that are open after it, and remembers a quote that is.
fn brackets(line: &str, depth: &mut usize, quote: &mut Option<char>) {
    // A bracket or a quote inside of a word is a part of it, unless brackets are open.
    let mut before = ' ';
    let mut escaped = false;
    for c in line.chars() {
        let starts = before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':' | '-');
        match (*quote, c) {
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), _) if c == open && !escaped => *quote = None,
            (None, '#') if before.is_whitespace() => return,
            (None, '"' | '\'') if starts => *quote = Some(c),
            (None, '[' | '{') if starts || *depth > 0 => *depth += 1,
            (None, ']' | '}') => *depth = depth.saturating_sub(1),
            (Some(_) | None, _) => {}
        }
        escaped = false;
        before = c;
    }
}

#[cfg(test)]
mod tests {
    use super::without_tabs_in_brackets;

    fn shown(text: &str) -> String {
        without_tabs_in_brackets(text).map_or("-".to_owned(), |text| text.replace('\t', "→"))
    }

    #[test]
    fn only_tabs_at_the_beginning_of_a_line_inside_of_brackets_go() {
        assert_eq!(shown("a: [\n\tb,\n\t\tc]\n\td: 1"), "a: [\n b,\n  c]\n→d: 1");
        assert_eq!(shown("a: {b:\t1,\n\tc: '\n\t]', # [\n\td: 1}"), "a: {b:→1,\n c: '\n→]', # [\n d: 1}");
        assert_eq!(shown("a: \"[\\\"\"\n\tb: 1"), "-");
        assert_eq!(shown("a: b[c\n\td: 1"), "-");
        assert_eq!(shown("a: [\n  b]"), "-");
    }
}
