//! What the judge makes of manifests that are wrong, strange, or of kinds that it does not know.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up should fail")]

use meshgen_reach::{Answer, Judge, ListEnd, Manifests, Protocol};
use meshgen_yaml::Sources;

const PODS: &str = r#"{"kind": "PodList", "apiVersion": "v1", "items": [
    {"metadata": {"name": "a", "namespace": "n", "labels": {"app": "a"}}, "spec": {"containers": [{"name": "c"}]}},
    {"metadata": {"name": "b", "namespace": "n", "labels": {"app": "b"}}, "spec": {"containers": [{"name": "c"}]}}]}"#;

fn read(text: &str) -> Manifests {
    let mut sources = Sources::default();
    sources.add("pods.json", PODS);
    sources.add("policies.yaml", text);
    Manifests::read(sources)
}

/// Whether `n/a` reaches port 80 of `n/b`, and the problems.
#[track_caller]
fn check(text: &str, answer: Answer, problems: &[&str]) {
    let manifests = read(text);
    let judge = Judge::new(&manifests);
    let (from, to) = (judge.source("n/a").unwrap(), judge.source("n/b").unwrap());
    let verdict = judge.probe(&from[0], &to[0], Protocol::Tcp, 80);
    let found: Vec<&str> = manifests.problems().iter().map(|p| p.message.as_str()).collect();
    assert_eq!((verdict.answer, found.as_slice()), (answer, problems));
    // The list says the same.
    let pairs = judge.list().pairs();
    let (a, b) = (ListEnd::Workload(0), ListEnd::Workload(1));
    let pair =
        pairs.iter().find(|p| (p.from, p.to) == (a, b)).map(|p| p.permitted.clone()).unwrap_or_default();
    let listed = (pair.sure.contains(Protocol::Tcp, 80), pair.possible.contains(Protocol::Tcp, 80));
    assert_eq!(listed, (answer == Answer::Allowed, answer != Answer::Denied), "the list and the probe");
}

/// Whether `n/a` reaches port 80 of a workload where a policy selects pods by a label that nobody wrote.
#[track_caller]
fn check_given(workload: &str, label: &str, answer: Answer) {
    let text = format!(
        "apiVersion: apps/v1
kind: {workload}
  template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{name: c}}]}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: n}}
spec: {{podSelector: {{matchLabels: {{{label}}}}}}}
"
    );
    let manifests = read(&text);
    let judge = Judge::new(&manifests);
    let (from, to) = (judge.source("n/a").unwrap(), judge.source("n/db").unwrap());
    assert_eq!(judge.probe(&from[0], &to[0], Protocol::Tcp, 80).answer, answer, "{workload} {label}");
}

#[test]
fn labels_that_controllers_give_are_not_missing() {
    let set = "StatefulSet\nmetadata: {name: db, namespace: n}\nspec:\n  replicas: 2";
    check_given(set, "statefulset.kubernetes.io/pod-name: db-1", Answer::Unknown);
    check_given(set, "statefulset.kubernetes.io/pod-name: other-1", Answer::Allowed);
    check_given(set, "apps.kubernetes.io/pod-index: '0'", Answer::Unknown);
    let deployment = "Deployment\nmetadata: {name: db, namespace: n}\nspec:";
    check_given(deployment, "pod-template-hash: 5d8f7c9b6", Answer::Unknown);
    check_given(deployment, "statefulset.kubernetes.io/pod-name: db-1", Answer::Allowed);
    let job = "Job\nmetadata: {name: db, namespace: n}\nspec:";
    check_given(job, "batch.kubernetes.io/job-name: db", Answer::Denied);
    check_given(job, "job-name: other", Answer::Allowed);
}

const DENY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: n}
spec: {podSelector: {matchLabels: {app: b}}}
";

#[test]
fn a_document_that_is_no_yaml_hides_no_other() {
    let manifests = read(&format!("a: [\n---{DENY}"));
    assert_eq!((manifests.problems().len(), manifests.cluster.policies.len()), (1, 1));
}

#[test]
fn lists_of_any_kind_and_json_are_read() {
    let policies = r#"{"kind": "List", "items": [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicyList", "items": [
        {"apiVersion": "networking.k8s.io/v1", "metadata": {"name": "p", "namespace": "n"}, "spec": {}}]}]}"#;
    check(policies, Answer::Denied, &[]);
}

/// The API server leaves out of the items what the list says; without it this would be one of Kubernetes.
#[test]
fn items_of_a_typed_list_are_of_its_group() {
    let policies = r#"{"kind": "NetworkPolicyList", "apiVersion": "projectcalico.org/v3", "items": [
        {"metadata": {"name": "p", "namespace": "n"}, "spec": {"selector": "app == 'b'", "types": ["Ingress"]}}]}"#;
    check(policies, Answer::Denied, &[]);
}

#[test]
fn kinds_that_decide_nothing_are_passed_by() {
    check("kind: ConfigMap\napiVersion: v1\ndata: {a: b}\n---\nreplicas: 3\n", Answer::Allowed, &[]);
}

#[test]
fn a_kind_that_could_decide_and_is_not_known_makes_answers_unknown() {
    let cilium = |namespace: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{name: c, namespace: {namespace}}}\nspec: {{}}\n"
        )
    };
    let problem = "CiliumNetworkPolicy of `cilium.io` is not understood, so answers about the pods that it may concern are unknown";
    check(&cilium("n"), Answer::Unknown, &[problem]);
    check(&cilium("other"), Answer::Allowed, &[problem]);
}

#[test]
fn a_field_that_is_not_known_makes_answers_unknown() {
    check(
        &DENY.replace("spec: {", "spec: {ingressDeny: [], "),
        Answer::Unknown,
        &["NetworkPolicy `n/p` is not understood: the field `ingressDeny` is not known"],
    );
}

#[test]
fn what_a_cluster_refuses_is_not_taken_for_a_rule() {
    let rule = |rule: &str| DENY.replace("app: b}}", &format!("app: b}}}}, ingress: [{rule}]"));
    let told = |what: &str| format!("NetworkPolicy `n/p` is not understood: {what}");
    for (text, what) in [
        ("{from: [{ipBlock: {cidr: 10.1.2.3}}]}", "`10.1.2.3` is no block: write `10.1.2.3/32`"),
        ("{ports: [{port: 80, protocol: tcp}]}", "the protocol `tcp` is written `TCP`"),
        (
            "{ports: [{port: 99999999999999999999}]}",
            "`99999999999999999999` is no port: use 1 to 65535, or the name of one",
        ),
        ("{ports: [{port: 80}], ports: [{port: 81}]}", "the field `ports` is here twice"),
    ] {
        check(&rule(text), Answer::Unknown, &[&told(what)]);
    }
    check(
        &DENY.replace("app: b}}", "app: b}}, ingress: [], ingress: [{}]"),
        Answer::Unknown,
        &[&told("the field `ingress` is here twice")],
    );
}

#[test]
fn a_policy_that_is_here_twice_is_replaced() {
    let open = DENY.replace("app: b}}", "app: b}}, ingress: [{}]");
    check(
        &format!("{DENY}---{open}"),
        Answer::Allowed,
        &["NetworkPolicy `n/p` is here twice: the later one replaces the earlier one"],
    );
}

#[test]
fn a2_equal_priorities_that_disagree_are_unknown() {
    let admin = |name: &str, action: &str, priority: u8| {
        let rule = format!("{{action: {action}, from: [{{namespaces: {{}}}}]}}");
        format!(
            "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: {name}}}\n\
             spec: {{priority: {priority}, subject: {{namespaces: {{}}}}, ingress: [{rule}]}}\n"
        )
    };
    check(&(admin("x", "Allow", 1) + &admin("y", "Deny", 1)), Answer::Unknown, &[]);
    check(&(admin("x", "Allow", 1) + &admin("y", "Deny", 2)), Answer::Allowed, &[]);
    // Whichever comes first, it ends as a refusal.
    check(&(admin("x", "Pass", 1) + &admin("y", "Deny", 1) + "---" + DENY), Answer::Denied, &[]);
}

#[test]
fn n11_a_pod_on_its_nodes_network_is_perhaps_no_pod_to_a_policy() {
    let host = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: h, namespace: n}
spec: {template: {metadata: {labels: {app: b}}, spec: {hostNetwork: true, containers: [{name: c}]}}}
";
    let manifests = read(&format!("{DENY}---{host}"));
    let judge = Judge::new(&manifests);
    let (from, to) = (judge.source("n/a").unwrap(), judge.source("n/h").unwrap());
    let verdict = judge.probe(&from[0], &to[0], Protocol::Tcp, 80);
    assert_eq!((verdict.answer, verdict.open.len()), (Answer::Unknown, 1));
}

#[test]
fn a_tab_inside_of_brackets_is_no_indentation() {
    check(&DENY.replace("spec: {", "spec: {\n\t"), Answer::Denied, &[]);
}
