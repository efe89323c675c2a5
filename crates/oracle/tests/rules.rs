//! The rules of the specification, one by one, as the naive judge knows them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up should fail")]

use meshgen_oracle::{
    manifests,
    naive::{Cluster, Flow, Peer, Pod, Protocol, Verdict},
};

/// Two namespaces with two pods each: `a/web`, `a/db`, `b/web`, `b/db`; `web` names its port 8080 `http`.
const PODS: &str = r"
{kind: Namespace, metadata: {name: a, labels: {team: one}}}
---
{kind: Namespace, metadata: {name: b, labels: {team: two}}}
---
{kind: Pod, metadata: {namespace: a, name: web, labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}
---
{kind: Pod, metadata: {namespace: a, name: db, labels: {app: db}}}
---
{kind: Pod, metadata: {namespace: b, name: web, labels: {app: web}}}
---
{kind: Pod, metadata: {namespace: b, name: db, labels: {app: db}}}
---
";

fn end<'a>(cluster: &'a Cluster, name: &str) -> Peer<'a> {
    let named = |p: &&Pod| format!("{}/{}", p.namespace, p.name) == name;
    match name.parse() {
        Ok(address) => Peer::Address(address),
        Err(_) => Peer::Pod(cluster.pods.iter().find(named).unwrap()),
    }
}

/// Each line: `a/web > b/db TCP 80`, with `>` for allowed, `x` for denied, `?` for undefined.
#[track_caller]
fn check(policies: &str, lines: &str) {
    let cluster = Cluster::read(&manifests::parse(&format!("{PODS}{policies}")));
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let [from, expected, to, protocol, port] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (source, destination) = (end(&cluster, from), end(&cluster, to));
        let flow = Flow {
            source,
            destination,
            protocol: Protocol::parse(protocol).unwrap(),
            port: port.parse().unwrap(),
        };
        let found = match cluster.verdict(&flow) {
            Verdict::Allowed => ">",
            Verdict::Denied => "x",
            Verdict::Undefined => "?",
        };
        assert_eq!(found, expected, "{line}");
    }
}

fn np(spec: &str) -> String {
    format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: a, name: n}}, spec: {spec}}}"
    )
}

fn calico(spec: &str) -> String {
    format!(
        "{{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {{name: g}}, spec: {spec}}}"
    )
}

fn cnp(name: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: {name}}}, spec: {spec}}}\n"
    )
}

#[test]
fn without_policies_everything_connects() {
    check("", "a/web > b/db TCP 80\n 8.8.8.8 > a/web UDP 53\n a/web > 8.8.8.8 SCTP 1");
}

#[test]
fn a_policy_without_types_is_about_ingress() {
    check(&np("{podSelector: {}}"), "b/db x a/web TCP 80\n a/web > b/db TCP 80\n a/web > a/web TCP 80");
}

#[test]
fn a_policy_without_types_is_about_egress_if_it_has_such_rules() {
    check(
        &np("{podSelector: {}, egress: [{ports: [{port: 80}]}]}"),
        "a/web > b/db TCP 80\n a/web x b/db TCP 81\n b/db x a/web TCP 80",
    );
}

#[test]
fn an_empty_rule_admits_everyone() {
    check(&np("{podSelector: {}, ingress: [{}]}"), "b/db > a/web SCTP 9\n 8.8.8.8 > a/web TCP 80");
}

#[test]
fn all_namespaces_are_not_the_world() {
    check(
        &np("{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"),
        "b/db > a/web TCP 80\n 8.8.8.8 x a/web TCP 80",
    );
}

#[test]
fn two_selectors_in_one_element_are_both_meant() {
    let both = np(
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: two}}, podSelector: {matchLabels: {app: db}}}]}]}",
    );
    check(&both, "b/db > a/web TCP 80\n b/web x a/web TCP 80\n a/db x a/web TCP 80");
}

#[test]
fn an_exception_is_no_refusal() {
    let except = np(
        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 1.0.0.0/8, except: [1.2.0.0/16]}}]}, {from: [{ipBlock: {cidr: 1.2.3.0/24}}]}]}",
    );
    check(
        &except,
        "1.1.1.1 > a/web TCP 80\n 1.2.9.9 x a/web TCP 80\n 1.2.3.4 > a/web TCP 80\n b/db x a/web TCP 80",
    );
}

#[test]
fn a_named_port_needs_its_protocol() {
    let named = np("{podSelector: {}, ingress: [{ports: [{port: http}]}]}");
    check(
        &named,
        "b/db > a/web TCP 8080\n b/db x a/web TCP 80\n b/db x a/web UDP 8080\n b/db x a/db TCP 8080",
    );
}

#[test]
fn a_range_includes_its_end() {
    let range = np("{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 82}]}]}");
    check(&range, "b/db > a/web TCP 80\n b/db > a/web TCP 82\n b/db x a/web TCP 83");
}

#[test]
fn absent_keys_are_not_in() {
    let not_in = np(
        "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: none, operator: NotIn, values: [v]}]}}]}]}",
    );
    check(&not_in, "a/db > a/web TCP 80\n b/db x a/web TCP 80");
}

#[test]
fn pass_leads_to_network_policies_and_accept_does_not() {
    let subject = "subject: {namespaces: {matchLabels: {team: one}}}";
    let from_b = "from: [{namespaces: {matchLabels: {team: two}}}]";
    let pass =
        cnp("p", &format!("{{tier: Admin, priority: 1, {subject}, ingress: [{{action: Pass, {from_b}}}]}}"));
    let accept = cnp(
        "q",
        &format!("{{tier: Admin, priority: 2, {subject}, ingress: [{{action: Accept, {from_b}}}]}}"),
    );
    check(&format!("{}\n{pass}{accept}", np("{podSelector: {}}")), "b/db x a/web TCP 80");
    check(&format!("{}\n{accept}", np("{podSelector: {}}")), "b/db > a/web TCP 80");
}

#[test]
fn equal_priorities_leave_the_answer_open_only_if_it_differs() {
    let rule = |action: &str| {
        format!(
            "{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]}}]}}"
        )
    };
    check(&(cnp("p", &rule("Accept")) + &cnp("q", &rule("Deny"))), "b/db ? a/web TCP 80");
    check(&(cnp("p", &rule("Accept")) + &cnp("q", &rule("Pass"))), "b/db > a/web TCP 80");
}

#[test]
fn networks_bind_pods_too() {
    let deny = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]}";
    check(&cnp("p", deny), "a/web x b/db TCP 80\n a/web x 8.8.8.8 TCP 80\n 8.8.8.8 > a/web TCP 80");
}

#[test]
fn a_baseline_binds_only_who_has_no_network_policy() {
    let deny = "{tier: Baseline, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}";
    let web = np("{podSelector: {matchLabels: {app: web}}, ingress: [{}]}");
    check(&format!("{web}\n{}", cnp("p", deny)), "b/db > a/web TCP 80\n b/db x a/db TCP 80");
}

#[test]
fn a_tier_that_applies_and_does_not_match_denies() {
    let allow =
        calico("{selector: app == 'web', ingress: [{action: Allow, source: {selector: app == 'db'}}]}");
    check(
        &allow,
        "b/db > a/web TCP 80\n b/web x a/web TCP 80\n b/web > a/db TCP 80\n 8.8.8.8 x a/web TCP 80",
    );
}

#[test]
fn egress_rules_alone_mean_egress_alone() {
    let egress = calico("{selector: app == 'web', egress: [{action: Deny}]}");
    check(&egress, "a/web x b/db TCP 80\n b/db > a/web TCP 80");
}

#[test]
fn a_negated_match_includes_the_world_and_a_negated_selector_does_not() {
    let inside =
        calico("{selector: app == 'web', ingress: [{action: Allow, source: {selector: \"!has(none)\"}}]}");
    check(&inside, "b/db > a/web TCP 80\n 8.8.8.8 x a/web TCP 80");
    let outside =
        calico("{selector: app == 'web', ingress: [{action: Allow, source: {notSelector: has(none)}}]}");
    check(&outside, "b/db > a/web TCP 80\n 8.8.8.8 > a/web TCP 80");
}
