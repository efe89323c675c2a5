//! Network policies, as simply as can be: what a packet meets below the mesh.

use std::collections::BTreeMap;

use meshgen_mesh::{Labels, Mesh};
use meshgen_yaml::{Limits, Node, Sources, documents, split_documents};

/// A network policy: its namespace and its spec.
pub(crate) struct Policy {
    namespace: String,
    spec: Node,
}

pub(crate) fn policies(sources: &Sources) -> Vec<Policy> {
    let mut all = Vec::new();
    for (file, source) in sources.iter() {
        for range in split_documents(&source.text) {
            for node in documents(file, &source.text, range, Limits::default()).unwrap() {
                if word(&node, &["kind"]) == Some("NetworkPolicy") {
                    let namespace = word(&node, &["metadata", "namespace"]).unwrap_or("default").to_owned();
                    all.push(Policy { namespace, spec: at(&node, &["spec"]).unwrap().clone() });
                }
            }
        }
    }
    all
}

/// Whether packets pass from one pod, or from outside, to a port of another.
pub(crate) fn passes(mesh: &Mesh, policies: &[Policy], from: Option<usize>, to: usize, port: u16) -> bool {
    from == Some(to)
        || (from.is_none_or(|f| side(mesh, policies, (f, Some(to)), to, port, ("Egress", "egress", "to")))
            && side(mesh, policies, (to, from), to, port, ("Ingress", "ingress", "from")))
}

fn side(
    mesh: &Mesh,
    policies: &[Policy],
    (own, peer): (usize, Option<usize>),
    server: usize,
    port: u16,
    (direction, rules, peers): (&str, &str, &str),
) -> bool {
    let pod = &mesh.pods[own];
    let binds = |p: &&Policy| {
        let named: Vec<&str> = list(&p.spec, &["policyTypes"]).iter().filter_map(text).collect();
        let typed = if named.is_empty() {
            direction == "Ingress" || !list(&p.spec, &[rules]).is_empty()
        } else {
            named.contains(&direction)
        };
        typed
            && p.namespace == pod.namespace
            && selects(at(&p.spec, &["podSelector"]), mesh.labels(own).unwrap())
    };
    let applied: Vec<&Policy> = policies.iter().filter(binds).collect();
    let admits = |p: &&Policy| {
        list(&p.spec, &[rules]).iter().any(|rule| {
            let (ends, ports) = (list(rule, &[peers]), list(rule, &["ports"]));
            (ends.is_empty()
                || ends.iter().any(|e| peer.is_some_and(|p2| is_meant(mesh, e, &p.namespace, p2))))
                && (ports.is_empty() || ports.iter().any(|p| is_port(mesh, p, server, port)))
        })
    };
    applied.is_empty() || applied.iter().any(admits)
}

fn is_meant(mesh: &Mesh, peer: &Node, namespace: &str, pod: usize) -> bool {
    assert!(at(peer, &["ipBlock"]).is_none(), "addresses are not known here");
    let of = &mesh.pods[pod];
    let none = BTreeMap::new();
    let space = match at(peer, &["namespaceSelector"]) {
        None => of.namespace == namespace,
        Some(selector) => selects(Some(selector), mesh.namespaces.get(&of.namespace).unwrap_or(&none)),
    };
    space && selects(at(peer, &["podSelector"]), mesh.labels(pod).unwrap())
}

fn is_port(mesh: &Mesh, rule: &Node, server: usize, port: u16) -> bool {
    let tcp = word(rule, &["protocol"]).is_none_or(|p| p == "TCP");
    let end: Option<u16> = word(rule, &["endPort"]).and_then(|p| p.parse().ok());
    let fits = match word(rule, &["port"]).map(|p| (p, p.parse::<u16>())) {
        None => true,
        Some((_, Ok(first))) => (first..=end.unwrap_or(first)).contains(&port),
        Some((name, Err(_))) => mesh.pods[server]
            .ports
            .iter()
            .any(|p| p.name.as_deref() == Some(name) && p.number == port && p.tcp),
    };
    tcp && fits
}

fn selects(selector: Option<&Node>, labels: &Labels) -> bool {
    let Some(selector) = selector else { return true };
    let plain = at(selector, &["matchLabels"]).map_or(&[][..], Node::entries);
    let plain = plain.iter().all(|e| labels.get(&*e.key.text).map(String::as_str) == text(&e.value));
    let expression = |e: &Node| {
        let value = labels.get(word(e, &["key"]).unwrap()).map(String::as_str);
        let listed = list(e, &["values"]).iter().any(|v| text(v) == value);
        match word(e, &["operator"]).unwrap() {
            "In" => value.is_some() && listed,
            "NotIn" => value.is_none() || !listed,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            other => panic!("{other}"),
        }
    };
    plain && list(selector, &["matchExpressions"]).iter().all(expression)
}

pub(crate) fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |n, key| n.get(key)).filter(|n| !n.is_null())
}

pub(crate) fn list<'a>(node: &'a Node, path: &[&str]) -> &'a [Node] {
    at(node, path).map_or(&[], Node::items)
}

pub(crate) fn word<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    at(node, path).and_then(text)
}

pub(crate) fn text(node: &Node) -> Option<&str> {
    node.scalar().map(|s| &*s.text)
}
