//! Istiod: what it serves, how fast, and what it refuses.
//!
//! Source of the metrics: <https://istio.io/latest/docs/reference/commands/pilot-discovery/#metrics>.

use super::{
    model::Dashboard,
    plot::{Plot, Section, Shape, Unit, dashboard as build},
};
use crate::{
    Mesh,
    promql::{Expr, Matcher, Series},
};

pub(super) fn dashboard(mesh: &Mesh) -> Dashboard {
    build(
        "meshgen-control-plane",
        "Mesh control plane",
        "Whether proxies are told what they have to know.",
        Vec::new(),
        vec![proxies(), configuration(), certificates(), process(mesh)],
    )
}

fn plot(title: &'static str, unit: Unit, queries: Vec<(Expr, &'static str)>) -> Plot {
    Plot { title, description: "", unit, shape: Shape::Lines, queries }
}

fn all(metric: &'static str) -> Series {
    Series::new(metric, [])
}

fn proxies() -> Section {
    let convergence = |share| Expr::Quantile(share, Vec::new(), all("pilot_proxy_convergence_time_bucket"));
    Section {
        title: "Proxies".to_owned(),
        plots: vec![
            plot("Connected", Unit::Count, vec![(Expr::last_by(&["pod"], all("pilot_xds")), "{{pod}}")]),
            plot(
                "Pushes",
                Unit::EventsASecond,
                vec![(Expr::rate_by(&["type"], all("pilot_xds_pushes")), "{{type}}")],
            ),
            plot(
                "From a change to the proxies",
                Unit::Seconds,
                vec![(convergence("0.5"), "median"), (convergence("0.99"), "99 %")],
            ),
            plot(
                "Refused by proxies",
                Unit::EventsASecond,
                vec![(Expr::rate_by(&[], all("pilot_total_xds_rejects")), "rejects")],
            ),
        ],
    }
}

fn configuration() -> Section {
    let webhook = |metric| Expr::rate_by(&[], all(metric));
    Section {
        title: "Configuration".to_owned(),
        plots: vec![
            plot("Services", Unit::Count, vec![(Expr::last_by(&["pod"], all("pilot_services")), "{{pod}}")]),
            plot(
                "Validation",
                Unit::EventsASecond,
                vec![
                    (webhook("galley_validation_passed"), "passed"),
                    (webhook("galley_validation_failed"), "failed"),
                ],
            ),
            plot(
                "Injection",
                Unit::EventsASecond,
                vec![
                    (webhook("sidecar_injection_success_total"), "injected"),
                    (webhook("sidecar_injection_failure_total"), "failed"),
                ],
            ),
        ],
    }
}

fn certificates() -> Section {
    let rate = |metric| Expr::rate_by(&[], all(metric));
    Section {
        title: "Certificates".to_owned(),
        plots: vec![plot(
            "Signing",
            Unit::EventsASecond,
            vec![
                (rate("citadel_server_csr_count"), "asked for"),
                (rate("citadel_server_success_cert_issuance_count"), "issued"),
                (rate("citadel_server_csr_sign_err_count"), "failed"),
            ],
        )],
    }
}

fn process(mesh: &Mesh) -> Section {
    let istiod = |metric| {
        let here = Matcher::is("namespace", mesh.control_plane.as_str());
        Series::new(metric, [Matcher::is("app", "istiod"), here])
    };
    Section {
        title: "Istiod".to_owned(),
        plots: vec![
            plot(
                "CPU",
                Unit::Cores,
                vec![(Expr::rate_by(&["pod"], istiod("process_cpu_seconds_total")), "{{pod}}")],
            ),
            plot(
                "Memory",
                Unit::Bytes,
                vec![(Expr::last_by(&["pod"], istiod("process_resident_memory_bytes")), "{{pod}}")],
            ),
        ],
    }
}
