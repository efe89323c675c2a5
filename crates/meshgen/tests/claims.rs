//! Claims of a spec, proven or refuted by the network and the mesh above it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use meshgen::{Input, claims, prove, read, tree::render, verdict::World};

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
