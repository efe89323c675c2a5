//! From text to [`Node`]s, within limits that no input can exceed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::{Entry, FileId, Node, Place, Problem, Scalar, Value, tabs::without_tabs_in_brackets};

/// What a reader accepts before it refuses an input as a bomb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Depth of nesting.
    pub depth: usize,
    /// Values that aliases may add, over all of them: a small file can ask for billions.
    pub aliased: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 64 << 20, depth: 64, aliased: 1 << 20 }
    }
}

/// The byte ranges of the documents of a stream, split at lines that start with `---` as kubectl does,
/// so that a document that is no YAML does not hide the others.
///
/// Source: `k8s.io/apimachinery/pkg/util/yaml`, `splitYAMLDocument` (separator `\n---`).
pub fn split_documents(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let rest = line.trim_end().strip_prefix("---");
        if rest.is_some_and(|r| r.is_empty() || r.starts_with([' ', '\t'])) {
            ranges.push(start..at);
            // Text after the marker, as in `--- # Source: x` or `--- {a: 1}`, belongs to the new document.
            start = at;
        }
        at += line.len();
    }
    ranges.push(start..text.len());
    ranges
}

/// The documents of a text. Empty documents give nothing.
///
/// `range` is the part of the file to read; places count from the start of the file.
pub fn documents(
    file: FileId,
    text: &str,
    range: Range<usize>,
    limits: Limits,
) -> Result<Vec<Node>, Box<Problem>> {
    let whole = Place { file, start: small(range.start), end: small(range.start) };
    if range.len() > limits.bytes {
        return Err(Box::new(
            Problem::error(whole, format!("the input is larger than {} MiB", limits.bytes >> 20))
                .help("split it into several files"),
        ));
    }
    let Some(text) = text.get(range.clone()) else { return Ok(Vec::new()) };
    if let Some(at) = text.find('\0') {
        let place = Place { file, start: small(range.start + at), end: small(range.start + at + 1) };
        return Err(Box::new(Problem::error(place, "the file is binary: it holds a NUL character")));
    }
    let read = stream(file, text, range.start, limits).or_else(|problem| {
        let text = without_tabs_in_brackets(text);
        text.and_then(|text| stream(file, &text, range.start, limits).ok()).ok_or(problem)
    });
    read.map_err(|problem| Box::new(of_a_template(*problem, text, range.start)))
}

/// The problem of a template of Helm is told as such: its braces are no YAML, or YAML that nobody meant.
fn of_a_template(problem: Problem, text: &str, offset: usize) -> Problem {
    let at = problem.place.map_or(0, |place| (place.start as usize).saturating_sub(offset));
    let line = text.get(..at).unwrap_or_default().lines().count().saturating_sub(1);
    if !text.lines().skip(line).take(2).any(|line| line.contains("{{")) {
        return problem;
    }
    Problem {
        help: Some("a template of Helm is rendered first: `helm template CHART`".to_owned()),
        ..problem
    }
}

fn stream(file: FileId, text: &str, offset: usize, limits: Limits) -> Read<Vec<Node>> {
    let mut options = Options::default();
    options.flow_nesting_limit = limits.depth * 2;
    options.block_nesting_limit = limits.depth * 2;
    let events = Parser::new_from_str_with_options(text, options);
    Reader { file, offset, limits, events, anchors: BTreeMap::new(), aliased: 0 }.stream()
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    file: FileId,
    offset: usize,
    limits: Limits,
    events: Parser<'a, StrInput<'a>>,
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
}

type Read<T> = Result<T, Box<Problem>>;

impl<'a> Reader<'a> {
    fn stream(mut self) -> Read<Vec<Node>> {
        let mut documents = Vec::new();
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(documents),
                (Event::DocumentStart(explicit, _), _) => {
                    self.anchors.clear();
                    let (event, span) = self.next()?;
                    let node = self.node(event, span, 0)?;
                    // `---` alone is an empty document, unlike an explicit `null`.
                    if !(node.is_null() && (explicit || node.place.start == node.place.end)) {
                        documents.push(node);
                    }
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Read<(Event<'a>, Span)> {
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(e)) => {
                let at = small(self.offset + e.marker().byte_offset().unwrap_or_default());
                let place = Place { file: self.file, start: at, end: at };
                let info = e.info();
                if info.contains("recursion") || info.contains("nesting") {
                    return Err(Box::new(self.too_deep(place)));
                }
                if info.contains("unknown anchor") {
                    return Err(Box::new(
                        Problem::error(place, "this alias stands for an anchor that is not there")
                            .help("write `&name` where the value is; text that starts with `*` needs quotes"),
                    ));
                }
                Err(Box::new(Problem::error(place, format!("this is not YAML: {info}"))))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn too_deep(&self, place: Place) -> Problem {
        Problem::error(place, format!("the input is nested deeper than {} levels", self.limits.depth))
    }

    fn place(&self, span: Span) -> Place {
        let range = span.byte_range().unwrap_or_default();
        Place {
            file: self.file,
            start: small(self.offset + range.start),
            end: small(self.offset + range.end),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Read<Node> {
        let place = self.place(span);
        if depth > self.limits.depth {
            return Err(Box::new(self.too_deep(place)));
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !is_text(tag, place)?;
                (anchor, Node { place, value: Value::Scalar(Scalar { text: text.into(), plain }) })
            }
            Event::SequenceStart(_, anchor, tag) => {
                is_text(tag, place)?;
                let mut items = Vec::new();
                let mut end = place.end;
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, span) => {
                            end = end.max(self.place(span).end);
                            break;
                        }
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
                let end =
                    items.last().map_or(end, |last| end.min(last.place.end.max(place.end)).max(place.end));
                (anchor, Node { place: Place { end, ..place }, value: Value::List(items) })
            }
            Event::MappingStart(_, anchor, tag) => {
                is_text(tag, place)?;
                (anchor, self.map(place, depth)?)
            }
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return Err(Box::new(Problem::error(
                        place,
                        "an alias inside the value that it stands for",
                    )));
                };
                self.aliased += size(&node);
                if self.aliased > self.limits.aliased {
                    return Err(Box::new(
                        Problem::error(place, "the aliases of this file add up to too much").help(format!(
                            "aliases may add {} values in all, so that a small file cannot fill the memory",
                            self.limits.aliased
                        )),
                    ));
                }
                (0, node)
            }
            other => {
                return Err(Box::new(Problem::error(
                    place,
                    format!("this is not YAML: unexpected {other:?}"),
                )));
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self, place: Place, depth: usize) -> Read<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged = Merged::default();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key_node = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let Value::Scalar(key) = key_node.value else {
                return Err(Box::new(
                    Problem::error(key_node.place, "a list or a map cannot be a key")
                        .help("quote text that starts with a bracket or a brace"),
                ));
            };
            if key.plain && &*key.text == "<<" {
                merged.add(value)?;
            } else {
                entries.push(Entry { key, key_place: key_node.place, value });
            }
        }
        merged.complete(&mut entries);
        // The parser ends a block mapping at the next token; the last value ends where a reader sees it end.
        let end = entries.last().map_or(place.end, |e| e.value.place.end.max(place.end));
        Ok(Node { place: Place { end, ..place }, value: Value::Map(entries) })
    }
}

/// Whether a tag makes a plain scalar text. Tags that could change a value are refused.
fn is_text(tag: Option<Cow<'_, Tag>>, place: Place) -> Read<bool> {
    let Some(tag) = tag else { return Ok(false) };
    let name = tag.to_string();
    match name.rsplit([':', '!']).next().unwrap_or_default() {
        // A bare `!` means "not typed": text.
        "str" | "" => Ok(true),
        "int" | "float" | "bool" | "null" | "map" | "seq" => Ok(false),
        _ => Err(Box::new(
            Problem::error(place, format!("the tag `{name}` is not understood"))
                .help("write the value without a tag"),
        )),
    }
}

/// What `<<` names: a map, or a list of maps of which the earlier wins.
///
/// Source: <https://yaml.org/type/merge.html>.
#[derive(Default)]
struct Merged {
    entries: Vec<Entry>,
    keys: BTreeSet<Box<str>>,
}

impl Merged {
    fn add(&mut self, value: Node) -> Read<()> {
        match value.value {
            Value::Map(entries) => {
                for entry in entries {
                    if self.keys.insert(entry.key.text.clone()) {
                        self.entries.push(entry);
                    }
                }
                Ok(())
            }
            Value::List(items) => items.into_iter().try_for_each(|item| self.add(item)),
            Value::Scalar(_) => Err(Box::new(
                Problem::error(value.place, "`<<` merges a map, and this is none")
                    .help("name an anchor: `<<: *name`"),
            )),
        }
    }

    /// Adds what a map does not say itself.
    fn complete(mut self, entries: &mut Vec<Entry>) {
        if self.entries.is_empty() {
            return;
        }
        for entry in entries.iter() {
            self.keys.remove(&entry.key.text);
        }
        entries.extend(self.entries.into_iter().filter(|e| self.keys.contains(&e.key.text)));
    }
}

/// How many values a node holds, itself included.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|e| 1 + size(&e.value)).sum::<usize>(),
    }
}
