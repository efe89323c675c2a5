//! The list, told: names in place of numbers, cut to what is asked for.

use std::{collections::BTreeMap, thread};

use meshgen_mesh::{Outcome, OutcomeTold, ReasonTold};
use meshgen_reach::{Certainty, Coverage, Direction, Focus, Members, Namer, PortSet};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Way,
    lines::{Line, What},
    seen::{Numbered, Seen},
};
use crate::Judges;

/// So many lines are told by two threads.
const MANY: usize = 500;

/// The list, told. It serialises; [`Report::text`] and [`Report::markdown`] are for reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "List", description = "Who may connect to whom.")]
pub struct Report {
    /// Who is permitted what.
    pub lines: Vec<Told>,
    /// What the network lets through and the mesh refuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Ways in from outside, by a door.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<Way>,
    /// What the list rests on.
    pub coverage: Coverage,
    /// What was assumed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// A line, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Line")]
pub struct Told {
    /// Who connects: `ns/name[Kind]`, `ns/*`, `*`, `outside`, or blocks of addresses.
    pub from: Vec<String>,
    /// Who is connected to.
    pub to: Vec<String>,
    /// By which ports.
    pub ports: PortSet,
    /// Whether that is sure.
    pub certainty: Certainty,
    /// Which requests pass, where the mesh lets some pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remains: Option<String>,
    /// What of the mesh decides, where it is not plainly open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<ReasonTold>,
}

/// What the network lets through and the mesh refuses, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Who connects.
    pub from: Vec<String>,
    /// Who is connected to.
    pub to: Vec<String>,
    /// By which ports.
    pub ports: PortSet,
    /// What the client sees, in a word.
    pub outcome: OutcomeTold,
    /// What decided.
    pub because: Option<ReasonTold>,
}

/// Some of the lines, and how many pairs they leave open.
#[derive(Default)]
struct Part {
    lines: Vec<Told>,
    refused: Vec<Refused>,
    unknown: u64,
}

impl Part {
    fn and(mut self, mut after: Part) -> Part {
        self.lines.append(&mut after.lines);
        self.refused.append(&mut after.refused);
        self.unknown += after.unknown;
        self
    }
}

impl From<meshgen_reach::Told> for Told {
    fn from(told: meshgen_reach::Told) -> Told {
        let meshgen_reach::Told { from, to, ports, certainty } = told;
        Told { from, to, ports, certainty, remains: None, because: None }
    }
}

impl Judges<'_> {
    /// The list, by groups of ends.
    pub fn report(&self, focus: &Focus) -> Report {
        if !self.is_meshed() {
            return self.plain(self.network.report(focus));
        }
        let lines = self.lines();
        let namer = Namer::new(&self.network.manifests.cluster);
        let part = |range| {
            self.part(lines.each(range, &self.network.manifests.cluster), &lines.seen, focus, |m| {
                namer.parts(m)
            })
        };
        // To give names to long groups takes time, and no line waits for another.
        let half = lines.len() / 2;
        let (first, second) = if half < MANY {
            (part(0..lines.len()), Part::default())
        } else {
            thread::scope(|scope| {
                let second = scope.spawn(|| part(half..lines.len()));
                let first = part(0..half);
                match second.join() {
                    Ok(second) => (first, second),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            })
        };
        self.told(first.and(second), focus)
    }

    /// The list, by pairs of workloads and ranges of addresses.
    pub fn pairs_report(&self, focus: &Focus) -> Report {
        if !self.is_meshed() {
            return self.plain(self.network.pairs_report(focus));
        }
        let lines = self.lines();
        let namer = Namer::new(&self.network.manifests.cluster);
        let each = pairs(lines.each(0..lines.len(), &self.network.manifests.cluster));
        self.told(self.part(each, &lines.seen, focus, |m| namer.names(m)), focus)
    }

    /// Some of the lines, told.
    fn part(
        &self,
        all: impl Iterator<Item = Line>,
        seen: &Numbered<Seen>,
        focus: &Focus,
        names: impl Fn(&Members) -> Vec<String>,
    ) -> Part {
        let cluster = &self.network.manifests.cluster;
        let mut part = Part::default();
        for line in all {
            if seen.is_unknown(&line) {
                part.unknown += line.from.workloads.len() as u64 * line.to.workloads.len() as u64;
            }
            let ports = focus.ports(&line.ports);
            if ports.is_empty() {
                continue;
            }
            for (from, to) in focus.cut(cluster, &line.from, &line.to) {
                // That a workload reaches itself is not worth a line.
                if from == to && from.workloads.len() == 1 && from.outside.is_empty() {
                    continue;
                }
                self.line(line.what, seen, (names(&from), names(&to), ports.clone()), &mut part);
            }
        }
        part
    }

    fn assumed(&self) -> Vec<String> {
        self.world.assumed().into_iter().map(str::to_owned).collect()
    }

    /// What the network alone says.
    fn plain(&self, report: meshgen_reach::Report) -> Report {
        Report { assumed: self.assumed(), ..Report::of(report) }
    }

    fn told(&self, Part { lines, refused, unknown }: Part, focus: &Focus) -> Report {
        let ways = if focus.direction == Some(Direction::Egress) { Vec::new() } else { self.ways(focus) };
        let assumed = self.assumed();
        Report { lines, refused, ways, coverage: self.network.coverage(unknown), assumed }
    }

    fn line(
        &self,
        what: What,
        seen: &Numbered<Seen>,
        (from, to, ports): (Vec<String>, Vec<String>, PortSet),
        part: &mut Part,
    ) {
        let sources = &self.network.manifests.sources;
        let because = |n: u32| seen.get(n).and_then(|s| s.because.as_ref()).map(|b| b.reason().told(sources));
        let (certainty, remains, because) = match what {
            What::Refused(n) => {
                let outcome = seen.get(n).map_or(OutcomeTold::Unknown, |s| s.outcome.told());
                part.refused.push(Refused { because: because(n), from, to, ports, outcome });
                return;
            }
            What::Open => (Certainty::Sure, None, None),
            What::Unknown => (Certainty::Unknown, None, None),
            What::Seen(n) => match seen.get(n).map(|s| &s.outcome) {
                Some(Outcome::Open) => (Certainty::Sure, None, because(n)),
                Some(Outcome::Partial(remains)) => (Certainty::Sure, Some(remains.to_string()), because(n)),
                _ => (Certainty::Unknown, None, because(n)),
            },
        };
        part.lines.push(Told { from, to, ports, certainty, remains, because });
    }
}

/// One line for each pair of different ends, in order: what passes first.
fn pairs(lines: impl Iterator<Item = Line>) -> impl Iterator<Item = Line> {
    let ends = |members: &Members| -> Vec<Members> {
        let workloads =
            members.workloads.iter().map(|w| Members { workloads: vec![*w], outside: Vec::new() });
        let outside = members.outside.iter().map(|r| Members { workloads: Vec::new(), outside: vec![*r] });
        workloads.chain(outside).collect()
    };
    let of_pods = |m: &Members| m.workloads.is_empty();
    let mut all: BTreeMap<_, PortSet> = BTreeMap::new();
    for line in lines {
        let refused = matches!(line.what, What::Refused(_));
        for from in ends(&line.from) {
            for to in ends(&line.to).into_iter().filter(|to| *to != from) {
                let key = (refused, of_pods(&from), from.clone(), of_pods(&to), to, line.what);
                let ports = all.entry(key).or_default();
                *ports = ports.union(&line.ports);
            }
        }
    }
    all.into_iter().map(|((_, _, from, _, to, what), ports)| Line { from, to, what, ports })
}

impl Report {
    fn of(report: meshgen_reach::Report) -> Report {
        let meshgen_reach::Report { lines, ways, coverage } = report;
        Report {
            lines: lines.into_iter().map(Told::from).collect(),
            refused: Vec::new(),
            ways: ways.into_iter().map(|way| Way { way, seen: Vec::new() }).collect(),
            coverage,
            assumed: Vec::new(),
        }
    }
}
