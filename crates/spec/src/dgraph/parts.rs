//! The parts of Dgraph, and how they run.

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Cidr, LabelKey, LabelValue, Name, Quantity, Resources, ServiceType, TrafficPolicy, TreeMap};

/// alpha: it holds data and is asked.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alpha {
    /// How many: 3 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// Its volume.
    #[serde(default)]
    pub persistence: Persistence,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Further labels of its pods.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// Its configuration file: flags of `dgraph alpha`, handed on as they are.
    #[serde(default)]
    pub config: TreeMap,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// zero: it keeps order among alphas.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Zero {
    /// How many, an odd number: 3 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// How many alphas hold the same data.
    #[serde(default)]
    pub shard_replicas: Option<At<u16>>,
    /// Its volume.
    #[serde(default)]
    pub persistence: Persistence,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Further labels of its pods.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// Its configuration file: flags of `dgraph zero`, handed on as they are.
    #[serde(default)]
    pub config: TreeMap,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// ratel: pages that show a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ratel {
    /// How many: 1 unless said otherwise.
    #[serde(default)]
    pub replicas: Option<At<u16>>,
    /// What it needs and may use.
    #[serde(default)]
    pub resources: Resources,
    /// Its Service.
    #[serde(default)]
    pub service: DgraphService,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Persistence {
    /// Whether there is one: yes unless said otherwise.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// Its size.
    #[serde(default)]
    pub size: Option<Quantity>,
    /// Its class.
    #[serde(default)]
    pub storage_class: Option<Name>,
}

/// A Service of the chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DgraphService {
    /// Who can reach it: `ClusterIP` unless said otherwise.
    #[serde(rename = "type", default)]
    pub kind: Option<ServiceType>,
    /// Its annotations.
    #[serde(default)]
    pub annotations: BTreeMap<LabelKey, String>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// Whether the address of the client is kept.
    #[serde(default)]
    pub external_traffic_policy: Option<TrafficPolicy>,
    /// Who may call a load balancer.
    #[serde(default)]
    pub load_balancer_source_ranges: Vec<Cidr>,
}
