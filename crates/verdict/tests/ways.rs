//! What one way of dialling refuses, another may let through.
#![expect(clippy::unwrap_used, reason = "a test")]

use meshgen_reach::{Focus, PortSet, Protocol};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// A server with one Service or several, and a client, both in the mesh.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cli, namespace: shop}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
";

fn told(more: &str) -> String {
    let mut sources = Sources::default();
    sources.add("shop.yaml", format!("{SHOP}{more}"));
    let world = World::read(sources);
    let judges = Judges::new(&world);
    let list = judges.report(&Focus {
        workloads: vec!["shop/web".to_owned()],
        port: Some((Protocol::Tcp, 8080)),
        ..Focus::default()
    });
    let party = |name: &str| judges.network.source(name).unwrap().remove(0);
    let verdict = judges.verdict(&party("shop/cli"), &party("shop/web"), 8080, None).unwrap();
    let called = judges.as_called(&party("shop/cli"), &party("shop/web"), 8080, None).unwrap();
    format!(
        "{}\ncalled: {}\nloosest: {}\n{}",
        list.text(),
        called.outcome.word(),
        verdict.outcome.word(),
        verdict.text(&world.manifests.sources)
    )
}

#[test]
fn s1_a_denied_identity_is_not_shown_by_the_address_of_the_pod() {
    insta::assert_snapshot!(told(
        "apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: d, namespace: shop}
spec: {action: DENY, selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [shop]}}]}]}
"
    ));
}

#[test]
fn a_rule_about_one_service_says_nothing_of_another() {
    insta::assert_snapshot!(told(
        "apiVersion: v1
kind: Service
metadata: {name: web2, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: s, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, trafficPolicy: {tls: {mode: DISABLE}}}
"
    ));
}

#[test]
fn what_is_allowed_by_identity_only_is_not_to_be_had_by_the_address() {
    insta::assert_snapshot!(told(
        "apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: a, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [other]}}]}]}
"
    ));
}

/// Policies of the network see another port than that of the pod: what is asked of them is what is on the wire.
#[test]
fn i11_the_network_is_asked_about_the_port_on_the_wire() {
    let on_the_wire = |mode: &str| {
        let mut sources = Sources::default();
        sources.add("shop.yaml", SHOP.replace("istio-injection: enabled", mode));
        let world = World::read(sources);
        let judges = Judges::new(&world);
        let party = |name: &str| judges.network.source(name).unwrap().remove(0);
        let port = PortSet::one(Protocol::Tcp, 8080).union(&PortSet::one(Protocol::Udp, 53));
        judges.on_the_wire(&party("shop/cli"), &party("shop/web"), &port).to_string()
    };
    assert_eq!(on_the_wire("istio-injection: enabled"), "TCP 8080,UDP 53");
    assert_eq!(on_the_wire("istio.io/dataplane-mode: ambient"), "TCP 15008,UDP 53");
}
