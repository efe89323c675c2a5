//! The list, told: names in place of numbers, cut to what is asked for.

use std::collections::BTreeMap;

use meshgen_mesh::{Outcome, OutcomeTold, ReasonTold};
use meshgen_reach::{Certainty, Coverage, Direction, Focus, Members, Namer, PortSet};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Way,
    lines::{Line, Lines, What},
};
use crate::Judges;

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
    /// What was assumed of the mesh.
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

impl From<meshgen_reach::Told> for Told {
    fn from(told: meshgen_reach::Told) -> Told {
        let meshgen_reach::Told { from, to, ports, certainty } = told;
        Told { from, to, ports, certainty, remains: None, because: None }
    }
}

impl<'a> Judges<'a> {
    /// The list, by groups of ends.
    pub fn report(&self, focus: &Focus) -> Report {
        if !self.is_meshed() {
            return Report::of(self.network.report(focus));
        }
        let lines = self.lines();
        self.told(&lines, focus, Namer::parts)
    }

    /// The list, by pairs of workloads and ranges of addresses.
    pub fn pairs_report(&self, focus: &Focus) -> Report {
        if !self.is_meshed() {
            return Report::of(self.network.pairs_report(focus));
        }
        let Lines { lines, seen } = self.lines();
        let lines = Lines { lines: pairs(&lines), seen };
        self.told(&lines, focus, Namer::names)
    }

    fn told(
        &self,
        all: &Lines,
        focus: &Focus,
        names: impl Fn(&Namer<'a>, &Members) -> Vec<String>,
    ) -> Report {
        let cluster = &self.network.manifests.cluster;
        let namer = Namer::new(cluster);
        let (mut lines, mut refused, mut unknown) = (Vec::new(), Vec::new(), 0);
        for line in &all.lines {
            if all.is_unknown(line) {
                unknown += line.from.workloads.len() as u64 * line.to.workloads.len() as u64;
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
                let ends = (names(&namer, &from), names(&namer, &to), ports.clone());
                self.line(line.what, all, ends, &mut lines, &mut refused);
            }
        }
        let ways = if focus.direction == Some(Direction::Egress) { Vec::new() } else { self.ways(focus) };
        let assumed = self.world.assumed().iter().map(|a| (*a).to_owned()).collect();
        Report { lines, refused, ways, coverage: self.network.coverage(unknown), assumed }
    }

    fn line(
        &self,
        what: What,
        all: &Lines,
        (from, to, ports): (Vec<String>, Vec<String>, PortSet),
        lines: &mut Vec<Told>,
        refused: &mut Vec<Refused>,
    ) {
        let sources = &self.network.manifests.sources;
        let told = |certainty| Told {
            from: from.clone(),
            to: to.clone(),
            ports: ports.clone(),
            certainty,
            remains: None,
            because: None,
        };
        let because =
            |n: u32| all.seen.get(n).and_then(|s| s.because.as_ref()).map(|b| b.reason().told(sources));
        match what {
            What::Open => lines.push(told(Certainty::Sure)),
            What::Unknown => lines.push(told(Certainty::Unknown)),
            What::Seen(n) => match all.seen.get(n).map(|s| &s.outcome) {
                Some(Outcome::Partial(remains)) => {
                    let remains = Some(remains.to_string());
                    lines.push(Told { remains, because: because(n), ..told(Certainty::Sure) });
                }
                _ => lines.push(Told { because: because(n), ..told(Certainty::Unknown) }),
            },
            What::Refused(n) => {
                let outcome = all.seen.get(n).map_or(OutcomeTold::Unknown, |s| s.outcome.told());
                refused.push(Refused { because: because(n), from, to, ports, outcome });
            }
        }
    }
}

/// One line for each pair of different ends, in order: what passes first.
fn pairs(lines: &[Line]) -> Vec<Line> {
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
    all.into_iter().map(|((_, _, from, _, to, what), ports)| Line { from, to, what, ports }).collect()
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
