//! `reach`: who may connect to whom.

use meshgen::reach::{Direction, Focus, Judge, PortSet, Reading, Report as List};
use serde_json::json;

use super::judged::judged;
use crate::{
    args::{self, FocusArgs, JudgedArgs, OutputFormat},
    exit::Exit,
    report::Report,
};

pub(crate) fn run(
    args: &JudgedArgs,
    focus: FocusArgs,
    pairs: bool,
    exposure: bool,
    format: OutputFormat,
) -> Report {
    let mut report = Report::new("reach");
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let judge = Judge::new(&judged.world.manifests);
    let focus = focus.into_focus();
    let list: List = if pairs { judge.pairs_report(&focus) } else { judge.report(&focus) };
    let exposed = exposure.then(|| judge.exposure(Reading::Implied, &PortSet::all()).told(&judge));
    if args.strict && !list.coverage.is_certain() {
        report.exit = Exit::No;
    }
    // A long list is told in one form only.
    match format {
        OutputFormat::Json => report.result = json!({ "list": list, "exposure": exposed }),
        OutputFormat::Text if args.markdown => {
            report.text = list.markdown() + &exposed.map(|e| e.markdown()).unwrap_or_default();
        }
        OutputFormat::Text => report.text = list.text() + &exposed.map(|e| e.text()).unwrap_or_default(),
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
