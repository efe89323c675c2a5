//! What types cannot say: that references resolve, and that what is said fits together.
//!
//! One file for each section of the spec. Every problem points at what was written.

mod accept;
mod addons;
mod cluster;
pub(crate) mod expect;
mod external;
mod istio;
mod mesh;
mod namespaces;
mod policies;
mod releases;
mod workloads;

use meshgen_yaml::{At, Place, Problem, nearest};

use crate::{Name, PortRef, Spec, Tree, Workload, WorkloadName, Workloads};

/// Everything that is wrong or doubtful in a spec that could be read.
pub(crate) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    cluster::check(spec, problems);
    istio::check(spec, problems);
    mesh::check(spec, problems);
    namespaces::check(spec, problems);
    addons::check(spec, problems);
    releases::check(spec, problems);
    workloads::check(spec, problems);
    policies::check(spec, problems);
    external::check(spec, problems);
    expect::check(spec, problems);
    accept::check(spec, problems);
}

/// Reports a namespace that is not declared.
fn namespace(spec: &Spec, name: &Name, place: Place, problems: &mut Vec<Problem>) {
    if spec.namespaces.contains_key(name) {
        return;
    }
    let known: Vec<String> = spec.namespaces.keys().map(ToString::to_string).collect();
    let problem = Problem::error(place, format!("the namespace `{name}` is not declared"));
    problems.push(match nearest(name.as_str(), known.iter().map(String::as_str)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(format!(
            "declare it: `namespaces: {{ {name}: {{}} }}`, with `existing: true` if it is somebody else's"
        )),
    });
}

/// Reports variables where nothing puts them in.
fn no_variables(tree: &Tree, place: &str, problems: &mut Vec<Problem>) {
    for variable in tree.variables() {
        problems.push(
            Problem::error(variable.name.place, format!("{place} cannot take a value from the environment"))
                .help("write the text here, or in an overlay for each environment"),
        );
    }
}

/// Reports a workload that is built where there is nowhere to push it to.
fn no_registry(place: Place, problems: &mut Vec<Problem>) {
    problems.push(
        Problem::error(place, "an image that is built here needs a registry, and the cluster has none")
            .help("say `registry` under `cluster`"),
    );
}

/// The workload of a name, or a report that it is not declared.
fn workload<'a>(
    spec: &'a Spec,
    name: &WorkloadName,
    place: Place,
    problems: &mut Vec<Problem>,
) -> Option<&'a Workload> {
    let found = spec.workloads.get(name);
    if found.is_none() {
        let known: Vec<String> = spec.workloads.keys().map(ToString::to_string).collect();
        let problem = Problem::error(place, format!("the workload `{name}` is not declared"));
        problems.push(match nearest(&name.to_string(), known.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help("declare it under `workloads`, with `existing` if somebody else renders it"),
        });
    }
    found
}

/// Reports a workload or namespace that is not declared.
fn workloads(spec: &Spec, at: &At<Workloads>, problems: &mut Vec<Problem>) {
    match &at.value {
        Workloads::All(name) => namespace(spec, name, at.place, problems),
        Workloads::One(name) => {
            workload(spec, name, at.place, problems);
        }
    }
}

/// Reports ports that a target does not have. A namespace has the ports of all its workloads.
fn ports(spec: &Spec, target: &Workloads, ports: &[At<PortRef>], problems: &mut Vec<Problem>) {
    if matches!(target, Workloads::One(name) if !spec.workloads.contains_key(name)) {
        // That alone is said.
        return;
    }
    let declared: Vec<_> = spec.workloads_in(target).flat_map(|(_, w)| w.ports.iter()).collect();
    for port in ports {
        let known = match &port.value {
            PortRef::Name(name) => declared.iter().any(|(n, _)| n.value == *name),
            PortRef::Number(number) => {
                declared.iter().any(|(_, p)| p.port == *number) || spec.sidecar_ports(target).contains(number)
            }
        };
        if known {
            continue;
        }
        let names: Vec<String> = declared.iter().map(|(name, _)| name.to_string()).collect();
        let problem = Problem::error(port.place, format!("`{target}` has no port `{port}`"));
        let all: Vec<String> = declared.iter().map(|(name, p)| format!("`{name}` ({})", p.port)).collect();
        problems.push(match nearest(&port.to_string(), names.iter().map(String::as_str)) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if all.is_empty() => problem.help("it declares no ports: add them to the workload"),
            None => problem.help(format!("it has {}", all.join(", "))),
        });
    }
}
