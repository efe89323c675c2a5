//! What sidecars and gateways cost.

use super::{
    model::Dashboard,
    plot::{Plot, Section, Shape, Unit, dashboard as build},
};
use crate::promql::{Aggregation, Expr, Matcher, Series};

/// What the kubelet measures of the containers of proxies.
fn proxies(metric: &'static str) -> Series {
    Series::new(metric, [Matcher::is("container", "istio-proxy")])
}

pub(super) fn dashboard() -> Dashboard {
    build(
        "meshgen-performance",
        "Mesh cost of proxies",
        "CPU and memory of the containers called istio-proxy: sidecars, gateways and waypoints.",
        Vec::new(),
        vec![totals(), namespaces()],
    )
}

fn cpu(by: &[&'static str]) -> Expr {
    Expr::rate_by(by, proxies("container_cpu_usage_seconds_total"))
}

fn memory(by: &[&'static str]) -> Expr {
    Expr::last_by(by, proxies("container_memory_working_set_bytes"))
}

fn totals() -> Section {
    let requests = Expr::rate_by(&[], Series::new("istio_requests_total", []));
    let count = Expr::Last(proxies("container_memory_working_set_bytes")).by(Aggregation::Count, &[]);
    let number = |title, description, unit, expr| Plot {
        title,
        description,
        unit,
        shape: Shape::Number,
        queries: vec![(expr, "")],
    };
    Section {
        title: "All proxies".to_owned(),
        plots: vec![
            number("Proxies", "", Unit::Count, count.clone()),
            number("CPU", "", Unit::Cores, cpu(&[])),
            number("Memory of a proxy", "On average.", Unit::Bytes, memory(&[]).over(count)),
            number(
                "CPU of a request",
                "Seconds of CPU for each request that a proxy reports.",
                Unit::Seconds,
                cpu(&[]).over(requests),
            ),
        ],
    }
}

fn namespaces() -> Section {
    let lines = |title, description, unit, expr| Plot {
        title,
        description,
        unit,
        shape: Shape::Lines,
        queries: vec![(expr, "{{namespace}}")],
    };
    let largest =
        Expr::Last(proxies("container_memory_working_set_bytes")).by(Aggregation::Max, &["namespace"]);
    Section {
        title: "By namespace".to_owned(),
        plots: vec![
            lines("CPU", "", Unit::Cores, cpu(&["namespace"])),
            lines("Memory", "", Unit::Bytes, memory(&["namespace"])),
            lines("Largest proxy", "", Unit::Bytes, largest),
        ],
    }
}
