//! What the mesh changes is in a comparison.

use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// `shop/cart` takes GET from `shop/web`, by mTLS only.
const SHOP: &str = include_str!("../../../docs/reach/mesh.yaml");

fn world(text: &str) -> World {
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text);
    World::read(sources)
}

/// What differs once some text is replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(SHOP.contains(from), "{from}");
    let (old, new) = (world(SHOP), world(&SHOP.replace(from, to)));
    Judges::new(&old).compare(&Judges::new(&new)).text(10)
}

#[test]
fn more_requests_are_a_widening_and_nothing_else() {
    insta::assert_snapshot!(changed("methods: [GET]", "methods: [GET, POST]"), @r"
    possible now:
    + shop/web[Deployment] => shop/cart[Deployment] : TCP 8080 (partial: method GET|POST; by the mesh)
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
    insta::assert_snapshot!(changed("methods: [GET]", "methods: [HEAD]"), @r"
    possible now:
    + shop/web[Deployment] => shop/cart[Deployment] : TCP 8080 (partial: method HEAD; by the mesh)
    no longer possible:
    - shop/web[Deployment] => shop/cart[Deployment] : TCP 8080 (partial: method GET; by the mesh)
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
}

#[test]
fn what_another_layer_refuses_is_no_widening() {
    insta::assert_snapshot!(changed("from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]", "from: [{source: {}}]"), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Deployment] : TCP 8080 (partial: method GET; by the mesh)
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
    insta::assert_snapshot!(changed("mode: STRICT", "mode: PERMISSIVE"), @r"
    nobody gained or lost a connection
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
}

#[test]
fn what_the_network_changes_is_told_as_before() {
    insta::assert_snapshot!(changed("{port: 8080}", "{port: 8080}, {port: 9090}"), @r"
    possible now:
    + any pod => shop/cart[Deployment] : TCP 9090
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
}

#[test]
fn leaving_the_mesh_narrows_what_clients_may_do() {
    insta::assert_snapshot!(changed("labels: {app: web}", "labels: {app: web, sidecar.istio.io/inject: 'false'}"), @r"
    no longer possible:
    - shop/web[Deployment] => shop/cart[Deployment] : TCP 8080 (partial: method GET; by the mesh)
    assumed: the configuration of the mesh; the webhooks of the injector
    ");
}

#[test]
fn what_was_not_known_and_is_open_now_may_have_widened() {
    let none: Vec<&str> = SHOP.split("---\n").filter(|d| !d.contains("kind: NetworkPolicy\n")).collect();
    let (old, new) = (world(&SHOP.replace("ingress:", "ingres:")), world(&none.join("---\n")));
    insta::assert_snapshot!(Judges::new(&old).compare(&Judges::new(&new)).text(10));
    // What is not known on both sides is no change.
    let same = Judges::new(&old).compare(&Judges::new(&old));
    assert!(same.widened.is_empty() && same.narrowed.is_empty(), "{same:?}");
    // What nobody could read, and is closed now, did not widen.
    let mended = Judges::new(&old).compare(&Judges::new(&world(SHOP)));
    insta::assert_snapshot!(mended.text(10));
}
