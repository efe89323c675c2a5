//! The list as a picture.

use meshgen_reach::Focus;
use meshgen_verdict::{Judges, World};
use meshgen_yaml::Sources;

#[test]
fn a_name_is_never_a_part_of_the_picture() {
    let mut sources = Sources::default();
    sources.add(
        "shop.yaml",
        r#"
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: "web\"] --> n0\n  click n0 call alert(1)\n%%<b>`", namespace: shop, labels: {app: web}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cli, namespace: "a|b#35;\nend"}
spec: {containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.0.2.0/24]}}, {namespaceSelector: {}}]}]
  egress: [{to: [{ipBlock: {cidr: 192.0.2.0/32}}, {ipBlock: {cidr: 192.0.2.2/32}}, {ipBlock: {cidr: 192.0.2.4/32}}, {ipBlock: {cidr: 192.0.2.6/32}}]}]
"#,
    );
    insta::assert_snapshot!(Judges::new(&World::read(sources)).report(&Focus::default()).mermaid());
}
