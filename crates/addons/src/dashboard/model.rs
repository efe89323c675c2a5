//! Dashboards of Grafana as values.
//!
//! Source: <https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/>.

use serde::Serialize;

use crate::promql::{Expr, Series};

/// The identity of the datasource, which the provisioning gives it.
pub(crate) const PROMETHEUS_UID: &str = "prometheus";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) tags: [&'static str; 2],
    pub(crate) editable: bool,
    pub(crate) schema_version: u32,
    pub(crate) refresh: &'static str,
    pub(crate) timezone: &'static str,
    /// 1: the crosshair is shared by all panels.
    pub(crate) graph_tooltip: u8,
    pub(crate) time: Time,
    pub(crate) templating: List<Variable>,
    pub(crate) annotations: List<()>,
    pub(crate) panels: Vec<Panel>,
}

#[derive(Serialize)]
pub(crate) struct Time {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

#[derive(Serialize)]
pub(crate) struct List<T> {
    pub(crate) list: Vec<T>,
}

#[derive(Clone, Copy, Serialize)]
pub(crate) struct Datasource {
    #[serde(rename = "type")]
    kind: &'static str,
    uid: &'static str,
}

pub(super) const PROMETHEUS: Datasource = Datasource { kind: "prometheus", uid: PROMETHEUS_UID };

/// What can be chosen at the top of a dashboard.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Variable {
    name: &'static str,
    label: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    datasource: Datasource,
    query: VariableQuery,
    /// What of an answer is the value; empty is all of it.
    #[serde(skip_serializing_if = "str::is_empty")]
    regex: &'static str,
    /// 2: asked again when the time range changes.
    refresh: u8,
    /// 1: by the alphabet.
    sort: u8,
    multi: bool,
    include_all: bool,
    current: Choice,
}

#[derive(Serialize)]
struct VariableQuery {
    query: String,
    #[serde(rename = "refId")]
    ref_id: &'static str,
}

#[derive(Serialize)]
struct Choice {
    text: Vec<String>,
    value: Vec<String>,
}

impl Variable {
    /// The values of a label. At first these are chosen; none is all.
    pub(crate) fn label_values(
        name: &'static str,
        title: &'static str,
        series: &Series,
        label: &'static str,
        first: &[String],
    ) -> Variable {
        Variable::asks(name, title, format!("label_values({series}, {label})"), "", first)
    }

    /// The values of all labels in an answer whose names end in `workload`.
    pub(crate) fn workloads(name: &'static str, title: &'static str, answer: &Expr) -> Variable {
        Variable::asks(name, title, format!("query_result({answer})"), "/workload=\"([^\"]+)\"/", &[])
    }

    fn asks(
        name: &'static str,
        label: &'static str,
        query: String,
        regex: &'static str,
        first: &[String],
    ) -> Variable {
        let all = |word: &str| vec![word.to_owned()];
        Variable {
            name,
            label,
            kind: "query",
            datasource: PROMETHEUS,
            query: VariableQuery { query, ref_id: "A" },
            regex,
            refresh: 2,
            sort: 1,
            multi: true,
            include_all: true,
            current: if first.is_empty() {
                Choice { text: all("All"), value: all("$__all") }
            } else {
                Choice { text: first.to_vec(), value: first.to_vec() }
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    pub(super) id: u32,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) title: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) description: &'static str,
    pub(super) grid_pos: Rectangle,
    #[serde(flatten)]
    pub(super) content: Content,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Row {
        collapsed: bool,
        panels: [(); 0],
    },
    #[serde(rename_all = "camelCase")]
    Plot {
        datasource: Datasource,
        field_config: FieldConfig,
        options: Options,
        targets: Vec<Target>,
    },
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Rectangle {
    pub(super) h: u32,
    pub(super) w: u32,
    pub(super) x: u32,
    pub(super) y: u32,
}

#[derive(Serialize)]
pub(super) struct FieldConfig {
    pub(super) defaults: Defaults,
    pub(super) overrides: [(); 0],
}

#[derive(Serialize)]
pub(super) struct Defaults {
    pub(super) unit: &'static str,
    pub(super) min: u8,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Options {
    Lines {
        legend: LegendOptions,
        tooltip: Tooltip,
    },
    #[serde(rename_all = "camelCase")]
    Number {
        color_mode: &'static str,
        graph_mode: &'static str,
        reduce_options: Reduce,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LegendOptions {
    pub(super) display_mode: &'static str,
    pub(super) placement: &'static str,
    pub(super) show_legend: bool,
    pub(super) calcs: [&'static str; 2],
}

#[derive(Serialize)]
pub(super) struct Tooltip {
    pub(super) mode: &'static str,
    pub(super) sort: &'static str,
}

#[derive(Serialize)]
pub(super) struct Reduce {
    pub(super) calcs: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    pub(super) datasource: Datasource,
    pub(super) expr: String,
    pub(super) legend_format: &'static str,
    pub(super) ref_id: String,
}
