//! Which connections sidecars take (I10): by what pods say, and by what the mesh says for them.

use meshgen_mesh::{Below, By, Call, Client, Mesh};
use meshgen_yaml::Sources;

use crate::world::{WORLD, call, object, peers, pod, row, three, world};

const STRICT: &str = "{mtls: {mode: STRICT}}";
const MESHED: &str = "200 200 echo | reset reset reset";

/// The cluster of the rules, where the server or the client has these annotations.
fn annotated(name: &str, annotations: &str, objects: &str) -> Mesh {
    let (from, to) = match name {
        "web" => (
            "labels: {app: web}}\nspec: {serviceAccountName",
            "labels: {app: web}, annotations: {A}}\nspec: {serviceAccountName",
        ),
        _ => ("{name: cli, namespace: meshed}", "{name: cli, namespace: meshed, annotations: {A}}"),
    };
    assert!(WORLD.contains(from));
    crate::mesh(&format!(
        "{}{objects}",
        WORLD.replace(from, &to.replace("{A}", &format!("{{{annotations}}}")))
    ))
}

fn see(mesh: &Mesh) -> String {
    format!("{} | {}", three(mesh, "meshed/cli", "web.server"), three(mesh, "plain/cli", "web.server"))
}

/// The cluster of the rules in a mesh that an IstioOperator describes.
fn installed(spec: &str, objects: &str) -> Mesh {
    let operator = format!("apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {spec}\n---\n");
    let mut sources = Sources::default();
    sources.add("mesh.yaml", format!("{WORLD}{objects}{operator}"));
    Mesh::read(&sources)
}

/// Source: `tools/istio-iptables/pkg/capture/run.go`, `handleInboundPortsInclude`.
#[test]
fn i10_ports_that_are_left_alone_count_only_where_all_others_are_taken() {
    let traffic = |key: &str| format!("traffic.sidecar.istio.io/{key}InboundPorts");
    let both =
        |included: &str| format!("{}: '{included}', {}: '8080'", traffic("include"), traffic("exclude"));
    let plain =
        |annotations: &str| three(&annotated("web", annotations, &peers(STRICT)), "plain/cli", "web.server");
    assert_eq!(plain(&both("8080")), "reset reset echo");
    assert_eq!(plain(&both("9000")), "200 200 reset");
    assert_eq!(plain(&both("*")), "200 200 reset");
}

#[test]
fn i10_the_mesh_says_for_pods_which_ports_are_taken() {
    let plain = |values: &str| {
        let mesh = installed(&format!("{{values: {{global: {{proxy: {{{values}}}}}}}}}"), &peers(STRICT));
        three(&mesh, "plain/cli", "web.server")
    };
    assert_eq!(plain("excludeInboundPorts: '8080'"), "200 200 reset");
    assert_eq!(plain("includeInboundPorts: '8080'"), "reset reset echo");
    assert_eq!(plain("includeInboundPorts: '8080', excludeInboundPorts: '8080'"), "reset reset echo");
}

#[test]
fn i10_addresses_that_sidecars_leave_alone_are_not_judged_and_none_at_all_are() {
    let key = "traffic.sidecar.istio.io/includeOutboundIPRanges";
    let strict = peers(STRICT);
    let by_pod = |value: &str| see(&annotated("cli", &format!("{key}: '{value}'"), &strict));
    assert_eq!(by_pod("*"), MESHED);
    assert_eq!(by_pod(""), "reset reset reset | reset reset reset");
    assert_eq!(by_pod("10.0.0.0/8"), "unknown unknown unknown | reset reset reset");
    let by_mesh =
        |values: &str| see(&installed(&format!("{{values: {{global: {{proxy: {{{values}}}}}}}}}"), &strict));
    assert_eq!(by_mesh("includeIPRanges: '*'"), MESHED);
    for unclear in
        ["includeIPRanges: 10.0.0.0/8", "excludeIPRanges: 10.0.0.0/8", "includeOutboundPorts: '80'"]
    {
        assert_eq!(by_mesh(unclear), "unknown unknown unknown | reset reset reset", "{unclear}");
    }
    // What is said of connections that a pod makes says nothing of those that come to it.
    assert_eq!(see(&annotated("web", &format!("{key}: 10.0.0.0/8"), &strict)), MESHED);
}

#[test]
fn i10_sidecars_to_which_nothing_is_led_are_not_judged() {
    let mode = |mode: &str| format!("{{meshConfig: {{defaultConfig: {{interceptionMode: {mode}}}}}}}");
    assert_eq!(
        see(&installed(&mode("NONE"), &peers(STRICT))),
        "unknown unknown unknown | unknown unknown unknown"
    );
    // It keeps the address of the client for the application, and takes the same connections.
    assert_eq!(see(&installed(&mode("TPROXY"), &peers(STRICT))), MESHED);
    let own = annotated("web", "proxy.istio.io/config: 'interceptionMode: NONE'", "");
    assert_eq!(see(&own), "unknown unknown unknown | unknown unknown unknown");
}

#[test]
fn i10_the_port_of_probes_may_be_another_one() {
    let answers = |mesh: &Mesh, port: u16| {
        let client = Client::Pod(pod(mesh, "plain/cli"));
        let call = Call { client, server: pod(mesh, "server/web"), port, by: By::Address };
        mesh.any(&call, Below::Passes).outcome.word()
    };
    let usual = world(&peers(STRICT));
    assert_eq!((answers(&usual, 15020), answers(&usual, 15099)), ("open", "reset"));
    let moved = annotated("web", "status.sidecar.istio.io/port: '15099'", &peers(STRICT));
    assert_eq!((answers(&moved, 15020), answers(&moved, 15099)), ("reset", "open"));
    let moved = installed("{values: {global: {proxy: {statusPort: 15099}}}}", &peers(STRICT));
    assert_eq!((answers(&moved, 15020), answers(&moved, 15099)), ("reset", "open"));
}

#[test]
fn i10_a_client_whose_sidecar_takes_nothing_shows_nobody() {
    let only =
        object("AuthorizationPolicy", "server", "a", "{rules: [{from: [{source: {namespaces: [meshed]}}]}]}");
    let mesh = annotated("cli", "traffic.sidecar.istio.io/includeOutboundIPRanges: ''", &only);
    assert_eq!(three(&mesh, "meshed/cli", "web.server"), "403 403 closed");
    assert_eq!(row(&only), "200 200 echo | 403 403 closed");
    assert_eq!(
        mesh.wire_ports(&call(&mesh, "meshed/cli", "web.server:80")).into_iter().collect::<Vec<_>>(),
        [8080]
    );
}
