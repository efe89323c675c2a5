//! Pods, what has templates for them, and Services.

use std::net::IpAddr;

use meshgen_yaml::Node;

use super::{Object, fields::Fields};
use crate::{ContainerPort, Membership, Pod, Service, ServicePort, Target, Truth};

/// The pods of an object; none if it has none.
pub(super) fn pod(o: &Object<'_>) -> Option<Pod> {
    let pod = match o.meta.kind.as_str() {
        "Pod" => o.node,
        "CronJob" => o.node.at(&["spec", "jobTemplate", "spec", "template"])?,
        _ => o.node.at(&["spec", "template"])?,
    };
    let spec = pod.at(&["spec"])?;
    spec.get("containers")?;
    let account = spec.word(&["serviceAccountName"]).or_else(|| spec.word(&["serviceAccount"]));
    let running = spec.list(&["initContainers"]).iter();
    let running = running.filter(|c| c.word(&["restartPolicy"]) == Some("Always"));
    let containers: Vec<&Node> = spec.list(&["containers"]).iter().chain(running).collect();
    Some(Pod {
        namespace: o.meta.namespace.clone(),
        kind: o.meta.kind.clone(),
        name: o.meta.name.clone(),
        labels: pod.labels(&["metadata", "labels"]),
        annotations: pod.labels(&["metadata", "annotations"]),
        account: account.filter(|a| !a.is_empty()).unwrap_or("default").to_owned(),
        as_proxy: as_proxy(spec, &containers),
        host_network: spec.flag(&["hostNetwork"]).unwrap_or(false),
        ports: containers.iter().flat_map(|c| c.list(&["ports"])).filter_map(container_port).collect(),
        proxy: proxy(&containers),
        addresses: addresses(pod),
        place: o.meta.place,
    })
}

/// The user and the group of the proxy: rules of iptables leave alone what they send.
///
/// Source: `tools/istio-iptables/pkg/capture/run.go`; `pkg/config/analysis/analyzers/deployment/services.go`, IST0144.
const PROXY: &str = "1337";

/// Whether the containers of the application run as the user or the group of the proxy.
fn as_proxy(spec: &Node, containers: &[&Node]) -> Truth {
    let is = |container: &Node, key: &str| {
        let own = container.word(&["securityContext", key]);
        own.or_else(|| spec.word(&["securityContext", key])) == Some(PROXY)
    };
    let own = containers.iter().filter(|c| c.word(&["name"]) != Some("istio-proxy"));
    let all: Vec<bool> = own.map(|c| is(c, "runAsUser") || is(c, "runAsGroup")).collect();
    match (all.contains(&true), all.contains(&false)) {
        (true, true) => Truth::May,
        (some, _) => some.into(),
    }
}

/// The proxy that is written out: `istio-proxy` with its arguments. One without any is only a wish to the injector.
fn proxy(containers: &[&Node]) -> Option<Membership> {
    let proxy = containers.iter().find(|c| c.word(&["name"]) == Some("istio-proxy"))?;
    let args = proxy.words(&["args"]);
    if args.iter().any(|a| a == "sidecar") {
        return Some(Membership::Sidecar);
    }
    args.iter().any(|a| a == "router" || a == "waypoint").then_some(Membership::Gateway)
}

fn container_port(node: &Node) -> Option<ContainerPort> {
    Some(ContainerPort {
        name: node.word(&["name"]).map(str::to_owned),
        number: node.port(&["containerPort"])?,
        tcp: is_tcp(node),
    })
}

pub(super) fn is_tcp(node: &Node) -> bool {
    node.word(&["protocol"]).is_none_or(|p| p == "TCP")
}

fn addresses(pod: &Node) -> Vec<IpAddr> {
    let all = pod.list(&["status", "podIPs"]).iter().filter_map(|n| n.word(&["ip"]));
    let mut all: Vec<IpAddr> =
        pod.word(&["status", "podIP"]).into_iter().chain(all).filter_map(|a| a.parse().ok()).collect();
    all.dedup();
    all
}

/// Source: `kubernetes/api` `core/v1/types.go`.
pub(super) fn service(o: &Object<'_>) -> Service {
    let selector = o.node.labels(&["spec", "selector"]);
    let external = o.node.word(&["spec", "type"]) == Some("ExternalName");
    let export = o.meta.annotations.get("networking.istio.io/exportTo");
    Service {
        own_host: None,
        endpoints: Vec::new(),
        external: false,
        hides: matches!(o.node.word(&["spec", "type"]), Some("LoadBalancer" | "NodePort"))
            && o.node.word(&["spec", "externalTrafficPolicy"]) != Some("Local"),
        selector: (!selector.is_empty() && !external).then_some(selector),
        headless: o.node.word(&["spec", "clusterIP"]) == Some("None"),
        ports: o.node.list(&["spec", "ports"]).iter().filter_map(service_port).collect(),
        export_to: export.map(|e| e.split(',').map(|t| t.trim().to_owned()).collect()).unwrap_or_default(),
        meta: o.meta.clone(),
    }
}

fn service_port(node: &Node) -> Option<ServicePort> {
    let number = node.port(&["port"])?;
    let target = node.at(&["targetPort"]).and_then(|t| t.scalar()).map(|s| &*s.text);
    Some(ServicePort {
        name: node.word(&["name"]).map(str::to_owned),
        app_protocol: node.word(&["appProtocol"]).map(str::to_owned),
        number,
        tcp: is_tcp(node),
        target: match target.map(|t| (t, t.parse::<u16>())) {
            None | Some((_, Ok(0))) => Target::Number(number),
            Some((_, Ok(number))) => Target::Number(number),
            Some((name, Err(_))) => Target::Name(name.to_owned()),
        },
    })
}
