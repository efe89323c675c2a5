//! The rules of mTLS, of ports and of what a client's sidecar knows. What is expected was seen on a real Istio, where
//! the number begins with S.

use meshgen_mesh::{Below, By, Call, Client, Mesh, Outcome, Outside, Request, Settings};
use meshgen_yaml::Sources;

use crate::world::{WORLD, call, check, get, object, peers, pod, policy, row, rule, seen, three, world};

const OPEN: &str = "200 200 echo | 200 200 echo";
const MESHED: &str = "200 200 echo | reset reset reset";
const STRICT: &str = "{mtls: {mode: STRICT}}";

fn only_client() -> String {
    policy("{rules: [{from: [{source: {principals: [cluster.local/ns/meshed/sa/client]}}]}]}")
}

fn workload(rest: &str) -> String {
    peers(&format!("{{selector: {{matchLabels: {{app: web}}}}, {rest}}}"))
}

#[test]
fn i7_workload_comes_before_namespace_before_mesh() {
    let mesh = object("PeerAuthentication", "istio-system", "m", STRICT);
    check(&mesh, MESHED);
    check(&format!("{mesh}{}", peers("{mtls: {mode: PERMISSIVE}}")), OPEN);
    let permissive = object(
        "PeerAuthentication",
        "server",
        "w",
        "{selector: {matchLabels: {app: web}}, mtls: {mode: PERMISSIVE}}",
    );
    check(&format!("{}{permissive}", peers(STRICT)), OPEN);
}

/// The API server leaves out of the items what the list says.
#[test]
fn i7_items_of_a_typed_list_are_of_its_kind() {
    let list = "---\napiVersion: security.istio.io/v1\nkind: PeerAuthenticationList\nitems:\n";
    check(&format!("{list}- {{metadata: {{name: p, namespace: server}}, spec: {STRICT}}}\n"), MESHED);
}

/// Of the pods of a StatefulSet each has a label of its own, which no template has.
#[test]
fn i7_what_binds_one_of_several_pods_makes_answers_unknown() {
    let seen = |pod: &str| {
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: server}\nspec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}\n---\n";
        let selector = format!(
            "{{selector: {{matchLabels: {{statefulset.kubernetes.io/pod-name: {pod}}}}}, mtls: {{mode: STRICT}}}}"
        );
        let mut sources = Sources::default();
        sources.add("mesh.yaml", format!("{WORLD}{set}{}", peers(&selector)));
        let mesh = Mesh::read_with(&sources, Settings::default());
        let server = mesh.find("server", "StatefulSet", "db").unwrap();
        let call = Call { client: Client::Outside(None), server, port: 80, by: By::Address };
        mesh.any(&call, Below::Passes).outcome
    };
    assert_eq!(seen("db-0"), Outcome::Unknown);
    assert_eq!(seen("dbs-0"), Outcome::Open);
}

#[test]
fn i7_without_dates_the_oldest_is_not_known() {
    let objects = format!(
        "{WORLD}{}{}",
        peers(STRICT),
        object("PeerAuthentication", "server", "b", "{mtls: {mode: PERMISSIVE}}")
    );
    let mut sources = Sources::default();
    sources.add("mesh.yaml", objects.clone());
    let mesh = Mesh::read_with(&sources, Settings::default());
    assert_eq!(three(&mesh, "plain/cli", "web.server"), "unknown unknown unknown");
    let mut sources = Sources::default();
    sources.add("mesh.yaml", objects.replace("mode: PERMISSIVE", "mode: STRICT"));
    let mesh = Mesh::read_with(&sources, Settings::default());
    assert_eq!(three(&mesh, "plain/cli", "web.server"), "reset reset reset");
}

/// Clients use mTLS towards a headless Service if all pods behind it take it; of one here that is not known.
#[test]
fn i8_a_pod_behind_a_headless_service_counts_for_the_others() {
    let beside = |labels: &str| {
        let more = format!(
            "
apiVersion: v1
kind: Service
metadata: {{name: h, namespace: plain}}
spec: {{clusterIP: None, selector: {{h: h}}, ports: [{{name: tcp, port: 9000}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: one, namespace: plain, labels: {{h: h, sidecar.istio.io/inject: 'true'}}}}
spec: {{containers: [{{name: c}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: two, namespace: plain, labels: {{h: h, {labels}}}}}
spec: {{containers: [{{name: c}}]}}
---
{}",
            object("PeerAuthentication", "istio-system", "m", STRICT)
        );
        let mut sources = Sources::default();
        sources.add("mesh.yaml", format!("{WORLD}{more}"));
        let mesh = Mesh::read(&sources);
        seen(&mesh, &call(&mesh, "meshed/cli", "h.plain:9000"), None)
    };
    assert_eq!(beside("sidecar.istio.io/inject: 'true'"), "echo");
    assert_eq!(beside("sidecar.istio.io/inject: 'false'"), "reset");
    assert_eq!(beside("istio.io/rev: canary"), "unknown");
}

#[test]
fn i7_ages_of_the_wider_do_not_matter_where_the_narrower_decides() {
    let objects = format!(
        "{WORLD}{}{}{}",
        peers(STRICT),
        object("PeerAuthentication", "server", "b", "{mtls: {mode: PERMISSIVE}}"),
        object(
            "PeerAuthentication",
            "server",
            "w",
            "{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}"
        ),
    );
    let mut sources = Sources::default();
    sources.add("mesh.yaml", objects);
    let mesh = Mesh::read_with(&sources, Settings::default());
    assert_eq!(seen(&mesh, &call(&mesh, "plain/cli", "web.server:80"), Some(&get("/x"))), "reset");
}

#[test]
fn i7_ages_do_not_matter_where_no_sidecar_looks() {
    let objects = format!(
        "{WORLD}{}{}",
        object("PeerAuthentication", "plain", "a", STRICT),
        object("PeerAuthentication", "plain", "b", "{mtls: {mode: PERMISSIVE}}")
    );
    let mut sources = Sources::default();
    sources.add("mesh.yaml", objects);
    let mesh = Mesh::read_with(&sources, Settings::default());
    assert_eq!(seen(&mesh, &call(&mesh, "plain/cli", "bare.plain:80"), Some(&get("/x"))), "200");
    assert_eq!(seen(&mesh, &call(&mesh, "meshed/cli", "bare.plain:80"), Some(&get("/x"))), "200");
}

#[test]
fn i8_disable_refuses_mtls() {
    check(
        &format!("{}{}", peers("{mtls: {mode: DISABLE}}"), rule("meshed", "{tls: {mode: ISTIO_MUTUAL}}")),
        "503 503 reset | 200 200 echo",
    );
}

#[test]
fn i8_without_auto_mtls_clients_send_plain_text() {
    let mut mesh = world(&only_client());
    mesh.settings.auto_mtls = false;
    assert_eq!(three(&mesh, "meshed/cli", "web.server"), "403 403 closed");
}

#[test]
fn i10_ports_that_the_sidecar_leaves_alone() {
    let mesh = world(&format!("{}{}", peers(STRICT), policy("{}")));
    for (port, expected) in
        [(15020, "200"), (15021, "200"), (15090, "200"), (15000, "reset"), (8080, "reset")]
    {
        let call = Call {
            client: Client::Pod(pod(&mesh, "plain/cli")),
            server: pod(&mesh, "server/web"),
            port,
            by: By::Address,
        };
        assert_eq!(seen(&mesh, &call, Some(&get("/x"))), expected, "{port}");
    }
}

#[test]
fn i10_included_ports_are_the_only_ones_taken() {
    let objects = WORLD.replace("labels: {app: web}}\nspec: {serviceAccountName", "labels: {app: web}, annotations: {traffic.sidecar.istio.io/includeInboundPorts: '9000'}}\nspec: {serviceAccountName");
    let mesh = crate::mesh(&format!("{objects}{}", peers(STRICT)));
    assert_eq!(three(&mesh, "plain/cli", "web.server"), "200 200 reset");
}

#[test]
fn i11_dropped_packets_come_first() {
    let mesh = world(&format!("{}{}", peers(STRICT), policy("{}")));
    for (client, refused) in [("meshed/cli", "forbidden"), ("plain/cli", "reset")] {
        let call = call(&mesh, client, "web.server:80");
        let see = |below| mesh.verdict(&call, Some(&get("/x")), below).outcome.word();
        assert_eq!(see(Below::Drops), "timeout");
        // What the mesh refuses is refused, whatever becomes of the packets below.
        assert_eq!(see(Below::Unknown), refused);
    }
    let mesh = world("");
    let call = call(&mesh, "plain/cli", "web.server:80");
    assert_eq!(mesh.verdict(&call, Some(&get("/x")), Below::Unknown).outcome, Outcome::Unknown);
    assert_eq!(mesh.any(&call, Below::Unknown).outcome, Outcome::Unknown);
}

#[test]
fn i8_a_namespace_in_disable_turns_auto_mtls_off_for_all_its_workloads() {
    let namespace = object("PeerAuthentication", "server", "ns", "{mtls: {mode: DISABLE}}");
    let strict = workload("mtls: {mode: STRICT}");
    check(&format!("{namespace}{strict}"), "503 503 reset | reset reset reset");
    let mesh = object("PeerAuthentication", "istio-system", "m", "{mtls: {mode: DISABLE}}");
    check(&format!("{mesh}{strict}"), "503 503 reset | reset reset reset");
    check(
        &format!("{mesh}{}{strict}", peers("{mtls: {mode: PERMISSIVE}}").replace("name: p", "name: ns")),
        MESHED,
    );
}

#[test]
fn i8_of_a_headless_service_only_the_namespace_s_mode_counts() {
    let see = |objects: &str| {
        let mesh = world(&format!("{HEADLESS}{objects}"));
        seen(&mesh, &call(&mesh, "meshed/cli", "hl.server:8080"), Some(&get("/x")))
    };
    assert_eq!(see(&workload("mtls: {mode: DISABLE}")), "503");
    assert_eq!(see(&peers("{mtls: {mode: DISABLE}}")), "200");
    let plain = "apiVersion: v1\nkind: Pod\nmetadata: {name: two, namespace: server, labels: {app: web, sidecar.istio.io/inject: 'false'}}\n\
                 spec: {containers: [{name: c}]}\n---\n";
    assert_eq!(see(&format!("{plain}{}", peers(STRICT))), "503");
}

#[test]
fn s33_excluded_outbound_ports_keep_a_pod_from_its_own_sidecar() {
    let world = WORLD.replace(
        "labels: {app: web}}\nspec: {serviceAccountName",
        "labels: {app: web}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '8080'}}\nspec: {serviceAccountName",
    );
    let see = |objects: &str| three(&crate::mesh(&format!("{world}{objects}")), "server/web", "web.server");
    assert_eq!(see(&format!("{}{}", peers("{mtls: {mode: DISABLE}}"), policy("{}"))), "200 200 closed");
}

#[test]
fn s1_strict_resets_plain_clients_and_those_that_dial_a_pod() {
    check(&peers(STRICT), MESHED);
    let mesh = world(&peers(STRICT));
    for client in ["meshed/cli", "plain/cli"] {
        let call = Call {
            client: Client::Pod(pod(&mesh, client)),
            server: pod(&mesh, "server/web"),
            port: 8080,
            by: By::Address,
        };
        assert_eq!(seen(&mesh, &call, Some(&get("/x"))), "reset", "{client}");
    }
}

const HEADLESS: &str = "
apiVersion: v1
kind: Service
metadata: {name: hl, namespace: server}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}
---
";

#[test]
fn s1_a_headless_service_is_known_by_the_address_of_its_pods() {
    let mesh = world(&format!("{HEADLESS}{}", peers(STRICT)));
    assert_eq!(seen(&mesh, &call(&mesh, "meshed/cli", "hl.server:8080"), Some(&get("/x"))), "200");
    assert_eq!(seen(&mesh, &call(&mesh, "plain/cli", "hl.server:8080"), Some(&get("/x"))), "reset");
    // By address too, but not where requests are told apart by their host.
    let by_address = |protocol: &str| {
        let mesh = world(&format!(
            "{}{}",
            HEADLESS.replace("name: http", &format!("name: {protocol}")),
            peers(STRICT)
        ));
        let call = Call { by: By::Address, ..call(&mesh, "meshed/cli", "hl.server:8080") };
        seen(&mesh, &call, Some(&get("/x")))
    };
    assert_eq!((by_address("http"), by_address("tcp")), ("reset", "200"));
}

#[test]
fn s3_modes_of_a_destination_rule() {
    let disable = rule("meshed", "{tls: {mode: DISABLE}}");
    check(&format!("{disable}{}", peers(STRICT)), "503 503 reset | reset reset reset");
    check(&disable, OPEN);
    let allow = policy("{rules: [{from: [{source: {namespaces: [meshed]}}]}]}");
    check(&format!("{disable}{allow}"), "403 403 closed | 403 403 closed");
    let bare = object(
        "DestinationRule",
        "meshed",
        "d",
        "{host: bare.plain.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}",
    );
    assert_eq!(three(&world(&bare), "meshed/cli", "bare.plain"), "503 503 reset");
}

#[test]
fn s6_a_port_may_be_permissive_and_a_namespace_may_disable() {
    check(
        &workload("mtls: {mode: STRICT}, portLevelMtls: {9000: {mode: PERMISSIVE}}"),
        "200 200 echo | reset reset echo",
    );
    check(
        &format!(
            "{}{}",
            object("PeerAuthentication", "istio-system", "m", STRICT),
            peers("{mtls: {mode: DISABLE}}")
        ),
        OPEN,
    );
}

fn sidecar(spec: &str) -> String {
    object("Sidecar", "meshed", "default", spec)
}

#[test]
fn s9_a_sidecar_that_does_not_know_the_server() {
    let registry = "outboundTrafficPolicy: {mode: REGISTRY_ONLY}";
    let only = |hosts: &str| sidecar(&format!("{{{registry}, egress: [{{hosts: [{hosts}]}}]}}"));
    let see = |objects: &str| three(&world(objects), "meshed/cli", "web.server");
    assert_eq!(see(&only("'istio-system/*'")), "reset reset reset");
    assert_eq!(see(&only("'server/*'")), "200 200 echo");
    assert_eq!(see(&only("'*/*.server.svc.cluster.local'")), "200 200 echo");
    assert_eq!(see(&only("'./*'")), "reset reset reset");
    // Without REGISTRY_ONLY it is passed on in plain text.
    let narrow = sidecar("{egress: [{hosts: ['istio-system/*']}]}");
    assert_eq!(see(&narrow), "200 200 echo");
    assert_eq!(see(&format!("{narrow}{}", peers(STRICT))), "reset reset reset");
}

#[test]
fn s9_strict_binds_only_servers_that_have_a_sidecar() {
    let mesh = world(&object("PeerAuthentication", "istio-system", "m", STRICT));
    assert_eq!(three(&mesh, "meshed/cli", "bare.plain"), "200 200 echo");
    assert_eq!(three(&mesh, "plain/cli", "bare.plain"), "200 200 echo");
}

#[test]
fn s32_the_oldest_counts() {
    let named = |name: &str, spec: &str| object("PeerAuthentication", "server", name, spec);
    let (strict, permissive) = (named("a", STRICT), named("b", "{mtls: {mode: PERMISSIVE}}"));
    check(&format!("{strict}{permissive}"), MESHED);
    check(&format!("{permissive}{strict}"), OPEN);
    let selected = |name: &str, mode: &str| {
        named(name, &format!("{{selector: {{matchLabels: {{app: web}}}}, mtls: {{mode: {mode}}}}}"))
    };
    check(&format!("{}{}", selected("a", "STRICT"), selected("b", "PERMISSIVE")), MESHED);
    check(&format!("{}{}", selected("b", "PERMISSIVE"), selected("a", "STRICT")), OPEN);
    // One that says nothing is still the oldest: the other is not looked at.
    check(&format!("{}{strict}", named("z", "{}")), OPEN);
}

#[test]
fn s32_unset_inherits() {
    let strict = peers(STRICT);
    let unset = object(
        "PeerAuthentication",
        "server",
        "w",
        "{selector: {matchLabels: {app: web}}, mtls: {mode: UNSET}}",
    );
    check(&format!("{strict}{unset}"), MESHED);
    let port = object(
        "PeerAuthentication",
        "server",
        "w",
        "{selector: {matchLabels: {app: web}}, portLevelMtls: {9000: {mode: PERMISSIVE}}}",
    );
    check(&format!("{strict}{port}"), "200 200 echo | reset reset echo");
    check(
        &format!(
            "{}{}",
            object("PeerAuthentication", "istio-system", "m", STRICT),
            peers("{mtls: {mode: UNSET}}")
        ),
        MESHED,
    );
}

#[test]
fn s32_ports_are_those_of_the_pod() {
    check(&workload("mtls: {mode: PERMISSIVE}, portLevelMtls: {80: {mode: STRICT}}"), OPEN);
    check(
        &workload("mtls: {mode: DISABLE}, portLevelMtls: {8080: {mode: STRICT}}"),
        "200 200 echo | reset reset echo",
    );
}

#[test]
fn s32_meshed_clients_have_no_identity_where_mtls_is_disabled() {
    check(
        &format!(
            "{}{}",
            workload("mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}"),
            only_client()
        ),
        "403 403 echo | 403 403 reset",
    );
    check(
        &format!("{}{}", workload("mtls: {mode: DISABLE}"), only_client()),
        "403 403 closed | 403 403 closed",
    );
}

#[test]
fn s27_a_selector_in_the_root_namespace_binds_no_peer_authentication() {
    check(
        &object(
            "PeerAuthentication",
            "istio-system",
            "m",
            "{selector: {matchLabels: {app: web}}, mtls: {mode: STRICT}}",
        ),
        OPEN,
    );
}

/// The server keeps port 8080 from its sidecar.
fn excluded_inbound(objects: &str) -> String {
    let world = WORLD.replace(
        "labels: {app: web}}\nspec: {serviceAccountName",
        "labels: {app: web}, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: '8080'}}\nspec: {serviceAccountName",
    );
    let mesh = crate::mesh(&format!("{world}{objects}"));
    format!("{} | {}", three(&mesh, "meshed/cli", "web.server"), three(&mesh, "plain/cli", "web.server"))
}

#[test]
fn s33_excluded_inbound_ports() {
    assert_eq!(excluded_inbound(""), "503 503 echo | 200 200 echo");
    assert_eq!(excluded_inbound(&peers(STRICT)), "503 503 echo | 200 200 reset");
    assert_eq!(excluded_inbound(&policy("{}")), "503 503 closed | 200 200 closed");
    let disable = workload("mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: DISABLE}}");
    assert_eq!(excluded_inbound(&disable), "200 200 echo | 200 200 reset");
}

#[test]
fn s33_excluded_outbound_ports_make_a_client_a_plain_one() {
    let world = WORLD.replace(
        "metadata: {name: cli, namespace: meshed}",
        "metadata: {name: cli, namespace: meshed, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '80,8080'}}",
    );
    let see = |objects: &str| three(&crate::mesh(&format!("{world}{objects}")), "meshed/cli", "web.server");
    assert_eq!(see(""), "200 200 echo");
    assert_eq!(see(&peers(STRICT)), "reset reset echo");
    assert_eq!(see(&only_client()), "403 403 echo");
}

#[test]
fn s34_whose_destination_rule_counts() {
    let strict = peers(STRICT);
    let broken = "503 503 reset | reset reset reset";
    check(&format!("{}{strict}", rule("server", "{tls: {mode: DISABLE}}")), broken);
    check(
        &format!(
            "{}{}{strict}",
            rule("server", "{tls: {mode: DISABLE}}"),
            rule("meshed", "{tls: {mode: ISTIO_MUTUAL}}")
        ),
        MESHED,
    );
    check(&format!("{}{strict}", rule("plain", "{tls: {mode: DISABLE}}")), MESHED);
    check(&format!("{}{strict}", rule("istio-system", "{tls: {mode: DISABLE}}")), broken);
}

#[test]
fn s34_which_hosts_are_meant() {
    let strict = peers(STRICT);
    let disable = |host: &str| {
        object(
            "DestinationRule",
            "meshed",
            "d",
            &format!("{{host: '{host}', trafficPolicy: {{tls: {{mode: DISABLE}}}}}}"),
        )
    };
    check(&format!("{}{strict}", disable("*.server.svc.cluster.local")), "503 503 reset | reset reset reset");
    check(&format!("{}{strict}", disable("*")), "503 503 reset | reset reset reset");
    check(&format!("{}{strict}", disable("web")), MESHED);
    // The most specific host counts, whatever it says.
    check(&format!("{}{}{strict}", disable("*.local"), rule("meshed", "{connectionPool: {}}")), MESHED);
    let root = object(
        "DestinationRule",
        "istio-system",
        "d",
        "{host: '*.local', trafficPolicy: {tls: {mode: SIMPLE}}}",
    );
    assert_eq!(row(&root), "503 503 unknown | 200 200 echo");
}

#[test]
fn s34_ports_of_a_destination_rule_are_those_of_the_service() {
    let strict = peers(STRICT);
    let port = |number: u16| {
        rule(
            "meshed",
            &format!("{{portLevelSettings: [{{port: {{number: {number}}}, tls: {{mode: DISABLE}}}}]}}"),
        )
    };
    check(&format!("{}{strict}", port(9000)), "200 200 reset | reset reset reset");
    check(&format!("{}{strict}", port(80)), "503 503 echo | reset reset reset");
    check(&format!("{}{strict}", port(8080)), MESHED);
}

#[test]
fn s34_tls_that_is_not_the_mesh_s_is_not_taken_on_ports_of_http() {
    let see = |mode: &str, objects: &str| {
        let rule = rule("meshed", &format!("{{tls: {{mode: {mode}}}}}"));
        three(&world(&format!("{rule}{objects}")), "meshed/cli", "web.server")
    };
    // On one of TCP it goes on to the application, unless a policy refuses what has no identity.
    let allow = policy("{rules: [{from: [{source: {namespaces: [meshed]}}]}]}");
    for mode in ["SIMPLE", "MUTUAL"] {
        assert_eq!(see(mode, ""), "503 503 unknown");
        assert_eq!(see(mode, &allow), "503 503 closed");
    }
    assert_eq!(see("SIMPLE", &peers(STRICT)), "503 503 reset");
    // The certificate that the rule names may be one of the mesh.
    assert_eq!(see("MUTUAL", &peers(STRICT)), "unknown unknown unknown");
}

/// Without a selector sidecars do not get the certificate, and some versions then send plain text.
#[test]
fn s34_certificates_in_a_secret_are_for_rules_with_a_selector() {
    let rule = rule("meshed", "{tls: {mode: SIMPLE, credentialName: c}}");
    let see = |rule: &str| three(&world(rule), "meshed/cli", "web.server");
    assert_eq!(see(&rule), "unknown unknown unknown");
    let selected = rule.replace(
        "trafficPolicy",
        "workloadSelector: {matchLabels: {service.istio.io/canonical-name: cli}}, trafficPolicy",
    );
    assert_eq!(see(&selected), "503 503 unknown");
}

/// Whether it speaks TLS, only the application knows.
#[test]
fn tls_that_is_not_the_mesh_s_may_be_taken_where_there_is_no_sidecar() {
    let see = |mode: &str| {
        let host = "host: bare.plain.svc.cluster.local";
        let spec = format!("{{{host}, trafficPolicy: {{tls: {{mode: {mode}}}}}}}");
        three(&world(&object("DestinationRule", "meshed", "d", &spec)), "meshed/cli", "bare.plain")
    };
    assert_eq!(see("SIMPLE"), "unknown unknown unknown");
    assert_eq!(see("MUTUAL"), "unknown unknown unknown");
    assert_eq!(see("ISTIO_MUTUAL"), "503 503 reset");
}

/// Seen in a random cluster: the server's sidecar does not look into it, and authorization sees nobody.
#[test]
fn s34_mtls_to_a_port_where_it_is_disabled_is_bytes_that_a_policy_may_refuse() {
    let mutual = rule("meshed", "{tls: {mode: ISTIO_MUTUAL}}");
    let disable = peers("{mtls: {mode: DISABLE}}");
    let allow = policy("{rules: [{from: [{source: {namespaces: [meshed]}}]}]}");
    let see = |objects: &str| three(&world(objects), "meshed/cli", "web.server");
    assert_eq!(see(&format!("{mutual}{disable}")), "503 503 reset");
    assert_eq!(see(&format!("{mutual}{disable}{allow}")), "503 503 closed");
}

#[test]
fn s34_a_subset_that_encrypts_like_the_whole_says_nothing_more() {
    let route = object(
        "VirtualService",
        "server",
        "v",
        "{hosts: [web.server.svc.cluster.local], http: [{route: [{destination: {host: web.server.svc.cluster.local, subset: a}}]}]}",
    );
    let rule = |whole: &str, subset: &str| {
        let tls = |mode: &str| format!("trafficPolicy: {{tls: {{mode: {mode}}}}}");
        let spec = format!(
            "{{host: web.server.svc.cluster.local, {}, subsets: [{{name: a, {}}}]}}",
            tls(whole),
            tls(subset)
        );
        let mesh = world(&format!("{route}{}", object("DestinationRule", "server", "d", &spec)));
        seen(&mesh, &call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x")))
    };
    assert_eq!(rule("DISABLE", "DISABLE"), "200");
    assert_eq!(rule("DISABLE", "ISTIO_MUTUAL"), "unknown");
}

#[test]
fn s34_a_rule_with_a_selector_binds_its_workloads_only() {
    let spec = "{host: web.server.svc.cluster.local, workloadSelector: {matchLabels: {app: other}}, trafficPolicy: {tls: {mode: DISABLE}}}";
    check(&format!("{}{}", object("DestinationRule", "meshed", "d", spec), peers(STRICT)), MESHED);
    let spec = spec.replace("{app: other}", "{service.istio.io/canonical-name: cli}");
    check(
        &format!("{}{}", object("DestinationRule", "meshed", "d", &spec), peers(STRICT)),
        "503 503 reset | reset reset reset",
    );
}

/// Two Services on one pod port; the first one is the older.
fn two_services(first: &str, second: &str) -> Mesh {
    let service = |name: &str, port: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: server}}\nspec: {{selector: {{app: web}}, ports: [{{name: {port}, port: 80, targetPort: 8080}}]}}\n---\n"
        )
    };
    let world: Vec<&str> = WORLD
        .split("---\n")
        .filter(|d| !d.contains("name: web, namespace: server}\nspec: {selector"))
        .collect();
    let services = format!("{}{}", service("web", first), service("web2", second));
    crate::mesh(&format!(
        "{}---\n{services}{}",
        world.join("---\n"),
        policy("{rules: [{to: [{operation: {methods: [GET]}}]}]}")
    ))
}

#[test]
fn s35_the_oldest_service_says_the_protocol() {
    let see = |mesh: &Mesh, client: &str, host: &str| {
        let post = Request { method: "POST".to_owned(), ..get("/x") };
        let call = call(mesh, client, &format!("{host}.server:80"));
        [seen(mesh, &call, Some(&get("/x"))), seen(mesh, &call, Some(&post))].join(" ")
    };
    let mesh = two_services("http", "tcp-y");
    for host in ["web", "web2"] {
        assert_eq!(see(&mesh, "meshed/cli", host), "200 403");
        assert_eq!(see(&mesh, "plain/cli", host), "200 403");
    }
    let mesh = two_services("tcp-y", "http");
    assert_eq!(see(&mesh, "meshed/cli", "web"), "closed closed");
    assert_eq!(see(&mesh, "meshed/cli", "web2"), "503 503");
    assert_eq!(see(&mesh, "plain/cli", "web"), "closed closed");
}

/// mTLS meets a port that the server keeps from its sidecar, and nobody knows whether the application there takes TLS.
#[test]
fn s35_without_dates_a_port_may_be_tls_by_another_service() {
    let see = |name: &str| {
        let world = WORLD.replace(
            "labels: {app: web}}\nspec: {serviceAccountName",
            "labels: {app: web}, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: '9000'}}\nspec: {serviceAccountName",
        );
        let too = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web2, namespace: server}}\n\
             spec: {{selector: {{app: web}}, ports: [{{name: {name}, port: 9000}}]}}\n---\n"
        );
        let mut sources = Sources::default();
        sources.add("mesh.yaml", format!("{world}{too}"));
        let mesh = Mesh::read_with(&sources, Settings::default());
        seen(&mesh, &call(&mesh, "meshed/cli", "web.server:9000"), None)
    };
    assert_eq!(see("tcp-y"), "reset");
    assert_eq!(see("https-y"), "unknown");
}

#[test]
fn s35_a_service_without_pods() {
    let mesh = world("");
    for client in ["meshed/cli", "plain/cli"] {
        assert_eq!(mesh.without_pods(Client::Pod(pod(&mesh, client))).outcome, Outcome::Unavailable);
    }
}

#[test]
fn s35_a_route_that_takes_only_some_requests() {
    let route = |more: &str| {
        object(
            "VirtualService",
            "meshed",
            "v",
            &format!(
                "{{hosts: [web.server.svc.cluster.local], http: [{{match: [{{method: {{exact: POST}}}}], route: [{{destination: {{host: web.server.svc.cluster.local}}}}]{more}}}]}}"
            ),
        )
    };
    check(&route(""), "503 200 echo | 200 200 echo");
    check(&route(", fault: {}"), "503 unknown echo | 200 200 echo");
    let mesh = world(&route(""));
    let any = mesh.any(&call(&mesh, "meshed/cli", "web.server:80"), Below::Passes).outcome;
    assert_eq!(any.word(), "partial");
}

const ONLY_POST: &str = "{hosts: [web.server.svc.cluster.local], http: [{match: [{method: {exact: POST}}], route: [{destination: {host: web.server.svc.cluster.local}}]}]}";

#[test]
fn s35_routes_of_http_are_for_what_the_client_s_sidecar_takes_for_http() {
    let mesh = world(&object("VirtualService", "server", "v", ONLY_POST));
    let get_from = |mesh: &Mesh, to: &str| seen(mesh, &call(mesh, "meshed/cli", to), Some(&get("/x")));
    assert_eq!(get_from(&mesh, "web.server:80"), "503");
    assert_eq!(get_from(&mesh, "web.server:8888"), "503");
    assert_eq!(get_from(&mesh, "web.server:9000"), "200");
}

#[test]
fn s33_routes_are_not_for_ports_that_the_client_s_sidecar_leaves_alone() {
    let client = "metadata: {name: cli, namespace: meshed}";
    let excluded = "metadata: {name: cli, namespace: meshed, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '80'}}";
    let route = object("VirtualService", "server", "v", ONLY_POST);
    let mesh = crate::mesh(&format!("{}{route}", WORLD.replace(client, excluded)));
    assert_eq!(seen(&mesh, &call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x"))), "200");
}

#[test]
fn s35_of_several_routes_for_a_host_the_oldest_counts() {
    let all = "{hosts: [web.server.svc.cluster.local], http: [{route: [{destination: {host: web.server.svc.cluster.local}}]}]}";
    let first = |a: &str, b: &str| {
        let mesh = world(
            &(object("VirtualService", "server", "b", a) + &object("VirtualService", "server", "a", b)),
        );
        seen(&mesh, &call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x")))
    };
    assert_eq!(first(all, ONLY_POST), "200");
    assert_eq!(first(ONLY_POST, all), "503");
}

#[test]
fn s35_where_a_route_leads_elsewhere_nothing_is_told_of_any_request() {
    let away = "{hosts: [web.server.svc.cluster.local], http: [{route: [{destination: {host: other.server.svc.cluster.local}}]}]}";
    let mesh = world(&object("VirtualService", "server", "v", away));
    let call = call(&mesh, "meshed/cli", "web.server:80");
    assert_eq!(mesh.any(&call, Below::Drops).outcome, Outcome::Unknown);
    assert_eq!(mesh.any(&call, Below::Passes).outcome, Outcome::Unknown);
}

#[test]
fn s36_registry_only() {
    let registry = |hosts: &str| {
        sidecar(&format!(
            "{{outboundTrafficPolicy: {{mode: REGISTRY_ONLY}}, egress: [{{hosts: [{hosts}]}}]}}"
        ))
    };
    let entry = |namespace: &str, rest: &str| {
        object(
            "ServiceEntry",
            namespace,
            "se",
            &format!("{{hosts: [ext.example], ports: [{{number: 80, name: http, protocol: HTTP}}], {rest}}}"),
        )
    };
    let see = |objects: &str| {
        let mesh = world(objects);
        let outside = |client: &str, host: &str, port: u16, http: bool| {
            let to =
                Outside { host: Some(host.to_owned()), address: Some("203.0.113.2".parse().unwrap()), port };
            mesh.outside(pod(&mesh, client), &to, http).outcome.word()
        };
        let by = |client: &str| {
            [
                outside(client, "203.0.113.2", 80, true),
                outside(client, "ext.example", 80, true),
                outside(client, "", 9000, false),
            ]
            .join(" ")
        };
        format!(
            "{} {} | {}",
            by("meshed/cli"),
            seen(&mesh, &call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x"))),
            by("plain/cli")
        )
    };
    let plain = "open open open";
    assert_eq!(see(""), format!("open open open 200 | {plain}"));
    let all = registry("'*/*'");
    assert_eq!(see(&all), format!("unavailable unavailable reset 200 | {plain}"));
    let named = entry("meshed", "resolution: STATIC, endpoints: [{address: 203.0.113.2}]");
    assert_eq!(see(&format!("{all}{named}")), format!("unavailable open reset 200 | {plain}"));
    let addressed = entry("meshed", "addresses: [203.0.113.2], resolution: NONE");
    assert_eq!(see(&format!("{all}{addressed}")), format!("open open reset 200 | {plain}"));
    let private = entry("plain", "addresses: [203.0.113.2], resolution: NONE, exportTo: [.]");
    assert_eq!(see(&format!("{all}{private}")), format!("unavailable unavailable reset 200 | {plain}"));
    assert_eq!(see(&registry("'server/*'")), format!("unavailable unavailable reset 200 | {plain}"));
    let mesh = world(&all);
    let call = Call {
        client: Client::Pod(pod(&mesh, "meshed/cli")),
        server: pod(&mesh, "server/web"),
        port: 8080,
        by: By::Address,
    };
    assert_eq!(seen(&mesh, &call, Some(&get("/x"))), "reset");
}

#[test]
fn i12_a_service_that_is_not_exported_is_not_known() {
    let world = WORLD.replace("metadata: {name: web, namespace: server}\nspec: {selector", "metadata: {name: web, namespace: server, annotations: {networking.istio.io/exportTo: '.'}}\nspec: {selector");
    let mesh = crate::mesh(&format!("{world}{}", peers(STRICT)));
    assert_eq!(three(&mesh, "meshed/cli", "web.server"), "reset reset reset");
}

/// A gateway in namespace `edge`, in front of the server.
fn gateway(objects: &str) -> Mesh {
    let edge = "
apiVersion: v1
kind: Namespace
metadata: {name: edge, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: ingress, namespace: edge}
spec: {selector: {istio: ingress}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: ingress
  namespace: edge
  labels: {istio: ingress, gateway.networking.k8s.io/gateway-name: kg}
  annotations: {inject.istio.io/templates: gateway}
spec: {serviceAccountName: ingress, containers: [{name: istio-proxy, image: auto}]}
status: {podIP: 10.244.0.9}
---
";
    world(&format!("{edge}{objects}"))
}

/// What somebody outside sees of the server by way of the gateway: of the gateway itself, and of the server behind it.
fn through(objects: &str) -> String {
    let mesh = gateway(objects);
    let own = seen(&mesh, &call(&mesh, "outside", "ingress.edge:80"), Some(&get("/x")));
    let behind = call(&mesh, "edge/ingress", "web.server:80");
    let client = Client::Gateway(pod(&mesh, "edge/ingress"), Some("203.0.113.7".parse().unwrap()));
    format!("{own} {}", seen(&mesh, &Call { client, ..behind }, Some(&get("/x"))))
}

fn allow(namespace: &str, rule: &str) -> String {
    object("AuthorizationPolicy", namespace, "a", &format!("{{rules: [{rule}]}}"))
}

fn source(source: &str) -> String {
    format!("{{from: [{{source: {{{source}}}}}]}}")
}

#[test]
fn s20_the_server_sees_the_gateway() {
    assert_eq!(through(""), "200 200");
    assert_eq!(
        through(&allow("server", &source("principals: [cluster.local/ns/edge/sa/ingress]"))),
        "200 200"
    );
    assert_eq!(through(&allow("server", &source("namespaces: [edge]"))), "200 200");
    assert_eq!(through(&allow("server", &source("namespaces: [meshed]"))), "200 403");
    assert_eq!(through(&allow("server", &source("ipBlocks: [203.0.113.7]"))), "200 403");
    assert_eq!(through(&allow("server", &source("ipBlocks: [10.244.0.9]"))), "200 200");
    assert_eq!(through(&allow("server", &source("remoteIpBlocks: [203.0.113.7]"))), "200 200");
    assert_eq!(through(&allow("server", "{to: [{operation: {hosts: [web.server]}}]}")), "200 200");
}

#[test]
fn s21_a_listener_of_a_gateway_sees_no_identity_and_takes_plain_text() {
    assert_eq!(through(&object("PeerAuthentication", "edge", "p", STRICT)), "200 200");
    assert_eq!(through(&peers(STRICT)), "200 200");
    let mesh = gateway(&allow("edge", &source("namespaces: [meshed]")));
    assert_eq!(seen(&mesh, &call(&mesh, "meshed/cli", "ingress.edge:80"), Some(&get("/x"))), "403");
    assert_eq!(through(&allow("edge", &source("ipBlocks: [203.0.113.7]"))), "200 200");
    assert_eq!(
        through(&object(
            "AuthorizationPolicy",
            "edge",
            "a",
            "{action: DENY, rules: [{from: [{source: {notPrincipals: ['*']}}]}]}"
        )),
        "403 200"
    );
}

#[test]
fn s21_which_policies_bind_gateways() {
    assert_eq!(through(&object("AuthorizationPolicy", "edge", "a", "{}")), "403 200");
    assert_eq!(through(&object("AuthorizationPolicy", "istio-system", "a", "{}")), "403 403");
    let target = |name: &str| {
        object(
            "AuthorizationPolicy",
            "edge",
            "a",
            &format!("{{targetRefs: [{{kind: Gateway, group: gateway.networking.k8s.io, name: {name}}}]}}"),
        )
    };
    assert_eq!(through(&target("kg")), "403 200");
    assert_eq!(through(&target("other")), "200 200");
    let label = "{selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: kg}}}";
    assert_eq!(through(&object("AuthorizationPolicy", "edge", "a", label)), "403 200");
}

/// Behind a load balancer nodes pass on what comes from outside, under their own addresses, unless the Service says `Local`.
#[test]
fn addresses_of_clients_are_hidden_by_services_that_nodes_pass_on() {
    let see = |service: &str, rule: &str| {
        let service = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: lb, namespace: server}}\nspec: {{{service}, selector: {{app: web}}, ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n---\n"
        );
        let mesh = world(&format!("{service}{}", allow("server", rule)));
        seen(&mesh, &call(&mesh, "outside", "web.server:80"), Some(&get("/x")))
    };
    let (cluster, local) = ("type: LoadBalancer", "type: LoadBalancer, externalTrafficPolicy: Local");
    let client = source("ipBlocks: [203.0.113.0/24]");
    assert_eq!(see(local, &client), "200");
    assert_eq!(see("type: ClusterIP", &client), "200");
    assert_eq!(see(cluster, &client), "unknown");
    assert_eq!(see("type: NodePort", &client), "unknown");
    // Who lets the nodes in lets everybody in who comes by them.
    assert_eq!(see(cluster, &source("ipBlocks: [10.0.0.0/8]")), "unknown");
    assert_eq!(see(local, &source("ipBlocks: [10.0.0.0/8]")), "403");
    assert_eq!(see(cluster, &source("ipBlocks: [0.0.0.0/0]")), "200");
    assert_eq!(see(cluster, "{}"), "200");
    assert_eq!(see(cluster, &source("namespaces: [meshed]")), "403");
}

#[test]
fn s22_ports_of_a_gateway_are_those_of_its_pod() {
    assert_eq!(through(&allow("edge", "{to: [{operation: {ports: ['80']}}]}")), "200 200");
    assert_eq!(through(&allow("edge", "{to: [{operation: {ports: ['8080']}}]}")), "403 200");
}

/// What a gateway of Istio listens for on port 80: what those in the mesh, and those outside, see of it.
fn listening(protocol: &str, tls: &str, objects: &str) -> String {
    let server = format!("{{port: {{number: 80, name: x, protocol: {protocol}}}, hosts: ['*']{tls}}}");
    let spec = format!("{{selector: {{istio: ingress}}, servers: [{server}]}}");
    let mesh = gateway(&format!("{}{objects}", object("Gateway", "edge", "g", &spec)));
    let see = |client: &str, request: Option<&Request>| {
        seen(&mesh, &call(&mesh, client, "ingress.edge:80"), request)
    };
    let get = get("/x");
    ["meshed/cli", "outside"].map(|c| format!("{} {}", see(c, Some(&get)), see(c, None))).join(" | ")
}

#[test]
fn s21_listeners_of_a_gateway_decide_what_it_hands_on() {
    let by_method = allow("edge", "{to: [{operation: {methods: [GET]}}]}");
    assert_eq!(listening("HTTP", "", &by_method), "200 503 | 200 503");
    assert_eq!(
        listening("HTTPS", ", tls: {mode: SIMPLE, credentialName: c}", &by_method),
        "200 503 | 200 503"
    );
    // On a port of TCP a rule of HTTP allows nothing.
    assert_eq!(listening("TCP", "", ""), "200 503 | 200 echo");
    assert_eq!(listening("TCP", "", &by_method), "503 503 | closed closed");
    assert_eq!(listening("TLS", ", tls: {mode: PASSTHROUGH}", &by_method), "503 503 | closed closed");
}

#[test]
fn s21_a_listener_of_mtls_sees_identities() {
    let rule = object(
        "DestinationRule",
        "edge",
        "d",
        "{host: ingress.edge.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}",
    );
    let of_meshed = allow("edge", &source("namespaces: [meshed]"));
    let of_others = allow("edge", &source("namespaces: [other]"));
    let mutual = ", tls: {mode: ISTIO_MUTUAL}";
    assert_eq!(listening("HTTPS", mutual, ""), "503 503 | reset reset");
    assert_eq!(listening("HTTPS", mutual, &rule), "200 503 | reset reset");
    assert_eq!(listening("HTTPS", mutual, &format!("{rule}{of_meshed}")), "200 503 | reset reset");
    assert_eq!(listening("HTTPS", mutual, &format!("{rule}{of_others}")), "403 503 | reset reset");
    // Certificates of others than the mesh may name anybody.
    let others = ", tls: {mode: MUTUAL, credentialName: c}";
    assert_eq!(listening("HTTPS", others, ""), "200 503 | 200 503");
    assert_eq!(listening("HTTPS", others, &of_meshed), "unknown unknown | unknown unknown");
}

#[test]
fn s19_a_gateway_answers_on_ports_of_its_own_whatever_policies_say() {
    let mesh = gateway(&object("AuthorizationPolicy", "edge", "a", "{}"));
    let see = |port| {
        let (client, server) = (Client::Outside(None), pod(&mesh, "edge/ingress"));
        mesh.any(&Call { client, server, port, by: By::Address }, Below::Passes).outcome.word()
    };
    assert_eq!([15020, 15021, 15090].map(see), ["open"; 3]);
    assert_eq!(see(80), "forbidden");
}

/// Rules of iptables leave alone what the proxy sends, and whatever else runs as its user or group.
#[test]
fn what_runs_as_the_proxy_is_a_client_without_a_sidecar() {
    let see = |spec: &str, objects: &str| {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: past, namespace: meshed}}\nspec: {{{spec}}}\n---\n{objects}"
        );
        seen(&world(&pod), &call(&world(&pod), "meshed/past", "web.server:80"), Some(&get("/x")))
    };
    let own = |key: &str| format!("{{name: c, securityContext: {{{key}: 1337}}}}");
    let (user, group) = (own("runAsUser"), own("runAsGroup"));
    let strict = peers(STRICT);
    assert_eq!(see("containers: [{name: c}]", &strict), "200");
    assert_eq!(see(&format!("containers: [{user}]"), &strict), "reset");
    assert_eq!(see(&format!("containers: [{group}]"), &strict), "reset");
    assert_eq!(see("securityContext: {runAsUser: 1337}, containers: [{name: c}]", &strict), "reset");
    let some = format!("containers: [{user}, {{name: d}}]");
    assert_eq!(see(&some, &strict), "unknown");
    assert_eq!(see(&some, ""), "200");
    let over = "securityContext: {runAsUser: 1337}, containers: [{name: c, securityContext: {runAsUser: 1}}]";
    assert_eq!(see(over, &strict), "200");
}
