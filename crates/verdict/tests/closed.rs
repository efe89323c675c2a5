//! Who could reach a pod: also pods that nobody has written, in the mesh and outside of it.
#![expect(clippy::unwrap_used, reason = "a test")]

use meshgen_reach::{Claim, Who};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// A server in the mesh that one client may call, and a client that may not.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {serviceAccountName: db, containers: [{name: c, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {serviceAccountName: cart, containers: [{name: c}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
";

const STRICT: &str = "
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
";

/// A policy of the server with one rule.
fn policy(action: &str, source: &str) -> String {
    format!(
        "
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: db, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: db}}}}, action: {action}, rules: [{{from: [{{source: {source}}}]}}]}}
"
    )
}

/// The first who reaches the server without being the client that may.
fn intruder(more: &[&str]) -> String {
    let mut sources = Sources::default();
    sources.add("shop.yaml", SHOP.to_owned() + &more.concat());
    let world = World::read(sources);
    let who = |name: &str| Who::Workload("shop".to_owned(), name.to_owned());
    let claim = Claim { to: vec![who("db")], only_from: Some(vec![who("cart")]), ..Claim::default() };
    let found = Judges::new(&world).intruder(&claim).unwrap();
    found.map_or("nobody".to_owned(), |found| format!("{:?}: {}", found.truth, found.line))
}

#[test]
fn an_identity_that_only_the_client_has_keeps_all_others_out() {
    assert_eq!(
        intruder(&[STRICT, &policy("ALLOW", "{principals: [cluster.local/ns/shop/sa/cart]}")]),
        "nobody"
    );
    // Also without STRICT: who comes in plain text has no identity.
    assert_eq!(intruder(&[&policy("ALLOW", "{serviceAccounts: [cart]}")]), "nobody");
}

#[test]
fn whoever_is_in_a_namespace_can_take_an_account_that_nobody_uses() {
    let two = policy("ALLOW", "{serviceAccounts: [cart, batch]}");
    insta::assert_snapshot!(intruder(&[STRICT, &two]));
    insta::assert_snapshot!(intruder(&[STRICT, &policy("ALLOW", "{namespaces: [shop]}")]));
    insta::assert_snapshot!(intruder(&[STRICT, &policy("ALLOW", "{principals: ['*/sa/cart']}")]));
}

#[test]
fn a_namespace_that_is_not_there_can_be_made() {
    insta::assert_snapshot!(intruder(&[STRICT, &policy("ALLOW", "{namespaces: [shop-*]}")]));
    insta::assert_snapshot!(intruder(&[STRICT, &policy("ALLOW", "{notNamespaces: [other]}")]));
}

#[test]
fn mutual_tls_alone_tells_nobody_apart() {
    insta::assert_snapshot!(intruder(&[STRICT]));
}

#[test]
fn a_policy_that_denies_by_identity_is_passed_in_plain_text() {
    let all = policy("DENY", "{notPrincipals: [cluster.local/ns/shop/sa/cart]}");
    assert_eq!(intruder(&[STRICT, &all]), "nobody");
    insta::assert_snapshot!(intruder(&[&policy("DENY", "{namespaces: ['*']}")]));
}
