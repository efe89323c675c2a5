//! `reach`: who may connect to whom.

use meshgen::reach::{Direction, Focus, Judge, PortSet, Reading, Report as List};
use serde_json::json;

use super::judged::judged;
use crate::{
    args::{self, FocusArgs, JudgedArgs},
    exit::Exit,
    report::Report,
};

pub(crate) fn run(args: &JudgedArgs, focus: FocusArgs, pairs: bool, exposure: bool) -> Report {
    let mut report = Report::new("reach");
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let judge = Judge::new(&judged.manifests);
    let focus = focus.into_focus();
    let list: List = if pairs { judge.pairs_report(&focus) } else { judge.report(&focus) };
    report.text = if args.markdown { list.markdown() } else { list.text() };
    report.result = json!({ "list": list });
    if exposure {
        let told = judge.exposure(Reading::Implied, &PortSet::all()).told(&judge);
        report.text.push_str(&if args.markdown { told.markdown() } else { told.text() });
        report.result = json!({ "list": list, "exposure": told });
    }
    if args.strict && !list.coverage.is_certain() {
        report.exit = Exit::No;
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
