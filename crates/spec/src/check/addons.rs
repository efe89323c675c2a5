//! `addons`. What goes together is known where their objects are.

use meshgen_yaml::Problem;

use crate::Spec;

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    let addons = &spec.addons;
    if spec.istio.is_none() && !addons.is_empty() {
        problems.push(
            Problem::error(spec.project.place, "addons show a mesh, and there is none")
                .help("say `istio`, or leave `addons` out"),
        );
    }
    for watched in addons.grafana.iter().flat_map(|g| g.watched.values()).flatten() {
        super::workloads(spec, watched, problems);
    }
}
