//! Network policies of Kubernetes: default deny, rules that the spec can say, and all others in full.
//!
//! Policies add up, so several for the same pods are one, with the rules of all.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{api::networking::v1::NetworkPolicySpec, apimachinery::pkg::apis::meta::v1::LabelSelector};
use meshgen_yaml::At;

use crate::{
    allow::{self, Target},
    draft::{Allow, Direction, Draft, Policy, Raw},
    legal,
    object::Object,
    selector::selects,
};

/// A policy, and what it says in the words of the spec.
struct Read<'a> {
    object: &'a Object,
    spec: NetworkPolicySpec,
    /// Whom it protects, if the spec can name them.
    target: Option<Target>,
    /// Its rules, if the spec can say them.
    rules: Option<Vec<Allow>>,
}

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    let mut all: Vec<Read<'_>> = Vec::new();
    let mut policies: Vec<&Object> =
        objects.iter().filter(|o| o.is("networking.k8s.io", "NetworkPolicy")).collect();
    policies.sort_by_key(|o| (o.home(), &o.name));
    for object in policies {
        let Some(spec) = spec(object, draft) else { continue };
        draft.take(object);
        draft.declare(object.home());
        if !deny(object, &spec, draft) {
            let target = allow::target(object.home(), &pods(&spec), draft);
            let rules = target.as_ref().and_then(|target| rules(&spec, target, draft));
            all.push(Read { object, spec, target, rules });
        }
    }
    // What protects the same is one policy, in the spec's words only if all of it can be said in them.
    let unsaid: BTreeSet<Target> =
        all.iter().filter(|p| p.rules.is_none()).filter_map(|p| p.target.clone()).collect();
    let mut said: BTreeMap<Target, Vec<Read<'_>>> = BTreeMap::new();
    let mut full: BTreeMap<(String, String), Vec<Read<'_>>> = BTreeMap::new();
    for policy in all {
        match &policy.target {
            Some(target) if policy.rules.is_some() && !unsaid.contains(target) => {
                said.entry(target.clone()).or_default().push(policy);
            }
            _ => full.entry(same_pods(&policy)).or_default().push(policy),
        }
    }
    for (target, policies) in said {
        let rules = policies.iter().flat_map(|p| p.rules.clone().unwrap_or_default()).collect();
        put(target, Policy { allow: Some(rules), ..Policy::default() }, &objects_of(&policies), draft);
    }
    in_full(full.into_values().collect(), draft);
}

fn objects_of<'a>(policies: &[Read<'a>]) -> Vec<&'a Object> {
    policies.iter().map(|p| p.object).collect()
}

fn spec(object: &Object, draft: &mut Draft) -> Option<NetworkPolicySpec> {
    let written = object.at("/spec").cloned().unwrap_or_else(|| serde_json::json!({}));
    match serde_json::from_value(written) {
        Ok(spec) if legal::is_name(object.home()) && legal::is_object_name(&object.name) => Some(spec),
        Ok(_) => {
            draft.note(object, "Kubernetes refuses its name or namespace");
            None
        }
        Err(e) => {
            draft.note(object, format!("it cannot be read: {e}"));
            None
        }
    }
}

fn pods(spec: &NetworkPolicySpec) -> LabelSelector {
    spec.pod_selector.clone().unwrap_or_default()
}

/// The directions in which a policy isolates.
///
/// Source: networking/v1 `NetworkPolicySpec.policyTypes`.
fn directions(spec: &NetworkPolicySpec) -> BTreeSet<Direction> {
    let has = |word: &str| spec.policy_types.iter().flatten().any(|t| t == word);
    let unsaid = spec.policy_types.iter().flatten().next().is_none();
    let ingress = has("Ingress") || unsaid;
    let egress = has("Egress") || (unsaid && spec.egress.iter().flatten().next().is_some());
    [(Direction::Ingress, ingress), (Direction::Egress, egress)]
        .into_iter()
        .filter_map(|(direction, isolates)| isolates.then_some(direction))
        .collect()
}

/// Takes a policy that refuses everything in a whole namespace for the namespace's `deny`.
fn deny(object: &Object, spec: &NetworkPolicySpec, draft: &mut Draft) -> bool {
    let whole = allow::target(object.home(), &pods(spec), draft).is_some_and(|(_, name)| name.is_none());
    let empty =
        spec.ingress.iter().flatten().next().is_none() && spec.egress.iter().flatten().next().is_none();
    let Some(namespace) = draft.namespaces.get_mut(object.home()) else { return false };
    if !whole || !empty || namespace.existing {
        return false;
    }
    let directions = directions(spec);
    let meshed = namespace.mesh.is_some_and(|m| m != "none");
    if directions.contains(&Direction::Egress) {
        draft.notes.add(object, "`deny: [egress]` refuses less than it did: DNS stays open (and istiod to a sidecar), and whoever a policy of the spec admits elsewhere may also send there");
    } else if meshed {
        draft.notes.add(
            object,
            "`deny: [ingress]` refuses less than it did: what the mesh needs, metrics or probes, stays open",
        );
    }
    if object.name != "default-deny" {
        draft.notes.add(object, "what says the same is called `default-deny` from now on: delete this one");
    }
    if let Some(namespace) = draft.namespaces.get_mut(object.home()) {
        namespace.security.deny.extend(directions);
    }
    true
}

/// The rules of a policy for what comes in, in the words of the spec.
fn rules(spec: &NetworkPolicySpec, target: &Target, draft: &mut Draft) -> Option<Vec<Allow>> {
    // What goes out follows from what others let in; a rule of its own for it the spec does not have.
    if directions(spec) != BTreeSet::from([Direction::Ingress]) {
        return None;
    }
    let mut all = Vec::new();
    for rule in spec.ingress.iter().flatten() {
        all.extend(allow::of(rule, target, draft)?);
    }
    Some(all)
}

/// What policies have in common that can be one policy in full.
fn same_pods(policy: &Read<'_>) -> (String, String) {
    let pods = serde_json::to_string(&pods(&policy.spec)).unwrap_or_default();
    (policy.object.home().to_owned(), pods)
}

/// Gives each policy in full a key: what it protects, or else something of that.
fn in_full(mut groups: Vec<Vec<Read<'_>>>, draft: &mut Draft) {
    // Those that protect exactly what a key says come first, so that no other takes it.
    groups.sort_by_key(|group| group.first().is_none_or(|p| p.target.is_none()));
    for group in groups {
        let Some(first) = group.first() else { continue };
        let namespace = first.object.home().to_owned();
        let pods = pods(&first.spec);
        let mut keys: Vec<Target> = first.target.iter().cloned().collect();
        let some = draft.selected(&namespace, |labels| selects(&pods, labels));
        keys.push((namespace.clone(), None));
        keys.extend(some.into_iter().map(|name| (namespace.clone(), Some(name))));
        let objects = objects_of(&group);
        match keys.into_iter().find(|key| !draft.policies.contains_key(key)) {
            Some(key) => {
                let raw = Raw::Kubernetes(Box::new(merged(group)));
                put(key, Policy { spec: Some(raw), ..Policy::default() }, &objects, draft);
            }
            None => objects.iter().for_each(|o| {
                draft.notes.add(o, "a spec has one policy for what it protects, and another one is there: it stays in force beside what is rendered");
            }),
        }
    }
}

/// One policy that does what several for the same pods do together.
fn merged(group: Vec<Read<'_>>) -> NetworkPolicySpec {
    let mut whole =
        NetworkPolicySpec { pod_selector: group.first().map(|p| pods(&p.spec)), ..Default::default() };
    let mut types = BTreeSet::new();
    for Read { spec, .. } in group {
        let isolates = directions(&spec);
        // Rules for a direction in which a policy does not isolate do nothing.
        if isolates.contains(&Direction::Ingress) {
            whole.ingress.get_or_insert_default().extend(spec.ingress.unwrap_or_default());
        }
        if isolates.contains(&Direction::Egress) {
            whole.egress.get_or_insert_default().extend(spec.egress.unwrap_or_default());
        }
        types.extend(isolates);
    }
    let word = |d: &Direction| match d {
        Direction::Ingress => "Ingress".to_owned(),
        Direction::Egress => "Egress".to_owned(),
    };
    whole.policy_types = Some(types.iter().map(word).collect());
    whole.ingress = whole.ingress.filter(|rules| !rules.is_empty());
    whole.egress = whole.egress.filter(|rules| !rules.is_empty());
    whole
}

/// Puts a policy under its key, with the name of the first object that it stands for.
pub(crate) fn put(key: Target, mut policy: Policy, objects: &[&Object], draft: &mut Draft) {
    policy.name = objects.first().map(|o| o.name.clone());
    policy.origin = objects.first().map(|o| At { value: o.to_string(), place: o.place });
    for object in objects.iter().skip(1) {
        draft.notes.add(object, "another policy protects the same, and one that does what both do has the name of the first: delete this one");
    }
    draft.policies.insert(key, policy);
}
