//! A first spec for a newcomer.

use meshgen_yaml::scalar;

use crate::legal;

/// A small, valid `meshgen.yaml` that says what else can be said. A project's name that Kubernetes would refuse is
/// brought into form.
pub fn first_spec(project: &str) -> String {
    let name = legal::name_of(project, 63, "project");
    // `on` and `123` are legal names, and no text where they stand alone.
    let alone = if scalar::is_plain_safe(&name) { name.clone() } else { format!("\"{name}\"") };
    format!(
        "\
# yaml-language-server: $schema=./meshgen.schema.json
#
# `meshgen render` shows the manifests of this spec, `meshgen render -o DIR` writes them as files.
# `meshgen schema -f meshgen.yaml > meshgen.schema.json` lets an editor complete what is written here.
meshgen: v1
project: {alone}

# What enforces network policies where this runs: `aks`, `kind`, or any other cluster as `existing`.
cluster:
  existing:
    networkPolicy: calico

# The mesh: relied on where it is `existing`, installed where a `version` is given.
#istio: {{ existing: {{ version: \"1.31\", cni: true }} }}

# Refuse whatever nothing permits. What everything needs, such as DNS, stays open.
#security: {{ deny: [ingress, egress] }}

namespaces:
  {alone}:
    podSecurity: baseline

# What runs: `namespace/name`, as kubectl shows it.
workloads:
  {name}/web:
    image: docker.io/nginxinc/nginx-unprivileged:1.29.3
    ports:
      http: 8080
  {name}/client:
    image: docker.io/curlimages/curl:8.17.0
    command: [sleep, \"infinity\"]

# Who may call what: by what is protected, and nobody else may.
policies:
  {name}/web:
    allow:
      - from: [{name}/client]
        ports: [http]
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(spec: String) -> Vec<String> {
        let project = meshgen::read(vec![meshgen::Input::File("meshgen.yaml".to_owned(), spec)]);
        assert_eq!(project.problems, []);
        project.bundle.unwrap().objects().map(|o| o.id().to_string()).collect()
    }

    #[test]
    fn it_renders_something_sensible() {
        insta::assert_snapshot!(kinds(first_spec("shop")).join("\n"), @"
        Namespace shop
        NetworkPolicy shop/web
        ServiceAccount shop/client
        Deployment shop/client
        ServiceAccount shop/web
        Service shop/web
        Deployment shop/web
        ");
    }

    #[test]
    fn what_it_offers_as_a_comment_can_be_taken() {
        let all = first_spec("shop").replace("\n#istio", "\nistio").replace("\n#security", "\nsecurity");
        assert!(kinds(all).contains(&"NetworkPolicy shop/default-deny".to_owned()));
    }

    #[test]
    fn the_name_of_a_folder_becomes_a_legal_name() {
        for (folder, name) in [
            ("My Shop_2", "my-shop-2"),
            ("--", "project"),
            ("", "project"),
            ("Größe", "gr-e"),
            ("on", "\"on\""),
            ("2026", "\"2026\""),
        ] {
            assert!(first_spec(folder).contains(&format!("\nproject: {name}\n")), "{folder}");
            kinds(first_spec(folder));
        }
    }
}
