//! Exposure, told: names in place of numbers.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Direction, Exposure, Judge, PortSet};

/// What is permitted with pods that were not read, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Exposure")]
pub struct ExposureTold {
    /// By workload, direction and peer.
    pub lines: Vec<ExposedTold>,
    /// Workloads that no policy protects, in a direction.
    pub unprotected: Vec<Unprotected>,
}

/// What one workload is exposed to, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Exposed")]
pub struct ExposedTold {
    /// The workload.
    pub workload: String,
    /// Whether it receives or sends.
    pub direction: Direction,
    /// With whom: `entire-cluster`, or a description of pods.
    pub peer: String,
    /// By which ports. None, where what is open to the whole cluster is closed to these.
    pub ports: PortSet,
}

/// A workload that no policy protects in a direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unprotected {
    /// The workload.
    pub workload: String,
    /// The direction.
    pub direction: Direction,
}

impl Exposure {
    /// The same with the names of the judge that was asked.
    pub fn told(&self, judge: &Judge<'_>) -> ExposureTold {
        let name = |n: u32| {
            judge.manifests.cluster.workloads.get(n as usize).map(ToString::to_string).unwrap_or_default()
        };
        let lines = self.rows.iter().map(|row| ExposedTold {
            workload: name(row.workload),
            direction: row.direction,
            peer: row.peer.to_string(),
            ports: row.ports.clone(),
        });
        let unprotected = self.unprotected.iter();
        ExposureTold {
            lines: lines.collect(),
            unprotected: unprotected
                .map(|(n, direction)| Unprotected { workload: name(*n), direction: *direction })
                .collect(),
        }
    }
}

impl ExposureTold {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = "\nWith pods that are not there yet:\n".to_owned();
        for line in &self.lines {
            let arrow = arrow(line.direction);
            let _ = writeln!(text, "{} {arrow} {} : {}", line.workload, line.peer, line.ports);
        }
        for open in &self.unprotected {
            let _ = writeln!(text, "{} {} everything", open.workload, arrow(open.direction));
        }
        text
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text =
            "\n| workload | | pods that are not there yet | ports |\n|---|---|---|---|\n".to_owned();
        for line in &self.lines {
            let arrow = arrow(line.direction);
            let _ = writeln!(text, "| `{}` | {arrow} | `{}` | {} |", line.workload, line.peer, line.ports);
        }
        for open in &self.unprotected {
            let _ = writeln!(text, "| `{}` | {} | everything | all |", open.workload, arrow(open.direction));
        }
        text
    }
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Egress => "=>",
        Direction::Ingress => "<=",
    }
}
