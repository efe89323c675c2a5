//! `--only` and `--skip`.

use meshgen_bundle::Part;
use meshgen_tree::Selection;

use crate::common::{Sandbox, parts};

const ALL: [Part; 4] = [Part::Namespaces, Part::Policies, Part::Mesh, Part::Workloads];

#[test]
fn only_what_is_selected_is_written() {
    let sandbox = Sandbox::new();
    sandbox.write_only(&parts("1", &ALL), &Selection::only([Part::Mesh])).unwrap();
    assert_eq!(
        sandbox.paths(),
        [".meshgen/", ".meshgen/manifest.json", "kustomization.yaml", "mesh/", "mesh/all.yaml"]
    );
    assert!(sandbox.read("kustomization.yaml").ends_with("resources:\n- mesh/all.yaml\n"));
}

#[test]
fn part_by_part_gives_the_same_tree_as_all_at_once() {
    let tree = parts("1", &ALL);
    let sandbox = Sandbox::new();
    for part in [Part::Workloads, Part::Namespaces, Part::Mesh, Part::Policies] {
        sandbox.write_only(&tree, &Selection::only([part])).unwrap();
    }
    assert_eq!(sandbox.snapshot(), Sandbox::new().with(&tree).snapshot());
}

#[test]
fn what_is_not_selected_is_neither_changed_nor_pruned_nor_forgotten() {
    let sandbox = Sandbox::new().with(&parts("1", &ALL));
    let new = parts("2", &[Part::Namespaces, Part::Policies]);
    sandbox.write_only(&new, &Selection::skip([Part::Policies, Part::Workloads])).unwrap();
    assert!(sandbox.read("namespaces/all.yaml").contains("namespaces-2"));
    assert!(sandbox.read("policies/all.yaml").contains("policies-1"));
    assert!(sandbox.read("workloads/all.yaml").contains("workloads-1"));
    insta::assert_snapshot!(sandbox.read("kustomization.yaml"), @"
    # Made by meshgen from the spec of project shop. Do not edit: change the spec and render again.
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    sortOptions:
      order: fifo
    resources:
    - namespaces/all.yaml
    - policies/all.yaml
    - workloads/all.yaml
    ");
    insta::assert_snapshot!(sandbox.check(&new), @"
    `kustomization.yaml` is not what the spec gives now
    `policies/all.yaml` is not what the spec gives now
    `workloads/all.yaml` is not in the spec any more
    ");
    // The manifest still knows them, so that a render of everything can clean up.
    sandbox.write(&new).unwrap();
    assert_eq!(sandbox.snapshot(), Sandbox::new().with(&new).snapshot());
}

#[test]
fn an_edit_of_what_is_not_selected_stays() {
    let tree = parts("1", &ALL);
    let sandbox = Sandbox::new().with(&tree);
    sandbox.put("mesh/all.yaml", "mine");
    sandbox.write_only(&tree, &Selection::skip([Part::Mesh])).unwrap();
    assert_eq!(sandbox.read("mesh/all.yaml"), "mine");
    assert_eq!(sandbox.check(&tree), "`mesh/all.yaml` was edited by hand");
}
