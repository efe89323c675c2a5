//! `addons`.

use meshgen_yaml::{Place, Problem};

use crate::Spec;

pub(super) fn check(spec: &Spec, problems: &mut Vec<Problem>) {
    let addons = &spec.addons;
    if spec.istio.is_none() && !addons.is_empty() {
        problems.push(
            Problem::error(spec.project.place, "addons show a mesh, and there is none")
                .help("say `istio`, or leave `addons` out"),
        );
    }
    if let (Some(jaeger), Some(zipkin)) = (&addons.jaeger, &addons.zipkin) {
        problems.push(
            Problem::error(zipkin.place, "Jaeger and Zipkin own the same Services, `tracing` and `zipkin`")
                .related(jaeger.place, "the other one")
                .help("keep one of them"),
        );
    }
    let needs: [(&str, Option<Place>); 2] = [
        ("Grafana", addons.grafana.as_ref().map(|a| a.place)),
        ("Kiali", addons.kiali.as_ref().map(|a| a.place)),
    ];
    for (who, place) in needs {
        if let Some(place) = place
            && addons.prometheus.is_none()
        {
            problems.push(
                Problem::error(place, format!("{who} shows what Prometheus has measured, and there is none"))
                    .help("say `prometheus: {}`"),
            );
        }
    }
    for watched in addons.grafana.iter().flat_map(|g| g.watched.values()).flatten() {
        super::workloads(spec, watched, problems);
    }
}
