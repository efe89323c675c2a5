//! Ztunnel, the proxy of each node in ambient mode.
//!
//! Source of the metrics: istio/ztunnel `src/proxy/metrics.rs`, `src/xds/metrics.rs`, `src/dns/metrics.rs`.

use super::{
    model::Dashboard,
    plot::{Plot, Section, Shape, Unit, dashboard as build},
};
use crate::{
    Mesh,
    promql::{Expr, Matcher, Series},
};

pub(super) fn dashboard(mesh: &Mesh) -> Dashboard {
    let ztunnel = |metric| {
        Series::new(
            metric,
            [Matcher::is("app", "ztunnel"), Matcher::is("namespace", mesh.control_plane.as_str())],
        )
    };
    let rate = |metric| Expr::rate_by(&["node"], ztunnel(metric));
    let container = |metric| {
        Series::new(metric, [Matcher::is("container", "istio-proxy"), Matcher::like("pod", "ztunnel-.+")])
    };
    let plot = |title, unit, legend, expr| Plot {
        title,
        description: "",
        unit,
        shape: Shape::Lines,
        queries: vec![(expr, legend)],
    };
    let traffic = vec![
        plot(
            "Connections opened",
            Unit::EventsASecond,
            "{{node}}",
            rate("istio_tcp_connections_opened_total"),
        ),
        plot(
            "Connections closed",
            Unit::EventsASecond,
            "{{node}}",
            rate("istio_tcp_connections_closed_total"),
        ),
        plot("Received", Unit::BytesASecond, "{{node}}", rate("istio_tcp_received_bytes_total")),
        plot("Sent", Unit::BytesASecond, "{{node}}", rate("istio_tcp_sent_bytes_total")),
        plot("Questions of DNS", Unit::EventsASecond, "{{node}}", rate("istio_dns_requests_total")),
        plot(
            "Control plane lost",
            Unit::EventsASecond,
            "{{node}}",
            rate("istio_xds_connection_terminations_total"),
        ),
    ];
    let cost = vec![
        plot(
            "CPU",
            Unit::Cores,
            "{{pod}}",
            Expr::rate_by(&["pod"], container("container_cpu_usage_seconds_total")),
        ),
        plot(
            "Memory",
            Unit::Bytes,
            "{{pod}}",
            Expr::last_by(&["pod"], container("container_memory_working_set_bytes")),
        ),
    ];
    build(
        "meshgen-ztunnel",
        "Mesh ztunnel",
        "The proxy of each node in ambient mode. Empty without it.",
        Vec::new(),
        vec![
            Section { title: "Traffic".to_owned(), plots: traffic },
            Section { title: "Cost".to_owned(), plots: cost },
        ],
    )
}
