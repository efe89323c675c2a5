//! Rules: what deserves somebody's eyes. They show in Prometheus' own pages; nothing here sends messages.
//!
//! Source of the form: <https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/>.

use serde::Serialize;

use crate::promql::{Aggregation, Expr, Matcher, Series, Window};

/// A file of rules.
#[derive(Serialize)]
pub(super) struct Rules {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Rule {
    alert: &'static str,
    expr: String,
    #[serde(rename = "for")]
    lasting: &'static str,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Serialize)]
struct Labels {
    severity: &'static str,
}

#[derive(Serialize)]
struct Annotations {
    summary: &'static str,
}

/// No rules: the file is there for the user's own.
pub(super) fn none() -> Rules {
    Rules { groups: Vec::new() }
}

/// Alerts about the mesh.
pub(super) fn alerts() -> Rules {
    Rules { groups: vec![Group { name: "mesh", rules: vec![errors(), rejects(), signing()] }] }
}

fn alert(name: &'static str, summary: &'static str, expr: &Expr) -> Rule {
    Rule {
        alert: name,
        expr: expr.to_string(),
        lasting: "5m",
        labels: Labels { severity: "warning" },
        annotations: Annotations { summary },
    }
}

fn rate(metric: &'static str, matchers: Vec<Matcher>, by: &[&'static str]) -> Expr {
    Expr::Rate(Series::new(metric, matchers), Window::FiveMinutes).by(Aggregation::Sum, by)
}

fn errors() -> Rule {
    let by = ["destination_workload_namespace", "destination_workload"];
    let received = || Matcher::like("reporter", "destination|waypoint");
    let all = rate("istio_requests_total", vec![received()], &by);
    let failed = vec![received(), Matcher::like("response_code", "5..")];
    alert(
        "MeshErrors",
        "more than 5 % of the requests to a workload are answered with 5xx",
        &rate("istio_requests_total", failed, &by).over(all).above("0.05"),
    )
}

fn rejects() -> Rule {
    alert(
        "MeshConfigurationRefused",
        "proxies refuse what istiod tells them, and go on with what they knew",
        &rate("pilot_total_xds_rejects", Vec::new(), &[]).above("0"),
    )
}

fn signing() -> Rule {
    alert(
        "MeshCertificatesNotSigned",
        "istiod cannot sign certificates of workloads, which will lose mTLS",
        &rate("citadel_server_csr_sign_err_count", Vec::new(), &[]).above("0"),
    )
}
