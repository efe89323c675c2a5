//! `explain`: why one may connect to another, or not.

use meshgen::{
    reach::{Answer, Explanation, Party, PortSet, Protocol, Unfound},
    spec::{Port, Spec, WorkloadName},
    verdict::Judges,
};
use serde_json::json;

use super::judged::{assumed, judged};
use crate::{
    args::JudgedArgs,
    exit::Exit,
    report::{Failure, Report},
};

/// How many ports of a pod are asked about one by one.
const MOST: usize = 8;

pub(crate) fn run(from: &str, to: &str, args: &JudgedArgs) -> Report {
    let mut report = Report::new("explain");
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let above = Judges::new(&judged.world);
    let (explanations, mesh) = match explanations(&above, from, to) {
        Ok(explained) => explained,
        Err(e) => {
            report.fail(Failure::of(&e));
            return report;
        }
    };
    let told = explanations.iter().zip(&mesh).map(|(explanation, mesh)| {
        let text = if args.markdown { explanation.markdown() } else { explanation.text() };
        text + mesh + &judged.spec.as_ref().and_then(|spec| to_add(spec, explanation)).unwrap_or_default()
    });
    report.text = told.collect::<Vec<_>>().join("\n");
    report.text.push_str(&assumed(&judged.world));
    let answers = || explanations.iter().flat_map(|e| &e.parts).map(|part| part.verdict.answer);
    if !answers().all(|answer| answer == Answer::Allowed) {
        report.exit = Exit::No;
    }
    report.result = json!({ "explanations": explanations, "assumed": judged.world.assumed() });
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

/// What the network makes of it, and beside it what the mesh makes of each port, in words.
fn explanations(
    above: &Judges<'_>,
    from: &str,
    to: &str,
) -> Result<(Vec<Explanation>, Vec<String>), Unfound> {
    let (sources, destinations) = (above.network.source(from)?, above.network.destination(to)?);
    let (mut explanations, mut mesh) = (Vec::new(), Vec::new());
    for from in &sources {
        for (to, ports) in &destinations {
            explanations.push(above.network.explain(from, to, ports));
            mesh.push(in_the_mesh(above, from, to, ports));
        }
    }
    Ok((explanations, mesh))
}

/// What the client sees once the mesh has its say, for each of a few TCP ports.
fn in_the_mesh(above: &Judges<'_>, from: &Party, to: &Party, ports: &PortSet) -> String {
    if !above.is_meshed() {
        return String::new();
    }
    let asked = ports.ranges(Protocol::Tcp).filter(|(first, last)| first == last).map(|(port, _)| port);
    let mut text = String::new();
    for port in asked.take(MOST) {
        match above.verdict(from, to, port, None) {
            Some(verdict) => {
                let remains = verdict.told(&above.network.manifests.sources).remains;
                let remains = remains.map(|remains| format!(": {remains}")).unwrap_or_default();
                text.push_str(&format!(
                    "\nTCP {port}, as the client sees it: {}{remains}\n",
                    verdict.outcome.word()
                ));
                text.push_str(&verdict.text(&above.network.manifests.sources));
            }
            None => text.push_str(&format!("\nTCP {port}: what the mesh makes of it is not known\n")),
        }
    }
    text
}
