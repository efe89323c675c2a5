//! `cases.json` with commands (`list`, `diff`), folders of manifests, and expected files.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    rc::Rc,
};

use serde_json::Value;

use super::{
    Judge, Outcome, Peer, Row, Side, Subject, Suite, explain,
    listing::{self, Focus, csv_fields, differences, md_fields, merge, merged, show},
};
use crate::{conns::Conns, manifests, naive::Protocol};

/// Many cases ask about the same folder: each is read and listed once.
struct Folders<'a> {
    dir: &'a Path,
    judge: &'a dyn Judge,
    read: BTreeMap<String, Rc<Folder>>,
}

struct Folder {
    subject: Box<dyn Subject>,
    rows: Vec<Row>,
}

impl Folders<'_> {
    fn get(&mut self, name: &str) -> Rc<Folder> {
        if let Some(folder) = self.read.get(name) {
            return Rc::clone(folder);
        }
        let subject = self.judge.read(&manifests::folder(&self.dir.join("tests").join(name)));
        let folder = Rc::new(Folder { rows: subject.listing().rows, subject });
        self.read.insert(name.to_owned(), Rc::clone(&folder));
        folder
    }
}

/// The cases of the folder, by what they ask for.
pub(super) fn run(dir: &Path, judge: &dyn Judge) -> Vec<Suite> {
    let Some(cases) = manifests::text(&dir.join("cases.json")) else { return Vec::new() };
    let cases: Value = serde_json::from_str(&cases).unwrap_or_default();
    let mut folders = Folders { dir, judge, read: BTreeMap::new() };
    let mut suites: Vec<Suite> = ["list", "exposure", "explain", "diff"].map(Suite::new).into();
    for case in cases.get("cases").and_then(Value::as_array).into_iter().flatten() {
        let (suite, outcome) = one(case, &mut folders);
        if let Some(s) = suites.iter_mut().find(|s| s.name == suite) {
            s.add(name(case), outcome);
        }
    }
    for suite in &mut suites {
        suite.name = format!("netpol-analyzer {}", suite.name);
    }
    suites
}

/// A case is named by its expected file, which is the only thing that no two cases share.
fn name(case: &Value) -> String {
    let expected = text(case, "expected");
    expected.rsplit('/').next().unwrap_or_default().to_owned()
}

fn one(case: &Value, folders: &mut Folders<'_>) -> (&'static str, Outcome) {
    let flag = |key| case.get(key).and_then(Value::as_bool) == Some(true);
    let suite = match (text(case, "command").as_str(), flag("explain"), flag("exposure")) {
        ("diff", _, _) => "diff",
        (_, true, _) => "explain",
        (_, _, true) => "exposure",
        _ => "list",
    };
    if flag("multiple_networks") {
        return (suite, Outcome::Skipped("secondary networks".to_owned()));
    }
    let Some(expected) = manifests::text(&folders.dir.join(text(case, "expected"))) else {
        return (suite, Outcome::Skipped("no expected file".to_owned()));
    };
    let outcome = match suite {
        "diff" => diff(case, &expected, folders),
        "explain" => explained(case, &expected, folders),
        _ => list(case, &expected, folders),
    };
    (
        suite,
        outcome.unwrap_or_else(|| Outcome::Failed(vec!["! the expected file could not be read".to_owned()])),
    )
}

fn text(case: &Value, key: &str) -> String {
    case.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn strings(case: &Value, key: &str) -> Vec<String> {
    let list = case.get(key).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn focus(case: &Value) -> Focus {
    let side = match text(case, "focus_direction").as_str() {
        "egress" => Some(Side::Egress),
        "ingress" => Some(Side::Ingress),
        _ => None,
    };
    let conn = text(case, "focus_conn");
    let port = conn.split_once('-').and_then(|(p, n)| Some((Protocol::parse(p)?, n.parse().ok()?)));
    Focus { workloads: strings(case, "focus_workloads"), peers: strings(case, "focus_peers"), side, port }
}

fn list(case: &Value, expected: &str, folders: &mut Folders<'_>) -> Option<Outcome> {
    let focus = focus(case);
    let expected = listing::parse(&text(case, "format"), expected, &focus.only_port())?;
    let folder = folders.get(&text(case, "dir"));
    let mut found = differences(&merged(&expected.rows), &merged(&focus.rows(folder.rows.clone())));
    if let Some(expected) = expected.exposure {
        let Some(exposure) = folder.subject.exposure(focus.port) else {
            return Some(Outcome::Skipped("this judge does not tell exposure".to_owned()));
        };
        found.extend(exposure_differences(&expected, &focus.exposure(exposure), &focus));
    }
    Some(Outcome::of(found))
}

fn exposure_differences(
    expected: &listing::Exposure,
    found: &listing::Exposure,
    focus: &Focus,
) -> Vec<String> {
    let mut all = differences(&merged(&expected.egress), &merged(&found.egress));
    all.extend(differences(&merged(&expected.ingress), &merged(&found.ingress)));
    // The list of the unprotected stands in text only, and not where a port is asked for.
    if let (Some(expected), Some(found), None) = (&expected.unprotected, &found.unprotected, focus.port) {
        let show = |all: &BTreeSet<(String, Side)>| -> BTreeSet<String> {
            all.iter().map(|(w, s)| format!("{w} is not protected on {s:?}")).collect()
        };
        all.extend(differences(&show(expected), &show(found)));
    }
    all
}

fn explained(case: &Value, expected: &str, folders: &mut Folders<'_>) -> Option<Outcome> {
    let focus = focus(case);
    let folder = folders.get(&text(case, "dir"));
    let Some(explanations) = folder.subject.explanations() else {
        return Some(Outcome::Skipped("this judge does not explain".to_owned()));
    };
    let only = Some(text(case, "explain_only")).filter(|o| !o.is_empty());
    let wanted = explain::lines(&explain::parse(expected)?, &Focus::default(), None);
    let mut found = differences(&wanted, &explain::lines(&explanations, &focus, only.as_deref()));
    if let Some(at) = expected.find("\nExposure Analysis Result") {
        let expected = listing::parse("txt", expected.get(at..)?, &focus.only_port())?;
        match (expected.exposure, folder.subject.exposure(focus.port)) {
            (Some(expected), Some(exposure)) => {
                found.extend(exposure_differences(&expected, &focus.exposure(exposure), &focus));
            }
            _ => return Some(Outcome::Skipped("this judge does not tell exposure".to_owned())),
        }
    }
    Some(Outcome::of(found))
}

/// What differs between two lists, and for which workloads that are on one side only.
fn diff(case: &Value, expected: &str, folders: &mut Folders<'_>) -> Option<Outcome> {
    let expected = expected_diff(&text(case, "format"), expected)?;
    let (old, new) = (folders.get(&text(case, "dir1")), folders.get(&text(case, "dir2")));
    let found = diff_rows(&old.rows, &new.rows, &old.subject.workloads(), &new.subject.workloads());
    Some(Outcome::of(differences(&joined(expected), &joined(found))))
}

/// `changed`, `added` or `removed`; source; destination; what was permitted, and what is; which workloads are new or gone.
type DiffRow = (String, Peer, Peer, Conns, Conns, String);

fn diff_rows(old: &[Row], new: &[Row], before: &[String], after: &[String]) -> Vec<DiffRow> {
    let cuts: BTreeSet<u32> =
        old.iter().chain(new).flat_map(|r| [&r.source, &r.destination]).flat_map(cuts).collect();
    let by_pair = |rows: &[Row]| -> BTreeMap<(Peer, Peer), Conns> {
        let cut = rows.iter().flat_map(|r| {
            let ends = pieces(&r.source, &cuts)
                .into_iter()
                .flat_map(|s| pieces(&r.destination, &cuts).into_iter().map(move |d| (s.clone(), d)));
            ends.map(|ends| (ends, r.conns.clone())).collect::<Vec<_>>()
        });
        cut.collect()
    };
    let (old, new) = (by_pair(old), by_pair(new));
    let pairs: BTreeSet<&(Peer, Peer)> = old.keys().chain(new.keys()).collect();
    let mut rows = Vec::new();
    for pair in pairs {
        let was = old.get(pair).cloned().unwrap_or_default();
        let is = new.get(pair).cloned().unwrap_or_default();
        if was == is {
            continue;
        }
        let kind = match (was.is_empty(), is.is_empty()) {
            (true, _) => "added",
            (_, true) => "removed",
            _ => "changed",
        };
        let named = |p: &Peer, all: &[String]| all.iter().any(|w| *w == p.to_string());
        let (there, gone) = if kind == "removed" { (before, after) } else { (after, before) };
        let ends = [&pair.0, &pair.1];
        let ends = ends.iter().filter(|p| named(p, there) && !named(p, gone)).map(ToString::to_string);
        let ends: Vec<String> = ends.collect();
        let info =
            if ends.is_empty() { String::new() } else { format!("workload {} {kind}", ends.join(" and ")) };
        rows.push((kind.to_owned(), pair.0.clone(), pair.1.clone(), was, is, info));
    }
    rows
}

/// Where a range begins, and where the next one would.
fn cuts(peer: &Peer) -> Vec<u32> {
    match peer {
        Peer::Range(a, b) => [Some(*a), b.checked_add(1)].into_iter().flatten().collect(),
        Peer::Named(_) => Vec::new(),
    }
}

/// A range, cut wherever another one begins.
fn pieces(peer: &Peer, cuts: &BTreeSet<u32>) -> Vec<Peer> {
    let Peer::Range(first, last) = *peer else { return vec![peer.clone()] };
    let starts: Vec<u32> = cuts.range(first..=last).copied().collect();
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([last]);
    starts.iter().zip(ends).map(|(a, b)| Peer::Range(*a, b)).collect()
}

fn joined(rows: Vec<DiffRow>) -> BTreeSet<String> {
    let keyed = rows.into_iter().map(|(kind, source, destination, was, is, info)| {
        let (ends, range) = match (source, destination) {
            (Peer::Range(a, b), other) => (format!("=> {other}"), Some((a, b))),
            (other, Peer::Range(a, b)) => (format!("<= {other}"), Some((a, b))),
            (a, b) => (format!("{a} => {b}"), None),
        };
        (format!("{kind} {ends} : {was} -> {is} {info}"), range)
    });
    merge(keyed).into_iter().map(|(said, ranges)| format!("{} {said}", show(&ranges))).collect()
}

fn expected_diff(format: &str, text: &str) -> Option<Vec<DiffRow>> {
    let mut rows = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let cells: Vec<String> = match format {
            "txt" if line.starts_with("diff-type:") => txt_fields(line)?,
            "csv" => csv_fields(line),
            "md" => md_fields(line),
            _ => continue,
        };
        let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
        if !matches!(cell(0).as_str(), "added" | "removed" | "changed") {
            continue;
        }
        let (was, is) = (Conns::parse(&cell(3))?, Conns::parse(&cell(4))?);
        rows.push((
            cell(0),
            Peer::parse(&cell(1)),
            Peer::parse(&cell(2)),
            was,
            is,
            cell(5).trim().to_owned(),
        ));
    }
    Some(rows)
}

/// `diff-type: changed, source: A, destination: B, ref1: …, ref2: …[, workloads-diff-info: …]`.
fn txt_fields(line: &str) -> Option<Vec<String>> {
    let rest = line.strip_prefix("diff-type: ")?;
    let (kind, rest) = rest.split_once(", source: ")?;
    let (source, rest) = rest.split_once(", destination: ")?;
    let (destination, rest) = rest.split_once(", ref1: ")?;
    let (was, rest) = rest.split_once(", ref2: ")?;
    let (is, info) = rest.split_once(", workloads-diff-info: ").unwrap_or((rest, ""));
    Some([kind, source, destination, was, is, info].map(str::to_owned).into())
}
