//! The mesh as a whole, its services and its workloads.

use super::{
    SERVICE_TITLE, WORKLOAD_TITLE, members,
    model::{Dashboard, Variable},
    plot::dashboard,
    traffic::{View, inbound, outbound},
};
use crate::{
    Mesh,
    promql::{Expr, Matcher, Series},
};

const NAMESPACE: &str = "namespace";

/// Who calls whom, a line for each called workload.
pub(super) fn overview(mesh: &Mesh) -> Dashboard {
    let label = "destination_workload_namespace";
    let view = View {
        heading: "",
        of: vec![inbound(), Matcher::chosen(label, NAMESPACE)],
        by: &["destination_workload_namespace", "destination_workload"],
        legend: "{{destination_workload_namespace}}/{{destination_workload}}",
    };
    dashboard(
        "meshgen-mesh",
        "Mesh overview",
        "Traffic that workloads of the chosen namespaces receive.",
        vec![namespaces(mesh, label)],
        view.sections(),
    )
}

/// What services receive, a line for each calling workload.
pub(super) fn services(mesh: &Mesh) -> Dashboard {
    let label = "destination_service_namespace";
    let chosen = Matcher::chosen(label, NAMESPACE);
    let view = View {
        heading: "",
        of: vec![inbound(), chosen.clone(), Matcher::chosen("destination_service_name", "service")],
        by: &["source_workload_namespace", "source_workload", "destination_service_name"],
        legend: "{{source_workload_namespace}}/{{source_workload}} → {{destination_service_name}}",
    };
    let service = Variable::label_values(
        "service",
        "Service",
        &Series::new("istio_requests_total", [chosen]),
        "destination_service_name",
        &[],
    );
    dashboard(
        "meshgen-service",
        SERVICE_TITLE,
        "Traffic that the chosen services receive, by who sends it.",
        vec![namespaces(mesh, label), service],
        view.sections(),
    )
}

/// What workloads receive, by caller, and what they send, by what they call.
pub(super) fn workloads(mesh: &Mesh) -> Dashboard {
    let received = View {
        heading: "Received: ",
        of: vec![
            inbound(),
            Matcher::chosen("destination_workload_namespace", NAMESPACE),
            Matcher::chosen("destination_workload", "workload"),
        ],
        by: &["source_workload_namespace", "source_workload", "destination_workload"],
        legend: "{{source_workload_namespace}}/{{source_workload}} → {{destination_workload}}",
    };
    let sent = View {
        heading: "Sent: ",
        of: vec![
            outbound(),
            Matcher::chosen("source_workload_namespace", NAMESPACE),
            Matcher::chosen("source_workload", "workload"),
        ],
        by: &["source_workload", "destination_service"],
        legend: "{{source_workload}} → {{destination_service}}",
    };
    let sections = received.sections().into_iter().chain([sent.http(), sent.grpc(), sent.tcp()]);
    dashboard(
        "meshgen-workload",
        WORKLOAD_TITLE,
        "Traffic that the chosen workloads receive and send.",
        vec![
            namespaces(mesh, "destination_workload_namespace"),
            Variable::workloads("workload", "Workload", &names()),
        ],
        sections.collect(),
    )
}

/// The workloads of the chosen namespaces: a client alone receives nothing, and some speak only TCP.
fn names() -> Expr {
    let of = |namespace, workload, metric| {
        Expr::last_by(&[workload], Series::new(metric, [Matcher::chosen(namespace, NAMESPACE)]))
    };
    let both = |metric| {
        of("destination_workload_namespace", "destination_workload", metric).or(of(
            "source_workload_namespace",
            "source_workload",
            metric,
        ))
    };
    both("istio_requests_total").or(both("istio_tcp_connections_opened_total"))
}

fn namespaces(mesh: &Mesh, label: &'static str) -> Variable {
    let series = Series::new("istio_requests_total", []);
    Variable::label_values(NAMESPACE, "Namespace", &series, label, &members(mesh))
}
