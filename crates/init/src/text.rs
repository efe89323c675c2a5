//! A draft as text: sections in the order of the language, each with what a reader should know.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    draft::{Draft, Engine, Istio, Policy},
    namespaces::SYSTEM,
};

/// What a version is taken for where none is to be seen.
const RECENT: &str = "1.31";

pub(crate) fn of(draft: &Draft) -> String {
    let mut text = String::from(
        "\
# yaml-language-server: $schema=./meshgen.schema.json
#
# Made from what was there: every workload is `existing`, so that nothing of it is rendered again. To let meshgen
# render one, replace `existing` by `image`.
meshgen: v1
",
    );
    section(&mut text, "", "project", &project(draft));
    section(&mut text, cluster_comment(draft.engine), "cluster", &cluster(draft.engine));
    if let Some(istio) = &draft.istio {
        section(&mut text, istio_comment(istio), "istio", &BTreeMap::from([("existing", known(istio))]));
    }
    if let Some(mtls) = draft.mtls {
        section(&mut text, "", "security", &BTreeMap::from([("mtls", mtls)]));
    }
    section(&mut text, "", "namespaces", &draft.namespaces);
    let workloads: BTreeMap<_, _> =
        draft.workloads.iter().map(|((ns, name), w)| (format!("{ns}/{name}"), w)).collect();
    if !workloads.is_empty() {
        section(&mut text, "", "workloads", &workloads);
    }
    let policies: BTreeMap<_, _> = draft.policies.iter().map(|(key, policy)| (target(key), policy)).collect();
    if !policies.is_empty() {
        section(&mut text, policies_comment(&policies), "policies", &policies);
    }
    text
}

fn target((namespace, name): &(String, Option<String>)) -> String {
    format!("{namespace}/{}", name.as_deref().unwrap_or("*"))
}

/// Adds a section after an empty line, below its comment.
fn section<T: Serialize>(text: &mut String, comment: &str, key: &str, value: &T) {
    // Names and labels are checked, and what is kept in full was read from YAML or JSON: all of it can be written.
    let Ok(yaml) = meshgen_yaml::to_string(&BTreeMap::from([(key, value)])) else { return };
    if key != "project" {
        text.push('\n');
    }
    for line in comment.lines() {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&yaml);
}

/// The namespace with the most workloads that is not the cluster's own.
fn project(draft: &Draft) -> String {
    let ours = draft.namespaces.keys().filter(|ns| !SYSTEM.contains(&ns.as_str()));
    let most = ours.rev().max_by_key(|ns| draft.workloads_of(ns).count());
    most.cloned().unwrap_or_else(|| "project".to_owned())
}

fn cluster(engine: Engine) -> BTreeMap<&'static str, BTreeMap<&'static str, Engine>> {
    BTreeMap::from([("existing", BTreeMap::from([("networkPolicy", engine)]))])
}

fn cluster_comment(engine: Engine) -> &'static str {
    match engine {
        Engine::Calico | Engine::Cilium | Engine::Kindnet => "",
        Engine::Other => {
            "Nothing in the manifests tells what enforces network policies here: `calico`, `cilium`, `kindnet`,\nany `other` that does, or `none`."
        }
    }
}

fn known(istio: &Istio) -> Istio {
    Istio {
        version: istio.version.clone().or_else(|| Some(RECENT.to_owned())),
        revision: istio.revision.clone(),
        namespace: istio.namespace.clone(),
        trust_domain: istio.trust_domain.clone(),
        ..*istio
    }
}

fn istio_comment(istio: &Istio) -> &'static str {
    match istio.version {
        Some(_) => "",
        None => "Nothing in the manifests tells the version: `istioctl version` does.",
    }
}

fn policies_comment(policies: &BTreeMap<String, &Policy>) -> &'static str {
    if policies.values().any(|p| p.spec.is_some()) {
        "What stands under `spec` is kept as it was: `allow` does not say exactly the same."
    } else {
        ""
    }
}
