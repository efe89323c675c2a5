//! One world: what the mesh makes of pods is what network policies see.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use meshgen_reach::{Answer, Party, Protocol};
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

/// `shop` is in the mesh by its label; `shop/db` takes only clients with the label of injection.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: shop}
spec: {template: {metadata: {labels: {app: old, sidecar.istio.io/inject: 'false'}}, spec: {containers: [{name: c}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {security.istio.io/tlsMode: istio}}}]
    ports: [{port: 5432}, {port: http-envoy-prom}]
---
";

fn world(more: &str) -> World {
    let mut sources = Sources::default();
    sources.add("shop.yaml", format!("{SHOP}{more}"));
    World::read(sources)
}

fn answer(world: &World, from: &str, to: &str, port: u16) -> Answer {
    let judges = Judges::new(world);
    let party = |name: &str| match judges.network.source(name).unwrap().as_slice() {
        [one] => one.clone(),
        other => panic!("{name}: {other:?}"),
    };
    judges.network.probe(&party(from), &party(to), Protocol::Tcp, port).answer
}

#[test]
fn s15_policies_select_by_the_labels_of_injection() {
    let world = world("");
    assert_eq!(answer(&world, "shop/web", "shop/db", 5432), Answer::Allowed);
    assert_eq!(answer(&world, "shop/old", "shop/db", 5432), Answer::Denied);
}

#[test]
fn the_injected_container_has_a_port_with_a_name() {
    let world = world("");
    assert_eq!(answer(&world, "shop/web", "shop/db", 15090), Answer::Allowed);
    assert_eq!(answer(&world, "shop/web", "shop/db", 15021), Answer::Denied);
}

#[test]
fn where_injection_is_not_known_its_labels_are_not_either() {
    let other = "apiVersion: v1\nkind: Namespace\nmetadata: {name: other, labels: {istio.io/rev: canary}}\n---\n\
        apiVersion: v1\nkind: Pod\nmetadata: {name: cli, namespace: other}\nspec: {containers: [{name: c}]}\n---\n";
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: any, namespace: shop}\n\
        spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {security.istio.io/tlsMode: istio}}}]}]}\n";
    let world = world(&format!("{other}{policy}"));
    assert_eq!(answer(&world, "other/cli", "shop/web", 80), Answer::Unknown);
    assert_eq!(answer(&world, "shop/old", "shop/web", 80), Answer::Denied);
}

/// Of a live cluster, pods are read with an owner that nobody listed.
#[test]
fn a_pod_is_the_same_for_both_judges_whoever_owns_it() {
    let world = world(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: api-1, namespace: shop, ownerReferences: [{kind: ReplicaSet, name: api, controller: true}]}\n\
         spec: {containers: [{name: c}]}\n",
    );
    assert_eq!(answer(&world, "shop/api", "shop/db", 5432), Answer::Allowed);
    let judges = Judges::new(&world);
    assert!(judges.has_sidecar(&judges.network.source("shop/api").unwrap()[0]));
}

/// A gateway in the namespace `edge`, and a policy that closes it but for one port.
const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: kg, namespace: edge, labels: {team: a}}
spec: {gatewayClassName: istio, listeners: [{name: web, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: kg, namespace: edge}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: edge, namespace: edge}
spec: {podSelector: {matchLabels: {team: a, gateway.networking.k8s.io/gateway-name: kg}}, ingress: [{ports: [{port: 80}]}]}
---
";

#[test]
fn s14_the_pods_of_a_gateway_are_there_though_no_manifest_shows_them() {
    let world = world(GATEWAY);
    assert_eq!(answer(&world, "shop/web", "edge/kg-istio", 80), Answer::Allowed);
    assert_eq!(answer(&world, "shop/web", "edge/kg-istio", 15021), Answer::Denied);
    let judges = Judges::new(&world);
    let ways = judges.network.ways_told();
    assert_eq!(ways.iter().map(|w| w.via.as_str()).collect::<Vec<_>>(), ["edge/kg-istio[Deployment]"]);
    let verdict = judges.verdict(
        &Party::Address([203, 0, 113, 7].into()),
        &judges.network.source("edge/kg-istio").unwrap()[0],
        80,
        None,
    );
    assert_eq!(verdict.unwrap().outcome.word(), "open");
}

#[test]
fn pods_of_a_gateway_that_were_read_from_a_cluster_are_not_there_twice() {
    let world = world(&format!(
        "{GATEWAY}apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: kg-istio, namespace: edge}}\n\
         spec: {{template: {{metadata: {{labels: {{gateway.networking.k8s.io/gateway-name: kg}}}}, spec: {{containers: [{{name: istio-proxy, args: [proxy, router]}}]}}}}}}\n"
    ));
    let edge = world.manifests.cluster.workloads.iter().filter(|w| w.namespace == "edge");
    assert_eq!(edge.map(ToString::to_string).collect::<Vec<_>>(), ["edge/kg-istio[Deployment]"]);
}

#[test]
fn workloads_stay_in_order_when_one_is_made() {
    let world = world(GATEWAY);
    let cluster = &world.manifests.cluster;
    let names: Vec<String> = cluster.pods.iter().map(|p| cluster.workloads[p.workload].to_string()).collect();
    assert_eq!(
        names,
        ["edge/kg-istio[Deployment]", "shop/db[Deployment]", "shop/old[Deployment]", "shop/web[Deployment]"]
    );
}

#[test]
fn a_problem_that_both_see_is_told_once() {
    let world = world(
        "a: [\n---\napiVersion: networking.istio.io/v1\nkind: EnvoyFilter\nmetadata: {name: x, namespace: shop}\n",
    );
    let told: Vec<String> = world.problems().iter().map(|p| p.message.clone()).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    this is not YAML: unclosed bracket '['
    `EnvoyFilter.networking.istio.io` is not judged: the answers are as if there were none
    ");
}

#[test]
fn what_is_assumed_of_the_mesh_is_said_where_there_is_one() {
    insta::assert_snapshot!(world("").assumed().join("; "), @"the configuration of the mesh; the webhooks of the injector");
    let mut sources = Sources::default();
    sources.add(
        "plain.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: cli}\nspec: {containers: [{name: c}]}\n",
    );
    assert!(World::read(sources).assumed().is_empty());
}

#[test]
fn n8_whether_a_block_of_addresses_means_a_pod_is_left_open() {
    let block = |more: &str| {
        world(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: cli, namespace: shop}}\nspec: {{containers: [{{name: c}}]}}\n{more}\
             ---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: web, namespace: shop}}\n\
             spec: {{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{{ipBlock: {{cidr: 10.244.0.0/16}}}}]}}]}}\n"
        ))
    };
    // Of a pod whose address is known the answer depends on who enforces it.
    let known = block("status: {podIP: 10.244.1.7}\n");
    assert_eq!(answer(&known, "shop/cli", "shop/web", 80), Answer::Unknown);
    let elsewhere = block("status: {podIP: 10.245.1.7}\n");
    assert_eq!(answer(&elsewhere, "shop/cli", "shop/web", 80), Answer::Denied);
    // Of others it is said what is assumed.
    let unknown = block("");
    assert_eq!(answer(&unknown, "shop/cli", "shop/web", 80), Answer::Denied);
    assert!(unknown.assumed().contains(&"an ipBlock means the outside, and no pod"));
}
