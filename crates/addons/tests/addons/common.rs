//! Meshes and addons for tests.

use meshgen_addons::{
    Addon, Addons, Grafana, Jaeger, Kiali, Loki, Mesh, OwnMetrics, Prometheus, PrometheusVariant, Watched,
};
use meshgen_bundle::Object;

pub(crate) fn mesh(version: &str) -> Mesh {
    Mesh {
        version: version.parse().unwrap(),
        namespace: "istio-system".parse().unwrap(),
        control_plane: "istio-system".parse().unwrap(),
        revision: None,
        members: vec!["dgraph".parse().unwrap(), "pydgraph-allow".parse().unwrap()],
    }
}

pub(crate) fn prometheus(variant: PrometheusVariant) -> Addons {
    Addons { prometheus: Some(Prometheus { variant, ..Prometheus::default() }), ..Addons::default() }
}

/// The article's, and logs.
pub(crate) fn all() -> Addons {
    let dgraph = Watched {
        name: "dgraph".parse().unwrap(),
        namespace: "dgraph".parse().unwrap(),
        workloads: vec!["demo-dgraph-alpha".parse().unwrap(), "demo-dgraph-zero".parse().unwrap()],
        own_metrics: OwnMetrics::Dgraph,
    };
    Addons {
        prometheus: Some(Prometheus::default()),
        grafana: Some(Grafana { watched: vec![dgraph], ..Grafana::default() }),
        jaeger: Some(Jaeger::default()),
        kiali: Some(Kiali::default()),
        loki: Some(Loki::default()),
        zipkin: None,
    }
}

pub(crate) fn of(version: &str, addons: &Addons) -> Vec<Addon> {
    meshgen_addons::addons(&mesh(version), addons).unwrap()
}

/// The files in the `ConfigMaps` of an addon: map, key, text.
pub(crate) fn files(addon: &Addon) -> Vec<(String, String, String)> {
    let maps =
        addon.objects.iter().filter_map(|o| if let Object::ConfigMap(map) = o { Some(map) } else { None });
    maps.flat_map(|map| {
        let name = map.metadata.name.clone().unwrap();
        map.data.clone().unwrap().into_iter().map(move |(key, text)| (name.clone(), key, text))
    })
    .collect()
}
