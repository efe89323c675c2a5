//! `reach`: who may connect to whom.

use meshgen::{
    reach::{Direction, ExposureTold, Focus, PortSet, Reading},
    verdict::{Judges, Report as List},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::judged::judged;
use crate::{
    args::{self, FocusArgs, JudgedArgs, OutputFormat, ViewArgs},
    exit::Exit,
    report::{self, Failure, Report},
};

const KIND: &str = "reach";

/// What is said of pods that are not there, where others are in a mesh.
const BELOW: &str =
    "Of pods that are not here this is what the network lets through; the mesh may refuse some of it.\n";

/// Who may connect to whom.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReachResult")]
pub(crate) struct Told {
    /// What is permitted.
    list: List,
    /// What is permitted with pods that are not there yet, if that was asked for.
    exposure: Option<ExposureTold>,
}

impl report::Told for Told {
    const KIND: &'static str = KIND;
}

pub(crate) fn run(args: &JudgedArgs, focus: FocusArgs, view: &ViewArgs, format: OutputFormat) -> Report {
    let mut report = Report::new(KIND);
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let judges = Judges::new(&judged.world);
    let judge = &judges.network;
    let focus = focus.into_focus();
    let unfound = focus.unfound(&judged.world.manifests.cluster);
    if !unfound.is_empty() {
        for unfound in &unfound {
            report.fail(Failure::of(unfound));
        }
        return report;
    }
    let list: List = if view.pairs { judges.pairs_report(&focus) } else { judges.report(&focus) };
    let exposed = view.exposure.then(|| judge.exposure(Reading::Implied, &PortSet::all()).told(judge));
    if args.strict && !list.coverage.is_certain() {
        report.exit = Exit::No;
    }
    let below = if judges.is_meshed() { BELOW } else { "" };
    // A long list is told in one form only.
    match format {
        OutputFormat::Json => report.tell(&Told { list, exposure: exposed }),
        OutputFormat::Text if view.mermaid => report.text = list.mermaid(),
        OutputFormat::Text if args.markdown => {
            report.text = list.markdown() + &exposed.map(|e| e.markdown() + below).unwrap_or_default();
        }
        OutputFormat::Text => {
            report.text = list.text() + &exposed.map(|e| e.text() + below).unwrap_or_default();
        }
    }
    report
}

impl FocusArgs {
    fn into_focus(self) -> Focus {
        let direction = self.direction.map(|direction| match direction {
            args::Direction::Ingress => Direction::Ingress,
            args::Direction::Egress => Direction::Egress,
        });
        Focus { workloads: self.workload, namespaces: self.namespace, direction, port: self.port }
    }
}
