//! Where gateways lead, as simply as can be.

use meshgen_mesh::Mesh;
use meshgen_yaml::{Limits, Node, Sources, documents, split_documents};

use crate::naive::{at, list, text, word};

pub(crate) fn objects(sources: &Sources) -> Vec<Node> {
    let mut all = Vec::new();
    for (file, source) in sources.iter() {
        for range in split_documents(&source.text) {
            all.extend(documents(file, &source.text, range, Limits::default()).unwrap());
        }
    }
    all
}

/// The Service, by its number, and the port of it to which a request for a host is led by a port of a gateway.
pub(crate) fn behind(
    mesh: &Mesh,
    objects: &[Node],
    gateway: usize,
    port: u16,
    host: &str,
) -> Option<(usize, u16)> {
    let of = |kind: &'static str, group: &'static str| {
        objects.iter().filter(move |o| {
            word(o, &["kind"]) == Some(kind) && word(o, &["apiVersion"]).is_some_and(|v| v.starts_with(group))
        })
    };
    let name = |o: &Node| word(o, &["metadata", "name"]).unwrap().to_owned();
    let labels = mesh.labels(gateway).unwrap();
    let istio = of("Gateway", "networking.istio.io").find(|g| {
        let selector = at(g, &["spec", "selector"]).unwrap().entries();
        let server = |s: &Node| {
            word(s, &["port", "number"]).unwrap().parse() == Ok(port)
                && list(s, &["hosts"]).iter().any(|h| text(h) == Some(host))
        };
        selector.iter().all(|e| labels.get(&*e.key.text).map(String::as_str) == text(&e.value))
            && list(g, &["spec", "servers"]).iter().any(server)
    });
    let (route, to) = if let Some(gateway) = istio {
        let route = of("VirtualService", "networking.istio.io").find(|v| {
            list(v, &["spec", "gateways"]).iter().any(|g| text(g).unwrap().ends_with(&name(gateway)))
                && list(v, &["spec", "hosts"]).iter().any(|h| text(h) == Some(host))
        })?;
        let to = at(&list(&list(route, &["spec", "http"])[0], &["route"])[0], &["destination"])?;
        (route, (word(to, &["host"])?, word(to, &["port", "number"])?))
    } else {
        let own = labels.get("gateway.networking.k8s.io/gateway-name")?;
        let route = of("HTTPRoute", "gateway.networking.k8s.io").find(|r| {
            list(r, &["spec", "parentRefs"]).iter().any(|p| word(p, &["name"]) == Some(own))
                && list(r, &["spec", "hostnames"]).iter().any(|h| text(h) == Some(host))
        })?;
        let to = &list(&list(route, &["spec", "rules"])[0], &["backendRefs"])[0];
        (route, (word(to, &["name"])?, word(to, &["port"])?))
    };
    let namespace = word(route, &["metadata", "namespace"]).unwrap_or("default");
    let is = |s: &meshgen_mesh::Service| {
        s.host() == to.0 || (s.meta.name == to.0 && s.meta.namespace == namespace)
    };
    Some((mesh.services.iter().position(is)?, to.1.parse().unwrap()))
}
