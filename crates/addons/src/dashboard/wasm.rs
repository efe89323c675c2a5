//! Extensions of proxies in WebAssembly.
//!
//! Source of the metrics: istio `pkg/wasm/monitoring.go`; pilot-agent puts `istio_agent_` in front.

use super::{
    model::Dashboard,
    plot::{Plot, Section, Shape, Unit, dashboard as build},
};
use crate::promql::{Expr, Series};

pub(super) fn dashboard() -> Dashboard {
    let by = |labels, metric| Expr::rate_by(labels, Series::new(metric, []));
    let plot = |title, unit, legend, expr| Plot {
        title,
        description: "",
        unit,
        shape: Shape::Lines,
        queries: vec![(expr, legend)],
    };
    let entries = Expr::last_by(&["namespace"], Series::new("istio_agent_wasm_cache_entries", []));
    let plots = vec![
        plot("Modules in caches", Unit::Count, "{{namespace}}", entries),
        plot(
            "Look-ups in caches",
            Unit::EventsASecond,
            "hit: {{hit}}",
            by(&["hit"], "istio_agent_wasm_cache_lookup_count"),
        ),
        plot(
            "Fetches",
            Unit::EventsASecond,
            "{{result}}",
            by(&["result"], "istio_agent_wasm_remote_fetch_count"),
        ),
        plot(
            "Conversions",
            Unit::EventsASecond,
            "{{result}}",
            by(&["result"], "istio_agent_wasm_config_conversion_count"),
        ),
    ];
    build(
        "meshgen-wasm",
        "Mesh extensions",
        "Whether proxies get the extensions that they are told to run.",
        Vec::new(),
        vec![Section { title: "WebAssembly".to_owned(), plots }],
    )
}
