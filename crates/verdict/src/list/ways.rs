//! Ways in, and what the mesh makes of them: the pod sees whoever passes the traffic on (S20).

use meshgen_mesh::{Below, Call, Client, Membership, Outcome, OutcomeTold, ReasonTold, Verdict};
use meshgen_reach::{Focus, Party, PortSet, Protocol, WayTold};
use schemars::JsonSchema;
use serde::Serialize;

use super::{lines::tcp_ports, text::because};
use crate::Judges;

/// A way in, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// The way, by the ports that are open.
    #[serde(flatten)]
    pub way: WayTold,
    /// Ports that the network leaves open and the mesh does not, or only in part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<WaySeen>,
}

/// What is seen of a port by a way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaySeen {
    /// The port.
    pub ports: PortSet,
    /// What whoever passes the traffic on sees, in a word.
    pub outcome: OutcomeTold,
    /// Which requests pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remains: Option<String>,
    /// What decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<ReasonTold>,
}

impl Way {
    /// Whether anything is left that is open, or perhaps open by what the network says.
    pub(crate) fn is_open(&self) -> bool {
        !self.way.ports.is_empty() || !self.way.unknown.is_empty()
    }
}

impl WaySeen {
    pub(crate) fn told(&self) -> String {
        let said = self.remains.iter().cloned().chain(self.because.as_ref().map(because));
        let said = said.collect::<Vec<String>>().join("; ");
        let colon = if said.is_empty() { "" } else { ": " };
        format!("{} ({}{colon}{said})", self.ports, self.outcome.word())
    }
}

impl Judges<'_> {
    pub(crate) fn ways(&self, focus: &Focus) -> Vec<Way> {
        let cluster = &self.network.manifests.cluster;
        let mut all: Vec<Way> = Vec::new();
        for found in self.network.ways() {
            let workload = cluster.pods.get(found.pod).and_then(|p| cluster.workloads.get(p.workload));
            if found.permitted.possible.is_empty() || !workload.is_some_and(|w| focus.is_about(w)) {
                continue;
            }
            let (sure, possible) =
                (focus.ports(&found.permitted.sure), focus.ports(&found.permitted.possible));
            let mut way = Way {
                way: WayTold {
                    door: format!("{} {}", found.kind, found.door),
                    via: found.via.title(cluster),
                    to: Party::Pod(found.pod).title(cluster),
                    unknown: possible.minus(&sure),
                    ports: sure,
                    at: found.at,
                },
                seen: Vec::new(),
            };
            // Doors speak TCP, and lead to single ports.
            for port in tcp_ports(&possible).flat_map(|(first, last)| first..=last) {
                self.by_way(&found.via, found.pod, port, &mut way);
            }
            if (way.is_open() || !way.seen.is_empty()) && !all.contains(&way) {
                all.push(way);
            }
        }
        all
    }

    fn by_way(&self, via: &Party, pod: usize, port: u16, way: &mut Way) {
        let verdict = self.passed_on(via, pod, port);
        if verdict.as_ref().is_some_and(|v| v.outcome == Outcome::Open) {
            return;
        }
        let ports = PortSet::one(Protocol::Tcp, port);
        let unsure = way.way.unknown.contains(Protocol::Tcp, port);
        (way.way.ports, way.way.unknown) = (way.way.ports.minus(&ports), way.way.unknown.minus(&ports));
        let told = verdict.map(|v| v.told(&self.network.manifests.sources));
        let partial = told.as_ref().filter(|t| !(unsure && t.remains.is_some()));
        way.seen.push(WaySeen {
            ports,
            outcome: partial.map_or(OutcomeTold::Unknown, |t| t.outcome),
            remains: partial.and_then(|t| t.remains.clone()),
            because: told.and_then(|t| t.reasons.last().cloned()),
        });
    }

    /// What whoever passes the traffic on sees; nothing if nobody knows who that is, and it matters.
    fn passed_on(&self, via: &Party, pod: usize, port: u16) -> Option<Verdict> {
        let server = self.world.pods.get(pod).copied().flatten()?;
        let member = |pod: &usize| self.world.pods.get(*pod).copied().flatten();
        let client = match via {
            Party::Pod(pod) => {
                let pod = member(pod)?;
                let gateway = self.mesh.membership(pod) == Membership::Gateway;
                if gateway { Client::Gateway(pod, None) } else { Client::Pod(pod) }
            }
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => Client::Outside(None),
        };
        let call = Call { client, server, port, by: self.by(server, port) };
        let verdict = self.mesh.any(&call, Below::Passes);
        // Of a controller that is not there nobody knows whether it is in the mesh: where plain text passes without
        // being looked at, that does not matter.
        let known = matches!(via, Party::Pod(_))
            || (verdict.outcome == Outcome::Open && self.mesh.bound(server).is_empty());
        known.then_some(verdict)
    }
}
