//! Questions to the judge about a small shop.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up should fail")]

use meshgen_reach::{
    Answer, Claim, ClaimPort, Direction, Focus, Judge, Manifests, PolicyKind, Protocol, Truth, Who,
};
use meshgen_yaml::Sources;

const SHOP: &str = include_str!("cluster/shop.yaml");
const POLICIES: &str = include_str!("cluster/policies.yaml");

fn shop(policies: &str) -> Manifests {
    let mut sources = Sources::default();
    sources.add("shop.yaml", SHOP);
    sources.add("policies.yaml", policies);
    Manifests::read(sources)
}

fn explained(from: &str, to: &str) -> String {
    let manifests = shop(POLICIES);
    let judge = Judge::new(&manifests);
    let mut text = String::new();
    for from in judge.source(from).unwrap() {
        for (to, ports) in judge.destination(to).unwrap() {
            text += &judge.explain(&from, &to, &ports).text();
        }
    }
    text
}

#[test]
fn the_list_is_by_groups() {
    let manifests = shop(POLICIES);
    insta::assert_snapshot!(Judge::new(&manifests).report(&Focus::default()).text());
}

#[test]
fn the_list_as_a_page() {
    let manifests = shop(POLICIES);
    insta::assert_snapshot!(Judge::new(&manifests).report(&Focus::default()).markdown());
}

#[test]
fn the_list_as_json() {
    let manifests = shop(POLICIES);
    let report =
        Judge::new(&manifests).report(&Focus { namespaces: vec!["tools".to_owned()], ..Focus::default() });
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn the_list_of_pairs_of_one_workload() {
    let manifests = shop(POLICIES);
    let focus = Focus {
        workloads: vec!["shop/cart".to_owned()],
        direction: Some(Direction::Ingress),
        ..Focus::default()
    };
    insta::assert_snapshot!(Judge::new(&manifests).pairs_report(&focus).text());
}

#[test]
fn the_list_of_one_port() {
    let manifests = shop(POLICIES);
    let focus = Focus { port: Some((Protocol::Tcp, 5432)), ..Focus::default() };
    insta::assert_snapshot!(Judge::new(&manifests).report(&focus).text());
}

#[test]
fn why_it_is_allowed() {
    insta::assert_snapshot!(explained("shop/cart", "shop/db:5432"));
}

#[test]
fn why_it_is_refused() {
    insta::assert_snapshot!(explained("shop/web", "shop/db:sql"));
}

#[test]
fn why_by_a_service_and_its_port() {
    insta::assert_snapshot!(explained("tools/probe", "web.shop.svc.cluster.local:80"));
}

#[test]
fn why_from_a_pod_that_need_not_exist() {
    insta::assert_snapshot!(explained("[istio-injection=enabled]/[app=new]", "shop/cart:80"));
}

#[test]
fn why_from_outside() {
    insta::assert_snapshot!(explained("203.0.113.7", "shop/db"));
}

#[track_caller]
fn unfound(name: &str, expected: &str) {
    let manifests = shop(POLICIES);
    assert_eq!(Judge::new(&manifests).source(name).unwrap_err().to_string(), expected);
}

#[test]
fn a_name_that_is_not_there_is_answered_with_the_nearest() {
    unfound("shop/crat", "nothing here is called `shop/crat`: did you mean `shop/cart`?");
    unfound(
        "nobody",
        "nothing here is called `nobody`: use `namespace/workload`, `service.namespace`, an address, or `namespace/[label=value]`",
    );
}

fn claim(to: &str) -> Claim {
    Claim { to: vec![Who::parse(to).unwrap()], ..Claim::default() }
}

fn only(to: &str, from: &[&str]) -> Claim {
    Claim { only_from: Some(from.iter().map(|w| Who::parse(w).unwrap()).collect()), ..claim(to) }
}

fn proof(policies: &str, claim: &Claim) -> (Truth, String) {
    let manifests = shop(policies);
    let proof = Judge::new(&manifests).prove(claim).unwrap();
    (proof.truth, proof.counter.map(|c| format!("{} => {} : {}", c.from, c.to, c.ports)).unwrap_or_default())
}

#[track_caller]
fn claimed(claim: &Claim, truth: Truth, counter: &str) {
    assert_eq!(proof(POLICIES, claim), (truth, counter.to_owned()));
}

#[test]
fn what_a_client_sees_is_proven() {
    let from = vec![Who::parse("shop/web").unwrap()];
    let ports = vec![ClaimPort::Number(5432)];
    let refused = Claim { from, ports, is: Some(Answer::Denied), ..claim("shop/db") };
    claimed(&refused, Truth::True, "");
    let open = Claim { is: Some(Answer::Allowed), ..refused };
    claimed(&open, Truth::Refuted, "shop/web[Deployment] => shop/db[StatefulSet] : TCP 5432");
}

#[test]
fn any_pod_of_a_namespace_is_more_than_those_that_are_there() {
    let claim =
        Claim { from: vec![Who::parse("tools/*").unwrap()], is: Some(Answer::Denied), ..claim("shop/web") };
    claimed(&claim, Truth::True, "");
}

#[test]
fn only_from_is_about_a_closed_world() {
    claimed(&only("shop/db", &["shop/cart"]), Truth::True, "");
    claimed(
        &only("shop/db", &["shop/web"]),
        Truth::Refuted,
        "shop/cart[Deployment] => shop/db[StatefulSet] : TCP 5432",
    );
    // Nobody but the probe is there to connect; but anybody may label a namespace.
    claimed(
        &Claim { ports: vec![ClaimPort::Number(80)], ..only("shop/cart", &["tools/probe"]) },
        Truth::Refuted,
        "any pod of [namespace with {istio-injection=enabled}]/[all pods] => shop/cart[Deployment] : TCP 80",
    );
}

#[test]
fn only_via_counts_other_doors_and_open_policies() {
    let by_gateway = Claim { only_via: Some("shop/public".to_owned()), ..claim("shop/web") };
    let (truth, counter) = proof(POLICIES, &by_gateway);
    assert_eq!((truth, counter.as_str()), (Truth::Refuted, "0.0.0.0/0 => shop/web[Deployment] : TCP 8080"));
}

#[test]
fn a_claim_may_be_about_a_world_without_some_policies() {
    let manifests = shop(POLICIES).without(&[PolicyKind::NetworkPolicy]);
    let proof = Judge::new(&manifests).prove(&only("shop/db", &["shop/cart"])).unwrap();
    assert_eq!(proof.truth, Truth::Refuted);
}

fn compared(old: &str, new: &str) -> String {
    let (old, new) = (shop(old), shop(new));
    Judge::new(&old).compare(&Judge::new(&new)).text(10)
}

#[test]
fn what_became_possible_and_what_stopped_being_possible() {
    assert_eq!(compared(POLICIES, POLICIES), "nobody gained or lost a connection\n");
    insta::assert_snapshot!(compared(POLICIES, &POLICIES.replace("app: cart } } }]", "app: web } } }]")));
    insta::assert_snapshot!(compared(POLICIES, "# none\n"));
}

#[test]
fn a_hint_names_the_policy_of_the_fewest_pods() {
    let rule = "egress: [{ to: [{ podSelector: { matchLabels: { app: db } } }] }]";
    let policy = |name: &str, selector: &str, rule: &str| {
        format!(
            "---\nkind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ podSelector: {{ {selector} }}, policyTypes: [Egress], {rule} }}\n"
        )
    };
    let policies = policy("allow-dns", "", rule) + &policy("web", "matchLabels: { app: web }", "egress: []");
    let manifests = shop(&policies);
    let judge = Judge::new(&manifests);
    let (from, to) = (judge.source("shop/web").unwrap(), judge.destination("shop/cart:80").unwrap());
    let (to, ports) = to.first().unwrap();
    let text = judge.explain(from.first().unwrap(), to, ports).text();
    assert!(text.ends_with(
        "to allow it: an egress rule for shop/cart[Deployment] and TCP 80 in NetworkPolicy shop/web (policies.yaml:7)\n"
    ), "{text}");
}

#[test]
fn a_service_of_one_pod_of_a_stateful_set_leads_there() {
    let mut sources = Sources::default();
    sources.add(
        "db.yaml",
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: shop}\n\
         spec: {replicas: 2, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: db-1, namespace: shop}\n\
         spec: {selector: {statefulset.kubernetes.io/pod-name: db-1}, ports: [{port: 5432}]}\n---\n\
         apiVersion: v1\nkind: Service\nmetadata: {name: db-2, namespace: shop}\n\
         spec: {selector: {statefulset.kubernetes.io/pod-name: db-2}, ports: [{port: 5432}]}\n",
    );
    let manifests = Manifests::read(sources);
    let judge = Judge::new(&manifests);
    assert_eq!(judge.destination("db-1.shop").unwrap().len(), 1);
    // There is no third pod.
    assert!(judge.destination("db-2.shop").is_err());
}
