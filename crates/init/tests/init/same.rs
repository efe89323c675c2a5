//! Network policies: in the words of the spec where these say the same, in full otherwise; never with another effect.

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::{
    common::{adopt, plan, policies as rendered},
    world,
};

/// Two namespaces with a few workloads, one of them with a mesh label.
const WORLD: &str = "
kind: Namespace
apiVersion: v1
metadata: { name: shop, labels: { team: a } }
---
kind: Namespace
apiVersion: v1
metadata: { name: ops, labels: { istio-injection: enabled } }
---
kind: Deployment
apiVersion: apps/v1
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, tier: front } }
    spec: { containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
---
kind: StatefulSet
apiVersion: apps/v1
metadata: { name: db, namespace: shop }
spec:
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db, tier: back } }
    spec: { containers: [{ name: c, ports: [{ containerPort: 5432 }, { containerPort: 53, protocol: UDP }] }] }
---
kind: Deployment
apiVersion: apps/v1
metadata: { name: cart, namespace: shop }
spec:
  selector: { matchLabels: { app: cart } }
  template:
    metadata: { labels: { app: cart, tier: back } }
    spec: { containers: [{ name: c }] }
---
kind: DaemonSet
apiVersion: apps/v1
metadata: { name: agent, namespace: ops }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { containers: [{ name: c }] }
";

/// The policies of the spec, made of policies of the namespace `shop`, each a name and its `spec`.
fn said(written: &[(&str, &str)]) -> String {
    let policies = written.iter().map(|(name, spec)| {
        let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata";
        format!("---\n{head}: {{ name: {name}, namespace: shop }}\nspec: {spec}\n")
    });
    let manifests: String = std::iter::once(WORLD.to_owned()).chain(policies).collect();
    let adopted = adopt(&manifests);
    let objects = world::objects(&manifests);
    let world = world::World::of(&objects);
    let planned = rendered(&plan(&adopted.text));
    let differs = |why: &str| why.contains("refuses less") || why.contains("stays in force");
    let deny = adopted.notes.iter().any(|n| differs(&n.why));
    assert!(deny || world.open(&objects) == world.open(&planned), "{}", adopted.text);
    let notes: Vec<String> = adopted.notes.iter().map(|n| format!("{:?}: {}", n.objects, n.why)).collect();
    let section = adopted.text.split_once("\npolicies:\n").map_or("", |(_, policies)| policies);
    format!("{section}{}", notes.join("\n"))
}

/// The same for one policy.
fn one(spec: &str) -> String {
    said(&[("p", spec)])
}

#[test]
fn a_rule_that_the_spec_can_say_is_said() {
    assert_snapshot!(one(r"{ podSelector: { matchLabels: { app: db } }, ingress: [{
        from: [{ podSelector: { matchLabels: { app: web } } }, { podSelector: { matchLabels: { app: cart } } }],
        ports: [{ port: 5432 }] }] }"), @"
    shop/db:
      name: p
      allow:
      - from:
        - shop/web
        - shop/cart
        ports:
        - tcp-5432
    ");
}

#[test]
fn a_selector_means_a_workload_by_whatever_labels() {
    assert_snapshot!(one("{ podSelector: { matchLabels: { tier: front } }, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: http }] }] }"), @"
    shop/web:
      name: p
      allow:
      - from:
        - shop/*
        ports:
        - http
    ");
}

#[test]
fn a_selector_of_several_workloads_is_kept_in_full() {
    assert_snapshot!(one("{ podSelector: { matchLabels: { tier: back } }, ingress: [{ from: [{ podSelector: {} }] }] }"), @"
    shop/*:
      name: p
      spec:
        kubernetes:
          ingress:
          - from:
            - podSelector: {}
          podSelector:
            matchLabels:
              tier: back
          policyTypes:
          - Ingress
    ");
}

#[test]
fn namespaces_are_told_by_name_or_by_label() {
    assert_snapshot!(one(r"{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [
        { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ops } } },
        { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ops } }, podSelector: { matchLabels: { app: agent } } },
        { namespaceSelector: { matchLabels: { team: a } } },
        { namespaceSelector: {} },
        { namespaceSelector: { matchLabels: { istio-injection: enabled } } },
        { ipBlock: { cidr: 10.1.2.3/8 } } ] }] }"), @"
    shop/web:
      name: p
      allow:
      - from:
        - ops/agent
      - fromNamespaces:
        - ops
      - fromNamespaces:
          team: a
      - fromNamespaces: all
      - fromNamespaces: meshed
      - fromCidrs:
        - 10.0.0.0/8
    ");
}

#[test]
fn nobody_may_call_is_an_empty_list() {
    assert_snapshot!(one("{ podSelector: { matchLabels: { app: db } }, policyTypes: [Ingress] }"), @"
    shop/db:
      name: p
      allow: []
    ");
}

#[test]
fn everybody_is_more_than_the_spec_can_say() {
    assert_snapshot!(one("{ podSelector: { matchLabels: { app: web } }, ingress: [{}] }"), @"
    shop/web:
      name: p
      spec:
        kubernetes:
          ingress:
          - {}
          podSelector:
            matchLabels:
              app: web
          policyTypes:
          - Ingress
    ");
}

#[test]
fn what_the_spec_has_no_words_for_is_kept_in_full() {
    let target = "podSelector: { matchLabels: { app: web } }";
    for rule in [
        "from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }]",
        "from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: agent } } }]",
        "from: [{ namespaceSelector: { matchExpressions: [{ key: team, operator: Exists }] } }]",
        "from: [{ podSelector: { matchLabels: { app: nobody } } }]",
        "from: [{ podSelector: { matchLabels: { tier: back } } }]",
        "from: [{ podSelector: {} }], ports: [{ port: 8000, endPort: 9000 }]",
        "from: [{ podSelector: {} }], ports: [{ protocol: UDP }]",
        "from: [{ podSelector: {} }], ports: [{ port: other-name }]",
    ] {
        let said = one(&format!("{{ {target}, ingress: [{{ {rule} }}] }}"));
        assert!(said.contains("kubernetes:") && !said.contains("allow:"), "{rule}\n{said}");
    }
    let out =
        one(&format!("{{ {target}, policyTypes: [Egress], egress: [{{ to: [{{ podSelector: {{}} }}] }}] }}"));
    assert!(out.contains("kubernetes:"));
}

#[test]
fn a_port_that_no_container_declares_is_declared() {
    assert_snapshot!(one("{ podSelector: { matchLabels: { app: cart } }, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 7070 }] }] }"), @"
    shop/cart:
      name: p
      allow:
      - from:
        - shop/*
        ports:
        - tcp-7070
    ");
}

#[test]
fn policies_for_the_same_pods_are_one() {
    let web = "podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: cart } } }] }]";
    let ops = "podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ namespaceSelector: {} }] }]";
    let out = "podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }]";
    let policies = [web, ops, out].map(|spec| format!("{{ {spec} }}"));
    assert_snapshot!(said(&[("a", &policies[0]), ("b", &policies[1])]), @r#"
      shop/web:
        name: a
        allow:
        - from:
          - shop/cart
        - fromNamespaces: all
    ["NetworkPolicy shop/b"]: another policy protects the same, and one that does what both do has the name of the first: delete this one
    "#);
    assert_snapshot!(said(&[("a", &policies[0]), ("c", &policies[2])]), @r#"
      shop/web:
        name: a
        spec:
          kubernetes:
            egress:
            - to:
              - podSelector: {}
            ingress:
            - from:
              - podSelector:
                  matchLabels:
                    app: cart
            podSelector:
              matchLabels:
                app: web
            policyTypes:
            - Ingress
            - Egress
    ["NetworkPolicy shop/c"]: another policy protects the same, and one that does what both do has the name of the first: delete this one
    "#);
}

#[test]
fn a_key_is_taken_once_and_the_rest_is_named() {
    let all = "{ podSelector: {}, ingress: [{}] }";
    let back = "{ podSelector: { matchLabels: { tier: back } }, ingress: [{}] }";
    let few =
        "{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [cart] }] }, ingress: [{}] }";
    let none = "{ podSelector: { matchLabels: { app: nobody } }, ingress: [{}] }";
    assert_snapshot!(said(&[("a", all), ("b", back), ("c", few), ("d", none)]), @r#"
      shop/*:
        name: a
        spec:
          kubernetes:
            ingress:
            - {}
            podSelector: {}
            policyTypes:
            - Ingress
      shop/cart:
        name: c
        spec:
          kubernetes:
            ingress:
            - {}
            podSelector:
              matchExpressions:
              - key: app
                operator: In
                values:
                - cart
            policyTypes:
            - Ingress
      shop/db:
        name: b
        spec:
          kubernetes:
            ingress:
            - {}
            podSelector:
              matchLabels:
                tier: back
            policyTypes:
            - Ingress
    ["NetworkPolicy shop/d"]: a spec has one policy for what it protects, and another one is there: it stays in force beside what is rendered
    "#);
}

#[test]
fn refusing_everything_is_the_namespaces_own_switch() {
    let text = |spec: &str| {
        let manifests = format!(
            "{WORLD}---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: deny-all, namespace: shop }}\nspec: {spec}\n"
        );
        let adopted = adopt(&manifests);
        plan(&adopted.text);
        let namespaces =
            adopted.text.split_once("\nnamespaces:").unwrap().1.split_once("\nworkloads:").unwrap().0;
        let notes: Vec<String> = adopted.notes.iter().map(|n| n.why.clone()).collect();
        format!("{namespaces}{}", notes.join("\n"))
    };
    assert_snapshot!(text("{ podSelector: {} }"), @"

      ops:
        mesh: sidecar
      shop:
        mesh: none
        labels:
          team: a
        security:
          deny:
          - ingress
    what says the same is called `default-deny` from now on: delete this one
    ");
    assert_snapshot!(text("{ podSelector: {}, policyTypes: [Ingress, Egress] }"), @"

      ops:
        mesh: sidecar
      shop:
        mesh: none
        labels:
          team: a
        security:
          deny:
          - ingress
          - egress
    `deny: [egress]` refuses less than it did: DNS stays open (and istiod to a sidecar), and whoever a policy of the spec admits elsewhere may also send there
    what says the same is called `default-deny` from now on: delete this one
    ");
}

#[test]
fn no_name_is_that_of_an_exception() {
    let deny = "{ podSelector: {} }";
    let dns = "{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: UDP }] }] }";
    assert_snapshot!(said(&[("deny", deny), ("allow-dns", dns)]), @r#"
      shop/*:
        name: allow-dns-2
        spec:
          kubernetes:
            egress:
            - ports:
              - port: 53
                protocol: UDP
              to:
              - namespaceSelector: {}
            podSelector: {}
            policyTypes:
            - Egress
    ["NetworkPolicy shop/deny"]: what says the same is called `default-deny` from now on: delete this one
    ["NetworkPolicy shop/allow-dns"]: the spec renders another object of its name: it is called `allow-dns-2` from now on
    "#);
}

/// One of a few texts, so that what is drawn meets what is there.
fn any_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn pods() -> impl Strategy<Value = String> {
    any_of(&[
        "{}",
        "{ matchLabels: { app: web } }",
        "{ matchLabels: { app: db } }",
        "{ matchLabels: { tier: back } }",
        "{ matchLabels: { tier: front } }",
        "{ matchLabels: { app: agent } }",
        "{ matchExpressions: [{ key: app, operator: In, values: [cart] }] }",
        "{ matchExpressions: [{ key: app, operator: NotIn, values: [db] }] }",
    ])
}

fn peer() -> impl Strategy<Value = String> {
    let namespaces = any_of(&[
        "{}",
        "{ matchLabels: { kubernetes.io/metadata.name: ops } }",
        "{ matchLabels: { kubernetes.io/metadata.name: shop } }",
        "{ matchExpressions: [{ key: kubernetes.io/metadata.name, operator: In, values: [ops, shop] }] }",
        "{ matchLabels: { team: a } }",
        "{ matchLabels: { istio-injection: enabled } }",
    ]);
    prop_oneof![
        pods().prop_map(|p| format!("{{ podSelector: {p} }}")),
        namespaces.clone().prop_map(|n| format!("{{ namespaceSelector: {n} }}")),
        (namespaces, pods()).prop_map(|(n, p)| format!("{{ namespaceSelector: {n}, podSelector: {p} }}")),
        any_of(&[
            "{ ipBlock: { cidr: 10.0.0.0/8 } }",
            "{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }"
        ]),
    ]
}

fn rules(key: &'static str) -> impl Strategy<Value = String> {
    let port = any_of(&[
        "{ port: 8080 }",
        "{ port: http }",
        "{ port: 5432 }",
        "{ port: 53, protocol: UDP }",
        "{ port: 80, endPort: 9000 }",
        "{ protocol: TCP }",
        "{ port: 7070 }",
    ]);
    let rule = (prop::collection::vec(peer(), 0..3), prop::collection::vec(port, 0..3));
    prop::collection::vec(rule, 0..3).prop_map(move |rules| {
        let rules = rules.iter().map(|(peers, ports)| {
            format!("{{ {key}: [{}], ports: [{}] }}", peers.join(", "), ports.join(", "))
        });
        format!("[{}]", rules.collect::<Vec<_>>().join(", "))
    })
}

fn policy() -> impl Strategy<Value = String> {
    let types = any_of(&["[Ingress]", "[Ingress]", "[Egress]", "[Ingress, Egress]"]);
    (pods(), types, rules("from"), rules("to")).prop_map(|(pods, types, ingress, egress)| {
        format!("{{ podSelector: {pods}, policyTypes: {types}, ingress: {ingress}, egress: {egress} }}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// `said` judges both sides. Where a note says that the effect differs, it may.
    #[test]
    fn whatever_the_policies_the_effect_is_the_same(policies in prop::collection::vec(policy(), 1..5)) {
        let names = ["a", "b", "c", "d", "e"];
        let named: Vec<_> = names.into_iter().zip(policies.iter().map(String::as_str)).collect();
        said(&named);
    }
}
