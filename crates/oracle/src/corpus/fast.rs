//! The judge that users have, asked by the runner.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use meshgen_reach::{
    Answer, Direction, Expression, Judge as Reach, ListEnd, Manifests, Match, Party, PortSet,
    Protocol as Spoken, Reading, Stranger, Traits,
};
use meshgen_yaml::Sources;

use super::{
    Explanations, Exposure, FastMesh, Judge, Listing, Meshed, Peer, Row, Side, Subject,
    told::{Ends, by_doors, joined, paragraph},
};
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

    fn mesh(&self, files: &[File]) -> Box<dyn Meshed> {
        Box::new(FastMesh::read(files))
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

    fn exposure(&self, port: Option<(Protocol, u16)>) -> Option<Exposure> {
        let judge = Reach::new(&self.manifests);
        let ports = port.map_or_else(PortSet::all, |(protocol, n)| PortSet::one(spoken(protocol), n));
        let found = judge.exposure(Reading::Written, &ports);
        let mut exposure = Exposure { unprotected: Some(BTreeSet::new()), ..Exposure::default() };
        let titled = |n: u32| self.manifests.cluster.workloads.get(n as usize).map(ToString::to_string);
        let side = |d: Direction| if d == Direction::Egress { Side::Egress } else { Side::Ingress };
        for (workload, direction) in found.unprotected {
            if let (Some(name), Some(all)) = (titled(workload), exposure.unprotected.as_mut()) {
                all.insert((name, side(direction)));
            }
        }
        for row in found.rows {
            let Some(name) = titled(row.workload) else { continue };
            let (own, peer) = (Peer::Named(name), Peer::Named(row.peer.to_string()));
            let conns = conns(&row.ports);
            match row.direction {
                Direction::Egress => exposure.egress.push(Row { source: own, destination: peer, conns }),
                Direction::Ingress => exposure.ingress.push(Row { source: peer, destination: own, conns }),
            }
        }
        // What is exchanged with the outside is repeated here, for those who have a row.
        let ends = |rows: Vec<Row>| rows.into_iter().flat_map(|r| [r.source, r.destination]).collect();
        let told: BTreeSet<Peer> = ends([exposure.egress.as_slice(), &exposure.ingress].concat());
        for row in self.listing().rows {
            match (&row.source, &row.destination) {
                (Peer::Range(..), own) if told.contains(own) => exposure.ingress.push(row),
                (own, Peer::Range(..)) if told.contains(own) => exposure.egress.push(row),
                _ => {}
            }
        }
        Some(exposure)
    }

    fn explanations(&self) -> Option<Explanations> {
        let judge = Reach::new(&self.manifests);
        let mut all = Explanations::new();
        let ends = self.ends(&judge);
        for (from, source) in &ends {
            for (to, destination) in &ends {
                let outside = matches!((from, to), (Peer::Range(..), Peer::Range(..)));
                if from == to || outside {
                    continue;
                }
                let (source_name, destination_name) = (from.to_string(), to.to_string());
                let called = Ends { source: &source_name, destination: &destination_name };
                let parts = judge.explain(source, destination, &PortSet::all()).parts;
                let told = parts.iter().map(|p| paragraph(p, called)).collect();
                all.insert((from.clone(), to.clone()), joined(told));
            }
        }
        for (pod, doors) in doors(&judge) {
            let to = Party::Pod(pod);
            let name = to.title(&self.manifests.cluster);
            let parts = judge.explain(&Party::Stranger(nobody()), &to, &PortSet::all()).parts;
            let door = Peer::Named("{ingress-controller}".to_owned());
            all.insert((door, Peer::Named(name.clone())), by_doors(&parts, &doors, &name));
        }
        Some(all)
    }
}

/// What a door leads to on one pod.
pub(super) struct Door {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) service: String,
    pub(super) ports: PortSet,
}

/// For each pod that is behind a door whose traffic its policies let pass, the doors.
fn doors(judge: &Reach<'_>) -> BTreeMap<usize, Vec<Door>> {
    let mut all: BTreeMap<usize, Vec<Door>> = BTreeMap::new();
    for way in judge.ways_by(&nobody()) {
        if !matches!(way.kind.as_str(), "Ingress" | "Route") {
            continue;
        }
        let service = way.service.split_once('/').map_or("", |(_, name)| name).to_owned();
        all.entry(way.pod).or_default().push(Door {
            kind: way.kind,
            name: way.door,
            service,
            ports: way.ports,
        });
    }
    all
}

impl Read {
    /// One pod of each workload, and the ranges outside.
    fn ends(&self, judge: &Reach<'_>) -> Vec<(Peer, Party)> {
        let cluster = &self.manifests.cluster;
        let mut ends: BTreeMap<Peer, Party> = BTreeMap::new();
        for n in 0..cluster.pods.len() {
            let party = Party::Pod(n);
            ends.entry(Peer::Named(party.title(cluster))).or_insert(party);
        }
        for range in judge.outside() {
            if let Some(peer) = self.peer(ListEnd::Outside(range)) {
                ends.insert(peer, Party::Address(range.first));
            }
        }
        ends.into_iter().collect()
    }

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
pub(super) fn conns(ports: &PortSet) -> Conns {
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
