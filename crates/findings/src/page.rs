//! What is documented of a rule: on the terminal, and on the page about all of them.

use std::fmt::Write;

use crate::Rule;

impl Rule {
    /// All that is told of it, in Markdown that reads well as it is.
    pub fn explained(&self) -> String {
        let mut text = format!("{}: {} ({}, {})\n", self.code, self.title, self.severity.word(), self.slug);
        let way_out = wrapped(&format!("Way out: {}", self.way_out));
        let _ = write!(text, "\n{}\n\n{way_out}\n\nSource", wrapped(self.why));
        let _ = writeln!(text, "{}", if self.sources.len() > 1 { "s:" } else { ":" });
        for source in self.sources {
            let _ = writeln!(text, "- {source}");
        }
        text
    }
}

/// The page about rules, in their order.
pub fn page<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> String {
    let rules: Vec<&Rule> = rules.into_iter().collect();
    let mut text = "\
# Findings

`meshgen lint` reads a spec, or anybody's manifests, and tells what they leave open or close by mistake. This page is
made of the rules themselves; `meshgen explain MG001` prints a part of it. A finding that is meant is accepted with a
reason: `accept` in a [spec](spec.md), or a file that `--accept` names.

| code | | what is found |
|---|---|---|
"
    .to_owned();
    for rule in &rules {
        let code = rule.code;
        let anchor = code.to_ascii_lowercase();
        let _ = writeln!(text, "| [{code}](#{anchor}) | {} | {} |", rule.severity.word(), rule.title);
    }
    for rule in &rules {
        let _ = write!(
            text,
            "\n## {}\n\n**{}** ({}, `{}`)\n",
            rule.code,
            rule.title,
            rule.severity.word(),
            rule.slug
        );
        let _ = write!(
            text,
            "\n{}\n\n{}\n\n",
            wrapped(rule.why),
            wrapped(&format!("*Way out:* {}", rule.way_out))
        );
        let _ = writeln!(text, "*Source:* {}", rule.sources.join("; "));
    }
    text
}

/// Lines of at most 116 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(line) = lines.last_mut().filter(|line| line.is_empty() || line.len() + word.len() < 116) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
