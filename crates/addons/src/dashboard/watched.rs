//! The traffic of workloads that somebody watches: who calls them, and what they call.

use sha2::{Digest, Sha256};

use super::{
    dgraph,
    model::Dashboard,
    plot::dashboard,
    traffic::{View, inbound, outbound},
};
use crate::{OwnMetrics, Watched, WorkloadName, object::hex, promql::Matcher};

pub(super) fn traffic(watched: &Watched) -> Dashboard {
    let received = View {
        heading: "Received: ",
        of: of(watched, inbound(), "destination_workload_namespace", "destination_workload"),
        by: &["source_workload_namespace", "source_workload", "destination_workload"],
        legend: "{{source_workload_namespace}}/{{source_workload}} → {{destination_workload}}",
    };
    let sent = View {
        heading: "Sent: ",
        of: of(watched, outbound(), "source_workload_namespace", "source_workload"),
        by: &["source_workload", "destination_service"],
        legend: "{{source_workload}} → {{destination_service}}",
    };
    let mut sections = received.sections();
    match watched.own_metrics {
        OwnMetrics::None => {}
        OwnMetrics::Dgraph => sections.extend(dgraph::sections(&watched.namespace)),
    }
    sections.extend([sent.http(), sent.grpc(), sent.tcp()]);
    dashboard(
        &uid(watched.name.as_str()),
        &format!("Traffic of {}", watched.name),
        "Who calls these workloads, and whom they call.",
        Vec::new(),
        sections,
    )
}

/// Traffic of the workloads, by the labels that name a workload on one side.
fn of(watched: &Watched, side: Matcher, namespace: &'static str, workload: &'static str) -> Vec<Matcher> {
    let mut of = vec![side, Matcher::is(namespace, watched.namespace.as_str())];
    if !watched.workloads.is_empty() {
        of.push(Matcher::one_of(workload, watched.workloads.iter().map(WorkloadName::as_str)));
    }
    of
}

/// The identity of the dashboard. Grafana allows 40 characters, and names may be longer: then the end of it is a
/// digest of the name.
fn uid(name: &str) -> String {
    let uid = format!("traffic-{name}");
    if uid.len() <= LONGEST_UID {
        return uid;
    }
    let digest: String = hex(&Sha256::digest(name)).chars().take(16).collect();
    let kept: String = uid.chars().take(LONGEST_UID - digest.len() - 1).collect();
    format!("{kept}-{digest}")
}

/// Source: grafana `pkg/util/shortid_generator.go`, `MaxUIDLength`.
const LONGEST_UID: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_has_an_identity_that_grafana_takes() {
        assert_eq!(uid("dgraph"), "traffic-dgraph");
        let (one, other) = ("a".repeat(63), format!("{}b", "a".repeat(62)));
        assert_eq!(uid(&one).len(), LONGEST_UID);
        assert_ne!(uid(&one), uid(&other));
    }
}
