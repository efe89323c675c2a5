//! Colours of a diff. They are dropped where nobody sees them, by whoever prints.

use anstyle::{AnsiColor, Style};

/// A diff with its lines in the colours that git gives them.
pub(crate) fn painted(diff: &str) -> String {
    let mut text = String::with_capacity(diff.len());
    for line in diff.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let style = style(line);
        text.push_str(&format!("{style}{line}{style:#}{end}"));
    }
    text
}

fn style(line: &str) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    if ["diff ", "--- ", "+++ ", "old mode", "new mode", "new file", "deleted file"]
        .iter()
        .any(|w| line.starts_with(w))
    {
        Style::new().bold()
    } else if line.starts_with("@@") {
        color(AnsiColor::Cyan)
    } else if line.starts_with('+') {
        color(AnsiColor::Green)
    } else if line.starts_with('-') {
        color(AnsiColor::Red)
    } else if line.starts_with("~ ") {
        color(AnsiColor::Yellow)
    } else {
        Style::new()
    }
}
