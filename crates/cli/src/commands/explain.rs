//! `explain`: why one may connect to another, or not.

use meshgen::{
    reach::{Answer, Explanation, Judge, PortSet, Protocol, Unfound},
    spec::{Port, Spec, WorkloadName},
};
use serde_json::json;

use super::judged::judged;
use crate::{
    args::JudgedArgs,
    exit::Exit,
    report::{Failure, Report},
};

pub(crate) fn run(from: &str, to: &str, args: &JudgedArgs) -> Report {
    let mut report = Report::new("explain");
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let explanations = match explanations(&Judge::new(&judged.manifests), from, to) {
        Ok(explanations) => explanations,
        Err(e) => {
            report.fail(Failure::of(&e));
            return report;
        }
    };
    let told = explanations.iter().map(|explanation| {
        let text = if args.markdown { explanation.markdown() } else { explanation.text() };
        text + &judged.spec.as_ref().and_then(|spec| to_add(spec, explanation)).unwrap_or_default()
    });
    report.text = told.collect::<Vec<_>>().join("\n");
    let answers = || explanations.iter().flat_map(|e| &e.parts).map(|part| part.verdict.answer);
    if !answers().all(|answer| answer == Answer::Allowed) {
        report.exit = Exit::No;
    }
    report.result = json!({ "explanations": explanations });
    report
}

/// What a spec would have to say for what is refused, where it has a word for both ends.
fn to_add(spec: &Spec, explanation: &Explanation) -> Option<String> {
    let declared = |title: &str| {
        let name = title.split('[').next().unwrap_or_default();
        let name = WorkloadName::try_from(name.to_owned()).ok()?;
        spec.workloads.contains_key(&name).then_some(name)
    };
    let (from, to) = (declared(&explanation.from)?, declared(&explanation.to)?);
    let denied = explanation.parts.iter().filter(|part| part.verdict.answer == Answer::Denied);
    let denied: Vec<&PortSet> = denied.map(|part| &part.ports).collect();
    if denied.is_empty() {
        return None;
    }
    let refused = |port: &&Port| {
        let protocol = Protocol::parse(port.protocol.as_str());
        protocol.is_some_and(|protocol| denied.iter().any(|ports| ports.contains(protocol, port.port)))
    };
    let ports = spec.workloads.get(&to)?.ports.iter().filter(|(_, port)| refused(port));
    let ports: Vec<String> = ports.map(|(name, _)| name.to_string()).collect();
    let ports = if ports.is_empty() { String::new() } else { format!(", ports: [{}]", ports.join(", ")) };
    Some(format!(
        "\nin the spec that is\n  policies:\n    {to}:\n      allow:\n        - {{ from: [{from}]{ports} }}\n"
    ))
}

fn explanations(judge: &Judge<'_>, from: &str, to: &str) -> Result<Vec<Explanation>, Unfound> {
    let (sources, destinations) = (judge.source(from)?, judge.destination(to)?);
    let pairs = sources.iter().flat_map(|from| destinations.iter().map(move |(to, ports)| (from, to, ports)));
    Ok(pairs.map(|(from, to, ports)| judge.explain(from, to, ports)).collect())
}
