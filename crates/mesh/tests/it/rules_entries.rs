//! The rules of `ServiceEntries`, and of what lies behind Services without a selector.

use meshgen_mesh::{Below, By, Call, Client, Mesh, Outside};

use crate::world::{call, get, object, peers, pod, seen, world};

const STRICT: &str = "{mtls: {mode: STRICT}}";

fn entry(spec: &str) -> String {
    object("ServiceEntry", "server", "se", &format!("{{hosts: [web.example], {spec}}}"))
}

/// What `meshed/cli` sees of `server/web` by the host of a ServiceEntry, by a request and by bytes.
fn by_host(objects: &str) -> String {
    let mesh = world(objects);
    let number = mesh.services.iter().position(|s| s.host() == "web.example").expect("it is a Service");
    let port = mesh.services[number].ports[0].number;
    let (server, on) = mesh.behind(&mesh.services[number], port)[0];
    let call = Call {
        client: Client::Pod(pod(&mesh, "meshed/cli")),
        server,
        port: on,
        by: By::Service(number, port),
    };
    format!("{} {}", seen(&mesh, &call, Some(&get("/x"))), seen(&mesh, &call, None))
}

#[test]
fn a_service_entry_may_lead_to_pods_of_the_mesh_by_labels() {
    let selected = |more: &str| {
        entry(&format!(
            "{more} resolution: STATIC, workloadSelector: {{labels: {{app: web}}}}, ports: [{{number: 90, name: t, protocol: TCP, targetPort: 9000}}]"
        ))
    };
    let internal = selected("location: MESH_INTERNAL,");
    assert_eq!(by_host(&internal), "200 echo");
    assert_eq!(by_host(&format!("{internal}{}", peers(STRICT))), "200 echo");
    // What is outside of the mesh gets no mTLS, unless a rule says so; outside is what is not said to be inside.
    let external = selected("");
    assert_eq!(by_host(&external), "200 echo");
    assert_eq!(by_host(&format!("{external}{}", peers(STRICT))), "reset reset");
    let mutual = "{host: web.example, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}";
    let rule = object("DestinationRule", "server", "d", mutual);
    assert_eq!(by_host(&format!("{external}{}{rule}", peers(STRICT))), "200 echo");
}

#[test]
fn a_service_entry_may_lead_to_pods_of_the_mesh_by_address() {
    let by_address = |endpoint: &str| {
        let entry = entry(&format!(
            "location: MESH_INTERNAL, resolution: STATIC, endpoints: [{{address: 10.244.0.2{endpoint}}}], ports: [{{number: 90, name: t, protocol: TCP}}]"
        ));
        by_host(&format!("{entry}{}", peers(STRICT)))
    };
    // An endpoint that does not say that it takes mTLS gets none.
    assert_eq!(by_address(""), "reset reset");
    assert_eq!(by_address(", serviceAccount: web"), "200 echo");
    assert_eq!(by_address(", labels: {security.istio.io/tlsMode: istio}, ports: {t: 9000}"), "200 echo");
}

#[test]
fn addresses_behind_a_service_without_a_selector_may_be_of_pods() {
    let service = |namespace: &str, slice: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: bare, namespace: {namespace}}}\nspec: {{ports: [{{name: tcp, port: 90}}]}}\n---\n{slice}\n---\n{}",
            peers(STRICT)
        )
    };
    let slice = |namespace: &str, end: &str| {
        format!(
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: s, namespace: {namespace}, labels: {{kubernetes.io/service-name: bare}}}}\nports: [{{name: tcp, port: 9000}}]\nendpoints: [{{{end}}}]"
        )
    };
    let see = |namespace: &str, objects: &str| {
        let mesh = world(&service(namespace, objects));
        let call = call(&mesh, "meshed/cli", &format!("bare.{namespace}:90"));
        format!("{} {}", call.port, seen(&mesh, &call, None))
    };
    assert_eq!(see("server", &slice("server", "addresses: [10.244.0.2]")), "9000 echo");
    let named = "addresses: [1.2.3.4], targetRef: {kind: Pod, name: web, namespace: server}";
    assert_eq!(see("server", &slice("server", named)), "9000 echo");
    // Of another namespace, istiod does not know that it is a pod.
    assert_eq!(see("meshed", &slice("meshed", "addresses: [10.244.0.2]")), "9000 reset");
    let old = "apiVersion: v1\nkind: Endpoints\nmetadata: {name: bare, namespace: server}\nsubsets: [{addresses: [{ip: 10.244.0.2}], ports: [{name: tcp, port: 9000}]}]";
    assert_eq!(see("server", old), "9000 echo");
}

fn registry_only() -> String {
    object("Sidecar", "meshed", "s", "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}")
}

fn by_address(objects: &str, port: u16) -> &'static str {
    let mesh = world(objects);
    let client = Client::Pod(pod(&mesh, "meshed/cli"));
    let call = Call { client, server: pod(&mesh, "server/web"), port, by: By::Address };
    mesh.verdict(&call, None, Below::Passes).outcome.word()
}

#[test]
fn what_an_entry_says_of_the_address_of_a_pod_is_no_refusal() {
    let passing = |more: &str| entry(&format!("ports: [{{number: 9000, name: t, protocol: TCP}}], {more}"));
    let only = registry_only();
    assert_eq!(by_address(&only, 9000), "reset");
    assert_eq!(by_address(&format!("{only}{}", passing("addresses: [10.244.0.0/16]")), 9000), "open");
    assert_eq!(by_address(&format!("{only}{}", passing("resolution: NONE")), 9000), "open");
    assert_eq!(by_address(&format!("{only}{}", passing("resolution: NONE")), 9001), "reset");
    assert_eq!(by_address(&format!("{only}{}", passing("resolution: DNS")), 9000), "reset");
    let strict = peers(STRICT);
    let inside = passing("addresses: [10.244.0.2], location: MESH_INTERNAL");
    assert_eq!(by_address(&format!("{inside}{strict}"), 9000), "unknown");
    assert_eq!(by_address(&format!("{}{strict}", passing("addresses: [10.244.0.2]")), 9000), "reset");
}

fn outside(mesh: &Mesh, host: Option<&str>, port: u16) -> &'static str {
    let address = Some("203.0.113.2".parse().expect("an address"));
    let to = Outside { host: host.map(str::to_owned), address, port };
    match host {
        Some(_) => mesh.outside(pod(mesh, "meshed/cli"), &to, true).outcome.word(),
        None => mesh.any_outside(pod(mesh, "meshed/cli"), &to).outcome.word(),
    }
}

#[test]
fn s36_an_entry_by_host_may_open_the_way_to_any_address() {
    let see = |protocol: &str, more: &str, host: Option<&str>| {
        let port = format!("ports: [{{number: 443, name: x, protocol: {protocol}}}]");
        let mesh = world(&format!("{}{}", registry_only(), entry(&format!("{port}, {more}"))));
        outside(&mesh, host, 443)
    };
    for resolution in ["resolution: DNS", "resolution: NONE"] {
        for protocol in ["TCP", "TLS", "HTTPS", "HTTP"] {
            assert_eq!(see(protocol, resolution, None), "unknown", "{protocol} {resolution}");
        }
        assert_eq!(see("HTTP", resolution, Some("web.example")), "open");
        assert_eq!(see("HTTP", resolution, Some("other.example")), "unavailable");
    }
    // Where it has addresses, these decide.
    assert_eq!(see("TCP", "addresses: [203.0.113.9]", None), "unavailable");
    assert_eq!(see("TCP", "addresses: [203.0.113.2]", None), "open");
    let nobody = world(&registry_only());
    assert_eq!(outside(&nobody, None, 443), "unavailable");
}
