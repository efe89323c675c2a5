//! What Dgraph's alpha and zero measure themselves, merged by sidecars into what they report.
//!
//! Source of the metrics: <https://docs.dgraph.io/admin/metrics>, Dgraph `x/metrics.go`.

use super::plot::{Plot, Section, Shape, Unit};
use crate::{
    Label,
    promql::{Expr, Matcher, Series},
};

pub(super) fn sections(namespace: &Label) -> Vec<Section> {
    let of = |metric| Series::new(metric, [Matcher::is("namespace", namespace.as_str())]);
    let lines = |title, description, unit, legend, expr| Plot {
        title,
        description,
        unit,
        shape: Shape::Lines,
        queries: vec![(expr, legend)],
    };
    let methods: &[_] = &["pod", "method"];
    let plots = vec![
        lines(
            "Queries and mutations",
            "As Dgraph counts them, by method.",
            Unit::RequestsASecond,
            "{{pod}} {{method}}",
            Expr::rate_by(methods, of("dgraph_num_queries_total")),
        ),
        lines(
            "Latency, 99 %",
            "As Dgraph measures it, by method.",
            Unit::Milliseconds,
            "{{method}}",
            Expr::Quantile("0.99", vec!["method"], of("dgraph_latency_bucket")),
        ),
        lines(
            "Pending queries",
            "",
            Unit::Count,
            "{{pod}}",
            Expr::last_by(&["pod"], of("dgraph_pending_queries_total")),
        ),
        lines(
            "Pending proposals",
            "Changes that have not reached a majority of their group.",
            Unit::Count,
            "{{pod}}",
            Expr::last_by(&["pod"], of("dgraph_pending_proposals_total")),
        ),
        lines(
            "Memory in use",
            "",
            Unit::Bytes,
            "{{pod}}",
            Expr::last_by(&["pod"], of("dgraph_memory_inuse_bytes")),
        ),
        lines(
            "Leaders",
            "1 where a node leads its group.",
            Unit::Count,
            "{{pod}}",
            Expr::last_by(&["pod"], of("dgraph_raft_is_leader")),
        ),
    ];
    vec![Section { title: "Dgraph".to_owned(), plots }]
}
