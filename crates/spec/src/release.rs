//! Releases of charts: Dgraph's, which is known, and any other.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    ChartName, ChartVersion, Dgraph, Existing, LabelKey, LabelValue, Name, Origin, Port, PortName, TreeMap,
    Workload, WorkloadKind, WorkloadName,
};

/// A release: either `dgraph`, or `chart` with its `repository` and `version`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// Dgraph, by its own chart.
    #[serde(default)]
    pub dgraph: Option<At<Box<Dgraph>>>,
    /// The name of a chart in its repository.
    #[serde(default)]
    pub chart: Option<At<ChartName>>,
    /// The repository, by its name under `repositories`.
    #[serde(default)]
    pub repository: Option<At<Name>>,
    /// The exact version of the chart.
    #[serde(default)]
    pub version: Option<At<ChartVersion>>,
    /// Values of the chart, handed on as they are; `{ fromEnv: NAME }` is a variable of whoever deploys.
    #[serde(default)]
    pub values: TreeMap,
    /// Releases that come first, `namespace/name`.
    #[serde(default)]
    pub needs: Vec<At<WorkloadName>>,
    /// What the chart runs, by the name of the object: who is not told cannot be named in policies.
    #[serde(default)]
    pub workloads: BTreeMap<At<Name>, ReleaseWorkload>,
}

/// A workload that a chart runs: what policies, clients and a judge must know of it.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleaseWorkload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Labels of its pods that tell them apart.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Its service account: `default` unless said otherwise.
    #[serde(default)]
    pub service_account: Option<Name>,
    /// The Service in front of it: one of the same name unless said otherwise.
    #[serde(default)]
    pub service: Option<Name>,
    /// Its ports, by name.
    #[serde(default)]
    pub ports: BTreeMap<At<PortName>, Port>,
}

impl Release {
    /// The workloads of this release, under their names, so that the rest of a spec can name them.
    pub(crate) fn declared(&self, release: &At<WorkloadName>) -> BTreeMap<At<WorkloadName>, Workload> {
        let name = |name: Name| At {
            value: WorkloadName { namespace: release.namespace.clone(), name },
            place: release.place,
        };
        let mut all = BTreeMap::new();
        for member in self.dgraph.iter().flat_map(|d| d.members(&release.name)) {
            let ports =
                member.ports.into_iter().map(|(n, port)| (At { value: n, place: release.place }, port));
            let existing = Existing {
                kind: member.kind,
                labels: member.labels,
                service_account: member.service_account,
                service: Some(member.name.clone()),
            };
            let workload = Workload {
                existing: Some(At { value: existing, place: release.place }),
                ports: ports.collect(),
                origin: Origin::Release(release.value.clone()),
                ..Workload::default()
            };
            all.insert(name(member.name), workload);
        }
        for (workload_name, said) in &self.workloads {
            let existing = Existing {
                kind: said.kind,
                labels: said.labels.clone(),
                service_account: said.service_account.clone(),
                service: said.service.clone(),
            };
            let workload = Workload {
                existing: Some(At { value: existing, place: workload_name.place }),
                ports: said.ports.clone(),
                origin: Origin::Release(release.value.clone()),
                ..Workload::default()
            };
            all.insert(At { place: workload_name.place, ..name(workload_name.value.clone()) }, workload);
        }
        all
    }
}
