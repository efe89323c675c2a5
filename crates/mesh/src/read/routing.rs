//! DestinationRule, Sidecar, VirtualService.
//!
//! Source: `istio/api` `networking/v1alpha3`.

use meshgen_yaml::{Node, Problem};

use super::{
    Object, broken,
    fields::{Fields, Trouble},
};
use crate::{
    DestinationRule, Egress, HttpRoute, Protocol, Route, RouteMatch, Selector, SidecarScope, TlsMode, Traffic,
};

type Read<T> = Result<T, Trouble>;

pub(super) fn destination_rule(o: &Object<'_>, problems: &mut Vec<Problem>) -> DestinationRule {
    let spec = o.node.at(&["spec"]).unwrap_or(o.node);
    let mut read = DestinationRule {
        meta: o.meta.clone(),
        host: spec.word(&["host"]).unwrap_or_default().to_owned(),
        selector: Selector::default(),
        traffic: None,
        by_secret: by_secret(spec),
        subsets_say: false,
        export_to: spec.words(&["exportTo"]),
        broken: None,
    };
    let mut fill = || {
        let (selector, understood) = spec.workload_selector(&["workloadSelector"]);
        read.selector = selector;
        understood?;
        read.traffic = spec.at(&["trafficPolicy"]).map(traffic).transpose()?;
        for subset in spec.list(&["subsets"]) {
            read.subsets_say |= says_more(subset, read.traffic.as_ref())?;
        }
        Ok(())
    };
    let filled: Read<()> = fill();
    if let Err(trouble) = filled {
        read.broken = Some(broken(o, &trouble, problems));
    }
    read
}

/// Whether the certificates for TLS, of the whole or of a port, are in a Secret; one may also be in a ConfigMap.
fn by_secret(spec: &Node) -> bool {
    let ports = spec.list(&["trafficPolicy", "portLevelSettings"]).iter();
    let mut all = ports.chain(spec.at(&["trafficPolicy"]));
    let name = |n: &Node| n.word(&["tls", "credentialName"]).is_some_and(|c| !c.starts_with("configmap://"));
    all.any(name)
}

fn traffic(node: &Node) -> Read<Traffic> {
    let mut read = Traffic { tls: tls(node)?, ..Traffic::default() };
    for port in node.list(&["portLevelSettings"]) {
        if let Some(number) = port.port(&["port", "number"]) {
            // The first entry for a port counts.
            read.ports.entry(number).or_insert(tls(port)?);
        }
    }
    Ok(read)
}

/// Whether a subset encrypts in another way than the whole. What it does not say it takes from the whole, but for
/// settings of ports (`MergeTrafficPolicy`).
fn says_more(subset: &Node, whole: Option<&Traffic>) -> Read<bool> {
    let Some(own) = subset.at(&["trafficPolicy"]) else { return Ok(false) };
    let own = traffic(own)?;
    let by_port = !own.ports.is_empty() || whole.is_some_and(|w| !w.ports.is_empty());
    Ok(by_port || (own.tls.is_some() && own.tls != whole.and_then(|w| w.tls)))
}

/// TLS without a mode is `DISABLE`, the zero of the enum.
fn tls(node: &Node) -> Read<Option<TlsMode>> {
    let Some(tls) = node.at(&["tls"]) else { return Ok(None) };
    let word = tls.word(&["mode"]).unwrap_or("DISABLE");
    TlsMode::parse(word).map(Some).ok_or_else(|| tls.trouble(format!("the mode `{word}` is not known")))
}

pub(super) fn sidecar(o: &Object<'_>, problems: &mut Vec<Problem>) -> SidecarScope {
    let spec = o.node.at(&["spec"]).unwrap_or(o.node);
    let egress = |n: &Node| Egress { port: n.port(&["port", "number"]), hosts: n.words(&["hosts"]) };
    let protocol = |n: &Node| Protocol::word(n.word(&["port", "protocol"]).unwrap_or_default());
    let ingress = |n: &Node| Some((n.port(&["port", "number"])?, protocol(n)));
    let registry_only = match spec.word(&["outboundTrafficPolicy", "mode"]) {
        Some("REGISTRY_ONLY") => Some(true),
        Some(_) => Some(false),
        // A policy without a mode is `REGISTRY_ONLY`, the zero of the enum.
        None => spec.at(&["outboundTrafficPolicy"]).map(|_| true),
    };
    // The selector of a Sidecar is a plain map of labels.
    let labels = spec.labels(&["workloadSelector", "labels"]);
    let unread = spec.list(&["ingress"]).iter().find(|i| i.at(&["tls"]).is_some());
    let unread = unread.map(|i| i.trouble("`tls` of an ingress listener is not judged"));
    SidecarScope {
        meta: o.meta.clone(),
        selector: Selector::labels(&labels),
        egress: spec.list(&["egress"]).iter().map(egress).collect(),
        registry_only,
        ingress: spec.list(&["ingress"]).iter().filter_map(ingress).collect(),
        broken: unread.map(|trouble| broken(o, &trouble, problems)),
    }
}

pub(super) fn virtual_service(o: &Object<'_>) -> Route {
    let spec = o.node.at(&["spec"]).unwrap_or(o.node);
    let gateways = spec.words(&["gateways"]);
    let hosts = spec.words(&["hosts"]);
    let to_subset = |n: &Node| n.at(&["destination", "subset"]).is_some();
    let routes = ["http", "tcp", "tls"].into_iter().flat_map(|k| spec.list(&[k]));
    Route {
        meta: o.meta.clone(),
        mesh: gateways.is_empty() || gateways.iter().any(|g| g == "mesh"),
        subsets: routes.flat_map(|r| r.list(&["route"])).any(to_subset),
        http: spec.list(&["http"]).iter().map(|n| http_route(n, &hosts)).collect(),
        other: spec.at(&["tcp"]).is_some() || spec.at(&["tls"]).is_some(),
        export_to: spec.words(&["exportTo"]),
        names: hosts,
    }
}

fn http_route(node: &Node, hosts: &[String]) -> HttpRoute {
    let plain =
        ["name", "match", "route", "timeout", "retries", "headers", "corsPolicy", "mirror", "mirrors"];
    let stays = |n: &Node| {
        let host = n.word(&["destination", "host"]);
        host.is_some_and(|h| hosts.iter().any(|own| own == h)) && n.at(&["destination", "port"]).is_none()
    };
    let routes = node.list(&["route"]);
    HttpRoute {
        matches: node.list(&["match"]).iter().map(route_match).collect(),
        stays: node.only(&plain).is_ok() && !routes.is_empty() && routes.iter().all(stays),
    }
}

fn route_match(node: &Node) -> RouteMatch {
    let word = |path: &[&str]| node.word(path).map(str::to_owned);
    let told = RouteMatch {
        method: word(&["method", "exact"]),
        prefix: word(&["uri", "prefix"]),
        exact: word(&["uri", "exact"]),
        more: false,
    };
    let unclear = |key: &str, told: bool| node.at(&[key]).is_some() && !told;
    let more = node.only(&["name", "method", "uri"]).is_err()
        || unclear("method", told.method.is_some())
        || unclear("uri", told.prefix.is_some() || told.exact.is_some());
    RouteMatch { more, ..told }
}
