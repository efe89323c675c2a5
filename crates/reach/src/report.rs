//! The list, told: names in place of numbers, cut to what is asked for.

use std::{collections::BTreeMap, fmt::Write};

use meshgen_yaml::nearest;
use serde::Serialize;

use crate::{
    Certainty, Cluster, Coverage, Direction, Judge, List, PortSet, Protocol, Unfound, WayTold, Workload,
    names::{Members, Namer},
};

/// Which lines are asked for; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Focus {
    /// Workloads, as `ns/name`, `name`, or `ns/*`.
    pub workloads: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Only where the workloads and namespaces send, or where they receive.
    pub direction: Option<Direction>,
    /// Only one port.
    pub port: Option<(Protocol, u16)>,
}

/// The list, told. It serialises; [`Report::text`] and [`Report::markdown`] are for reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Who is permitted what.
    pub lines: Vec<Told>,
    /// Ways in from outside, by a door.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<WayTold>,
    /// What the list rests on.
    pub coverage: Coverage,
}

/// A line, told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// Who connects: `ns/name[Kind]`, `ns/*`, `*`, `outside`, or blocks of addresses.
    pub from: Vec<String>,
    /// Who is connected to.
    pub to: Vec<String>,
    /// By which ports.
    pub ports: PortSet,
    /// Whether that is sure.
    pub certainty: Certainty,
}

/// Whether a workload has this name: `ns/name`, `name`, or, of every workload of a namespace, `ns/*`.
fn is_called(workload: &Workload, wanted: &str) -> bool {
    match wanted.split_once('/') {
        Some((ns, name)) => {
            let name = name.split_once('[').map_or(name, |(name, _)| name);
            workload.namespace == ns && (name == "*" || workload.name == name)
        }
        None => workload.name == wanted,
    }
}

impl Focus {
    /// Whether a workload is asked about.
    pub fn is_about(&self, workload: &Workload) -> bool {
        self.is_everything() || self.means(workload)
    }

    fn is_everything(&self) -> bool {
        self.workloads.is_empty() && self.namespaces.is_empty()
    }

    pub(crate) fn means(&self, workload: &Workload) -> bool {
        self.workloads.iter().any(|name| is_called(workload, name))
            || self.namespaces.contains(&workload.namespace)
    }

    /// The names in it that nothing has: a list about nothing would say that nobody may connect.
    pub fn unfound(&self, cluster: &Cluster) -> Vec<Unfound> {
        let titles: Vec<String> =
            cluster.workloads.iter().map(|w| format!("{}/{}", w.namespace, w.name)).collect();
        let near = |name: &str, all: Vec<&str>| nearest(name, all).map(str::to_owned);
        let workloads = self.workloads.iter().filter(|name| {
            let pods = |w: &Workload| is_called(w, name);
            !cluster.workloads.iter().any(pods)
        });
        let workloads = workloads.map(|name| {
            let last = |title: &'_ str| title.rsplit('/').next().unwrap_or(title).to_owned();
            let all = titles.iter().map(|t| if name.contains('/') { t.clone() } else { last(t) });
            let all: Vec<String> = all.collect();
            Unfound::name(name, near(name, all.iter().map(String::as_str).collect()))
        });
        let namespaces = self.namespaces.iter().filter(|name| !cluster.namespaces.contains_key(*name));
        let namespaces = namespaces.map(|name| {
            Unfound::name(name, near(name, cluster.namespaces.keys().map(String::as_str).collect()))
        });
        workloads.chain(namespaces).collect()
    }

    /// Of the ports of a line, those that are asked for.
    pub fn ports(&self, ports: &PortSet) -> PortSet {
        match self.port {
            None => ports.clone(),
            Some((protocol, port)) => ports.intersection(&PortSet::one(protocol, port)),
        }
    }

    /// The ends of a line that are asked for: as the one that sends, and as the one that receives.
    pub fn cut(&self, cluster: &Cluster, from: &Members, to: &Members) -> Vec<(Members, Members)> {
        if self.is_everything() {
            return vec![(from.clone(), to.clone())];
        }
        let focused = |m: &Members| {
            let is = |n: &&u32| cluster.workloads.get(**n as usize).is_some_and(|w| self.means(w));
            Members { workloads: m.workloads.iter().filter(is).copied().collect(), outside: Vec::new() }
        };
        let (sends, receives) = (focused(from), focused(to));
        let mut all = Vec::new();
        if self.direction != Some(Direction::Ingress) && !sends.workloads.is_empty() {
            all.push((sends, to.clone()));
        }
        if self.direction != Some(Direction::Egress) && !receives.workloads.is_empty() {
            let received = (from.clone(), receives);
            if !all.contains(&received) {
                all.push(received);
            }
        }
        all
    }
}

impl Judge<'_> {
    /// The list, by groups of ends.
    pub fn report(&self, focus: &Focus) -> Report {
        let list = self.list();
        let namer = Namer::new(self.cluster());
        let mut lines = Vec::new();
        for line in &list.lines {
            let ports = focus.ports(&line.ports);
            if ports.is_empty() {
                continue;
            }
            let of = |group| Members::of(&list, group);
            for (from, to) in focus.cut(self.cluster(), &of(line.from), &of(line.to)) {
                // That a workload reaches itself is not worth a line.
                if from == to && from.workloads.len() == 1 && from.outside.is_empty() {
                    continue;
                }
                let (from, to) = (namer.parts(&from), namer.parts(&to));
                lines.push(Told { from, to, ports: ports.clone(), certainty: line.certainty });
            }
        }
        self.told(lines, focus, &list)
    }

    /// The list, by pairs of workloads and ranges of addresses.
    pub fn pairs_report(&self, focus: &Focus) -> Report {
        let list = self.list();
        let namer = Namer::new(self.cluster());
        let mut lines = Vec::new();
        for pair in list.pairs() {
            let (from, to) = (Members::from(pair.from), Members::from(pair.to));
            for (ports, certainty) in [
                (pair.permitted.sure.clone(), Certainty::Sure),
                (pair.permitted.unknown(), Certainty::Unknown),
            ] {
                let ports = focus.ports(&ports);
                if ports.is_empty() || focus.cut(self.cluster(), &from, &to).is_empty() {
                    continue;
                }
                lines.push(Told { from: namer.names(&from), to: namer.names(&to), ports, certainty });
            }
        }
        self.told(lines, focus, &list)
    }

    fn told(&self, lines: Vec<Told>, focus: &Focus, list: &List) -> Report {
        let cluster = self.cluster();
        let ways = if focus.direction == Some(Direction::Egress) { Vec::new() } else { self.ways_told() };
        let titles: BTreeMap<String, &Workload> =
            cluster.workloads.iter().map(|w| (w.to_string(), w)).collect();
        let asked = |way: &WayTold| {
            let port = focus.port.is_none_or(|(p, n)| way.ports.contains(p, n) || way.unknown.contains(p, n));
            port && titles.get(&way.to).is_some_and(|w| focus.is_about(w))
        };
        let ways = ways.into_iter().filter(asked).collect();
        let size = |n: usize| list.workloads(n).len() as u64;
        let unsure = list.lines.iter().filter(|l| l.certainty == Certainty::Unknown);
        let unknown = unsure.map(|l| size(l.from) * size(l.to)).sum();
        Report { lines, ways, coverage: self.coverage(unknown) }
    }

    /// What answers rest on, with so many pairs of which some port is unknown.
    pub fn coverage(&self, unknown: u64) -> Coverage {
        let cluster = self.cluster();
        let count = cluster.workloads.len() as u64;
        let assumed = cluster.namespaces.iter().filter(|(_, ns)| ns.place.is_none());
        Coverage {
            pairs: count * count.saturating_sub(1),
            unknown,
            assumed_namespaces: assumed.map(|(name, _)| name.clone()).collect(),
            open_to_ingress: self.table().open_namespaces(cluster),
            unread: cluster.unread.iter().map(|u| u.what.clone()).collect(),
        }
    }
}

impl Report {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let unsure = if line.certainty == Certainty::Unknown { " (unknown)" } else { "" };
            let _ = writeln!(text, "{} => {} : {}{unsure}", short(&line.from), short(&line.to), line.ports);
        }
        if !self.ways.is_empty() {
            let _ = writeln!(text, "\nWays in from outside:");
        }
        for way in &self.ways {
            let _ = writeln!(text, "{} ({}) => {} : {}", way.door, way.via, way.to, way.told());
        }
        let _ = writeln!(text, "\n{}", self.coverage.sentence());
        text
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = "| from | to | ports |\n|---|---|---|\n".to_owned();
        for line in &self.lines {
            let unsure = if line.certainty == Certainty::Unknown { " (unknown)" } else { "" };
            let _ = writeln!(text, "| {} | {} | {}{unsure} |", cell(&line.from), cell(&line.to), line.ports);
        }
        for way in &self.ways {
            let ports = way.told();
            let _ =
                writeln!(text, "| outside, by {} ({}) | {} | {ports} |", way.door, way.via, code(&way.to));
        }
        let _ = writeln!(text, "\n{}", self.coverage.sentence());
        text
    }
}

impl Coverage {
    /// Whether every answer is known.
    pub fn is_certain(&self) -> bool {
        self.unknown == 0 && self.unread.is_empty()
    }

    /// In one line.
    pub fn sentence(&self) -> String {
        let mut text = format!("{} pairs of workloads, {} unknown", self.pairs, self.unknown);
        for (what, names) in [
            ("open to everyone, in", &self.open_to_ingress),
            ("labels assumed, of", &self.assumed_namespaces),
            ("not understood:", &self.unread),
        ] {
            if !names.is_empty() {
                let _ = write!(text, "; {what} {}", short(names));
            }
        }
        text
    }
}

impl WayTold {
    /// The ports, in words.
    pub fn told(&self) -> String {
        let unknown = || format!("{} (unknown)", self.unknown);
        match (self.ports.is_empty(), self.unknown.is_empty()) {
            (_, true) => self.ports.to_string(),
            (true, false) => unknown(),
            (false, false) => format!("{}, {}", self.ports, unknown()),
        }
    }
}

/// How many names stand in a line before the rest is only counted.
const SHOWN: usize = 4;

/// The first few names, and how many more there are.
pub fn short(parts: &[String]) -> String {
    let shown: Vec<&str> = parts.iter().take(SHOWN).map(String::as_str).collect();
    match parts.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

/// Names, for a cell of a table.
pub fn cell(parts: &[String]) -> String {
    let parts: Vec<String> = parts.iter().map(|p| code(p)).collect();
    parts.join("<br>")
}
