//! A problem for people: the message, the line it is about, and what would be right.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Shown, Renderer, Snippet};
use meshgen::findings::{Finding, Severity as Level};
use meshgen::yaml::{Place, Problem, Severity, Sources, scalar::is_visible};

use super::Failure;

/// Longer lines are not shown whole.
const WIDTH: usize = 140;

pub(crate) fn problem(sources: &Sources, problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => Shown::ERROR,
        Severity::Warning => Shown::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(visible(&problem.message)));
    let primary = problem.place.map(|place| (place, "", AnnotationKind::Primary));
    let related = problem.related.iter().map(|(place, label)| (*place, &**label, AnnotationKind::Context));
    for (place, label, kind) in primary.into_iter().chain(related) {
        group = group.elements(snippet(sources, place, label, kind));
    }
    if let Some(help) = &problem.help {
        group = group.element(Shown::HELP.message(visible(help)));
    }
    Renderer::styled().term_width(WIDTH).render(&[group])
}

/// A finding: the lines of the manifests, and of what asked for them.
pub(crate) fn finding(manifests: &Sources, asked: &Sources, finding: &Finding) -> String {
    let level = match finding.severity() {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Note => Shown::NOTE,
    };
    let hit = &finding.hit;
    let title = level.primary_title(visible(&hit.said)).id(finding.rule.code);
    let mut group = Group::with_title(title);
    let made = if hit.origin.is_some() { "as it is rendered" } else { "" };
    let primary = hit.at.map(|place| (place, made));
    let also = hit.also.iter().map(|(place, label)| (*place, &**label));
    for (n, (place, label)) in primary.into_iter().chain(also).enumerate() {
        let kind = if n == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        group = group.elements(snippet(manifests, place, label, kind));
    }
    if let Some(origin) = &hit.origin {
        let (kind, label) = match hit.at {
            Some(_) => (AnnotationKind::Context, "asked for here"),
            None => (AnnotationKind::Primary, ""),
        };
        group = group.elements(snippet(asked, origin.place, label, kind));
    }
    group = group.element(Shown::HELP.message(visible(&hit.way_out)));
    Renderer::styled().term_width(WIDTH).render(&[group])
}

pub(crate) fn failure(failure: &Failure) -> String {
    let mut group = Group::with_title(Shown::ERROR.primary_title(visible(&failure.message)));
    for cause in &failure.causes {
        group = group.element(Shown::NOTE.message(visible(cause)));
    }
    if let Some(help) = &failure.help {
        group = group.element(Shown::HELP.message(visible(help)));
    }
    Renderer::styled().term_width(WIDTH).render(&[group])
}

/// The line of a place, marked. Of a place that spans lines, only the first is shown.
fn snippet<'a>(
    sources: &'a Sources,
    place: Place,
    label: &'a str,
    kind: AnnotationKind,
) -> Option<Snippet<'a, Annotation<'a>>> {
    let source = sources.get(place.file)?;
    let line = line(&source.text, place.start as usize);
    let text = source.text.get(line.clone())?;
    let start = (place.start as usize).saturating_sub(line.start).min(text.len());
    let end = (place.end as usize).saturating_sub(line.start).clamp(start, text.len());
    let (number, _) = sources.line_column(place);
    let annotation = kind.span(start..end).label((!label.is_empty()).then_some(label));
    Some(Snippet::source(text).path(&source.name).line_start(number).annotation(annotation))
}

/// The range of the line that holds a byte, without its line break.
fn line(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let end = text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |newline| at + newline);
    start..end
}

/// Text in which nothing can move the cursor, change colours, or look like other text.
fn visible(text: &str) -> String {
    let shown = |c: char| c == '\n' || c == ' ' || is_visible(c);
    text.chars().map(|c| if shown(c) { c.to_string() } else { c.escape_debug().to_string() }).collect()
}
