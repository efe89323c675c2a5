//! Everything but network policies.

use insta::assert_snapshot;
use meshgen::yaml::Sources;
use meshgen_init::spec_from;

use crate::common::{adopt, plan};

/// The spec without its first lines, and the notes.
fn said(manifests: &str) -> String {
    let adopted = adopt(manifests);
    plan(&adopted.text);
    let text = adopted.text.split_once("\nproject: ").unwrap().1;
    let notes = adopted.notes.iter().map(|n| format!("# {:?}: {}\n", n.objects, n.why));
    format!("{text}{}", notes.collect::<String>())
}

fn namespace(name: &str, labels: &str) -> String {
    format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{ name: {name}, labels: {labels} }}\n")
}

fn deployment(name: &str, ports: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, namespace: shop }}
spec:
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name}, pod-template-hash: x }} }}
    spec: {{ serviceAccountName: {name}-account, containers: [{{ name: c, ports: {ports} }}] }}
"
    )
}

fn service(name: &str, app: &str, ports: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ selector: {{ app: {app} }}, ports: {ports} }}\n"
    )
}

#[test]
fn ports_have_the_names_that_istio_reads() {
    let manifests = [
        deployment(
            "web",
            "[{ name: http_port, containerPort: 8080 }, { name: metrics, containerPort: 9090 }, { containerPort: 80 }]",
        ),
        service(
            "front",
            "web",
            "[{ name: http, port: 80, targetPort: http_port }, { name: https, port: 443, targetPort: 8080 }, { name: grpc-very-long-name-of-a-port, port: 7070 }]",
        ),
        service("front-headless", "web", "[{ name: tcp-other, port: 6060 }]"),
    ];
    assert_snapshot!(said(&manifests.concat()), @r#"
    shop

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    namespaces:
      shop:
        existing: true

    workloads:
      shop/web:
        existing:
          kind: Deployment
          labels:
            app: web
          serviceAccount: web-account
          service: front
        ports:
          grpc-very-long: 7070
          http:
            port: 8080
            service: 80
          metrics: 9090
          tcp-other: 6060
    # ["Deployment shop/web"]: a port of its pods is left out: the Service has its number for another one
    # ["Service shop/front"]: a port of a spec's workload has one port of the Service: the first was taken
    # ["Service shop/front-headless"]: a workload of a spec has one Service, and another one stands in front of its pods
    "#);
}

#[test]
fn membership_and_pod_security_follow_from_labels() {
    let manifests = [
        namespace(
            "a",
            "{ istio-injection: enabled, pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted, team: x }",
        ),
        namespace("b", "{ istio.io/dataplane-mode: ambient, pod-security.kubernetes.io/audit: baseline }"),
        namespace("c", "{ istio.io/rev: canary }"),
        namespace(
            "d",
            "{ kubernetes.io/metadata.name: d, pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn: restricted }",
        ),
    ];
    assert_snapshot!(said(&manifests.concat()), @r#"
    a

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    # Nothing in the manifests tells the version: `istioctl version` does.
    istio:
      existing:
        version: "1.31"
        cni: true
        ambient: true

    namespaces:
      a:
        mesh: sidecar
        podSecurity: restricted
        labels:
          team: x
      b:
        mesh: ambient
      c:
        existing: true
        mesh: sidecar
      d:
        mesh: none
        podSecurity: baseline
    # ["Namespace b"]: its Pod Security labels enforce no level, and `podSecurity` would: they are left out
    # ["Namespace c"]: it names another revision of Istio, and a spec has one: it is `existing`, and its labels stay as they are
    # ["Namespace d"]: its Pod Security labels say more than one level, or a version: `podSecurity: baseline` enforces, warns and audits
    "#);
}

#[test]
fn what_the_mesh_shows_of_itself_is_taken() {
    let istiod = "---
apiVersion: apps/v1
kind: Deployment
metadata: { name: istiod-1-28, namespace: istio-system, labels: { istio.io/rev: 1-28 } }
spec:
  selector: { matchLabels: { app: istiod } }
  template:
    metadata: { labels: { app: istiod } }
    spec: { containers: [{ name: discovery, image: 'docker.io/istio/pilot:1.28.1-distroless' }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: istio-cni-node, namespace: istio-system }
spec: { selector: { matchLabels: { k8s-app: istio-cni-node } }, template: { metadata: { labels: { k8s-app: istio-cni-node } }, spec: {} } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio-1-28, namespace: istio-system }
data: { mesh: \"rootNamespace: istio-system\\ntrustDomain: acme.example\\n\" }
";
    let text = said(&format!("{}{istiod}", namespace("shop", "{ istio.io/rev: 1-28 }")));
    assert_snapshot!(text.split_once("\nnamespaces").unwrap().0, @"
    shop

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    istio:
      existing:
        version: 1.28.1
        revision: 1-28
        cni: true
        trustDomain: acme.example
    ");
}

#[test]
fn mtls_is_said_where_it_holds() {
    let authentication = |name: &str, namespace: &str, spec: &str| {
        format!(
            "---\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{ name: {name}, namespace: {namespace} }}\nspec: {spec}\n"
        )
    };
    let manifests = [
        namespace("shop", "{ istio-injection: enabled }"),
        deployment("web", "[]"),
        authentication("default", "istio-system", "{ mtls: { mode: STRICT } }"),
        authentication("all", "shop", "{ mtls: { mode: PERMISSIVE } }"),
        authentication("web", "shop", "{ selector: { matchLabels: { app: web } }, mtls: { mode: DISABLE } }"),
        authentication(
            "port",
            "shop",
            "{ selector: { matchLabels: { app: web } }, mtls: { mode: STRICT }, portLevelMtls: { 8080: { mode: DISABLE } } }",
        ),
        authentication("unset", "shop", "{}"),
    ];
    assert_snapshot!(said(&manifests.concat()), @r#"
    shop

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    # Nothing in the manifests tells the version: `istioctl version` does.
    istio:
      existing:
        version: "1.31"

    security:
      mtls: STRICT

    namespaces:
      shop:
        mesh: sidecar
        security:
          mtls: PERMISSIVE

    workloads:
      shop/web:
        existing:
          kind: Deployment
          labels:
            app: web
          serviceAccount: web-account
        security:
          mtls: DISABLE
    # ["PeerAuthentication istio-system/default"]: it is `security.mtls` of the whole spec, which renders one object for each meshed namespace: it stays for all others
    # ["PeerAuthentication shop/all"]: what says the same is called `default` from now on: delete this one
    # ["PeerAuthentication shop/port", "PeerAuthentication shop/unset"]: it says its mode in a way that `security.mtls` cannot: it stays in force beside what is rendered
    "#);
}

#[test]
fn policies_of_calico_are_kept_in_full() {
    let policy = |api: &str, name: &str, spec: &str| {
        format!(
            "---\napiVersion: {api}\nkind: NetworkPolicy\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {spec}\n"
        )
    };
    let manifests = [
        namespace("shop", "{}"),
        deployment("web", "[]"),
        policy(
            "projectcalico.org/v3",
            "web",
            "{ selector: \"app == 'web'\", order: 10, ingress: [{ action: Allow, source: { nets: [10.0.0.0/8] } }] }",
        ),
        policy("crd.projectcalico.org/v1", "default.rest", "{ types: [Ingress] }"),
        policy(
            "projectcalico.org/v3",
            "icmp",
            "{ selector: all(), ingress: [{ action: Deny, icmp: { type: 8 } }] }",
        ),
        policy("projectcalico.org/v3", "third", "{ selector: has(app) }"),
    ];
    assert_snapshot!(said(&manifests.concat()), @r#"
    shop

    cluster:
      existing:
        networkPolicy: calico

    namespaces:
      shop: {}

    workloads:
      shop/web:
        existing:
          kind: Deployment
          labels:
            app: web
          serviceAccount: web-account

    # What stands under `spec` is kept as it was: `allow` does not say exactly the same.
    policies:
      shop/*:
        name: rest
        spec:
          calico:
            selector: all()
            types:
            - Ingress
      shop/web:
        spec:
          calico:
            order: 10.0
            selector: app == 'web'
            ingress:
            - action: Allow
              source:
                nets:
                - 10.0.0.0/8
    # ["NetworkPolicy shop/icmp"]: it stays in force beside what is rendered: unknown field `icmp`, expected one of `action`, `protocol`, `source`, `destination`
    # ["NetworkPolicy shop/third"]: a spec has one policy for what it protects, and another one is there: it stays in force beside what is rendered
    "#);
}

#[test]
fn pods_of_a_cluster_stand_for_what_made_them() {
    let pod = |name: &str, kind: &str, owner: &str, labels: &str| {
        format!(
            "  - metadata: {{ name: {name}, namespace: shop, labels: {labels}, ownerReferences: [{{ kind: {kind}, name: {owner}, controller: true }}] }}\n    spec: {{ containers: [] }}\n"
        )
    };
    let list = [
        "apiVersion: v1\nkind: PodList\nitems:\n".to_owned(),
        pod("web-5d-a", "ReplicaSet", "web-5d", "{ app: web, pod-template-hash: 5d }"),
        pod("web-5d-b", "ReplicaSet", "web-5d", "{ app: web, pod-template-hash: 5d }"),
        pod("db-0", "StatefulSet", "db", "{ app: db, apps.kubernetes.io/pod-index: '0' }"),
        pod("x-0", "Rollout", "x", "{ app: x }"),
        "  - metadata: { name: alone, labels: { app: alone } }\n    spec: {}\n".to_owned(),
    ];
    assert_snapshot!(said(&list.concat()), @r#"
    shop

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    namespaces:
      default:
        existing: true
      shop:
        existing: true

    workloads:
      default/alone:
        existing:
          kind: Pod
          labels:
            app: alone
      shop/db:
        existing:
          kind: StatefulSet
          labels:
            app: db
      shop/web:
        existing:
          kind: Deployment
          labels:
            app: web
    # ["Pod shop/x-0"]: it belongs to a Rollout, which is no kind of workload in a spec
    "#);
}

#[test]
fn nothing_is_dropped_without_a_word() {
    let manifests = "
apiVersion: v1
kind: ConfigMap
metadata: { name: a, namespace: shop }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: b, namespace: shop }
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: { name: c }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: d, namespace: shop }
---
replicas: 3
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: e.f, namespace: shop }
---
apiVersion: v1
kind: Service
metadata: { name: g, namespace: shop }
spec: { type: ExternalName, externalName: x.example.com }
";
    assert_snapshot!(said(manifests), @r#"
    project

    # Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,
    # any `other` that does, or `none`.
    cluster:
      existing:
        networkPolicy: other

    # Nothing in the manifests tells the version: `istioctl version` does.
    istio:
      existing:
        version: "1.31"

    namespaces: {}
    # ["ConfigMap shop/a"]: a spec has no place for this kind: it stays with whoever renders it
    # ["AuthorizationPolicy shop/b"]: a spec says who may call under `policies`, with `AuthorizationPolicy` in `security.enforce`: it stays in force until it is said there
    # ["AdminNetworkPolicy c"]: it decides who may call whom, and a spec cannot say it: it stays in force beside what is rendered
    # ["VirtualService shop/d"]: a spec does not say how traffic is routed: it stays with whoever renders it
    # ["a document"]: it says no `apiVersion` and `kind`, so it is no Kubernetes object
    # ["Deployment shop/e.f"]: its name is not a DNS label, which a workload of a spec has
    # ["Service shop/g"]: it has no pods behind it that a spec could name: it stays with whoever renders it
    "#);
}

#[test]
fn what_is_no_manifest_is_refused() {
    let messages = |text: &str| {
        let mut sources = Sources::default();
        sources.add("x.yaml", text);
        let problems = spec_from(&sources).unwrap_err();
        problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(messages("a: 1"), @"there is no Kubernetes object in what was given");
    assert_snapshot!(messages("a: [\n---\nb: {{ x }}: y"), @"
    this is not YAML: unclosed bracket '['
    a list or a map cannot be a key
    ");
}

#[test]
fn the_same_manifests_give_the_same_text_in_any_order() {
    let parts = [
        namespace("shop", "{}"),
        deployment("web", "[{ containerPort: 1 }]"),
        deployment("db", "[]"),
        service("w", "web", "[{ port: 1 }]"),
    ];
    let mut turned = parts.clone();
    turned.reverse();
    assert_eq!(adopt(&parts.concat()).text, adopt(&turned.concat()).text);
}
