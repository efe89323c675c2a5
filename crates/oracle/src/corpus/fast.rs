//! The judge that users have, asked by the runner.

use std::collections::BTreeMap;
use std::net::IpAddr;

use meshgen_reach::{
    Answer, Expression, Judge as Reach, ListEnd, Manifests, Match, Party, PortSet, Protocol as Spoken,
    Stranger, Traits,
};
use meshgen_yaml::Sources;

use super::{Explanations, Exposure, Judge, Listing, Peer, Row, Subject};
use crate::{
    conns::Conns,
    manifests::File,
    naive::{Protocol, Verdict},
};

/// The judge in `meshgen-reach`.
#[derive(Clone, Copy, Debug)]
pub struct Fast;

impl Judge for Fast {
    fn read(&self, files: &[File]) -> Box<dyn Subject> {
        let mut sources = Sources::default();
        for file in files {
            sources.add(&file.name, &file.text);
        }
        Box::new(Read { manifests: Manifests::read(sources) })
    }

    fn selector(&self, selector: &str, labels: &BTreeMap<String, String>) -> Option<bool> {
        Expression::parse(selector).ok().map(|e| e.selects(labels) == Match::Yes)
    }
}

struct Read {
    manifests: Manifests,
}

impl Subject for Read {
    fn workloads(&self) -> Vec<String> {
        self.manifests.cluster.workloads.iter().map(ToString::to_string).collect()
    }

    fn listing(&self) -> Listing {
        let judge = Reach::new(&self.manifests);
        let list = judge.list();
        let mut rows: BTreeMap<(Peer, Peer), Conns> = BTreeMap::new();
        let pairs = list.pairs().into_iter();
        for pair in pairs.filter(|p| !p.permitted.sure.is_empty()) {
            let (Some(from), Some(to)) = (self.peer(pair.from), self.peer(pair.to)) else { continue };
            rows.insert((from, to), conns(&pair.permitted.sure));
        }
        for way in judge.ways_by(&nobody()).into_iter().filter(|w| !w.permitted.possible.is_empty()) {
            // The corpus has doors of these two kinds, and lists what may be meant by them.
            if !matches!(way.kind.as_str(), "Ingress" | "Route") {
                continue;
            }
            let to = Peer::Named(Party::Pod(way.pod).title(&self.manifests.cluster));
            let door = Peer::Named("{ingress-controller}".to_owned());
            let row = rows.entry((door, to)).or_default();
            *row = row.union(&conns(&way.permitted.possible));
        }
        let rows = rows.into_iter().map(|((source, destination), conns)| Row { source, destination, conns });
        Listing { rows: rows.collect() }
    }

    fn probe(&self, source: &str, destination: &str, protocol: Protocol, port: u16) -> Option<Verdict> {
        let (from, to) = (self.party(source)?, self.party(destination)?);
        let verdict = Reach::new(&self.manifests).probe(&from, &to, spoken(protocol), port);
        Some(match verdict.answer {
            Answer::Allowed => Verdict::Allowed,
            Answer::Denied => Verdict::Denied,
            Answer::Unknown => Verdict::Undefined,
        })
    }

    fn exposure(&self) -> Option<Exposure> {
        None
    }

    fn explanations(&self) -> Option<Explanations> {
        None
    }
}

impl Read {
    /// The corpus lists IPv4 only.
    fn peer(&self, end: ListEnd) -> Option<Peer> {
        match end {
            ListEnd::Workload(n) => {
                let workload = self.manifests.cluster.workloads.get(n as usize)?;
                Some(Peer::Named(workload.to_string()))
            }
            ListEnd::Outside(range) => match (range.first, range.last) {
                (IpAddr::V4(a), IpAddr::V4(b)) => Some(Peer::Range(a.into(), b.into())),
                _ => None,
            },
        }
    }

    fn party(&self, name: &str) -> Option<Party> {
        if let Ok(address) = name.parse() {
            return Some(Party::Address(address));
        }
        let (namespace, name) = name.split_once('/')?;
        let is = |p: &meshgen_reach::Pod| p.namespace == namespace && p.name == name;
        self.manifests.cluster.pods.iter().position(is).map(Party::Pod)
    }
}

/// An ingress controller, as the corpus has it: a pod without labels, in a namespace without labels.
fn nobody() -> Stranger {
    Stranger {
        name: "ingress-controller".to_owned(),
        namespace: Traits::default(),
        pod: Traits::default(),
        account: None,
        ports: Some(Vec::new()),
    }
}

fn spoken(protocol: Protocol) -> Spoken {
    match protocol {
        Protocol::Sctp => Spoken::Sctp,
        Protocol::Tcp => Spoken::Tcp,
        Protocol::Udp => Spoken::Udp,
    }
}

/// A set of ports in the runner's form.
fn conns(ports: &PortSet) -> Conns {
    let mut conns = Conns::default();
    for protocol in Protocol::ALL {
        for (first, last) in ports.ranges(spoken(protocol)) {
            conns.add(protocol, first, last);
        }
        for name in ports.names(spoken(protocol)) {
            conns.add_name(protocol, name);
        }
    }
    conns
}
