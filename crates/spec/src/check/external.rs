//! `external`.

use meshgen_yaml::Problem;

use crate::Spec;

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    for (name, external) in &spec.external {
        let lists = [
            ("hosts", external.hosts.is_empty(), "without a host nothing is named"),
            ("ports", external.ports.is_empty(), "without a port nothing is opened"),
            ("allow", external.allow.is_empty(), "without a caller nothing is permitted"),
        ];
        for (list, empty, why) in lists {
            if empty {
                problems.push(
                    Problem::error(name.place, format!("`{name}` has an empty list of `{list}`")).help(why),
                );
            }
        }
        for port in &external.ports {
            if port.value == 0 {
                problems.push(Problem::error(port.place, "`0` is not a port: use 1 to 65535"));
            }
        }
        for allow in &external.allow {
            allow.from.iter().for_each(|from| super::workloads(spec, from, problems));
        }
    }
}
