//! `validate`: the spec alone.

use super::spec::{counts, planned};
use crate::{args::SpecArgs, report::Report};

pub(crate) fn run(args: &SpecArgs) -> Report {
    let planned = match planned("validate", args) {
        Ok(planned) => planned,
        Err(report) => return *report,
    };
    // Also what only shows once there are files, such as two of them at one path.
    let (planned, tree) = match planned.render() {
        Ok(rendered) => rendered,
        Err(report) => return *report,
    };
    let (spec, mut report) = (planned.spec, planned.report);
    let number = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    report.text = format!(
        "the spec of project `{}` is valid: {}, {}, {}, {}\n",
        spec.project,
        number(spec.namespaces.len(), "namespace", "namespaces"),
        number(spec.workloads.len(), "workload", "workloads"),
        number(spec.policies.len(), "policy", "policies"),
        number(tree.files.len(), "file", "files"),
    );
    report.result = counts(&spec);
    report
}
