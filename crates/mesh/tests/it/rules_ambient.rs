//! Ambient mode: the proxies of nodes, and what sidecars and they make of each other (I11).

use meshgen_mesh::{Mesh, Settings};
use meshgen_yaml::Sources;

use crate::world::{WORLD, call, object, peers, policy, rule, three};

const AMBIENT: &str = "istio.io/dataplane-mode: ambient";
const STRICT: &str = "{mtls: {mode: STRICT}}";

/// The cluster of the rules, with its mesh in ambient mode.
fn ambient(objects: &str) -> Mesh {
    crate::mesh(&format!("{}{objects}", WORLD.replace("istio-injection: enabled", AMBIENT)))
}

/// The same with one of the ends in ambient mode, and sidecars that are told to talk HBONE, or not, or nobody knows.
fn mixed(in_ambient: &str, hbone: Option<bool>, objects: &str) -> Mesh {
    let from = format!("{{name: {in_ambient}, labels: {{istio-injection: enabled}}}}");
    let to = format!("{{name: {in_ambient}, labels: {{{AMBIENT}}}}}");
    assert!(WORLD.contains(&from));
    let mut sources = Sources::default();
    sources.add("mesh.yaml", format!("{}{objects}", WORLD.replace(&from, &to)));
    Mesh::read_with(&sources, Settings { hbone, ..Settings::default() })
}

/// What the client in the mesh and the one outside of it see.
fn row(mesh: &Mesh) -> String {
    format!("{} | {}", three(mesh, "meshed/cli", "web.server"), three(mesh, "plain/cli", "web.server"))
}

#[track_caller]
fn check(objects: &str, expected: &str) {
    assert_eq!(row(&ambient(objects)), expected, "{objects}");
}

const OPEN: &str = "200 200 echo | 200 200 echo";
const MESHED: &str = "200 200 echo | reset reset reset";
const KNOWN: &str = "200 200 echo | closed closed closed";
const NOBODY: &str = "closed closed closed | closed closed closed";

fn only_client() -> String {
    policy("{rules: [{from: [{source: {namespaces: [meshed]}}]}]}")
}

fn wires(mesh: &Mesh, client: &str) -> Vec<u16> {
    mesh.wire_ports(&call(mesh, client, "web.server:80")).into_iter().collect()
}

#[test]
fn i11_ambient_sees_connections_and_uses_port_15008() {
    let mesh = ambient(&format!("{}{}", peers(STRICT), only_client()));
    assert_eq!(row(&mesh), MESHED);
    assert_eq!(wires(&mesh, "meshed/cli"), [15008]);
    assert_eq!(wires(&mesh, "plain/cli"), [8080]);
    check(&only_client(), KNOWN);
}

#[test]
fn i11_what_a_waypoint_says_is_not_known() {
    let mesh = ambient(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: server, labels: {istio.io/dataplane-mode: ambient, istio.io/use-waypoint: w}}\n---\n",
    );
    assert_eq!(three(&mesh, "meshed/cli", "web.server"), "unknown unknown unknown");
}

/// Sources: istiod's `handleRule`, and istio/istio#61126 for rules of the action DENY of which nothing is left.
#[test]
fn i5_of_what_only_http_has_ztunnel_knows_nothing() {
    for http in [
        "to: [{operation: {methods: [GET]}}]",
        "to: [{operation: {notPaths: [/x]}}]",
        "to: [{operation: {hosts: [web.server]}}]",
        "from: [{source: {requestPrincipals: ['*']}}]",
        "from: [{source: {notRequestPrincipals: ['*']}}]",
        "from: [{source: {remoteIpBlocks: [0.0.0.0/0]}}]",
        "when: [{key: 'request.headers[x]', notValues: [a]}]",
        "when: [{key: remote.ip, values: [0.0.0.0/0]}]",
        "when: [{key: connection.sni, notValues: [a]}]",
        "from: [{source: {namespaces: [meshed]}}], to: [{operation: {methods: [GET]}}]",
    ] {
        check(&policy(&format!("{{rules: [{{{http}}}]}}")), NOBODY);
        check(&policy(&format!("{{action: DENY, rules: [{{{http}}}]}}")), OPEN);
    }
}

#[test]
fn i5_of_a_deny_rule_that_says_more_ztunnel_knows_the_rest() {
    let deny = |rule: &str| policy(&format!("{{action: DENY, rules: [{{{rule}}}]}}"));
    check(
        &deny("to: [{operation: {ports: ['8080'], methods: [POST]}}]"),
        "closed closed echo | closed closed echo",
    );
    check(
        &deny("from: [{source: {namespaces: [meshed], requestPrincipals: ['*']}}]"),
        "closed closed closed | 200 200 echo",
    );
    // Of two operations the one of which nothing is left matches nothing, and the other what it says.
    check(
        &deny("to: [{operation: {methods: [GET]}}, {operation: {ports: ['9000']}}]"),
        "200 200 closed | 200 200 closed",
    );
    check(&deny("when: [{key: source.namespace, values: [meshed]}]"), "closed closed closed | 200 200 echo");
    check(&policy("{action: DENY, rules: [{}]}"), NOBODY);
}

#[test]
fn i1_ztunnel_knows_neither_custom_nor_audit_nor_policies_with_targets() {
    for spec in [
        "{action: CUSTOM, provider: {name: nobody}, rules: [{}]}",
        "{action: AUDIT, rules: [{}]}",
        "{targetRefs: [{group: '', kind: Service, name: web}]}",
    ] {
        check(&policy(spec), OPEN);
    }
}

#[test]
fn i7_in_ambient_mode_mtls_cannot_be_turned_off() {
    for peers in [
        peers("{mtls: {mode: DISABLE}}"),
        peers("{selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}}"),
        peers("{selector: {matchLabels: {app: web}}, portLevelMtls: {8080: {mode: DISABLE}}}"),
    ] {
        check(&format!("{peers}{}", only_client()), KNOWN);
        check(&peers, OPEN);
    }
}

#[test]
fn i7_modes_of_ports_in_ambient_mode() {
    let space =
        |mode: &str| object("PeerAuthentication", "server", "ns", &format!("{{mtls: {{mode: {mode}}}}}"));
    let own = |mode: &str, ports: &str| {
        let mtls = if mode.is_empty() { String::new() } else { format!("mtls: {{mode: {mode}}}, ") };
        peers(&format!("{{selector: {{matchLabels: {{app: web}}}}, {mtls}portLevelMtls: {{{ports}}}}}"))
    };
    let plain = |objects: &str| three(&ambient(objects), "plain/cli", "web.server");
    let open_http = "200 200 reset";
    assert_eq!(plain(&own("STRICT", "8080: {mode: DISABLE}")), open_http);
    assert_eq!(plain(&own("STRICT", "8080: {mode: PERMISSIVE}")), open_http);
    assert_eq!(plain(&own("PERMISSIVE", "9000: {mode: STRICT}")), open_http);
    assert_eq!(plain(&own("", "9000: {mode: STRICT}")), open_http);
    let strict = space("STRICT");
    assert_eq!(plain(&format!("{strict}{}", own("", "8080: {mode: PERMISSIVE}"))), open_http);
    // Alone, what is DISABLE beside what is inherited is not handed to ztunnel; with a port in PERMISSIVE it is.
    let disabled = format!("{strict}{}", own("", "8080: {mode: DISABLE}"));
    assert_eq!(row(&ambient(&disabled)), "200 200 echo | unknown unknown reset");
    let both = "8080: {mode: DISABLE}, 7000: {mode: PERMISSIVE}";
    assert_eq!(plain(&format!("{strict}{}", own("", both))), open_http);
    let root = object("PeerAuthentication", "istio-system", "m", STRICT);
    assert_eq!(plain(&format!("{root}{}", own("PERMISSIVE", "9000: {mode: STRICT}"))), "200 200 unknown");
    assert_eq!(
        plain(&format!("{root}{}{}", space("UNSET"), own("", "8080: {mode: PERMISSIVE}"))),
        "200 200 unknown"
    );
}

#[test]
fn i8_ambient_mode_has_no_auto_mtls() {
    let text = format!("{}{}", WORLD.replace("istio-injection: enabled", AMBIENT), only_client());
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text);
    let mesh = Mesh::read_with(&sources, Settings { auto_mtls: false, ..Settings::default() });
    assert_eq!(row(&mesh), KNOWN);
}

#[test]
fn i11_plain_text_may_go_past_the_proxy_of_the_node() {
    let world = WORLD.replace("istio-injection: enabled", AMBIENT).replace(
        "{name: web, namespace: server, labels: {app: web}}",
        "{name: web, namespace: server, labels: {app: web}, annotations: {ambient.istio.io/bypass-inbound-capture: 'true'}}",
    );
    let see = |objects: &str| row(&crate::mesh(&format!("{world}{objects}")));
    assert_eq!(see(&format!("{}{}", peers(STRICT), policy("{}"))), "closed closed closed | 200 200 echo");
}

#[test]
fn i11_to_the_proxy_of_a_node_a_sidecar_talks_hbone_if_it_is_told_to() {
    let strict = format!("{}{}", peers(STRICT), only_client());
    let told = mixed("server", Some(true), &strict);
    assert_eq!(row(&told), MESHED);
    assert_eq!(wires(&told, "meshed/cli"), [15008]);
    // Newer releases do it without being told.
    for hbone in [Some(false), None] {
        let mesh = mixed("server", hbone, &strict);
        assert_eq!(three(&mesh, "meshed/cli", "web.server"), "unknown unknown unknown");
        assert_eq!(wires(&mesh, "meshed/cli"), [8080, 15008]);
        assert_eq!(row(&mixed("server", hbone, "")), OPEN);
    }
    // What it does not know as a Service it passes on in plain text.
    let hidden = format!("{strict}{}", object("Sidecar", "meshed", "s", "{egress: [{hosts: [./*]}]}"));
    let hidden = mixed("server", Some(true), &hidden);
    assert_eq!(three(&hidden, "meshed/cli", "web.server"), "reset reset reset");
    assert_eq!(wires(&hidden, "meshed/cli"), [8080]);
}

#[test]
fn i11_what_a_destination_rule_makes_of_hbone_is_not_judged() {
    for mode in ["ISTIO_MUTUAL", "SIMPLE"] {
        let objects = rule("meshed", &format!("{{tls: {{mode: {mode}}}}}"));
        let mesh = mixed("server", Some(true), &objects);
        assert_eq!(three(&mesh, "meshed/cli", "web.server"), "unknown unknown unknown", "{mode}");
    }
}

#[test]
fn i11_a_sidecar_that_takes_hbone_is_sent_it() {
    let strict = format!("{}{}", peers(STRICT), only_client());
    let told = mixed("meshed", Some(true), &strict);
    assert_eq!(row(&told), "200 200 echo | reset reset reset");
    assert_eq!(wires(&told, "meshed/cli"), [15008]);
    let plain = mixed("meshed", Some(false), &strict);
    assert_eq!(row(&plain), "reset reset reset | reset reset reset");
    assert_eq!(wires(&plain, "meshed/cli"), [8080]);
    assert_eq!(row(&mixed("meshed", Some(false), &only_client())), "403 403 closed | 403 403 closed");
    assert_eq!(row(&mixed("meshed", Some(false), "")), OPEN);
    let unknown = mixed("meshed", None, &strict);
    assert_eq!(row(&unknown), "unknown unknown unknown | reset reset reset");
    // PeerAuthentication says nothing of HBONE.
    let off = format!("{}{}", peers("{mtls: {mode: DISABLE}}"), only_client());
    assert_eq!(row(&mixed("meshed", Some(true), &off)), "200 200 echo | 403 403 closed");
}

/// Source: istio/ztunnel#1260.
#[test]
fn i4_ztunnel_takes_principals_as_they_are_written() {
    let see = |domain: &str, value: &str| {
        let text = format!(
            "{}{}",
            WORLD.replace("istio-injection: enabled", AMBIENT),
            policy(&format!("{{rules: [{{from: [{{source: {{principals: ['{value}']}}}}]}}]}}"))
        );
        let mut sources = Sources::default();
        sources.add("mesh.yaml", text);
        let mesh =
            Mesh::read_with(&sources, Settings { trust_domain: domain.to_owned(), ..Settings::default() });
        three(&mesh, "meshed/cli", "web.server")
    };
    assert_eq!(see("cluster.local", "cluster.local/ns/meshed/sa/client"), "200 200 echo");
    assert_eq!(see("td", "td/ns/meshed/sa/client"), "200 200 echo");
    assert_eq!(see("td", "*/ns/meshed/sa/client"), "200 200 echo");
    assert_eq!(see("td", "cluster.local/ns/meshed/sa/client"), "unknown unknown unknown");
    assert_eq!(see("td", "cluster.local/ns/meshed/sa/other"), "closed closed closed");
    assert_eq!(see("td", "elsewhere/ns/meshed/sa/client"), "closed closed closed");
}
