//! What the mesh changes for pods that are not there yet is in a comparison.

use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// A server in the mesh that takes its one client alone, by mTLS only.
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
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec: {serviceAccountName: cart, containers: [{name: c, ports: [{containerPort: 7070}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: tcp-cart, port: 7070}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec: {podSelector: {matchLabels: {app: cart}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 7070}]}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
";

/// A policy of the server with one rule.
fn policy(action: &str, rule: &str) -> String {
    format!(
        "
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: cart, namespace: shop}}
spec: {{selector: {{matchLabels: {{app: cart}}}}, action: {action}, rules: [{rule}]}}
"
    )
}

fn allow(source: &str) -> String {
    policy("ALLOW", &format!("{{from: [{{source: {source}}}]}}"))
}

const WEB: &str = "{principals: [cluster.local/ns/shop/sa/web]}";

/// What differs between two versions of the shop, each with something more.
fn between(old: &str, new: &str) -> String {
    compared(&(SHOP.to_owned() + old), &(SHOP.to_owned() + new))
}

fn compared(old: &str, new: &str) -> String {
    let world = |text: &str| {
        let mut sources = Sources::default();
        sources.add("shop.yaml", text);
        World::read(sources)
    };
    let (old, new) = (world(old), world(new));
    let text = Judges::new(&old).compare(&Judges::new(&new)).text(10);
    text.lines().filter(|line| !line.starts_with("assumed")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_rule_for_more_clients_is_a_widening_before_any_is_there() {
    insta::assert_snapshot!(between(&allow(WEB), &allow("{principals: ['*']}")), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&allow(WEB), &allow("{namespaces: [shop-*]}")), @r"
    possible now:
    + any pod of shop-*, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    no longer possible:
    - shop/web[Pod] => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&allow(WEB), &allow("{namespaces: [shop]}")), @r"
    possible now:
    + any pod of shop, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&allow(WEB), &allow("{principals: [cluster.local/ns/shop/sa/web, cluster.local/ns/other/sa/job]}")), @r"
    possible now:
    + any pod of other, in the mesh as other/job => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&allow(WEB), &allow("{notPrincipals: [cluster.local/ns/shop/sa/web]}")), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    no longer possible:
    - shop/web[Pod] => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
}

#[test]
fn a_rule_for_fewer_clients_is_a_narrowing() {
    insta::assert_snapshot!(between(&allow("{principals: ['*']}"), &allow(WEB)), @r"
    no longer possible:
    - any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&allow("{namespaces: [shop, other]}"), &allow("{namespaces: [shop]}")), @r"
    no longer possible:
    - any pod of other, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
}

#[test]
fn the_same_in_other_words_is_nothing() {
    let twice = "{principals: [cluster.local/ns/shop/sa/web, '*/ns/shop/sa/web']}";
    insta::assert_snapshot!(between(&allow(WEB), &allow(twice)), @"nobody gained or lost a connection");
    insta::assert_snapshot!(between(&allow("{namespaces: [shop, shop]}"), &allow("{namespaces: [shop]}")), @"nobody gained or lost a connection");
    let moved = "\n\n# a comment\n".to_owned() + &allow(WEB);
    insta::assert_snapshot!(between(&allow(WEB), &moved), @"nobody gained or lost a connection");
}

#[test]
fn a_policy_that_goes_away_opens_what_it_closed() {
    insta::assert_snapshot!(between(&allow(WEB), ""), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between("", &allow(WEB)), @r"
    no longer possible:
    - any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    let deny = policy("DENY", "{from: [{source: {namespaces: [other]}}]}");
    insta::assert_snapshot!(between(&deny, ""), @r"
    possible now:
    + any pod of other, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
}

#[test]
fn plain_text_is_for_those_outside_of_the_mesh() {
    let permissive = SHOP.replace("STRICT", "PERMISSIVE");
    insta::assert_snapshot!(compared(SHOP, &permissive), @r"
    possible now:
    + any pod, outside of the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    + any pod => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    + *, outside => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    ");
    insta::assert_snapshot!(compared(&permissive, SHOP), @r"
    no longer possible:
    - any pod, outside of the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    - any pod => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    - *, outside => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    ");
    // An identity is asked for, which plain text does not carry.
    insta::assert_snapshot!(compared(&(SHOP.to_owned() + &allow(WEB)), &(permissive + &allow(WEB))), @r"
    possible now:
    + any pod => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    + *, outside => shop/web[Pod] : TCP 1-15019,15022-15089,15091-65535 (by the mesh)
    ");
}

#[test]
fn what_the_network_does_not_let_in_is_no_widening() {
    let closed = SHOP.replace("namespaceSelector: {}", "podSelector: {matchLabels: {app: web}}");
    let with = |more: &str| closed.clone() + &allow(more);
    insta::assert_snapshot!(compared(&with(WEB), &with("{namespaces: [other]}")), @r"
    no longer possible:
    - shop/web[Pod] => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(compared(&with(WEB), &with("{namespaces: [shop, other]}")), @r"
    possible now:
    + any pod of shop/[pod with {app=web}], in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    let labelled = SHOP
        .replace("namespaceSelector: {}", "namespaceSelector: {}, podSelector: {matchLabels: {app: job}}");
    let with = |more: &str| labelled.clone() + &allow(more);
    insta::assert_snapshot!(compared(&with(WEB), &with("{namespaces: [other]}")), @r"
    possible now:
    + any pod of [all namespaces]/[pod with {app=job}] in other, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    no longer possible:
    - any pod of [all namespaces]/[pod with {app=job}] in shop, in the mesh as shop/web => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
}

#[test]
fn what_is_not_known_counts_as_widened() {
    let asked = policy("CUSTOM", "{from: [{source: {principals: ['*']}}]}")
        .replace("action", "provider: {name: p}, action");
    let asked = asked.replace("name: cart,", "name: more,");
    insta::assert_snapshot!(between(&allow(WEB), &(allow(WEB) + &asked)), @"nobody gained or lost a connection");
    insta::assert_snapshot!(between(&asked, &(allow(WEB) + &asked)), @r"
    possible now:
    + any pod of shop, in the mesh as shop/web => shop/cart[Pod] : TCP 7070 (unknown; by the mesh)
    no longer possible:
    - any pod, in the mesh => shop/cart[Pod] : TCP 7070 (unknown; by the mesh)
    ");
    let blocks = |block| allow(&format!("{{ipBlocks: [{block}]}}"));
    insta::assert_snapshot!(between(&blocks("10.0.0.0/8"), &blocks("10.0.0.0/7")), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 7070 (unknown; by the mesh)
    ");
}

#[test]
fn pods_that_are_there_are_told_and_not_their_like() {
    let job = "
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: shop}
spec: {serviceAccountName: job, containers: [{name: c}]}
";
    let both = "{principals: [cluster.local/ns/shop/sa/web, cluster.local/ns/shop/sa/job]}";
    insta::assert_snapshot!(between(&(allow(WEB) + job), &(allow(both) + job)), @r"
    possible now:
    + shop/job[Pod] => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
}

#[test]
fn how_clients_encrypt_counts() {
    let rule = |mode: &str| {
        format!(
            "
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: cart, namespace: shop}}
spec: {{host: cart, trafficPolicy: {{tls: {{mode: {mode}}}}}}}
"
        )
    };
    insta::assert_snapshot!(between(&rule("DISABLE"), &rule("ISTIO_MUTUAL")), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 7070 (by the mesh)
    + * => shop/cart[Pod] : TCP 7070 (by the mesh)
    ");
    insta::assert_snapshot!(between(&rule("ISTIO_MUTUAL"), ""), @"nobody gained or lost a connection");
}

#[test]
fn a_policy_that_refuses_nobody_changes_nothing() {
    insta::assert_snapshot!(between("", &policy("ALLOW", "{}")), @"nobody gained or lost a connection");
}

#[test]
fn where_it_is_not_known_who_is_in_the_mesh_a_policy_that_changes_may_open_more() {
    let with = |more: &str| SHOP.replace("istio-injection: enabled", "istio.io/rev: canary") + more;
    insta::assert_snapshot!(compared(&with(&allow(WEB)), &with(&allow("{principals: ['*']}"))), @r"
    possible now:
    + any pod => shop/cart[Pod] : TCP 7070 (unknown; by the mesh)
    ");
}

#[test]
fn in_ambient_mode_it_is_the_same() {
    let ambient = SHOP
        .replace("istio-injection: enabled", "istio.io/dataplane-mode: ambient")
        .replace("port: 7070}]}]", "port: 15008}]}]");
    let with = |more: &str| ambient.clone() + &allow(more);
    insta::assert_snapshot!(compared(&with(WEB), &with("{principals: ['*']}")), @r"
    possible now:
    + any pod, in the mesh => shop/cart[Pod] : TCP 1-65535 (by the mesh)
    ");
}
