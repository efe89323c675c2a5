//! Traffic to be seen: a client of ours in the mesh, and Dgraph.

use meshgen_scripts::context::{ServicePort, Traffic};
use meshgen_spec::{MeshMode, Spec};

use super::{tests, words::Words};

pub(super) fn traffic(spec: &Spec, words: &mut Words) -> Option<Traffic> {
    let meshed = |namespace| spec.mesh_mode(namespace) == MeshMode::Sidecar;
    let client =
        spec.workloads.iter().find(|(name, w)| w.build.is_some() && meshed(&name.value.namespace))?;
    let server = spec
        .workloads
        .iter()
        .find(|(_, w)| tests::is_dgraph(spec, w) && w.ports.keys().any(|p| p.as_str() == "http-alpha"))?;
    let place = server.0.place;
    let addon = |is_there: bool, service: &str, port, words: &mut Words| {
        let namespace = spec.addons_namespace().filter(|_| is_there)?;
        Some(ServicePort {
            namespace: words.word(namespace.as_str(), place)?,
            service: words.word(service, place)?,
            port,
        })
    };
    Some(Traffic {
        from: tests::client(spec, client, words)?,
        to_host: words.word(&tests::host(server), place)?,
        service_namespace: words.word(server.0.value.namespace.as_str(), place)?,
        service: words.word(server.1.service(&server.0.value.name), place)?,
        http_port: 8080,
        http_path: words.word("/health", place)?,
        grpc_port: 9080,
        grpc_method: words.word("api.Dgraph/CheckVersion", place)?,
        grpc_proto: Some(words.word("api.proto", place)?),
        dgraph: true,
        prometheus: addon(spec.addons.prometheus.is_some(), "prometheus", 9090, words),
        kiali: addon(spec.addons.kiali.is_some(), "kiali", 20001, words),
    })
}
