//! The naive judge, asked by the runner: every pair, every port that a policy could tell from its neighbour.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use ipnet::Ipv4Net;
use serde_json::Value;

use super::{Explanations, Exposure, Judge, Listing, Meshed, Peer, Row, Subject};
use crate::{
    conns::Conns,
    manifests::{self, File},
    naive::{
        Cluster, Direction, Flow, Peer as End, Pod, Protocol, Verdict,
        mesh::{Decision, How, Mesh as NaiveMesh, Seen, Sight, Try},
        parse_selector,
    },
};

/// The judge in [`crate::naive`].
#[derive(Clone, Copy, Debug)]
pub struct Naive;

impl Judge for Naive {
    fn read(&self, files: &[File]) -> Box<dyn Subject> {
        Box::new(Read { cluster: Cluster::read(&manifests::values(files)) })
    }

    fn mesh(&self, files: &[File]) -> Box<dyn Meshed> {
        Box::new(NaiveMesh::read(&manifests::values(files)))
    }

    fn selector(&self, selector: &str, labels: &BTreeMap<String, String>) -> Option<bool> {
        parse_selector(selector).map(|s| s.matches(labels))
    }
}

struct Read {
    cluster: Cluster,
}

impl Subject for Read {
    fn workloads(&self) -> Vec<String> {
        self.cluster.pods.iter().map(Pod::display).collect()
    }

    fn listing(&self) -> Listing {
        let ports = ports(&self.cluster);
        let ranges = ranges(&self.cluster);
        let mut rows: BTreeMap<(Peer, Peer), Conns> = BTreeMap::new();
        for a in &self.cluster.pods {
            let named = || Peer::Named(a.display());
            for b in self.cluster.pods.iter().filter(|b| a.display() != b.display()) {
                let conns = self.conns(End::Pod(a), End::Pod(b), &ports);
                add(&mut rows, named(), Peer::Named(b.display()), conns);
            }
            for (first, last) in &ranges {
                let outside = End::Address(IpAddr::V4(Ipv4Addr::from(*first)));
                let range = || Peer::Range(*first, *last);
                add(&mut rows, named(), range(), self.conns(End::Pod(a), outside, &ports));
                add(&mut rows, range(), named(), self.conns(outside, End::Pod(a), &ports));
            }
        }
        for (pod, conns) in self.doors() {
            add(&mut rows, Peer::Named("{ingress-controller}".to_owned()), Peer::Named(pod), conns);
        }
        let rows = rows.into_iter().map(|((source, destination), conns)| Row { source, destination, conns });
        Listing { rows: rows.collect() }
    }

    fn probe(&self, source: &str, destination: &str, protocol: Protocol, port: u16) -> Option<Verdict> {
        let flow = Flow { source: self.end(source)?, destination: self.end(destination)?, protocol, port };
        Some(self.cluster.verdict(&flow))
    }

    fn exposure(&self, _port: Option<(Protocol, u16)>) -> Option<Exposure> {
        None
    }

    fn explanations(&self) -> Option<Explanations> {
        None
    }
}

/// What is permitted to one pod of a workload is permitted to the workload.
fn add(rows: &mut BTreeMap<(Peer, Peer), Conns>, source: Peer, destination: Peer, conns: Conns) {
    if !conns.is_empty() {
        rows.insert((source, destination), conns);
    }
}

impl Read {
    fn end(&self, name: &str) -> Option<End<'_>> {
        if let Ok(address) = name.parse() {
            return Some(End::Address(address));
        }
        let named = |p: &&Pod| format!("{}/{}", p.namespace, p.name) == name;
        self.cluster.pods.iter().find(named).map(End::Pod)
    }

    fn conns(&self, source: End<'_>, destination: End<'_>, ports: &[(u16, u16)]) -> Conns {
        let mut conns = Conns::default();
        for protocol in Protocol::ALL {
            for (first, last) in ports {
                let flow = Flow { source, destination, protocol, port: *first };
                if self.cluster.verdict(&flow) == Verdict::Allowed {
                    conns.add(protocol, *first, *last);
                }
            }
        }
        conns
    }

    /// The pods that an Ingress or a Route leads to, with the ports that their own policies leave open for a
    /// controller of which nothing is known.
    fn doors(&self) -> Vec<(String, Conns)> {
        let mut open: BTreeMap<String, Conns> = BTreeMap::new();
        let controller = Pod {
            namespace: "{ingress-controller}".to_owned(),
            name: "{ingress-controller}".to_owned(),
            kind: "Pod".to_owned(),
            owner: ("{ingress-controller}".to_owned(), "Pod".to_owned()),
            labels: BTreeMap::new(),
            ports: Vec::new(),
            service_account: "default".to_owned(),
            host_network: false,
            addresses: Vec::new(),
            node_labels: None,
        };
        for (namespace, service, wanted) in backends(&self.cluster) {
            for pod in self.cluster.pods.iter().filter(|p| p.namespace == namespace) {
                for port in served(&self.cluster, &namespace, &service, wanted.as_ref(), pod) {
                    let flow = Flow {
                        source: End::Pod(&controller),
                        destination: End::Pod(pod),
                        protocol: Protocol::Tcp,
                        port,
                    };
                    if self.cluster.one_side(&flow, Direction::Ingress) == Verdict::Allowed {
                        open.entry(pod.display()).or_default().add(Protocol::Tcp, port, port);
                    }
                }
            }
        }
        open.into_iter().collect()
    }
}

/// Namespace, service, and the service's port (a number or a name; none for all), of every Ingress and Route.
fn backends(cluster: &Cluster) -> Vec<(String, String, Option<Value>)> {
    let mut all = Vec::new();
    for object in &cluster.objects {
        let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let written = text("/metadata/namespace");
        let namespace = if written.is_empty() { "default".to_owned() } else { written };
        let list = |v: Option<&Value>| v.and_then(Value::as_array).cloned().unwrap_or_default();
        match text("/kind").as_str() {
            "Ingress" => {
                let rules = list(object.pointer("/spec/rules"));
                let paths = rules.iter().flat_map(|r| list(r.pointer("/http/paths")));
                let services = paths.filter_map(|p| p.pointer("/backend/service").cloned());
                let default = object.pointer("/spec/defaultBackend/service").cloned();
                for s in services.chain(default) {
                    let port = s.pointer("/port/number").or_else(|| s.pointer("/port/name")).cloned();
                    let name = s.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                    all.push((namespace.clone(), name, port));
                }
            }
            "Route" => {
                let port = object.pointer("/spec/port/targetPort").cloned();
                let others = list(object.pointer("/spec/alternateBackends"));
                for to in object.pointer("/spec/to").cloned().into_iter().chain(others) {
                    let name = to.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                    all.push((namespace.clone(), name, port.clone()));
                }
            }
            _ => {}
        }
    }
    all
}

/// The ports of a pod behind a service. A Route names the service's target port, an Ingress its port.
fn served(cluster: &Cluster, namespace: &str, service: &str, wanted: Option<&Value>, pod: &Pod) -> Vec<u16> {
    let is = |o: &&Value| {
        let text = |path: &str| o.pointer(path).and_then(Value::as_str);
        text("/metadata/name") == Some(service)
            && text("/metadata/namespace").unwrap_or("default") == namespace
    };
    let Some(found) = cluster.of_kind("Service").find(is) else { return Vec::new() };
    let selector = found.pointer("/spec/selector").and_then(Value::as_object);
    let selects = |s: &serde_json::Map<String, Value>| {
        s.iter().all(|(k, v)| pod.labels.get(k).map(String::as_str) == v.as_str())
    };
    if !selector.is_some_and(|s| !s.is_empty() && selects(s)) {
        return Vec::new();
    }
    let ports = found.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
    let ports = ports.filter(|p| {
        wanted.is_none_or(|w| ["port", "name", "targetPort"].iter().any(|key| p.get(key) == Some(w)))
    });
    let target = |p: &Value| {
        let target = p.get("targetPort").filter(|t| !t.is_null()).or_else(|| p.get("port"))?.clone();
        match target.as_str() {
            Some(name) => pod.ports.iter().find(|n| n.name == name).map(|n| n.number),
            None => target.as_u64().and_then(|n| u16::try_from(n).ok()),
        }
    };
    ports.filter_map(target).collect()
}

/// Ranges of ports that no policy and no pod tells apart: every number that is written anywhere begins one, and
/// so does its successor.
fn ports(cluster: &Cluster) -> Vec<(u16, u16)> {
    let mut starts = BTreeSet::from([1]);
    let named = cluster.pods.iter().flat_map(|p| &p.ports).map(|p| u64::from(p.number));
    let mut numbers: Vec<u64> = named.collect();
    for object in &cluster.objects {
        walk(object, &mut |value| match value {
            Value::Number(n) => numbers.extend(n.as_u64()),
            Value::String(s) => numbers.extend(s.split(':').filter_map(|n| n.parse::<u64>().ok())),
            _ => {}
        });
    }
    for n in numbers.into_iter().filter_map(|n| u16::try_from(n).ok()) {
        starts.extend([Some(n), n.checked_add(1)].into_iter().flatten().filter(|n| *n > 0));
    }
    let starts: Vec<u16> = starts.into_iter().collect();
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([u16::MAX]);
    starts.iter().copied().zip(ends).collect()
}

/// Ranges of addresses that no policy tells apart.
fn ranges(cluster: &Cluster) -> Vec<(u32, u32)> {
    let mut starts = BTreeSet::from([0]);
    for object in &cluster.objects {
        walk(object, &mut |value| {
            if let Some(net) = value.as_str().and_then(|s| s.parse::<Ipv4Net>().ok()) {
                let after = u32::from(net.broadcast()).checked_add(1);
                starts.extend([Some(u32::from(net.network())), after].into_iter().flatten());
            }
        });
    }
    let starts: Vec<u32> = starts.into_iter().collect();
    let ends = starts.iter().skip(1).map(|s| s - 1).chain([u32::MAX]);
    starts.iter().copied().zip(ends).collect()
}

/// Every value in a value.
fn walk<'a>(value: &'a Value, see: &mut dyn FnMut(&'a Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|v| walk(v, see)),
        Value::Object(entries) => entries.values().for_each(|v| walk(v, see)),
        _ => {}
    }
}

impl Meshed for NaiveMesh {
    fn injected(&self, pod: &str) -> Option<bool> {
        match self.how_is(pod)? {
            How::Sidecar | How::Gateway => Some(true),
            How::Plain | How::Ambient => Some(false),
            How::Unknown => None,
        }
    }

    fn tried(&self, one: &Try<'_>) -> Option<Seen> {
        self.seen(one)
    }

    fn taken(&self, pod: &str, port: u16, mutual: bool) -> Option<bool> {
        self.takes(pod, port, mutual)
    }

    fn decided(&self, pod: &str, sight: &Sight) -> Option<Decision> {
        NaiveMesh::decided(self, pod, sight)
    }
}
