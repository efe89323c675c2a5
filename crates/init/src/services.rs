//! Services: which workload they stand in front of, and what its ports are called.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    draft::{Draft, Place, Workload},
    legal,
    object::{Object, items},
    selector::covers,
};

const EXTERNAL: &str = "it has no pods behind it that a spec could name: it stays with whoever renders it";
const CLASH: &str = "a port of its pods is left out: the Service has its number for another one";

pub(crate) fn read(objects: &[Object], draft: &mut Draft) {
    let mut services: Vec<&Object> = objects.iter().filter(|o| o.is("", "Service")).collect();
    // Of several Services, the one of the workload's own name, then one with an address, then the first by name.
    services.sort_by_key(|s| (s.text("/spec/clusterIP") == Some("None"), s.name.clone()));
    let mut by_namespace: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    for service in &services {
        by_namespace.entry(service.home()).or_default().push(service);
    }
    let places: Vec<Place> = draft.workloads.keys().cloned().collect();
    for place in &places {
        let Some(workload) = draft.workloads.get(place) else { continue };
        let near = by_namespace.get(place.0.as_str()).into_iter().flatten();
        let mut mine: Vec<&Object> = near.copied().filter(|s| fronts(s, workload)).collect();
        mine.sort_by_key(|s| s.name != place.1);
        for (i, service) in mine.iter().enumerate() {
            draft.take(service);
            front(service, i == 0, place, draft);
        }
        let Some(workload) = draft.workloads.get_mut(place) else { continue };
        let ports = workload.container_ports.clone();
        let left = ports
            .iter()
            .filter(|(name, protocol, n)| workload.port(*n, protocol, None, name).is_none())
            .count();
        if let Some(origin) = workload.origin.clone().filter(|_| left > 0) {
            draft.notes.add_other(origin, CLASH);
        }
    }
    for service in services {
        if !draft.said.contains(&service.place) {
            draft.note(service, EXTERNAL);
        }
    }
}

fn fronts(service: &Object, workload: &Workload) -> bool {
    let selector = service.labels("/spec/selector");
    !selector.is_empty()
        && service.text("/spec/type") != Some("ExternalName")
        && covers(&selector, &workload.pod_labels)
}

/// Takes a Service over into a workload: the first one is its Service, of any other only the ports.
fn front(service: &Object, first: bool, place: &Place, draft: &mut Draft) {
    let Some(workload) = draft.workloads.get_mut(place) else { return };
    if first && service.name != place.1 && legal::is_name(&service.name) {
        workload.existing.service = Some(service.name.clone());
    }
    let mut twice = false;
    for port in items(&service.value, "/spec/ports") {
        let text = |key: &str| port.get(key).and_then(Value::as_str).unwrap_or_default();
        let protocol = if text("protocol").is_empty() { "TCP" } else { text("protocol") };
        let Some(number) = port.get("port").and_then(number) else { continue };
        let Some(target) = target(port, protocol, number, workload) else { continue };
        let name = if text("name").is_empty() {
            container_name(workload, target, protocol)
        } else {
            text("name").to_owned()
        };
        let known = workload
            .ports
            .values()
            .any(|p| p.protocol == protocol && p.number == target && p.service != number);
        twice |= known || workload.port(target, protocol, first.then_some(number), &name).is_none();
    }
    if !first {
        draft.note(
            service,
            "a workload of a spec has one Service, and another one stands in front of its pods",
        );
    } else if twice {
        draft.note(service, "a port of a spec's workload has one port of the Service: the first was taken");
    }
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0)
}

/// The port of the pod behind a port of a Service.
fn target(port: &Value, protocol: &str, otherwise: u16, workload: &Workload) -> Option<u16> {
    match port.get("targetPort") {
        Some(Value::String(name)) => {
            let named = |(n, p, _): &&(String, String, u16)| n == name && p == protocol;
            workload.container_ports.iter().find(named).map(|(_, _, number)| *number)
        }
        Some(value) if !value.is_null() => number(value).or(Some(otherwise)),
        _ => Some(otherwise),
    }
}

fn container_name(workload: &Workload, port: u16, protocol: &str) -> String {
    let same = |(_, p, n): &&(String, String, u16)| *n == port && p == protocol;
    workload.container_ports.iter().find(same).map(|(name, ..)| name.clone()).unwrap_or_default()
}
