//! Places in source files, and what is wrong there. A problem is data: whoever shows it decides how.

use std::{ops::Range, sync::OnceLock};

use crate::scalar;

/// A file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte. Never before `start`.
    pub end: u32,
}

impl Place {
    /// The range of bytes, for slicing the text of the file.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What the user calls it: the path as given, or `<stdin>`.
    pub name: String,
    /// Its text.
    pub text: String,
    lines: Lines,
}

/// Where the lines of a text begin, in bytes; counted when a place is first shown. It follows from the text, and makes no
/// two files different.
#[derive(Clone, Debug, Default)]
struct Lines(OnceLock<Vec<usize>>);

impl PartialEq for Lines {
    fn eq(&self, _: &Lines) -> bool {
        true
    }
}

impl Eq for Lines {}

impl Source {
    /// The number of the line in which a byte is, from 1, and where that line begins.
    fn line(&self, byte: usize) -> (usize, usize) {
        let starts = self.lines.0.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(ends.map(|(n, _)| n + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|n| starts.get(n)).copied();
        (line, start.unwrap_or_default())
    }
}

/// Every file that took part, so that a [`Place`] can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and gives the id by which places name it.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text: text.into(), lines: Lines::default() });
        id
    }

    /// The file of an id that [`Sources::add`] gave.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), f))
    }

    /// The text at a place, or nothing when the place is not in these files.
    pub fn slice(&self, place: Place) -> &str {
        self.get(place.file).and_then(|f| f.text.get(place.range())).unwrap_or_default()
    }

    /// Line and column of the start of a place, both from 1; the column counts characters.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        let Some(file) = self.get(place.file) else { return (1, 1) };
        let byte = place.start as usize;
        let (line, start) = file.line(byte);
        let Some(before) = file.text.get(start..byte) else { return (1, 1) };
        let column = before.chars().count() + 1;
        (line, column)
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing can be made of the input.
    Error,
    /// The input is usable, and probably not what was meant.
    Warning,
}

/// One thing that is wrong with the input.
///
/// Messages are lower case without a full stop, with what the user wrote in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands; nothing when it is about a whole file or about none.
    pub place: Option<Place>,
    /// What was found.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Other places that belong to it, each with what is there.
    pub related: Vec<(Place, String)>,
}

impl Problem {
    /// An error at a place.
    pub fn error(place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Problem {
            severity: Severity::Error,
            place: place.into(),
            message: visible(message.into()),
            help: None,
            related: Vec::new(),
        }
    }

    /// A warning at a place.
    pub fn warning(place: impl Into<Option<Place>>, message: impl Into<String>) -> Self {
        Problem { severity: Severity::Warning, ..Problem::error(place, message) }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(visible(help.into()));
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, visible(label.into())));
        self
    }
}

/// Text on one line that a terminal shows as it is. It quotes the input, which may hold what moves a cursor or
/// turns the direction of writing.
fn visible(text: String) -> String {
    if text.chars().all(scalar::is_visible) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if scalar::is_visible(c) { shown.push(c) } else { shown.extend(c.escape_default()) }
    }
    shown
}
