//! MG022: images and charts from where there are none any more.

use std::collections::BTreeMap;

use meshgen_yaml::{Node, Place};

use crate::{Document, Hit, Rule, Seen, Severity, pods::text};

pub(super) const RULE: Rule = Rule {
    code: "MG022",
    slug: "dead-registry",
    title: "an image or a chart comes from where there is none any more",
    severity: Severity::Warning,
    why: "What a registry that was given up still serves, it serves until a day that somebody else sets; then nodes that \
          have no copy of the image cannot start the pod. Istio publishes nothing to `gcr.io/istio-release` and \
          `registry.istio.io` since 1.31, and switched them off for trial on 15 September, 13 October and 17 November \
          2026, with 8 and 9 December 2026 to come.",
    way_out: "Take Istio from `docker.io/istio` (charts: `oci://ghcr.io/istio/release/charts`), Kubernetes from \
              `registry.k8s.io`, and others from where their makers publish today; or from a registry of your own.",
    sources: &[
        "https://istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes/",
        "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
        "https://github.com/bitnami/containers/issues/83267",
        "https://github.com/kubernetes-sigs/kubebuilder/discussions/3907",
        "https://github.com/helm/charts",
        "https://github.com/itscontained/charts/issues/2",
    ],
};

/// What is dead, since when, and what is there in its place.
const DEAD: [(&str, &str, &str); 16] = [
    ("gcr.io/istio-release", "has had no release of Istio since 1.31 (August 2026)", "docker.io/istio"),
    (
        "registry.istio.io",
        "is switched off for trial on days of autumn 2026, and has had no release since 1.31 (August 2026)",
        "docker.io/istio",
    ),
    (
        "istio-release.storage.googleapis.com",
        "has had no release of Istio since 1.31 (August 2026)",
        "oci://ghcr.io/istio/release/charts",
    ),
    ("k8s.gcr.io", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("us.gcr.io/k8s-artifacts-prod", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("eu.gcr.io/k8s-artifacts-prod", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("asia.gcr.io/k8s-artifacts-prod", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("gcr.io/google-containers", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("gcr.io/google_containers", "has been frozen since 3 April 2023", "registry.k8s.io"),
    ("gcr.io/kubebuilder/kube-rbac-proxy", "was given up in March 2025", "quay.io/brancz/kube-rbac-proxy"),
    ("docker.io/bitnami/", BITNAMI, "an image of its own makers, and till then that of `bitnamilegacy`"),
    ("bitnami/", BITNAMI, "an image of its own makers, and till then that of `bitnamilegacy`"),
    (
        "kubernetes-charts.storage.googleapis.com",
        "was given up on 13 November 2020",
        "a chart of its own makers",
    ),
    (
        "kubernetes-charts-incubator.storage.googleapis.com",
        "was given up on 13 November 2020",
        "a chart of its own makers",
    ),
    ("charts.helm.sh", "has been an archive since 13 November 2020", "a chart of its own makers"),
    ("charts.itscontained.io", "has not answered since October 2022", "a chart of your own"),
];

/// What became of it: all tags but `latest` went.
const BITNAMI: &str = "lost its tags to `bitnamilegacy` in autumn 2025";

/// Names under which Docker Hub answers as well.
const HUB: [&str; 2] = ["index.docker.io/", "registry-1.docker.io/"];

/// Keys under which such addresses stand.
const KEYS: [&str; 8] = ["image", "hub", "imageHub", "repository", "registry", "repo", "repoURL", "url"];

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let documents = seen.documents.iter().filter(|d| !seen.is_assumed(d.node.place));
    documents.flat_map(dead).collect()
}

fn dead(document: &Document) -> Vec<Hit> {
    let mut found: BTreeMap<usize, Vec<(Place, &str)>> = BTreeMap::new();
    addresses(&document.node, &mut |node, address| {
        let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
        let on_hub =
            HUB.iter().find_map(|hub| bare.strip_prefix(hub)).map(|rest| format!("docker.io/{rest}"));
        let bare = on_hub.as_deref().unwrap_or(bare);
        let is = |(dead, ..): &(&str, &str, &str)| {
            bare.strip_prefix(dead)
                .is_some_and(|r| dead.ends_with('/') || r.is_empty() || r.starts_with(['/', ':']))
        };
        let kept = |number: &usize| {
            bare.ends_with(":latest") && DEAD.get(*number).is_some_and(|(_, since, _)| *since == BITNAMI)
        };
        if let Some(number) = DEAD.iter().position(is).filter(|number| !kept(number)) {
            found.entry(number).or_default().push((node.place, address));
        }
    });
    let hit = |(number, places): (usize, Vec<(Place, &str)>)| {
        let (dead, since, instead) = DEAD.get(number)?;
        let ((first, address), more) = places.split_first()?;
        let said = format!("`{address}`: `{}` {since}", dead.trim_end_matches('/'));
        let instead = if instead.contains(' ') { (*instead).to_owned() } else { format!("`{instead}`") };
        let hit = Hit::about(document, said, format!("take {instead}")).at(*first);
        Some(more.iter().fold(hit, |hit, (place, _)| hit.also(*place, "and here")))
    };
    found.into_iter().filter_map(hit).collect()
}

/// Calls with each text that stands under such a key.
fn addresses<'a>(node: &'a Node, found: &mut impl FnMut(&'a Node, &'a str)) {
    for entry in node.entries() {
        match text(&entry.value) {
            Some(address) if KEYS.contains(&&*entry.key.text) => found(&entry.value, address),
            Some(_) => {}
            None => addresses(&entry.value, found),
        }
    }
    node.items().iter().for_each(|item| addresses(item, found));
}
