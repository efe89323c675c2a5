//! Panels without a place, and how they get one.

use super::model::{
    Content, Dashboard, Defaults, FieldConfig, LegendOptions, List, Options, PROMETHEUS, Panel, Rectangle,
    Reduce, Target, Time, Tooltip, Variable,
};
use crate::promql::Expr;

/// What a panel's numbers are. The words are Grafana's.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    RequestsASecond,
    MessagesASecond,
    EventsASecond,
    BytesASecond,
    Bytes,
    Milliseconds,
    Seconds,
    Share,
    Cores,
    Count,
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Unit::RequestsASecond => "reqps",
            Unit::MessagesASecond => "mps",
            Unit::EventsASecond => "ops",
            Unit::BytesASecond => "Bps",
            Unit::Bytes => "bytes",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Share => "percentunit",
            Unit::Cores => "none",
            Unit::Count => "short",
        }
    }
}

/// How a panel shows its numbers.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Lines over time, half of the width.
    Lines,
    /// The last number, a quarter of the width.
    Number,
}

/// A panel that has no place yet.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) unit: Unit,
    pub(crate) shape: Shape,
    /// Each with its legend, where `{{label}}` is the value of a label.
    pub(crate) queries: Vec<(Expr, &'static str)>,
}

impl Plot {
    fn panel(self, id: u32, grid_pos: Rectangle) -> Panel {
        let (kind, options) = match self.shape {
            Shape::Lines => ("timeseries", lines()),
            Shape::Number => ("stat", number()),
        };
        let targets = self.queries.into_iter().zip('A'..='Z').map(|((expr, legend_format), letter)| Target {
            datasource: PROMETHEUS,
            expr: expr.to_string(),
            legend_format,
            ref_id: letter.to_string(),
        });
        let content = Content::Plot {
            datasource: PROMETHEUS,
            field_config: FieldConfig {
                defaults: Defaults { unit: self.unit.word(), min: 0 },
                overrides: [],
            },
            options,
            targets: targets.collect(),
        };
        Panel { id, kind, title: self.title.to_owned(), description: self.description, grid_pos, content }
    }
}

fn lines() -> Options {
    Options::Lines {
        legend: LegendOptions {
            display_mode: "table",
            placement: "bottom",
            show_legend: true,
            calcs: ["lastNotNull", "max"],
        },
        tooltip: Tooltip { mode: "multi", sort: "desc" },
    }
}

fn number() -> Options {
    Options::Number {
        color_mode: "value",
        graph_mode: "area",
        reduce_options: Reduce { calcs: ["lastNotNull"] },
    }
}

/// Panels under one heading.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) plots: Vec<Plot>,
}

/// Grafana's grid has this many columns.
const COLUMNS: u32 = 24;

/// Gives panels their places: each section begins a row, and panels flow from left to right.
pub(crate) fn lay_out(sections: Vec<Section>) -> Vec<Panel> {
    let mut panels = Vec::new();
    let (mut id, mut y) = (0, 0);
    let mut next = || {
        id += 1;
        id
    };
    for section in sections {
        panels.push(Panel {
            id: next(),
            kind: "row",
            title: section.title,
            description: "",
            grid_pos: Rectangle { h: 1, w: COLUMNS, x: 0, y },
            content: Content::Row { collapsed: false, panels: [] },
        });
        y += 1;
        let (mut x, mut height) = (0, 0);
        for plot in section.plots {
            let (w, h) = match plot.shape {
                Shape::Lines => (COLUMNS / 2, 9),
                Shape::Number => (COLUMNS / 4, 4),
            };
            if x + w > COLUMNS {
                (x, y, height) = (0, y + height, 0);
            }
            panels.push(plot.panel(next(), Rectangle { h, w, x, y }));
            x += w;
            height = height.max(h);
        }
        y += height;
    }
    panels
}

/// A dashboard of the mesh. `name` is its identity and does not change when its title does.
pub(crate) fn dashboard(
    name: &str,
    title: &str,
    description: &str,
    variables: Vec<Variable>,
    sections: Vec<Section>,
) -> Dashboard {
    Dashboard {
        uid: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        tags: ["istio", "meshgen"],
        editable: false,
        schema_version: 41,
        refresh: "30s",
        timezone: "browser",
        graph_tooltip: 1,
        time: Time { from: "now-30m", to: "now" },
        templating: List { list: variables },
        annotations: List { list: Vec::new() },
        panels: lay_out(sections),
    }
}
