//! Namespaces that are not part of the mesh (`discoverySelectors`).

use meshgen_mesh::{Membership, Mesh, Operator, Requirement, Selector, Settings};
use meshgen_yaml::Sources;

use crate::world::{WORLD, object, peers, pod, policy, rule, three};

/// The cluster of the rules, in a mesh that discovers namespaces with the label `mesh: yes`.
fn discovering(namespaces: &[&str], objects: &str) -> Mesh {
    let mut text = format!("{WORLD}{objects}");
    for name in namespaces {
        let (from, to) = match *name {
            "plain" => (
                "metadata: {name: plain}".to_owned(),
                "metadata: {name: plain, labels: {mesh: yes}}".to_owned(),
            ),
            _ => (format!("{{name: {name}, labels: {{"), format!("{{name: {name}, labels: {{mesh: yes, ")),
        };
        assert!(text.contains(&from), "{name}");
        text = text.replacen(&from, &to, 1);
    }
    let mut sources = Sources::default();
    sources.add("mesh.yaml", text);
    let discovery = vec![Selector { requirements: vec![Requirement::new("mesh", Operator::In, &["yes"])] }];
    Mesh::read_with(&sources, Settings { discovery, ..Settings::default() })
}

fn row(mesh: &Mesh) -> String {
    format!("{} | {}", three(mesh, "meshed/cli", "web.server"), three(mesh, "plain/cli", "web.server"))
}

const STRICT: &str = "{mtls: {mode: STRICT}}";

#[test]
fn in_namespaces_that_are_discovered_all_is_as_ever() {
    let mesh = discovering(&["server", "meshed", "plain"], &peers(STRICT));
    assert_eq!(row(&mesh), "200 200 echo | reset reset reset");
}

#[test]
fn policies_in_a_namespace_that_is_not_discovered_bind_nobody() {
    let mesh = discovering(&["meshed"], &format!("{}{}", peers(STRICT), policy("{}")));
    assert_eq!(mesh.membership(pod(&mesh, "server/web")), Membership::Unknown);
    assert_eq!(row(&mesh), "200 200 echo | 200 200 echo");
}

#[test]
fn services_of_a_namespace_that_is_not_discovered_are_not_known_to_sidecars() {
    let to_server = rule("meshed", "{tls: {mode: ISTIO_MUTUAL}}");
    let only = object("Sidecar", "meshed", "s", "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}");
    assert_eq!(row(&discovering(&["meshed"], &to_server)), "200 200 echo | 200 200 echo");
    let refused = discovering(&["meshed"], &only);
    assert_eq!(three(&refused, "meshed/cli", "web.server"), "reset reset reset");
    assert_eq!(three(&refused, "plain/cli", "web.server"), "200 200 echo");
}

#[test]
fn whether_a_root_namespace_is_discovered_that_nothing_declares_is_not_known() {
    let root = object("PeerAuthentication", "istio-system", "m", STRICT);
    let mesh = discovering(&["server", "meshed"], &root);
    assert_eq!(row(&mesh), "unknown unknown unknown | unknown unknown unknown");
    let declared = format!("{root}apiVersion: v1\nkind: Namespace\nmetadata: {{name: istio-system}}\n---\n");
    assert_eq!(row(&discovering(&["server", "meshed"], &declared)), "200 200 echo | 200 200 echo");
}
