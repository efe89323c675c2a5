//! Claims of a spec, proven or refuted by the network and the mesh above it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use meshgen::{Input, claims, prove, read, spec::read_claims, tree::render, verdict::World, yaml::Sources};

/// A shop where nothing is open that is not said, and a client outside of the mesh.
const SHOP: &str = "\
meshgen: v1
project: shop
cluster: { existing: { networkPolicy: calico } }
istio: { existing: { version: '1.31', cni: true } }
security: { mtls: STRICT, deny: [ingress], enforce: [NetworkPolicy, AuthorizationPolicy] }
namespaces: { shop: {}, plain: { mesh: none } }
workloads:
  shop/web: { image: 'a/web:1', ports: { http: 8080 } }
  shop/till: { image: 'a/till:1', ports: { http: 8080 } }
  shop/db: { image: 'a/db:1', ports: { tcp-db: 5432 } }
  plain/client: { image: 'a/client:1' }
policies:
  shop/web: { allow: [{ from: [shop/till], ports: [http], methods: [GET], paths: [/shop/*] }] }
  shop/db: { allow: [{ from: [shop/web] }] }
";

/// Each claim of a group, and what becomes of it.
fn found(without: &str, list: &[&str]) -> String {
    let list: String = list.iter().map(|claim| format!("      - {{ {claim} }}\n")).collect();
    let text = format!("{SHOP}expect:\n  a:\n    without: [{without}]\n    claims:\n{list}");
    let project = read(vec![Input::File("a.yaml".to_owned(), text)]);
    let spec = project.spec.unwrap_or_else(|| panic!("{:#?}", project.problems));
    let sources = meshgen::manifests(&render(&project.bundle.unwrap()).unwrap());
    let world = World::read(sources);
    let proven = prove(&world, &claims(&spec.expect)).into_iter().map(|proven| {
        let proven = proven.unwrap();
        format!("{:?}\n{}", proven.truth, proven.told)
    });
    proven.collect()
}

#[test]
fn what_a_request_meets_is_what_is_claimed() {
    insta::assert_snapshot!(found(
        "",
        &[
            "from: [shop/till], to: shop/web, path: /shop/cart, method: GET, is: open",
            "from: [shop/till], to: shop/web, path: /admin, is: forbidden",
            "from: [shop/till], to: shop/web, is: open",
            "from: [shop/web], to: shop/db, is: open",
            "from: [plain/client], to: shop/web, is: timeout",
            "from: [shop/db], to: shop/web, is: unavailable",
        ]
    ));
}

#[test]
fn the_second_layer_is_judged_as_if_the_first_were_absent() {
    insta::assert_snapshot!(found(
        "NetworkPolicy",
        &[
            "from: [plain/client], to: shop/web, is: reset",
            "from: [shop/db], to: shop/web, is: forbidden",
            "from: [shop/till], to: shop/db, is: closed",
        ]
    ));
    insta::assert_snapshot!(found(
        "NetworkPolicy, AuthorizationPolicy, PeerAuthentication",
        &["from: [plain/client, shop/db], to: shop/web, is: open",]
    ));
}

#[test]
fn a_closed_world_is_closed_by_the_network_or_by_the_mesh() {
    let only = |without: &str| found(without, &["to: shop/db, onlyFrom: [shop/web]"]);
    insta::assert_snapshot!(only(""));
    insta::assert_snapshot!(only("NetworkPolicy"));
    // Anybody may come without a certificate, but nobody is let in without one.
    insta::assert_snapshot!(only("NetworkPolicy, PeerAuthentication"));
    insta::assert_snapshot!(only("NetworkPolicy, AuthorizationPolicy"));
    insta::assert_snapshot!(only("NetworkPolicy, AuthorizationPolicy, PeerAuthentication"));
}

#[test]
fn who_may_but_is_not_claimed_is_told() {
    insta::assert_snapshot!(found("NetworkPolicy", &["to: shop/web, onlyFrom: [shop/db]"]));
    insta::assert_snapshot!(found("", &["to: shop/web, onlyFrom: [shop/db]"]));
}

/// A gateway in a namespace of its own, in front of a server in the mesh.
const GATEWAY: &str = "
apiVersion: v1
kind: Namespace
metadata: { name: edge, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress, namespace: edge }
spec:
  template:
    metadata:
      labels: { istio: ingress, sidecar.istio.io/inject: 'true' }
      annotations: { inject.istio.io/templates: gateway }
    spec: { serviceAccountName: ingress, containers: [{ name: istio-proxy, image: auto }] }
---
apiVersion: v1
kind: Service
metadata: { name: ingress, namespace: edge }
spec: { selector: { istio: ingress }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: ingress }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*.example'] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: edge }
spec:
  hosts: [web.example]
  gateways: [public]
  http: [{ route: [{ destination: { host: web.shop.svc.cluster.local, port: { number: 80 } } }] }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  template:
    metadata: { labels: { app: web } }
    spec: { serviceAccountName: web, containers: [{ name: c, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: STRICT } }
";

/// What becomes of a claim about manifests.
fn of_manifests(more: &str, claim: &str) -> String {
    let mut sources = Sources::default();
    sources.add("gateway.yaml", GATEWAY.to_owned() + more);
    let world = World::read(sources);
    let text = format!("expect: {{ a: {{ claims: [{{ {claim} }}] }} }}");
    let (read, problems) = read_claims("claims.yaml".to_owned(), text, &mut Sources::default());
    let read = read.unwrap_or_else(|| panic!("{problems:#?}"));
    let proven = prove(&world, &claims(&read.expect)).remove(0).unwrap();
    format!("{:?}\n{}", proven.truth, proven.told)
}

#[test]
fn by_way_of_a_gateway_it_is_the_gateway_that_calls() {
    let through = |more: &str, is: &str| {
        of_manifests(more, &format!("fromCidrs: [0.0.0.0/0], via: edge/public, to: shop/web, is: {is}"))
    };
    let only = "to: shop/web, onlyVia: edge/public";
    let policy = "
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: web, namespace: shop }
spec: { rules: [{ from: [{ source: { principals: [cluster.local/ns/edge/sa/ACCOUNT] } }] }] }
";
    insta::assert_snapshot!(through("", "open"));
    insta::assert_snapshot!(of_manifests("", "fromCidrs: [0.0.0.0/0], to: shop/web, is: reset"));
    insta::assert_snapshot!(of_manifests("", only));
    insta::assert_snapshot!(through(&policy.replace("ACCOUNT", "ingress"), "open"));
    insta::assert_snapshot!(through(&policy.replace("ACCOUNT", "other"), "open"));
    let deny = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny, namespace: NAMESPACE }
spec: { podSelector: {}, policyTypes: [Ingress] }
";
    insta::assert_snapshot!(through(&deny.replace("NAMESPACE", "edge"), "open"));
    insta::assert_snapshot!(through(&deny.replace("NAMESPACE", "shop"), "open"));
    insta::assert_snapshot!(of_manifests(
        "",
        "fromCidrs: [0.0.0.0/0], via: edge/private, to: shop/web, is: open"
    ));
}

#[test]
fn who_claims_a_refusal_means_every_way_of_dialling() {
    let text = "
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
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: d, namespace: shop}
spec: {action: DENY, rules: [{from: [{source: {namespaces: [shop]}}]}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: d, namespace: shop}
spec: {mtls: {mode: PERMISSIVE}}
";
    let claim =
        "expect: { a: { claims: [{ from: [shop/cli], to: shop/web, ports: [8080], is: forbidden }] } }";
    let proven = |text: &str| {
        let (read, problems) = read_claims("e.yaml".to_owned(), claim.to_owned(), &mut Sources::default());
        assert_eq!(problems, []);
        let mut sources = Sources::default();
        sources.add("m.yaml", text);
        let proven = prove(&World::read(sources), &claims(&read.unwrap().expect)).remove(0).unwrap();
        format!("{:?}\n{}", proven.truth, proven.told)
    };
    insta::assert_snapshot!(proven(text));
    assert_eq!(proven(&text.replace("PERMISSIVE", "STRICT")), "True\n");
}
