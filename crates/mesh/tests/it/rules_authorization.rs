//! The rules of AuthorizationPolicy. What is expected was seen on a real Istio, where the number begins with S.

use meshgen_mesh::{Below, By, Call, Client, Mesh, Outcome, Request, Settings, Token};
use meshgen_yaml::Sources;

use crate::world::{WORLD, call, check, get, object, peers, pod, policy, rule, seen, three, word, world};

const OPEN: &str = "200 200 echo | 200 200 echo";
const NOBODY: &str = "403 403 closed | 403 403 closed";
const MESHED: &str = "200 200 echo | 403 403 closed";
const PLAIN: &str = "403 403 closed | 200 200 echo";

#[track_caller]
fn allow(rules: &str, expected: &str) {
    check(&policy(&format!("{{rules: {rules}}}")), expected);
}

#[track_caller]
fn deny(rules: &str, expected: &str) {
    check(&policy(&format!("{{action: DENY, rules: {rules}}}")), expected);
}

fn from(source: &str) -> String {
    format!("[{{from: [{{source: {{{source}}}}}]}}]")
}

fn to(operation: &str) -> String {
    format!("[{{to: [{{operation: {{{operation}}}}}]}}]")
}

#[test]
fn i1_deny_comes_before_allow_and_without_allow_all_pass() {
    check("", OPEN);
    let deny = policy("{action: DENY, rules: [{to: [{operation: {methods: [POST], ports: ['8080']}}]}]}");
    let allow =
        object("AuthorizationPolicy", "server", "b", "{rules: [{from: [{source: {namespaces: [meshed]}}]}]}");
    check(&deny, "200 403 echo | 200 403 echo");
    check(&format!("{deny}{allow}"), "200 403 echo | 403 403 closed");
}

#[test]
fn i1_audit_does_not_refuse() {
    check(&policy("{action: AUDIT, rules: [{}]}"), OPEN);
}

#[test]
fn i2_no_rules_never_match_and_an_empty_rule_always() {
    check(&policy("{}"), NOBODY);
    check(&object("AuthorizationPolicy", "server", "a", ""), NOBODY);
    allow("[{}]", OPEN);
    deny("[]", OPEN);
    deny("[{}]", NOBODY);
}

#[test]
fn i2_fields_of_a_source_are_all_meant_and_sources_any() {
    allow(&from("namespaces: [meshed], principals: [cluster.local/ns/meshed/sa/other]"), NOBODY);
    allow("[{from: [{source: {namespaces: [none]}}, {source: {namespaces: [meshed]}}]}]", MESHED);
    allow(
        "[{from: [{source: {namespaces: [meshed]}}], when: [{key: source.namespace, values: [none]}]}]",
        NOBODY,
    );
}

#[test]
fn i3_a_policy_binds_its_namespace_and_the_root_all() {
    check(&object("AuthorizationPolicy", "meshed", "a", "{}"), OPEN);
    check(&object("AuthorizationPolicy", "istio-system", "a", "{}"), NOBODY);
    check(&policy("{selector: {matchLabels: {app: none}}}"), OPEN);
    check(&policy("{selector: {matchLabels: {app: web}}}"), NOBODY);
}

/// The API has no `matchExpressions` there: an API server drops them, or refuses the policy.
#[test]
fn i3_a_selector_has_labels_only() {
    let expressions = "matchExpressions: [{key: app, operator: In, values: [nobody]}]";
    let unknown = "unknown unknown unknown | unknown unknown unknown";
    check(&policy(&format!("{{selector: {{{expressions}}}}}")), unknown);
    check(&policy(&format!("{{selector: {{matchLabels: {{app: web}}, {expressions}}}}}")), unknown);
    check(&policy(&format!("{{selector: {{matchLabels: {{app: nobody}}, {expressions}}}}}")), OPEN);
    let strict = |s: &str| peers(&format!("{{selector: {{{s}}}, mtls: {{mode: STRICT}}}}"));
    check(&strict(expressions), unknown);
    check(&strict(&format!("matchLabels: {{app: nobody}}, {expressions}")), OPEN);
}

#[test]
fn i3_the_root_namespace_is_that_of_the_settings() {
    let objects = format!("{WORLD}{}", object("AuthorizationPolicy", "mesh-config", "a", "{}"));
    let see = |root: &str| {
        let mut sources = Sources::default();
        sources.add("mesh.yaml", objects.clone());
        let settings = Settings { root_namespace: root.to_owned(), ..Settings::default() };
        three(&Mesh::read_with(&sources, settings), "meshed/cli", "web.server")
    };
    assert_eq!(see("istio-system"), "200 200 echo");
    assert_eq!(see("mesh-config"), "403 403 closed");
}

#[test]
fn i3_without_a_sidecar_nothing_is_refused() {
    let mesh = world(&object("AuthorizationPolicy", "plain", "a", "{}"));
    assert_eq!(three(&mesh, "meshed/cli", "bare.plain"), "200 200 echo");
}

/// What is compared is the whole identity, with `.*/ns/<value>/.*` (`srcNamespaceGenerator`).
#[test]
fn i3_a_namespace_is_a_part_of_an_expression() {
    allow(&from("namespaces: ['*a']"), MESHED);
    allow(&from("namespaces: ['*/client']"), NOBODY);
    allow(&from("namespaces: ['*shed/sa']"), MESHED);
    allow(&from("namespaces: ['*b']"), NOBODY);
    deny(&from("notNamespaces: ['*a']"), MESHED);
}

#[test]
fn i3_namespaces_are_names_with_stars() {
    allow(&from("namespaces: ['mesh*']"), MESHED);
    allow(&from("namespaces: ['*shed']"), MESHED);
    allow(&from("namespaces: ['*']"), MESHED);
    allow(&from("namespaces: [mesh]"), NOBODY);
    allow(&from("namespaces: ['*ed*']"), MESHED);
    allow(&from("namespaces: ['plain*']"), NOBODY);
}

#[test]
fn i4_plain_clients_have_no_identity() {
    allow(&from("namespaces: [plain]"), NOBODY);
    deny(&from("namespaces: [plain]"), OPEN);
    deny(&from("notNamespaces: [meshed]"), MESHED);
}

#[test]
fn i5_an_allow_rule_with_http_fields_never_admits_tcp() {
    allow(&to("methods: [GET]"), "200 403 closed | 200 403 closed");
    // The rule is left out as a whole, not only the operation that knows HTTP.
    allow(
        "[{to: [{operation: {ports: ['9000']}}, {operation: {methods: [GET]}}]}]",
        "200 403 closed | 200 403 closed",
    );
}

#[test]
fn i6_ports_are_those_of_the_pod() {
    allow(&to("ports: ['80']"), NOBODY);
    allow(&to("ports: ['8080']"), "200 200 closed | 200 200 closed");
}

#[test]
fn i6_addresses_are_those_of_the_packets() {
    allow(&from("ipBlocks: [10.244.0.4]"), PLAIN);
    allow(&from("ipBlocks: [10.244.0.0/24]"), OPEN);
    allow(&from("notIpBlocks: [10.244.0.4/32]"), MESHED);
    allow(&from("ipBlocks: [192.0.2.0/24]"), NOBODY);
}

#[test]
fn i6_an_address_that_is_not_known_may_be_meant() {
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: new, namespace: plain}\nspec: {containers: [{name: c}]}\n---\n";
    let see = |block: &str| {
        let mesh = world(&format!(
            "{pods}{}",
            policy(&format!("{{rules: {}}}", from(&format!("ipBlocks: [{block}]"))))
        ));
        three(&mesh, "plain/new", "web.server")
    };
    assert_eq!(see("10.244.0.0/16"), "unknown unknown unknown");
    assert_eq!(see("0.0.0.0/0"), "200 200 echo");
    assert_eq!(see("203.0.113.0/24"), "403 403 closed");
}

#[test]
fn s2_tcp_is_closed_and_http_gets_403() {
    allow(&from("namespaces: [nobody]"), NOBODY);
}

#[test]
fn s4_methods_alone_close_tcp_ports() {
    allow(&to("methods: [GET]"), "200 403 closed | 200 403 closed");
    deny(&to("methods: [POST]"), "200 403 closed | 200 403 closed");
}

#[test]
fn s5_a_port_of_the_service_admits_nothing() {
    allow(&to("ports: ['80']"), NOBODY);
}

#[test]
fn s7_a_detected_port_is_what_is_sent() {
    let mesh = world(&policy(&format!("{{rules: {}}}", to("methods: [GET]"))));
    let post = Request { method: "POST".to_owned(), ..get("/x") };
    for client in ["meshed/cli", "plain/cli"] {
        let call = call(&mesh, client, "web.server:8888");
        assert_eq!(seen(&mesh, &call, Some(&get("/x"))), "200");
        assert_eq!(seen(&mesh, &call, Some(&post)), "403");
        assert_eq!(seen(&mesh, &call, None), "closed");
    }
    // A port that no Service declares, by the address of the pod.
    let call = Call {
        client: Client::Pod(pod(&mesh, "plain/cli")),
        server: pod(&mesh, "server/web"),
        port: 7777,
        by: By::Address,
    };
    assert_eq!(seen(&mesh, &call, Some(&post)), "403");
}

#[test]
fn s8_a_pod_is_bound_towards_itself_by_service_and_not_by_address() {
    let headless = "apiVersion: v1\nkind: Service\nmetadata: {name: hl, namespace: server}\n\
                    spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 8080}]}\n---\n";
    let mesh = world(&format!("{headless}{}", policy("{}")));
    assert_eq!(three(&mesh, "server/web", "web.server"), "403 403 closed");
    assert_eq!(seen(&mesh, &call(&mesh, "server/web", "hl.server:8080"), Some(&get("/x"))), "200");
    let own = pod(&mesh, "server/web");
    let call = Call { client: Client::Pod(own), server: own, port: 8080, by: By::Address };
    assert_eq!(seen(&mesh, &call, Some(&get("/x"))), "200");
}

/// What leaves the pod, because its sidecar leaves the port of the Service alone, comes back from the node.
#[test]
fn i10_what_a_pod_sends_to_itself_past_its_sidecar_comes_in_like_any_other() {
    let own = |annotations: &str| {
        let text = format!("{WORLD}{}", peers("{mtls: {mode: STRICT}}"));
        let label = "labels: {app: web}";
        let mesh = crate::mesh(&text.replacen(
            &format!("namespace: server, {label}"),
            &format!("namespace: server, {label}, annotations: {{{annotations}}}"),
            1,
        ));
        three(&mesh, "server/web", "web.server")
    };
    let (out, inbound) =
        ("traffic.sidecar.istio.io/excludeOutboundPorts", "traffic.sidecar.istio.io/excludeInboundPorts");
    assert_eq!(own(""), "200 200 echo");
    assert_eq!(own(&format!("{out}: '9000'")), "200 200 reset");
    assert_eq!(own(&format!("{out}: '9000', {inbound}: '9000'")), "200 200 echo");
    assert_eq!(own(&format!("{out}: '80'")), "reset reset echo");
}

#[test]
fn s23_negations_match_plain_clients() {
    let client = "cluster.local/ns/meshed/sa/client";
    allow(&from("notPrincipals: ['*']"), PLAIN);
    allow(&from(&format!("notPrincipals: [{client}]")), PLAIN);
    deny(&from(&format!("notPrincipals: [{client}]")), MESHED);
    deny(&from("principals: ['*']"), PLAIN);
    deny(&from("notServiceAccounts: [meshed/client]"), MESHED);
    allow(&from("notNamespaces: [other]"), OPEN);
    allow("[{when: [{key: source.namespace, notValues: [other]}]}]", OPEN);
}

#[test]
fn s23_identities_admit_meshed_clients_only() {
    allow(&from("principals: ['*']"), MESHED);
    allow(&from("principals: [cluster.local/ns/meshed/sa/client]"), MESHED);
    allow(&from("principals: ['*/sa/client']"), MESHED);
    allow(&from("principals: ['spiffe://cluster.local/ns/meshed/sa/client']"), NOBODY);
    allow(&from("trustDomains: [cluster.local]"), MESHED);
    allow(&from("trustDomains: [other]"), NOBODY);
    allow(&from("serviceAccounts: [meshed/client]"), MESHED);
    // Without a namespace it is the policy's own.
    allow(&from("serviceAccounts: [client]"), NOBODY);
    allow("[{when: [{key: connection.sni, values: ['*']}]}]", MESHED);
    allow("[{when: [{key: source.principal, values: [cluster.local/ns/meshed/sa/client]}]}]", MESHED);
}

#[test]
fn s24_deny_with_http_fields_closes_tcp_as_far_as_the_rest_matches() {
    deny("[{when: [{key: 'request.headers[x-a]', values: ['1']}]}]", "200 200 closed | 200 200 closed");
    deny("[{when: [{key: 'request.headers[x-a]', notValues: ['1']}]}]", NOBODY);
    deny(&from("requestPrincipals: ['*']"), "200 200 closed | 200 200 closed");
    deny(&from("notRequestPrincipals: ['*']"), NOBODY);
    deny(&to("ports: ['8080'], methods: [POST]"), "200 403 echo | 200 403 echo");
    deny(&to("notMethods: [GET]"), "200 403 closed | 200 403 closed");
    deny(
        "[{from: [{source: {namespaces: [meshed]}}], to: [{operation: {methods: [POST]}}]}]",
        "200 403 closed | 200 200 echo",
    );
    deny("[{from: [{source: {namespaces: [other]}}], to: [{operation: {methods: [POST]}}]}]", OPEN);
}

#[test]
fn s24_allow_with_http_fields_never_admits_tcp() {
    allow("[{when: [{key: 'request.headers[x-a]', values: ['1']}]}]", NOBODY);
    allow("[{when: [{key: 'request.headers[x-a]', notValues: ['1']}]}]", "200 200 closed | 200 200 closed");
    allow(&to("notMethods: [POST]"), "200 403 closed | 200 403 closed");
    allow(&to("ports: ['9000'], methods: [GET]"), NOBODY);
    allow(
        "[{to: [{operation: {methods: [GET]}}]}, {to: [{operation: {ports: ['9000']}}]}]",
        "200 403 echo | 200 403 echo",
    );
    allow(
        "[{from: [{source: {principals: [cluster.local/ns/meshed/sa/client]}}], to: [{operation: {methods: [GET]}}]}, \
         {from: [{source: {principals: ['*']}}]}]",
        MESHED,
    );
}

#[test]
fn s24_conditions_on_ports_and_addresses_hold_over_tcp() {
    allow("[{when: [{key: destination.port, values: ['8080']}]}]", "200 200 closed | 200 200 closed");
    allow("[{when: [{key: destination.port, values: ['80']}]}]", NOBODY);
    allow("[{when: [{key: destination.port, notValues: ['9000']}]}]", "200 200 closed | 200 200 closed");
    allow("[{when: [{key: source.ip, values: [10.244.0.4]}]}]", PLAIN);
    allow("[{when: [{key: destination.ip, values: [10.244.0.2]}]}]", OPEN);
    allow(&to("notPorts: ['9000']"), "200 200 closed | 200 200 closed");
    deny(&to("notPorts: ['8080']"), "200 200 closed | 200 200 closed");
}

fn dry(spec: &str) -> String {
    policy(spec).replace("name: a,", "name: a, annotations: {istio.io/dry-run: 'true'},")
}

#[test]
fn s25_dry_run_and_targets_do_nothing_on_sidecars() {
    check(&dry("{action: DENY, rules: [{}]}"), OPEN);
    check(&dry("{}"), OPEN);
    let get =
        object("AuthorizationPolicy", "server", "b", "{rules: [{to: [{operation: {methods: [GET]}}]}]}");
    check(&format!("{}{get}", dry("{}")), "200 403 closed | 200 403 closed");
    check(&policy("{targetRefs: [{kind: Service, group: '', name: web}]}"), OPEN);
    check(&policy("{action: AUDIT, rules: [{}]}"), OPEN);
}

/// What is seen where a provider of this name is configured, as gRPC or not; it answers or nobody listens.
fn custom(spec: &str, grpc: bool, dead: bool) -> String {
    let ext = "apiVersion: v1\nkind: Service\nmetadata: {name: ext, namespace: plain}\n\
               spec: {selector: {app: bare}, ports: [{name: http, port: 80}]}\n---\n";
    let mut mesh = world(&format!("{ext}{}", policy(spec)));
    mesh.settings.providers.push(meshgen_mesh::Provider {
        name: "ext".to_owned(),
        grpc,
        service: "ext.plain.svc.cluster.local".to_owned(),
        port: if dead { 81 } else { 80 },
        fail_open: false,
    });
    three(&mesh, "meshed/cli", "web.server")
}

#[test]
fn s26_a_provider_that_is_not_configured_refuses_what_rules_match() {
    check(&policy("{action: CUSTOM, provider: {name: nope}, rules: [{}]}"), NOBODY);
    let paths = "{action: CUSTOM, provider: {name: nope}, rules: [{to: [{operation: {paths: [/none]}}]}]}";
    check(&policy(paths), "200 200 closed | 200 200 closed");
}

#[test]
fn s26_a_dead_provider() {
    let all = "{action: CUSTOM, provider: {name: ext}, rules: [{}]}";
    assert_eq!(custom(all, false, true), "403 403 echo");
    assert_eq!(custom(all, true, true), "403 403 closed");
    let post = "{action: CUSTOM, provider: {name: ext}, rules: [{to: [{operation: {methods: [POST]}}]}]}";
    assert_eq!(custom(post, false, true), "200 403 echo");
}

#[test]
fn s26_what_a_provider_says_is_not_known() {
    let all = "{action: CUSTOM, provider: {name: ext}, rules: [{}]}";
    assert_eq!(custom(all, false, false), "unknown unknown echo");
    let paths = "{action: CUSTOM, provider: {name: ext}, rules: [{to: [{operation: {paths: [/none]}}]}]}";
    assert_eq!(custom(paths, false, false), "200 200 echo");
}

#[test]
fn s26_two_providers_refuse() {
    let second =
        object("AuthorizationPolicy", "server", "b", "{action: CUSTOM, provider: {name: two}, rules: [{}]}");
    check(&format!("{}{second}", policy("{action: CUSTOM, provider: {name: one}, rules: [{}]}")), NOBODY);
}

#[test]
fn s27_a_selector_in_the_root_namespace_binds_pods_elsewhere_and_knows_injected_labels() {
    check(
        &object("AuthorizationPolicy", "istio-system", "r", "{selector: {matchLabels: {app: web}}}"),
        NOBODY,
    );
    check(&policy("{selector: {matchLabels: {service.istio.io/canonical-name: web}}}"), NOBODY);
    check(
        &object(
            "AuthorizationPolicy",
            "istio-system",
            "r",
            &format!("{{rules: {}}}", from("namespaces: [meshed]")),
        ),
        MESHED,
    );
    check(
        &format!("{}{}", object("AuthorizationPolicy", "istio-system", "r", "{}"), policy("{rules: [{}]}")),
        OPEN,
    );
}

#[test]
fn s28_paths() {
    let paths = ["/a", "/a/", "/a/b", "/a/b/c", "/A", "/a?x=1", "/a%2Fb", "//a", "/x/../a"];
    let table = [
        ("/a", "x....x..x"),
        ("/a/*", ".xxx....."),
        ("*/b", "..x......"),
        ("/a*", "xxxx.xx.x"),
        ("/a/{*}", "..x......"),
        ("/a/{**}", ".xxx....."),
        ("/{*}/b", "..x......"),
        ("/{**}/c", "...x....."),
        ("*", "xxxxxxxxx"),
        ("/a/**", "........."),
        ("/a/{*}/c", "...x....."),
        ("/{**}", "xxxxxxxxx"),
        ("/{*}", "x...xxx.x"),
    ];
    for (pattern, expected) in table {
        let mesh = world(&policy(&format!("{{rules: {}}}", to(&format!("paths: ['{pattern}']")))));
        let call = call(&mesh, "meshed/cli", "web.server:80");
        let open = |p: &&str| if seen(&mesh, &call, Some(&get(p))) == "200" { 'x' } else { '.' };
        assert_eq!(paths.iter().map(open).collect::<String>(), expected, "{pattern}");
    }
}

#[test]
fn s29_hosts() {
    let hosts = ["web.server", "web.server.svc.cluster.local", "web.server:80", "WEB.server"];
    let table = [
        ("web.server", "x..x"),
        ("web.server.svc.cluster.local", ".x.."),
        ("web.server:80", "..x."),
        ("*.cluster.local", ".x.."),
        ("web.*", "xxxx"),
        ("WEB.SERVER", "x..x"),
        ("web.server:*", "..x."),
    ];
    for (pattern, expected) in table {
        let mesh = world(&policy(&format!("{{rules: {}}}", to(&format!("hosts: ['{pattern}']")))));
        let call = call(&mesh, "meshed/cli", "web.server:80");
        let open = |h: &&str| {
            let request = Request { host: (*h).to_owned(), ..get("/x") };
            if seen(&mesh, &call, Some(&request)) == "200" { 'x' } else { '.' }
        };
        assert_eq!(hosts.iter().map(open).collect::<String>(), expected, "{pattern}");
    }
}

fn token(sub: &str) -> Token {
    let claim = |name: &str, value: &str| (vec![name.to_owned()], vec![value.to_owned()]);
    Token::Valid(
        [claim("iss", "issuer.example"), claim("sub", sub), claim("aud", "x"), claim("groups", "dev")].into(),
    )
}

/// No token, a good one, a bad one, and a good one of a plain client; and something over TCP.
fn tokens(authentication: bool, rules: &str) -> String {
    let spec = "{selector: {matchLabels: {app: web}}, jwtRules: [{issuer: issuer.example, jwks: x}]}";
    let checks =
        if authentication { object("RequestAuthentication", "server", "ra", spec) } else { String::new() };
    let mesh = world(&format!("{checks}{rules}"));
    let see = |client: &str, token: Token| {
        seen(&mesh, &call(&mesh, client, "web.server:80"), Some(&Request { token, ..get("/x") }))
    };
    let tcp = seen(&mesh, &call(&mesh, "meshed/cli", "web.server:9000"), None);
    let meshed = [Token::None, token("alice"), Token::Invalid].map(|t| see("meshed/cli", t));
    format!("{} | {} | {tcp}", meshed.join(" "), see("plain/cli", token("alice")))
}

#[test]
fn s30_tokens() {
    assert_eq!(tokens(true, ""), "200 200 403 | 200 | echo");
    let allow = |rules: &str| policy(&format!("{{rules: {rules}}}"));
    assert_eq!(tokens(true, &allow(&from("requestPrincipals: ['*']"))), "403 200 403 | 200 | closed");
    assert_eq!(
        tokens(true, &allow(&from("requestPrincipals: [issuer.example/alice]"))),
        "403 200 403 | 200 | closed"
    );
    assert_eq!(
        tokens(true, &allow(&from("requestPrincipals: [issuer.example/bob]"))),
        "403 403 403 | 403 | closed"
    );
    let groups = allow("[{when: [{key: 'request.auth.claims[groups]', values: [dev]}]}]");
    assert_eq!(tokens(true, &groups), "403 200 403 | 200 | closed");
    let audience = allow("[{when: [{key: request.auth.audiences, values: [x]}]}]");
    assert_eq!(tokens(true, &audience), "403 200 403 | 200 | closed");
    let deny = policy(&format!("{{action: DENY, rules: {}}}", from("notRequestPrincipals: ['*']")));
    assert_eq!(tokens(true, &deny), "403 200 403 | 200 | closed");
    let ports = "[{from: [{source: {notRequestPrincipals: ['*']}}], to: [{operation: {ports: ['8080']}}]}]";
    assert_eq!(
        tokens(true, &policy(&format!("{{action: DENY, rules: {ports}}}"))),
        "403 200 403 | 200 | echo"
    );
    assert_eq!(tokens(false, &allow(&from("requestPrincipals: ['*']"))), "403 403 403 | 403 | closed");
    let both = from("requestPrincipals: ['*'], principals: [cluster.local/ns/meshed/sa/client]");
    assert_eq!(tokens(true, &allow(&both)), "403 200 403 | 403 | closed");
}

/// The API server refuses such policies; should one be read, what it says is still what Envoy would do, and a field
/// that is not known makes answers unknown.
#[test]
fn s31_what_is_not_understood_makes_answers_unknown() {
    check(
        &policy("{rules: [{from: [{source: {namespace: [meshed]}}]}]}"),
        "unknown unknown unknown | unknown unknown unknown",
    );
    check(&policy("{action: REFUSE}"), "unknown unknown unknown | unknown unknown unknown");
    check(&policy("{selector: {matchLabels: {app: none}}, rule: []}"), OPEN);
}

#[test]
fn what_is_not_understood_does_not_hide_what_is_denied() {
    let broken = object("AuthorizationPolicy", "server", "b", "{rules: [{form: []}]}");
    let nothing = policy("{action: DENY, rules: [{}]}");
    check(&format!("{broken}{nothing}"), NOBODY);
    check(&format!("{broken}{}", policy("{}")), "unknown unknown unknown | unknown unknown unknown");
}

#[test]
fn any_request_is_told_apart_by_what_remains() {
    let any = |spec: &str, to: &str| {
        let mesh = world(&policy(spec));
        let verdict = mesh.any(&call(&mesh, "meshed/cli", to), Below::Passes);
        match verdict.outcome {
            Outcome::Partial(remains) => remains.to_string(),
            _ => word(&verdict, true).to_owned(),
        }
    };
    assert_eq!(any("{rules: [{}]}", "web.server:80"), "200");
    assert_eq!(any("{}", "web.server:80"), "403");
    assert_eq!(any("{}", "web.server:9000"), "closed");
    assert_eq!(any("{rules: [{to: [{operation: {paths: ['*']}}]}]}", "web.server:80"), "200");
    assert_eq!(any("{rules: [{to: [{operation: {methods: [GET]}}]}]}", "web.server:9000"), "closed");
    assert_eq!(
        any("{rules: [{to: [{operation: {methods: [GET], paths: [/x*]}}]}]}", "web.server:80"),
        "method GET and path /x*"
    );
    assert_eq!(
        any("{action: DENY, rules: [{to: [{operation: {methods: [POST]}}]}]}", "web.server:80"),
        "all but method POST"
    );
    // What the connection decides is not told: the client is of the namespace, or it is not.
    assert_eq!(
        any(
            "{rules: [{from: [{source: {namespaces: [meshed]}}], to: [{operation: {methods: [GET]}}]}]}",
            "web.server:80"
        ),
        "method GET"
    );
    assert_eq!(
        any(
            "{rules: [{from: [{source: {namespaces: [plain]}}], to: [{operation: {methods: [GET]}}]}]}",
            "web.server:80"
        ),
        "403"
    );
    // However many values a rule names, they are told apart from others only as a whole.
    let many = |n: usize| (0..n).map(|i| format!("/p{i}, /q{i}*, '*/r{i}'")).collect::<Vec<_>>().join(", ");
    let methods = (0..500).map(|i| format!("M{i}")).collect::<Vec<_>>().join(", ");
    let long =
        format!("{{rules: [{{to: [{{operation: {{methods: [{methods}], paths: [{}]}}}}]}}]}}", many(100));
    assert!(any(&long, "web.server:80").starts_with("method M0|M1"));
    // A rule that matches no path that there is.
    assert_eq!(
        any("{action: DENY, rules: [{to: [{operation: {notPaths: ['/*']}}]}]}", "web.server:80"),
        "200"
    );
    assert_eq!(
        any("{rules: [{to: [{operation: {methods: [GET]}}]}]}", "web.server:8888"),
        "method GET; no connections that are not HTTP"
    );
    assert_eq!(
        any("{rules: [{to: [{operation: {methods: ['*']}}]}]}", "web.server:8888"),
        "all requests; no connections that are not HTTP"
    );
}

#[test]
fn the_layers_are_told_in_their_order() {
    let objects = format!(
        "{}{}{}",
        peers("{mtls: {mode: STRICT}}"),
        rule("meshed", "{tls: {mode: ISTIO_MUTUAL}}"),
        policy(&format!("{{rules: {}}}", from("namespaces: [other]")))
    );
    let mesh = world(&objects);
    let verdict = mesh.verdict(&call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x")), Below::Passes);
    let mut sources = Sources::default();
    sources.add("mesh.yaml", format!("{WORLD}{objects}"));
    let told = serde_json::to_string_pretty(&verdict.told(&sources)).unwrap();
    insta::assert_snapshot!(told, @r#"
    {
      "outcome": "forbidden",
      "reasons": [
        {
          "layer": "mtls",
          "said": "mTLS by DestinationRule ISTIO_MUTUAL, to STRICT by PeerAuthentication `server/p`",
          "by": [
            {
              "kind": "DestinationRule",
              "name": "meshed/d",
              "file": "mesh.yaml",
              "line": 52
            },
            {
              "kind": "PeerAuthentication",
              "name": "server/p",
              "file": "mesh.yaml",
              "line": 47
            }
          ]
        },
        {
          "layer": "authorization",
          "said": "no rule allows it",
          "by": [
            {
              "kind": "AuthorizationPolicy",
              "name": "server/a",
              "file": "mesh.yaml",
              "line": 57
            }
          ]
        }
      ]
    }
    "#);
    let dropped = mesh.verdict(&call(&mesh, "meshed/cli", "web.server:80"), Some(&get("/x")), Below::Drops);
    assert_eq!(dropped.outcome, Outcome::Timeout);
}

#[test]
fn a_host_that_is_asked_for_as_a_header_lets_its_requests_through() {
    let any = |key: &str, value: &str| {
        let rules = format!("[{{when: [{{key: 'request.headers[{key}]', values: ['{value}']}}]}}]");
        let mesh = world(&policy(&format!("{{rules: {rules}}}")));
        mesh.any(&call(&mesh, "meshed/cli", "web.server:80"), Below::Passes).outcome.word()
    };
    assert_eq!(any("host", "shop.example"), "partial");
    assert_eq!(any("Host", "shop.*"), "partial");
    assert_eq!(any(":authority", "*.example"), "partial");
    assert_eq!(any(":method", "PUT"), "partial");
    assert_eq!(any(":path", "/x/*"), "partial");
}
