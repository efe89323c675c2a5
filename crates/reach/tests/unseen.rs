//! What a comparison says of pods that are in neither version.

use meshgen_reach::{Judge, Manifests};
use meshgen_yaml::Sources;

/// A closed namespace with a workload, and another namespace.
const BASE: &str = "
kind: Namespace
apiVersion: v1
metadata: { name: shop, labels: { team: a } }
---
kind: Namespace
apiVersion: v1
metadata: { name: tools, labels: { team: b } }
---
kind: Pod
apiVersion: v1
metadata: { name: cart, namespace: shop, labels: { app: cart } }
spec: { containers: [{ name: cart }] }
";

const CLOSED: &str = "
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: { name: default-deny, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
";

fn policy(spec: &str) -> String {
    format!(
        "{CLOSED}---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {{ name: cart, namespace: shop }}
spec: {{ podSelector: {{ matchLabels: {{ app: cart }} }}, {spec} }}
"
    )
}

fn from(peers: &str) -> String {
    policy(&format!("ingress: [{{ from: [{peers}], ports: [{{ port: 7070 }}] }}]"))
}

const WEB: &str = "{ podSelector: { matchLabels: { app: web } } }";
const ANY: &str = "{ namespaceSelector: {} }";

fn manifests(base: &str, policies: &str) -> Manifests {
    let mut sources = Sources::default();
    sources.add("base.yaml", base);
    sources.add("policies.yaml", policies);
    Manifests::read(sources)
}

#[track_caller]
fn compared(old: (&str, &str), new: (&str, &str), expected: &str) {
    let (old, new) = (manifests(old.0, old.1), manifests(new.0, new.1));
    let comparison = Judge::new(&old).compare(&Judge::new(&new));
    let lines: Vec<String> = comparison.text(10).lines().map(|l| format!("{l}\n")).collect();
    assert_eq!(lines.concat(), expected);
}

#[track_caller]
fn check(old: &str, new: &str, expected: &str) {
    compared((BASE, old), (BASE, new), expected);
}

const NOTHING: &str = "nobody gained or lost a connection\n";

#[test]
fn a_rule_for_any_pod_is_a_widening_though_no_such_pod_is_there() {
    check(&from(WEB), &from(ANY), "possible now:\n+ any pod => shop/cart[Pod] : TCP 7070\n");
    check(&from(ANY), &from(WEB), "no longer possible:\n- any pod => shop/cart[Pod] : TCP 7070\n");
}

#[test]
fn a_rule_for_other_pods_is_a_widening() {
    let team = "{ namespaceSelector: { matchLabels: { team: c } } }";
    let line = "any pod of [namespace with {team=c}]/[all pods] => shop/cart[Pod] : TCP 7070";
    check(&from(WEB), &from(&format!("{WEB}, {team}")), &format!("possible now:\n+ {line}\n"));
    check(&from(&format!("{WEB}, {team}")), &from(WEB), &format!("no longer possible:\n- {line}\n"));
}

#[test]
fn what_may_be_sent_to_other_pods_counts_as_well() {
    let old = policy("policyTypes: [Egress]");
    let new =
        policy(&format!("policyTypes: [Egress], egress: [{{ to: [{WEB}], ports: [{{ port: web }}] }}]"));
    check(&old, &new, "possible now:\n+ shop/cart[Pod] => any pod of shop/[pod with {app=web}] : TCP web\n");
}

#[test]
fn a_rule_in_other_words_or_in_another_place_changes_nothing() {
    check(&from(WEB), &format!("# moved\n\n{}", from(WEB)), NOTHING);
    let expression = "{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [web] }] } }";
    check(&from(WEB), &from(expression), NOTHING);
    check(&from(&format!("{WEB}, {ANY}")), &from(ANY), NOTHING);
}

#[test]
fn a_wider_description_is_a_widening() {
    let two = "{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [web, new] }] } }";
    check(
        &from(WEB),
        &from(two),
        "possible now:\n+ any pod of shop/[pod with {{Key:app,Operator:In,Values:[web new],}}] => shop/cart[Pod] : TCP 7070\n",
    );
}

#[test]
fn a_lost_default_is_a_widening_for_pods_that_no_other_policy_protects() {
    let own = from(WEB).replacen(CLOSED, "", 1);
    let egress = "possible now:\n+ shop/cart[Pod] => any pod : All Connections\n";
    let outside = "+ any pod => any pod of shop/[all pods] : All Connections\n";
    let known = "+ shop/cart[Pod] => outside : All Connections\n";
    check(&from(WEB), &own, &format!("{egress}{outside}{known}"));
}

#[test]
fn policies_alone_are_compared_for_the_pods_that_they_describe() {
    compared(
        ("", &from(WEB)),
        ("", &from(ANY)),
        "possible now:\n+ any pod => any pod of shop/[pod with {app=cart}] : TCP 7070\n",
    );
}

#[test]
fn a_namespace_that_gets_a_label_gets_what_the_label_admits() {
    let rules = from("{ namespaceSelector: { matchLabels: { team: c } } }");
    let labelled = BASE.replace("team: b", "team: c");
    compared(
        (BASE, &rules),
        (&labelled, &rules),
        "possible now:\n+ any pod of tools/[all pods] => shop/cart[Pod] : TCP 7070\n",
    );
}

#[test]
fn what_is_not_understood_may_permit_anything() {
    let odd = from(WEB).replace("port: 7070", "port: [7]");
    let (old, new) = (manifests(BASE, &from(WEB)), manifests(BASE, &odd));
    assert!(!Judge::new(&old).compare(&Judge::new(&new)).widened.is_empty());
}

#[test]
fn a_denial_that_is_gone_opens_what_another_rule_admits() {
    let admin = "
---
kind: AdminNetworkPolicy
apiVersion: policy.networking.k8s.io/v1alpha1
metadata: { name: no-tools }
spec:
  priority: 1
  subject: { namespaces: { matchLabels: { team: a } } }
  ingress: [{ action: Deny, from: [{ namespaces: { matchLabels: { team: b } } }] }]
";
    let web = "{ namespaceSelector: {}, podSelector: { matchLabels: { app: web } } }";
    let unprotected = "+ any pod of [namespace with {team=b}]/[all pods] => any pod of [namespace with {team=a}]/[all pods] : All Connections\n";
    let line = "+ any pod of [all namespaces]/[pod with {app=web}] that is also any pod of [namespace with {team=b}]/[all pods] => shop/cart[Pod] : TCP 7070\n";
    check(&format!("{}{admin}", from(web)), &from(web), &format!("possible now:\n{unprotected}{line}"));
}

#[test]
fn a_new_workload_that_reaches_an_old_one_is_a_widening() {
    let web = "
---
kind: Pod
apiVersion: v1
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web }] }
";
    let open = from(WEB).replacen("Ingress, Egress", "Ingress", 1);
    let (old, new) = (manifests(BASE, &open), manifests(&format!("{BASE}{web}"), &open));
    let (old, new) = (Judge::new(&old), Judge::new(&new));
    let (there, back) = (old.compare(&new).text(10), new.compare(&old).text(10));
    assert!(there.contains("+ shop/web[Pod] => shop/cart[Pod] : TCP 7070\n"), "{there}");
    assert!(there.ends_with("new workloads: shop/web[Pod]\n"), "{there}");
    assert!(back.contains("- shop/web[Pod] => shop/cart[Pod] : TCP 7070\n"), "{back}");
}

/// A policy of the namespace.
fn named(name: &str, spec: &str) -> String {
    format!(
        "---
kind: NetworkPolicy
apiVersion: networking.k8s.io/v1
metadata: {{ name: {name}, namespace: shop }}
spec: {spec}
"
    )
}

#[test]
fn pods_that_a_policy_would_select_need_not_fit_what_others_select_by_what_is_missing() {
    let open = named(
        "rest",
        "{ podSelector: { matchExpressions: [{ key: app, operator: DoesNotExist }] }, ingress: [{}] }",
    );
    let closed = named("new", "{ podSelector: { matchLabels: { tier: new } } }");
    check(
        &format!("{open}{closed}"),
        &open,
        "possible now:\n+ any pod => any pod of shop/[pod with {tier=new}] : All Connections\n",
    );
}

#[test]
fn pods_that_two_policies_would_select_are_imagined() {
    let closed = named("closed", "{ podSelector: { matchLabels: { tier: new } } }");
    let open = named("open", "{ podSelector: { matchLabels: { door: open } }, ingress: [{}] }");
    check(
        &closed,
        &format!("{closed}{open}"),
        "possible now:\n+ any pod => any pod of shop/[pod with {door=open}] that is also any pod of shop/[pod with {tier=new}] : All Connections\n",
    );
}

#[test]
fn what_pods_that_are_not_there_would_do_with_the_outside_counts_as_well() {
    let of = |block: &str| {
        named(
            "new",
            &format!(
                "{{ podSelector: {{ matchLabels: {{ app: new }} }}, policyTypes: [Egress], egress: [{block}] }}"
            ),
        )
    };
    check(
        &of(""),
        &of("{ to: [{ ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: 443 }] }"),
        "possible now:\n+ any pod of shop/[pod with {app=new}] => 192.0.2.0/24 : TCP 443\n",
    );
}

fn calico(rules: &str) -> String {
    format!(
        "---
kind: NetworkPolicy
apiVersion: projectcalico.org/v3
metadata: {{ name: new, namespace: shop }}
spec: {{ selector: tier == 'new', types: [Ingress], ingress: [{rules}] }}
"
    )
}

#[test]
fn pods_that_a_policy_of_calico_would_select_are_imagined() {
    check(
        &calico(""),
        &calico("{ action: Allow, protocol: TCP, destination: { ports: [80] } }"),
        "possible now:\n+ any pod => any pod that a rule of Calico selects : TCP 80\n",
    );
}

#[test]
fn a_denial_by_the_name_of_a_port_that_is_gone_is_a_widening() {
    let admin = "
kind: ClusterNetworkPolicy
apiVersion: policy.networking.k8s.io/v1alpha2
metadata: { name: admin }
spec:
  tier: Admin
  priority: 1
  subject: { pods: { namespaceSelector: { matchLabels: { team: b } }, podSelector: { matchLabels: { app: new } } } }
  ingress: [{ action: Deny, from: [{ namespaces: {} }], protocols: [{ destinationNamedPort: admin }] }]
";
    check(
        admin,
        "",
        "possible now:\n+ any pod => any pod of [namespace with {team=b}]/[pod with {app=new}] : SCTP admin,TCP admin,UDP admin\n",
    );
}
