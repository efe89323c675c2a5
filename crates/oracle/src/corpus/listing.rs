//! Lists of what is permitted, read from any format that the corpus has, and compared by meaning.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::Ipv4Addr,
};

use serde_json::Value;

use crate::{conns::Conns, naive::Protocol};

/// One end of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Addresses outside, from the first to the last.
    Range(u32, u32),
    /// Anything that is named by its text: a workload, `{ingress-controller}`, `entire-cluster`.
    Named(String),
}

impl Peer {
    /// Reads it from a list.
    pub fn parse(text: &str) -> Peer {
        let range = || {
            let (first, last) = text.trim().strip_suffix("[External]")?.split_once('-')?;
            let address = |a: &str| a.parse::<Ipv4Addr>().ok().map(u32::from);
            Some(Peer::Range(address(first)?, address(last)?))
        };
        range().unwrap_or_else(|| Peer::Named(text.trim().to_owned()))
    }

    /// Whether a name from a `--focus` option means this peer: `name`, `ns/name`, or the text itself.
    fn is_named(&self, wanted: &str) -> bool {
        let Peer::Named(text) = self else { return false };
        let workload = text.split_once('[').map_or(text.as_str(), |(w, _)| w);
        let name = workload.split_once('/').map_or(workload, |(_, n)| n);
        [text.as_str(), workload, name, text.trim_matches(['{', '}'])].contains(&wanted)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Named(text) => f.write_str(text),
            Peer::Range(a, b) => write!(f, "{}-{}[External]", Ipv4Addr::from(*a), Ipv4Addr::from(*b)),
        }
    }
}

/// A source, a destination, and what is permitted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// Who connects.
    pub source: Peer,
    /// Who is connected to.
    pub destination: Peer,
    /// By what.
    pub conns: Conns,
}

/// Which way a workload is exposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It can send.
    Egress,
    /// It can receive.
    Ingress,
}

/// What is permitted with pods that were not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// From workloads to what they may reach.
    pub egress: Vec<Row>,
    /// From what may reach them, to workloads.
    pub ingress: Vec<Row>,
    /// Workloads that no policy selects in a direction; none where the format does not tell.
    pub unprotected: Option<BTreeSet<(String, Side)>>,
}

/// Rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In any order.
    pub rows: Vec<Row>,
}

/// Which rows a case asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Focus {
    pub(super) workloads: Vec<String>,
    pub(super) peers: Vec<String>,
    pub(super) side: Option<Side>,
    pub(super) port: Option<(Protocol, u16)>,
}

impl Focus {
    /// Whether a pair is asked for.
    pub(super) fn keeps(&self, source: &Peer, destination: &Peer) -> bool {
        let focused = |p: &Peer| self.workloads.iter().any(|w| p.is_named(w));
        let with = |p: &Peer| self.peers.is_empty() || self.peers.iter().any(|w| p.is_named(w));
        let out = focused(source) && with(destination) && self.side != Some(Side::Ingress);
        let into = focused(destination) && with(source) && self.side != Some(Side::Egress);
        self.workloads.is_empty() || out || into
    }

    /// The rows that are asked for. With a port, a row says no more than that port.
    pub(super) fn rows(&self, rows: Vec<Row>) -> Vec<Row> {
        let kept = rows.into_iter().filter(|r| self.keeps(&r.source, &r.destination));
        kept.filter_map(|row| self.narrowed(row)).collect()
    }

    fn narrowed(&self, row: Row) -> Option<Row> {
        let Some((protocol, port)) = self.port else { return Some(row) };
        let conns = self.only_port();
        row.conns.contains(protocol, port).then_some(Row { conns, ..row })
    }

    /// What a row means that does not say by what.
    pub(super) fn only_port(&self) -> Conns {
        let mut conns = Conns::default();
        if let Some((protocol, port)) = self.port {
            conns.add(protocol, port, port);
        }
        conns
    }

    /// What is asked for of an exposure: rows of the focused workloads, on the focused side.
    pub(super) fn exposure(&self, exposure: Exposure) -> Exposure {
        let side = |s: Side| self.side.is_none_or(|wanted| wanted == s);
        let named = |p: &Peer| self.workloads.is_empty() || self.workloads.iter().any(|w| p.is_named(w));
        let egress = exposure.egress.into_iter().filter(|r| side(Side::Egress) && named(&r.source));
        let ingress = exposure.ingress.into_iter().filter(|r| side(Side::Ingress) && named(&r.destination));
        let unprotected = exposure.unprotected.map(|all| {
            let kept = all.into_iter().filter(|(w, s)| side(*s) && named(&Peer::Named(w.clone())));
            kept.collect()
        });
        Exposure {
            egress: egress.filter_map(|r| self.narrowed(r)).collect(),
            ingress: ingress.filter_map(|r| self.narrowed(r)).collect(),
            unprotected,
        }
    }
}

/// Rows in which ranges that touch, and say the same, are one.
pub(super) fn merged(rows: &[Row]) -> BTreeSet<String> {
    let keyed = rows.iter().map(|row| match (&row.source, &row.destination) {
        (Peer::Range(a, b), other) => ((format!("=> {other}"), row.conns.to_string()), Some((*a, *b))),
        (other, Peer::Range(a, b)) => ((format!("<= {other}"), row.conns.to_string()), Some((*a, *b))),
        (source, destination) => ((format!("{source} => {destination}"), row.conns.to_string()), None),
    });
    merge(keyed)
        .into_iter()
        .map(|((ends, conns), ranges)| match ranges {
            ranges if ranges.is_empty() => format!("{ends} : {conns}"),
            ranges if ends.starts_with("=>") => format!("{} {ends} : {conns}", show(&ranges)),
            ranges => format!("{} => {} : {conns}", ends.trim_start_matches("<= "), show(&ranges)),
        })
        .collect()
}

/// For each key, its ranges, sorted and joined where they touch.
pub(super) fn merge<K: Ord>(
    keyed: impl Iterator<Item = (K, Option<(u32, u32)>)>,
) -> BTreeMap<K, Vec<(u32, u32)>> {
    let mut all: BTreeMap<K, Vec<(u32, u32)>> = BTreeMap::new();
    for (key, range) in keyed {
        all.entry(key).or_default().extend(range);
    }
    for ranges in all.values_mut() {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (a, b) in ranges.drain(..) {
            match joined.last_mut() {
                Some(m) if a <= m.1.saturating_add(1) => m.1 = m.1.max(b),
                _ => joined.push((a, b)),
            }
        }
        *ranges = joined;
    }
    all
}

/// Ranges as text.
pub(super) fn show(ranges: &[(u32, u32)]) -> String {
    let all: Vec<String> = ranges.iter().map(|(a, b)| Peer::Range(*a, *b).to_string()).collect();
    all.join("+")
}

/// What is expected and missing (`-`), and what is there and not expected (`+`).
pub(super) fn differences(expected: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<String> {
    let missing = expected.difference(found).map(|row| format!("- {row}"));
    let extra = found.difference(expected).map(|row| format!("+ {row}"));
    missing.chain(extra).collect()
}

/// A list with its exposure, as it was expected.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub(super) rows: Vec<Row>,
    pub(super) exposure: Option<Exposure>,
}

/// Reads an expected list. `only` is what a row means that does not say by what.
pub(super) fn parse(format: &str, text: &str, only: &Conns) -> Option<Expected> {
    match format {
        "txt" => txt(text, only),
        "csv" => table(text, only, csv_fields),
        "md" => table(text, only, md_fields),
        "json" => json(&serde_json::from_str(text).ok()?, only),
        _ => None,
    }
}

/// Which part of a file a line stands in.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    List,
    Egress,
    Ingress,
    Unprotected,
}

fn part_of(line: &str) -> Option<Part> {
    let line = line.trim_matches(['#', ' ', ',']);
    match line {
        "Egress Exposure:" => Some(Part::Egress),
        "Ingress Exposure:" => Some(Part::Ingress),
        "Workloads not protected by network policies:" => Some(Part::Unprotected),
        _ => None,
    }
}

fn txt(text: &str, only: &Conns) -> Option<Expected> {
    let mut expected = Expected::default();
    let mut part = Part::List;
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if line.starts_with("Permitted connections on ") {
            continue;
        }
        if line.starts_with("Exposure Analysis Result") {
            expected.exposure = Some(Exposure { unprotected: Some(BTreeSet::new()), ..Exposure::default() });
            continue;
        }
        if let Some(next) = part_of(line) {
            part = next;
            continue;
        }
        if part == Part::Unprotected {
            let (workload, side) = line.split_once(" is not protected on ")?;
            let side = if side.trim() == "Egress" { Side::Egress } else { Side::Ingress };
            expected.exposure.as_mut()?.unprotected.as_mut()?.insert((workload.trim().to_owned(), side));
            continue;
        }
        let (ends, conns) = match line.rsplit_once(" : ") {
            Some((ends, conns)) => (ends, Conns::parse(conns)?),
            None => (line, only.clone()),
        };
        let (source, destination) = match ends.split_once("=>") {
            Some(ends) => ends,
            None => ends.split_once("<=").map(|(w, peer)| (peer, w))?,
        };
        let row = Row { source: Peer::parse(source), destination: Peer::parse(destination), conns };
        expected.put(part, row)?;
    }
    Some(expected)
}

impl Expected {
    fn put(&mut self, part: Part, row: Row) -> Option<()> {
        match part {
            Part::List => self.rows.push(row),
            Part::Egress => self.exposure.as_mut()?.egress.push(row),
            Part::Ingress => self.exposure.as_mut()?.ingress.push(row),
            Part::Unprotected => return None,
        }
        Some(())
    }
}

/// Tables: a header says which column is which, and each part has its own.
fn table(text: &str, only: &Conns, fields: fn(&str) -> Vec<String>) -> Option<Expected> {
    let mut expected = Expected::default();
    let (mut part, mut header) = (Part::List, Vec::new());
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if line.contains("Exposure Analysis Result") {
            expected.exposure = Some(Exposure::default());
            continue;
        }
        if let Some(next) = part_of(line) {
            part = next;
            continue;
        }
        let cells = fields(line);
        if cells.iter().any(|c| c == "src") {
            header = cells;
            continue;
        }
        if cells.iter().all(|c| c.chars().all(|c| c == '-')) {
            continue;
        }
        let cell = |name: &str| header.iter().position(|h| h == name).and_then(|at| cells.get(at));
        let conns = cell("conn").map_or(Some(only.clone()), |c| Conns::parse(c))?;
        let row = Row { source: Peer::parse(cell("src")?), destination: Peer::parse(cell("dst")?), conns };
        expected.put(part, row)?;
    }
    Some(expected)
}

/// Fields between commas; a quoted field may have commas inside.
pub(super) fn csv_fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, quoted) {
            ('"', _) => quoted = !quoted,
            (',', false) => fields.push(String::new()),
            _ => {
                if let Some(last) = fields.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    fields
}

/// Cells between bars.
pub(super) fn md_fields(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.split('|').map(|c| c.trim().to_owned()).collect()
}

fn json(value: &Value, only: &Conns) -> Option<Expected> {
    let rows = |v: Option<&Value>| -> Option<Vec<Row>> {
        let list = v.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().map(|r| json_row(r, only)).collect()
    };
    let either = |a: &str, b: &str| value.get(a).or_else(|| value.get(b)).cloned();
    if value.is_array() {
        return Some(Expected { rows: rows(Some(value))?, exposure: None });
    }
    let list = either("connlist_results", "connlist_conn_focus_results");
    let exposure = either("exposure_results", "exposure_conn_focus_results");
    let exposure = match exposure {
        None => None,
        Some(e) => Some(Exposure {
            egress: rows(e.get("egress_exposure"))?,
            ingress: rows(e.get("ingress_exposure"))?,
            unprotected: None,
        }),
    };
    Some(Expected { rows: rows(list.as_ref())?, exposure })
}

fn json_row(row: &Value, only: &Conns) -> Option<Row> {
    let text = |key| row.get(key).and_then(Value::as_str);
    let conns = text("conn").map_or(Some(only.clone()), Conns::parse)?;
    Some(Row { source: Peer::parse(text("src")?), destination: Peer::parse(text("dst")?), conns })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(format: &str, text: &str) -> BTreeSet<String> {
        merged(&parse(format, text, &Conns::default()).unwrap().rows)
    }

    #[test]
    fn all_formats_say_the_same() {
        let expected = BTreeSet::from(["a/b[Pod] => c/d[Pod] : TCP 80,UDP 53".to_owned()]);
        assert_eq!(rows("txt", "a/b[Pod] => c/d[Pod] : TCP 80,UDP 53\n"), expected);
        assert_eq!(rows("csv", "src,dst,conn\na/b[Pod],c/d[Pod],\"TCP 80,UDP 53\"\n"), expected);
        assert_eq!(
            rows("md", "| src | dst | conn |\n|---|---|---|\n| a/b[Pod] | c/d[Pod] | TCP 80,UDP 53 |\n"),
            expected
        );
        assert_eq!(rows("json", r#"[{"src":"a/b[Pod]","dst":"c/d[Pod]","conn":"TCP 80,UDP 53"}]"#), expected);
    }

    #[test]
    fn ranges_that_touch_and_say_the_same_are_one() {
        let split = "0.0.0.0-9.255.255.255[External] => a/b[Pod] : TCP 80\n\
                     10.0.0.0-255.255.255.255[External] => a/b[Pod] : TCP 80\n";
        let whole = "0.0.0.0-255.255.255.255[External] => a/b[Pod] : TCP 80\n";
        assert_eq!(rows("txt", split), rows("txt", whole));
    }
}
