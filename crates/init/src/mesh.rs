//! Istio as it is there: facts, membership, mTLS.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

use crate::{
    allow,
    draft::{Draft, Engine, Istio},
    legal,
    namespaces::membership,
    object::{Labels, Object, items, labels},
};

const ROOT: &str = "istio-system";
const MTLS: &str =
    "it says its mode in a way that `security.mtls` cannot: it stays in force beside what is rendered";

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    draft.engine = engine(objects);
    let member = |labels: &Labels| membership(labels).is_some();
    let meshed = draft.namespaces.values().any(|n| member(&n.all_labels));
    if !meshed
        && !objects.iter().any(|o| o.group.ends_with("istio.io") && o.group != "gateway.networking.k8s.io")
        && istiod(objects).is_none()
    {
        return;
    }
    let mut istio = facts(objects);
    if istio.revision.is_none() {
        istio.revision = revision(draft);
    }
    members(&mut istio, objects, draft);
    draft.membership = one_membership(&istio, draft);
    draft.istio = Some(istio);
    for object in objects.iter().filter(|o| o.is("security.istio.io", "PeerAuthentication")) {
        peer_authentication(object, draft);
    }
}

/// What enforces network policies, as far as objects tell.
fn engine(objects: &[Object]) -> Engine {
    let any = |found: &dyn Fn(&Object) -> bool| objects.iter().any(found);
    let agent = |name: &'static str| move |o: &Object| o.kind == "DaemonSet" && o.name == name;
    let api = |group: &'static str| {
        move |o: &Object| {
            o.group.ends_with(group)
                || (o.kind == "CustomResourceDefinition" && o.name.ends_with(&format!(".{group}")))
        }
    };
    if any(&api("projectcalico.org")) || any(&agent("calico-node")) {
        Engine::Calico
    } else if any(&api("cilium.io")) || any(&agent("cilium")) {
        Engine::Cilium
    } else if any(&agent("kindnet")) {
        Engine::Kindnet
    } else {
        Engine::Other
    }
}

fn istiod(objects: &[Object]) -> Option<&Object> {
    objects.iter().find(|o| {
        o.is("apps", "Deployment")
            && o.labels("/spec/template/metadata/labels").get("app").is_some_and(|a| a == "istiod")
    })
}

/// What the control plane, its agents on the nodes and the sidecars tell.
fn facts(objects: &[Object]) -> Istio {
    let daemon = |name: &str| objects.iter().any(|o| o.is("apps", "DaemonSet") && o.name == name);
    let istiod = istiod(objects);
    let namespace = istiod.map(Object::home).filter(|ns| *ns != ROOT && legal::is_name(ns));
    let revision = istiod.and_then(|o| o.own_labels().get("istio.io/rev").cloned());
    let version = istiod
        .and_then(|o| image_version(o, "/spec/template"))
        .or_else(|| objects.iter().filter(|o| o.is("", "Pod")).find_map(|pod| image_version(pod, "")))
        .or_else(|| {
            objects.iter().filter(|o| o.kind == "IstioOperator").find_map(|o| version(o.text("/spec/tag")?))
        })
        .or_else(|| {
            objects
                .iter()
                .filter(|o| o.is("sailoperator.io", "Istio"))
                .find_map(|o| version(o.text("/spec/version")?))
        });
    Istio {
        version,
        revision: revision.filter(|r| r != "default" && legal::is_name(r)),
        cni: daemon("istio-cni-node"),
        ambient: daemon("ztunnel"),
        namespace: namespace.map(str::to_owned),
        trust_domain: objects
            .iter()
            .filter(|o| o.is("", "ConfigMap") && o.name.starts_with("istio"))
            .find_map(trust_domain),
    }
}

/// The version in the tag of the image of istiod or of a sidecar.
fn image_version(object: &Object, template: &str) -> Option<String> {
    let pod = object.at(&format!("{template}/spec"))?;
    let mut images = items(pod, "/containers").filter_map(|c| c.get("image").and_then(Value::as_str));
    images.find_map(|image| {
        let (name, tag) = image.split('@').next()?.rsplit_once(':')?;
        (name.ends_with("/pilot") || name.ends_with("/proxyv2")).then(|| version(tag)).flatten()
    })
}

/// `1.24.0` of `v1.24.0-distroless`.
fn version(tag: &str) -> Option<String> {
    let plain = tag.trim_start_matches('v').split('-').next()?;
    let parts: Vec<&str> = plain.split('.').collect();
    let number = |p: &&str| (1..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    ((2..=3).contains(&parts.len()) && parts.iter().all(number)).then(|| plain.to_owned())
}

/// What the mesh's own configuration says, if it is not the default.
fn trust_domain(object: &Object) -> Option<String> {
    let mesh = object.text("/data/mesh")?;
    let said = mesh.lines().find_map(|line| line.strip_prefix("trustDomain:"))?;
    let domain = said.trim().trim_matches(['"', '\'']);
    (domain != "cluster.local" && legal::is_object_name(domain)).then(|| domain.to_owned())
}

/// The revision that most namespaces name: a spec has one. None for the default one.
fn revision(draft: &Draft) -> Option<String> {
    let mut votes: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for namespace in draft.namespaces.values() {
        if membership(&namespace.all_labels) == Some("sidecar") {
            *votes.entry(named_revision(&namespace.all_labels)).or_default() += 1;
        }
    }
    // Of equally many the first, and none comes before any.
    let (revision, _) = votes.into_iter().rev().max_by_key(|(_, votes)| *votes)?;
    revision.filter(|r| legal::is_name(r)).map(str::to_owned)
}

fn named_revision(labels: &Labels) -> Option<&str> {
    let injected = labels.get("istio-injection").is_some();
    labels.get("istio.io/rev").map(String::as_str).filter(|rev| !injected && *rev != "default")
}

/// Says of each namespace how it takes part: where there is a mesh, saying nothing means a sidecar.
fn members(istio: &mut Istio, objects: &[Object], draft: &mut Draft) {
    let mut notes = Vec::new();
    for (name, namespace) in &mut draft.namespaces {
        let mode = membership(&namespace.all_labels);
        namespace.mesh = Some(mode.unwrap_or("none"));
        istio.ambient |= mode == Some("ambient");
        // The plugin has to be there: without it this level refuses every pod with a sidecar.
        istio.cni |=
            mode == Some("sidecar") && namespace.pod_security.as_ref().is_some_and(|l| l != "privileged");
        if mode == Some("sidecar") && named_revision(&namespace.all_labels) != istio.revision.as_deref() {
            namespace.existing = true;
            notes.push(name.clone());
        }
    }
    for object in objects.iter().filter(|o| o.is("", "Namespace") && notes.contains(&o.name)) {
        draft.note(object, "it names another revision of Istio, and a spec has one: it is `existing`, and its labels stay as they are");
    }
}

/// The label of every meshed namespace. None where some are ambient: `meshed` then means two labels.
fn one_membership(istio: &Istio, draft: &Draft) -> Option<(&'static str, String)> {
    let mut modes = draft.namespaces.values().filter_map(|n| n.mesh).filter(|m| *m != "none").peekable();
    modes.peek()?;
    let label = match &istio.revision {
        None => ("istio-injection", "enabled".to_owned()),
        Some(revision) => ("istio.io/rev", revision.clone()),
    };
    modes.all(|m| m == "sidecar").then_some(label)
}

/// Istio's word for a mode.
fn mode(object: &Object) -> Option<&'static str> {
    match object.text("/spec/mtls/mode")? {
        "STRICT" => Some("STRICT"),
        "PERMISSIVE" => Some("PERMISSIVE"),
        "DISABLE" => Some("DISABLE"),
        _ => None,
    }
}

fn peer_authentication(object: &Object, draft: &mut Draft) {
    let selector = object.at("/spec/selector/matchLabels").map(labels).unwrap_or_default();
    let ports = object.at("/spec/portLevelMtls").is_some();
    let root = draft.istio.as_ref().and_then(|i| i.namespace.as_deref()).unwrap_or(ROOT);
    let Some(mode) = mode(object).filter(|_| !ports) else { return draft.note(object, MTLS) };
    if selector.is_empty() && object.home() == root {
        draft.mtls = Some(mode);
        return draft.note(
            object,
            "it is `security.mtls` of the whole spec, which renders one object for each meshed namespace: it stays for all others",
        );
    }
    let ours = draft.namespaces.get(object.home()).is_some_and(|n| !n.existing && n.mesh != Some("none"));
    if !ours {
        return draft.note(object, "its namespace is not rendered or not meshed, so `security.mtls` would say nothing: it stays in force");
    }
    let slot = if selector.is_empty() {
        draft.namespaces.get_mut(object.home()).map(|n| &mut n.security)
    } else {
        let selector = LabelSelector { match_labels: Some(selector.clone()), match_expressions: None };
        let one = allow::target(object.home(), &selector, draft);
        one.and_then(|(namespace, name)| draft.workloads.get_mut(&(namespace, name?)))
            .map(|w| &mut w.security)
    };
    match slot {
        Some(security) if security.mtls.is_none() => {
            security.mtls = Some(mode);
            draft.take(object);
            renamed(object, selector.is_empty(), draft);
        }
        _ => draft.note(object, MTLS),
    }
}

/// What is rendered has a name of its own: the object that was there has to go.
fn renamed(object: &Object, whole: bool, draft: &mut Draft) {
    if whole && object.name != "default" {
        draft.note(object, "what says the same is called `default` from now on: delete this one");
    }
}
