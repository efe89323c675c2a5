//! The small cluster of the rules: a server, a client in the mesh and one outside of it, and what they see.

use std::collections::BTreeMap;

use meshgen_mesh::{Below, By, Call, Client, Mesh, Outcome, Request, Token, Verdict};

use crate::mesh;

/// `server/web` behind the Service `web` (80 is HTTP on 8080, 9000 TCP, 8888 detected), `meshed/cli`, `plain/cli`.
pub(crate) const WORLD: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: server, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: meshed, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: plain}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: server}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-x, port: 9000}, {name: auto, port: 8888}]}
---
apiVersion: v1
kind: Service
metadata: {name: bare, namespace: plain}
spec: {selector: {app: bare}, ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-x, port: 9000}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: server, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c}]}
status: {podIP: 10.244.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: cli, namespace: meshed}
spec: {serviceAccountName: client, containers: [{name: c}]}
status: {podIP: 10.244.0.3}
---
apiVersion: v1
kind: Pod
metadata: {name: cli, namespace: plain}
spec: {containers: [{name: c}]}
status: {podIP: 10.244.0.4}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: plain, labels: {app: bare}}
spec: {containers: [{name: c}]}
---
";

/// An object of the API of security or of networking, by kind, namespace, name and spec.
pub(crate) fn object(kind: &str, namespace: &str, name: &str, spec: &str) -> String {
    let group = match kind {
        "PeerAuthentication" | "AuthorizationPolicy" | "RequestAuthentication" => "security",
        _ => "networking",
    };
    format!(
        "apiVersion: {group}.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"
    )
}

/// An AuthorizationPolicy in the server's namespace.
pub(crate) fn policy(spec: &str) -> String {
    object("AuthorizationPolicy", "server", "a", spec)
}

/// A PeerAuthentication in the server's namespace.
pub(crate) fn peers(spec: &str) -> String {
    object("PeerAuthentication", "server", "p", spec)
}

/// A DestinationRule for the server in a namespace.
pub(crate) fn rule(namespace: &str, traffic: &str) -> String {
    let spec = format!("{{host: web.server.svc.cluster.local, trafficPolicy: {traffic}}}");
    object("DestinationRule", namespace, "d", &spec)
}

pub(crate) fn world(objects: &str) -> Mesh {
    mesh(&format!("{WORLD}{objects}"))
}

pub(crate) fn pod(mesh: &Mesh, name: &str) -> usize {
    let is = |p: &meshgen_mesh::Pod| format!("{}/{}", p.namespace, p.name) == name;
    mesh.pods.iter().position(is).unwrap_or_else(|| panic!("no pod {name}"))
}

pub(crate) fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        host: "web.server".to_owned(),
        headers: BTreeMap::new(),
        token: Token::None,
    }
}

/// A connection to a Service, as `name.namespace:port`.
pub(crate) fn call(mesh: &Mesh, client: &str, to: &str) -> Call {
    let (host, port) = to.split_once(':').unwrap();
    let (name, namespace) = host.split_once('.').unwrap();
    let port: u16 = port.parse().unwrap();
    let is = |s: &meshgen_mesh::Service| s.meta.name == name && s.meta.namespace == namespace;
    let service = mesh.services.iter().position(is).unwrap_or_else(|| panic!("no Service {host}"));
    let (server, pod_port) = mesh.behind(&mesh.services[service], port)[0];
    let client = if client == "outside" {
        Client::Outside(Some("203.0.113.7".parse().unwrap()))
    } else {
        Client::Pod(pod(mesh, client))
    };
    Call { client, server, port: pod_port, by: By::Service(service, port) }
}

/// What is seen, in the words of those who measured it.
pub(crate) fn word(verdict: &Verdict, http: bool) -> &'static str {
    match (&verdict.outcome, http) {
        (Outcome::Open, true) => "200",
        (Outcome::Open, false) => "echo",
        (Outcome::Forbidden, _) => "403",
        (Outcome::Unavailable, _) => "503",
        (other, _) => other.word(),
    }
}

pub(crate) fn seen(mesh: &Mesh, call: &Call, request: Option<&Request>) -> &'static str {
    word(&mesh.verdict(call, request, Below::Passes), request.is_some())
}

/// GET and POST on the HTTP port and something on the TCP port of a host.
pub(crate) fn three(mesh: &Mesh, client: &str, host: &str) -> String {
    let post = Request { method: "POST".to_owned(), ..get("/x") };
    let (http, tcp) =
        (call(mesh, client, &format!("{host}:80")), call(mesh, client, &format!("{host}:9000")));
    [seen(mesh, &http, Some(&get("/x"))), seen(mesh, &http, Some(&post)), seen(mesh, &tcp, None)].join(" ")
}

/// What both clients see of the server, as in the tables of what was measured.
pub(crate) fn row(objects: &str) -> String {
    let mesh = world(objects);
    format!("{} | {}", three(&mesh, "meshed/cli", "web.server"), three(&mesh, "plain/cli", "web.server"))
}

#[track_caller]
pub(crate) fn check(objects: &str, expected: &str) {
    assert_eq!(row(objects), expected, "{objects}");
}
