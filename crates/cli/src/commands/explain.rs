//! `explain`: why one may connect to another, or not.

use meshgen::{
    findings::Rule,
    mesh::{Outcome, OutcomeTold, Told as MeshTold, Verdict},
    reach::{Answer, Explanation, PortSet, Protocol, Unfound},
    spec::{Port, Spec, WorkloadName},
    verdict::Judges,
    yaml::Sources,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::judged::{assumed, judged};
use crate::{
    args::JudgedArgs,
    exit::Exit,
    report::{self, Failure, Report},
};

pub(crate) const KIND: &str = "explain";

/// Why one may connect to another, or not; or what the code of a finding means.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ExplainResult")]
pub(crate) enum Told<'e> {
    /// About connections.
    Connection {
        /// One for each pair of those that the ends may mean.
        explanations: Vec<ExplainedTold<'e>>,
        /// What was assumed.
        assumed: &'e [&'static str],
    },
    /// About the code of a finding.
    Rule {
        /// What is told of it.
        rule: &'e Rule,
    },
}

impl report::Told for Told<'_> {
    const KIND: &'static str = KIND;
}

pub(crate) fn run(from: &str, to: &str, args: &JudgedArgs) -> Report {
    let mut report = Report::new(KIND);
    let Some(judged) = judged(&args.file, &mut report) else { return report };
    let judges = Judges::new(&judged.world);
    let explained = match explained(&judges, from, to) {
        Ok(explained) => explained,
        Err(e) => {
            report.fail(Failure::of(&e));
            return report;
        }
    };
    let sources = &judged.world.manifests.sources;
    let told = explained.iter().map(|one| {
        let text = if args.markdown { one.network.markdown() } else { one.network.text() };
        let to_add = judged.spec.as_ref().and_then(|spec| to_add(spec, &one.network));
        text + &one.text(sources) + &to_add.unwrap_or_default()
    });
    report.text = told.collect::<Vec<_>>().join("\n");
    report.text.push_str(&assumed(&judged.world));
    if !explained.iter().all(Explained::is_open) {
        report.exit = Exit::No;
    }
    let explanations = explained.iter().map(|one| one.told(sources)).collect();
    report.tell(&Told::Connection { explanations, assumed: &judged.world.assumed() });
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

/// What the network makes of a connection, and what the client sees once the mesh has its say.
struct Explained {
    network: Explanation,
    /// By ports; none where no pod may be in a mesh.
    seen: Vec<(PortSet, Option<Verdict>)>,
}

impl Explained {
    /// Whether the connection is plainly open.
    fn is_open(&self) -> bool {
        let open = |verdict: &Option<Verdict>| verdict.as_ref().is_some_and(|v| v.outcome == Outcome::Open);
        self.network.parts.iter().all(|part| part.verdict.answer == Answer::Allowed)
            && self.seen.iter().all(|(_, verdict)| open(verdict))
    }

    fn text(&self, sources: &Sources) -> String {
        let mut text = String::new();
        for (ports, verdict) in &self.seen {
            match verdict {
                Some(verdict) => {
                    let remains = verdict.told(sources).remains;
                    let remains = remains.map(|remains| format!(": {remains}")).unwrap_or_default();
                    let outcome = verdict.outcome.word();
                    text.push_str(&format!("\n{ports}, as the client sees it: {outcome}{remains}\n"));
                    text.push_str(&verdict.text(sources));
                }
                None => text.push_str(&format!("\n{ports}: what the mesh makes of it is not known\n")),
            }
        }
        text
    }

    fn told(&self, sources: &Sources) -> ExplainedTold<'_> {
        let unknown = || MeshTold { outcome: OutcomeTold::Unknown, remains: None, reasons: Vec::new() };
        let seen = self.seen.iter().map(|(ports, verdict)| SeenTold {
            ports,
            seen: verdict.as_ref().map_or_else(unknown, |verdict| verdict.told(sources)),
        });
        ExplainedTold { network: &self.network, seen: seen.collect() }
    }
}

/// Why one may connect to another, or not.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Explained")]
pub(crate) struct ExplainedTold<'e> {
    #[serde(flatten)]
    network: &'e Explanation,
    /// What the client sees, by ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    seen: Vec<SeenTold<'e>>,
}

/// What the client sees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Seen")]
struct SeenTold<'e> {
    ports: &'e PortSet,
    #[serde(flatten)]
    seen: MeshTold,
}

fn explained(judges: &Judges<'_>, from: &str, to: &str) -> Result<Vec<Explained>, Unfound> {
    let (sources, destinations) = (judges.network.source(from)?, judges.network.destination(to)?);
    let mut all = Vec::new();
    for from in &sources {
        for (to, ports) in &destinations {
            let network = judges.network.explain(from, to, &judges.on_the_wire(from, to, ports));
            let seen = if judges.is_meshed() { judges.verdicts(from, to, ports) } else { Vec::new() };
            all.push(Explained { network, seen });
        }
    }
    Ok(all)
}
