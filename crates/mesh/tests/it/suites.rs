//! Istio's own suites of injection and of mTLS; `MESHGEN_CORPUS` names the folder that has them in `istio/`.

use meshgen_mesh::{
    Carried, Effect, Handshake, Identity, Injection, Injector, Labels, Membership, Mesh, Mode, Operator,
    Requirement, Seen, Selector, Settings, TlsMode, Webhook, webhooks,
};
use meshgen_yaml::Sources;
use serde_json::Value;

/// The rows of the suite of reachability that are wrong about Istio: a pod without a sidecar is said not to reach
/// another such pod.
///
/// That is only what the suite's helpers (`notToNaked`, `notNaked`, `notFromNaked` in `reachability_test.go`) give for a
/// combination that it never tries. No sidecar is on the way, so nothing of Istio can refuse it: I8, and seen on a
/// real Istio (`rand1.tsv`, `n1/w5` to `w5.n1:9000`: OPEN).
fn is_wrong(from: bool, to: bool, success: bool) -> bool {
    !from && !to && !success
}

#[expect(clippy::disallowed_methods, reason = "the suites lie outside of the repository")]
fn suite(name: &str) -> Option<Value> {
    let Ok(corpus) = std::env::var("MESHGEN_CORPUS") else {
        println!("skipped: MESHGEN_CORPUS names no suites");
        return None;
    };
    let text = std::fs::read_to_string(format!("{corpus}/istio/{name}.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn cases(suite: &Value) -> &[Value] {
    suite["cases"].as_array().unwrap()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn mode(value: &Value) -> Mode {
    Mode::parse(word(value)).unwrap().unwrap()
}

#[test]
fn i8_mtls_reachability() {
    let Some(suite) = suite("mtls_reachability") else { return };
    let mut tries = 0;
    for case in cases(&suite) {
        for row in case["matrix"].as_array().unwrap() {
            let (from, to) = (row["from_sidecar"].as_bool().unwrap(), row["to_sidecar"].as_bool().unwrap());
            let handshake = Handshake {
                by_sidecar: from,
                rule: case["client_destination_rule_tls_mode"].as_str().map(|m| TlsMode::parse(m).unwrap()),
                auto: true,
                labelled: to,
                server: to,
                mode: mode(&case["peer_authentication_mode"]),
                namespace_mode: mode(&case["peer_authentication_mode"]),
                headless: false,
            };
            let found =
                (handshake.is_taken(), handshake.is_taken() && handshake.carried() == Carried::Mutual);
            let expected = (row["success"].as_bool().unwrap(), row["mtls"].as_bool().unwrap());
            let wrong = is_wrong(from, to, expected.0);
            assert_eq!(found == expected, !wrong, "{}: {row}, found {found:?}", case["name"]);
            tries += 1;
        }
    }
    println!("{tries} tries");
    assert!(tries > 0);
}

#[test]
fn i7_i8_mtls_of_ports_that_no_service_declares() {
    let Some(suite) = suite("mtls_pass_through") else { return };
    let mut tries = 0;
    for case in cases(&suite) {
        let server = "apiVersion: v1\nkind: Pod\nmetadata: {name: b, labels: {app: b, sidecar.istio.io/inject: 'true'}}\n\
                      spec: {containers: [{name: c}]}\n";
        let mut sources = Sources::default();
        sources.add("server.yaml", server);
        sources.add("config.yaml", word(&case["config"]));
        let mesh = Mesh::read_with(&sources, Settings::default());
        assert_eq!(mesh.membership(0), Membership::Sidecar);
        for row in case["expected"].as_array().unwrap() {
            let port = u16::try_from(row["port"].as_u64().unwrap()).unwrap();
            let mode = mesh.mode(0, port).unwrap().mode;
            for (key, rule) in
                [("from_naked_plaintext", None), ("from_sidecar_forced_mtls", Some(TlsMode::IstioMutual))]
            {
                let by_sidecar = rule.is_some();
                let handshake = Handshake {
                    by_sidecar,
                    rule,
                    auto: true,
                    labelled: true,
                    server: true,
                    mode,
                    namespace_mode: mode,
                    headless: false,
                };
                let identity = Identity {
                    trust_domain: "cluster.local".to_owned(),
                    namespace: "default".to_owned(),
                    account: "a".to_owned(),
                };
                let seen = Seen {
                    identity: Some(identity).filter(|_| by_sidecar),
                    source: None,
                    remote: None,
                    destination: None,
                    port,
                    request: None,
                    tokens: false,
                };
                let found = handshake.is_taken() && mesh.decided(0, &seen).effect == Effect::Allowed;
                assert_eq!(found, row[key].as_bool().unwrap(), "{}: {row} {key}", case["name"]);
                tries += 1;
            }
        }
    }
    println!("{tries} tries");
    assert!(tries > 0);
}

fn labels(value: &Value) -> Labels {
    value.as_object().unwrap().iter().map(|(k, v)| (k.clone(), word(v).to_owned())).collect()
}

fn selector(value: &Value) -> Selector {
    let mut selector = Selector::labels(&value.get("matchLabels").map(labels).unwrap_or_default());
    for e in value.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let operator = Operator::parse(word(&e["operator"])).unwrap();
        selector.requirements.push(Requirement::new(word(&e["key"]), operator, &[]));
    }
    selector
}

#[test]
fn i9_injection_required() {
    let Some(suite) = suite("injection_required") else { return };
    for case in cases(&suite) {
        let selectors = |key: &str| case[key].as_array().unwrap().iter().map(selector).collect::<Vec<_>>();
        let all =
            Webhook { name: "all".to_owned(), namespaces: Selector::default(), pods: Selector::default() };
        let settings = Settings {
            injector: Injector {
                webhooks: vec![all],
                enabled: case["policy"] == "enabled",
                always: selectors("always_inject"),
                never: selectors("never_inject"),
                known: true,
            },
            ..Settings::default()
        };
        let mut sources = Sources::default();
        sources.add("pod.yaml", "kind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}\n");
        let mut pod = Mesh::read_with(&sources, settings.clone()).pods.remove(0);
        pod.labels = labels(&case["labels"]);
        pod.annotations = labels(&case["annotations"]);
        pod.host_network = case["host_network"].as_bool().unwrap();
        let found = Injection::of(&settings, &Labels::new(), &pod);
        let expected = if case["want"] == true { Membership::Sidecar } else { Membership::Plain };
        assert_eq!(found.membership, expected, "{case}: {}", found.why);
    }
    println!("{} cases", cases(&suite).len());
    assert!(!cases(&suite).is_empty());
}

/// `key In [a,b]`
fn requirement(text: &str) -> Requirement {
    let mut words = text.splitn(3, ' ');
    let (key, operator) = (words.next().unwrap(), words.next().unwrap());
    let values: Vec<&str> =
        words.next().map(|v| v.trim_matches(['[', ']']).split(',').collect()).unwrap_or_default();
    Requirement::new(key, Operator::parse(operator).unwrap(), &values)
}

#[test]
fn i9_webhook_selectors() {
    let Some(suite) = suite("webhook_selectors") else { return };
    let ours = webhooks(&["default".to_owned()], true, true);
    let theirs = suite["webhooks"].as_array().unwrap();
    assert_eq!(ours.len(), theirs.len());
    let sorted = |mut all: Vec<Requirement>| {
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all
    };
    for (ours, theirs) in ours.iter().zip(theirs) {
        let read = |key: &str| {
            sorted(theirs[key].as_array().unwrap().iter().map(|t| requirement(word(t))).collect())
        };
        assert!(word(&theirs["webhook"]).starts_with(&ours.name));
        assert_eq!(sorted(ours.namespaces.requirements.clone()), read("namespace"), "{}", ours.name);
        assert_eq!(sorted(ours.pods.requirements.clone()), read("pod"), "{}", ours.name);
    }
}
