//! What holds for addons together.

use std::collections::BTreeSet;

use meshgen_addons::{Addons, Grafana, Kiali, Loki, OwnMetrics, PrometheusVariant, Watched, Zipkin};
use meshgen_bundle::Object;

use crate::common;

fn errors(version: &str, addons: &Addons) -> String {
    let errors = meshgen_addons::addons(&common::mesh(version), addons).unwrap_err();
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn jaeger_and_zipkin_own_the_same_services() {
    let both = Addons { zipkin: Some(Zipkin::default()), ..common::all() };
    insta::assert_snapshot!(errors("1.31.1", &both), @"`jaeger` and `zipkin` both own `Service istio-system/tracing`: use one of them");
}

#[test]
fn every_mistake_is_reported() {
    let addons = Addons {
        grafana: Some(Grafana::default()),
        kiali: Some(Kiali::default()),
        loki: Some(Loki::default()),
        ..Addons::default()
    };
    insta::assert_snapshot!(errors("1.30.4", &addons), @r"
    `grafana` reads `prometheus`, which is not there: add `prometheus`
    `kiali` reads `prometheus`, which is not there: add `prometheus`
    which image of loki belongs to Istio `1.30.4` is not known: use 1.31.0 or later, or leave loki out
    ");
}

#[test]
fn two_dashboards_of_one_name_are_a_mistake() {
    let watched = |namespace: &str| Watched {
        name: "shop".parse().unwrap(),
        namespace: namespace.parse().unwrap(),
        workloads: Vec::new(),
        own_metrics: OwnMetrics::None,
    };
    let grafana = Grafana { watched: vec![watched("a"), watched("b")], ..Grafana::default() };
    let addons = Addons { grafana: Some(grafana), ..common::prometheus(PrometheusVariant::Plain) };
    insta::assert_snapshot!(errors("1.31.1", &addons), @"two dashboards of `grafana` would be one, `ConfigMap istio-system/shop-grafana-dashboard`: give one another name");
}

#[test]
fn the_same_mesh_gives_the_same_objects() {
    assert_eq!(common::of("1.31.1", &common::all()), common::of("1.31.1", &common::all()));
}

#[test]
fn addons_stay_in_the_namespace_that_was_said() {
    let mut mesh = common::mesh("1.31.1");
    mesh.namespace = "observe".parse().unwrap();
    let addons = meshgen_addons::addons(&mesh, &common::all()).unwrap();
    for object in addons.iter().flat_map(|a| &a.objects) {
        assert!(matches!(object.id().namespace.as_deref(), None | Some("observe")), "{}", object.id());
    }
    for (map, key, text) in addons.iter().flat_map(common::files) {
        assert!(!text.contains("tracing.istio-system"), "{map} {key}");
    }
}

#[test]
fn a_revision_injects_the_sidecar_that_writes_certificates() {
    let mut mesh = common::mesh("1.31.1");
    mesh.revision = Some("1-31".parse().unwrap());
    let labels = |variant| {
        let addon = meshgen_addons::addons(&mesh, &common::prometheus(variant)).unwrap().remove(0);
        let Some(Object::Deployment(deployment)) = addon.objects.last() else { panic!("no Deployment") };
        let metadata = deployment.spec.as_ref().unwrap().template.metadata.clone().unwrap();
        metadata.labels.unwrap()
    };
    assert_eq!(labels(PrometheusVariant::SecureMetrics)["istio.io/rev"], "1-31");
    assert_eq!(labels(PrometheusVariant::SecureMetrics)["sidecar.istio.io/inject"], "true");
    assert_eq!(labels(PrometheusVariant::Plain).get("istio.io/rev"), None);
    assert_eq!(labels(PrometheusVariant::Plain)["sidecar.istio.io/inject"], "false");
}

#[test]
fn kiali_and_grafana_know_only_of_what_is_there() {
    let addons = Addons {
        grafana: Some(Grafana::default()),
        kiali: Some(Kiali::default()),
        ..common::prometheus(PrometheusVariant::Plain)
    };
    let all = common::of("1.31.1", &addons);
    let file = |name: &str, key: &str| {
        let addon = all.iter().find(|a| a.name == name).unwrap();
        common::files(addon).into_iter().find(|(_, k, _)| k == key).unwrap().2
    };
    assert!(file("kiali", "config.yaml").contains("tracing:\n    enabled: false\n"));
    let datasources = file("grafana", "datasources.yaml");
    assert_eq!(datasources.matches("uid:").count(), 1, "{datasources}");
}

#[test]
fn no_secret_is_written_and_no_pod_may_become_root() {
    let mut addons = common::all();
    for variant in [
        PrometheusVariant::Plain,
        PrometheusVariant::SecureMetrics,
        PrometheusVariant::Vm,
        PrometheusVariant::VmTls,
    ] {
        addons.prometheus = common::prometheus(variant).prometheus;
        for addon in common::of("1.31.1", &addons) {
            let text: String = addon.objects.iter().map(|o| meshgen_yaml::to_string(o).unwrap()).collect();
            for word in [
                "password",
                "signing_key",
                "kind: Secret",
                "privileged: true",
                "allowPrivilegeEscalation: true",
            ] {
                assert!(!text.contains(word), "{}: {word}", addon.name);
            }
            let containers = text.matches(" image: ").count();
            assert_eq!(text.matches("allowPrivilegeEscalation: false").count(), containers, "{}", addon.name);
        }
    }
}

#[test]
fn an_object_fits_into_the_annotation_of_kubectl() {
    // Source: kubernetes `apimachinery/pkg/api/validation/objectmeta.go`, `TotalAnnotationSizeLimitB`.
    for object in common::of("1.31.1", &common::all()).iter().flat_map(|a| &a.objects) {
        let json = serde_json::to_string(object).unwrap();
        assert!(json.len() < 200 * 1024, "{} {}", object.id(), json.len());
    }
}

#[test]
fn dashboards_have_identities_of_their_own() {
    let all = common::of("1.31.1", &common::all());
    let boards =
        all.iter().flat_map(common::files).filter(|(_, _, text)| text.starts_with('{') && text.len() > 3);
    let mut uids = BTreeSet::new();
    for (_, key, text) in boards {
        let board: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(uids.insert(board["uid"].to_string()), "{key}");
        let panels = board["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|p| p["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{key}");
        assert!(
            panels
                .iter()
                .all(|p| p["gridPos"]["x"].as_u64().unwrap() + p["gridPos"]["w"].as_u64().unwrap() <= 24)
        );
    }
    assert_eq!(uids.len(), 8);
}

/// The names and ports of the Services of all addons.
fn services(addons: &Addons) -> BTreeSet<(String, i32)> {
    let all = common::of("1.31.1", addons);
    let services = all.iter().flat_map(|a| &a.objects).filter_map(|o| match o {
        Object::Service(service) => Some(service),
        _ => None,
    });
    services
        .flat_map(|s| {
            let name = s.metadata.name.clone().unwrap();
            s.spec.clone().unwrap().ports.unwrap().into_iter().map(move |p| (name.clone(), p.port))
        })
        .collect()
}

#[test]
fn spans_go_to_a_service_that_is_there() {
    let zipkin = Addons { zipkin: Some(Zipkin::default()), ..Addons::default() };
    for addons in [common::all(), zipkin] {
        let provider = meshgen_addons::tracing_provider(&common::mesh("1.31.1"), &addons).unwrap();
        let name = provider.service.strip_suffix(".istio-system.svc.cluster.local").unwrap();
        assert!(services(&addons).contains(&(name.to_owned(), provider.port.into())), "{provider:?}");
    }
    assert_eq!(meshgen_addons::tracing_provider(&common::mesh("1.31.1"), &Addons::default()), None);
}

#[test]
fn every_url_leads_to_a_service_that_is_there() {
    let addons = common::all();
    let all = common::of("1.31.1", &addons);
    let texts: Vec<String> = all.iter().flat_map(common::files).map(|(_, _, text)| text).collect();
    let urls: Vec<&str> = texts.iter().flat_map(|t| t.split("http://").skip(1)).collect();
    let mut seen = 0;
    for url in urls.iter().filter_map(|u| u.split_once(".istio-system:")) {
        let port = url.1.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap();
        assert!(services(&addons).contains(&(url.0.to_owned(), port)), "{url:?}");
        seen += 1;
    }
    // Kiali's three, and Grafana's three.
    assert_eq!(seen, 6);
}

#[test]
fn kiali_links_to_dashboards_that_are_there() {
    let all = common::of("1.31.1", &common::all());
    let texts = |name: &str| {
        let addon = all.iter().find(|a| a.name == name).unwrap();
        common::files(addon).into_iter().map(|(_, _, text)| text).collect::<Vec<_>>().join("\n")
    };
    let links: Vec<String> =
        texts("kiali").lines().filter_map(|l| Some(l.trim().strip_prefix("- name: ")?.to_owned())).collect();
    assert_eq!(links, ["Mesh services", "Mesh workloads"]);
    for link in links {
        assert!(texts("grafana").contains(&format!("\"title\": \"{link}\"")), "{link}");
    }
}
