//! The rules of network policies below the mesh. What is expected was seen on a real Istio.

use meshgen_mesh::{Below, Call, Client, Mesh, Outcome};
use meshgen_yaml::Sources;

use crate::{
    naive,
    world::{WORLD, call, get, object, peers, pod, word},
};

/// What a client sees of the server's HTTP port, and of its TCP port, under a network policy for the server.
fn see(policy: &str, objects: &str, client: &str) -> String {
    let text = format!(
        "{WORLD}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: np, namespace: server}}\n\
         spec: {policy}\n---\n{objects}"
    );
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text.clone());
    let mesh = crate::mesh(&text);
    let policies = naive::policies(&sources);
    let one = |to: &str, http: bool| {
        let call = call(&mesh, client, to);
        word(&mesh.verdict(&call, http.then(|| get("/x")).as_ref(), below(&mesh, &policies, &call)), http)
    };
    format!("{} {}", one("web.server:80", true), one("web.server:9000", false))
}

fn below(mesh: &Mesh, policies: &[naive::Policy], call: &Call) -> Below {
    let passes = |wire| naive::passes(mesh, policies, call.client.pod(), call.server, wire);
    let all: Vec<bool> = mesh.wire_ports(call).into_iter().map(passes).collect();
    match (all.contains(&true), all.contains(&false)) {
        (true, true) => Below::Unknown,
        (true, false) => Below::Passes,
        (false, _) => Below::Drops,
    }
}

const FROM_INJECTED: &str =
    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {istio-injection: enabled}}}]}]}";

#[test]
fn s13_the_policy_acts_before_the_mesh() {
    assert_eq!(see(FROM_INJECTED, "", "meshed/cli"), "200 echo");
    assert_eq!(see(FROM_INJECTED, "", "plain/cli"), "timeout timeout");
    let strict = peers("{mtls: {mode: STRICT}}");
    assert_eq!(see(FROM_INJECTED, &strict, "meshed/cli"), "200 echo");
    assert_eq!(see(FROM_INJECTED, &strict, "plain/cli"), "timeout timeout");
    assert_eq!(see("{podSelector: {matchLabels: {app: none}}}", &strict, "plain/cli"), "reset reset");
}

#[test]
fn s13_a_pod_without_a_sidecar_in_an_injected_namespace_passes_the_policy_and_not_strict() {
    let out = "apiVersion: v1\nkind: Pod\nmetadata: {name: out, namespace: meshed, labels: {sidecar.istio.io/inject: 'false'}}\n\
               spec: {containers: [{name: c}]}\n---\n";
    assert_eq!(see(FROM_INJECTED, out, "meshed/out"), "200 echo");
    let strict = peers("{mtls: {mode: STRICT}}");
    assert_eq!(see(FROM_INJECTED, &format!("{out}{strict}"), "meshed/out"), "reset reset");
}

#[test]
fn s14_a_gateway_of_the_gateway_api_lives_in_its_namespace() {
    let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: gw, namespace: server}\n\
                   spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n";
    let own = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}";
    let text = format!(
        "{WORLD}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: np, namespace: server}}\nspec: {own}\n---\n{gateway}"
    );
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text.clone());
    let (mesh, policies) = (crate::mesh(&text), naive::policies(&sources));
    let outcome = |call: &Call| mesh.verdict(call, Some(&get("/x")), below(&mesh, &policies, call)).outcome;
    assert_eq!(outcome(&call(&mesh, "plain/cli", "web.server:80")), Outcome::Timeout);
    assert_eq!(outcome(&call(&mesh, "plain/cli", "gw-istio.server:80")), Outcome::Open);
    let behind = call(&mesh, "server/gw-istio", "web.server:80");
    let client = Client::Gateway(pod(&mesh, "server/gw-istio"), None);
    assert_eq!(outcome(&Call { client, ..behind }), Outcome::Open);
}

#[test]
fn s15_a_policy_may_select_by_labels_of_injection() {
    let injected = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {security.istio.io/tlsMode: istio}}}]}]}";
    assert_eq!(see(injected, "", "meshed/cli"), "200 echo");
    assert_eq!(see(injected, "", "plain/cli"), "timeout timeout");
}

#[test]
fn s16_ports_are_those_of_the_pod_for_meshed_clients_too() {
    let port = |port: &str| format!("{{podSelector: {{}}, ingress: [{{ports: [{{port: {port}}}]}}]}}");
    for client in ["meshed/cli", "plain/cli"] {
        assert_eq!(see(&port("8080"), "", client), "200 timeout");
        for other in ["80", "http", "15006", "15001", "15008"] {
            assert_eq!(see(&port(other), "", client), "timeout timeout", "{other}");
        }
    }
}

#[test]
fn s18_a_meshed_client_whose_packets_are_dropped_gets_nothing_either() {
    assert_eq!(see("{podSelector: {}}", "", "meshed/cli"), "timeout timeout");
}

#[test]
fn s19_the_ports_of_the_sidecar_answer_anyone_but_for_network_policies() {
    let mesh = crate::mesh(&format!(
        "{WORLD}{}{}",
        peers("{mtls: {mode: STRICT}}"),
        object("AuthorizationPolicy", "server", "a", "{}")
    ));
    for port in [15020, 15021, 15090] {
        let call = Call { port, by: meshgen_mesh::By::Address, ..call(&mesh, "plain/cli", "web.server:80") };
        assert_eq!(mesh.verdict(&call, Some(&get("/x")), Below::Passes).outcome, Outcome::Open);
        assert_eq!(mesh.verdict(&call, Some(&get("/x")), Below::Drops).outcome, Outcome::Timeout);
    }
}
