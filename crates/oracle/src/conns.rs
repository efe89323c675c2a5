//! What is permitted between two ends, as the corpus writes it: `TCP 80,443,UDP 53`, `All Connections`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::naive::Protocol;

/// A set of protocols and ports.
///
/// Invariant: the ranges of a protocol are ascending and do not touch; none is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conns {
    ranges: BTreeMap<Protocol, Vec<(u16, u16)>>,
    /// Ports of pods that are not known, by name.
    names: BTreeSet<(Protocol, String)>,
}

impl Conns {
    /// Every port of every protocol.
    pub fn all() -> Conns {
        let mut all = Conns::default();
        for protocol in Protocol::ALL {
            all.add(protocol, 1, u16::MAX);
        }
        all
    }

    /// Adds a range.
    pub fn add(&mut self, protocol: Protocol, first: u16, last: u16) {
        let mut ranges = self.ranges.remove(&protocol).unwrap_or_default();
        ranges.push((first, last));
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(m) if first <= m.1.saturating_add(1) => m.1 = m.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        self.ranges.insert(protocol, merged);
    }

    /// Adds a port that has only a name.
    pub fn add_name(&mut self, protocol: Protocol, name: &str) {
        self.names.insert((protocol, name.to_owned()));
    }

    /// What either permits.
    #[must_use]
    pub fn union(&self, other: &Conns) -> Conns {
        let mut all = self.clone();
        for (protocol, ranges) in &other.ranges {
            for (first, last) in ranges {
                all.add(*protocol, *first, *last);
            }
        }
        all.names.extend(other.names.iter().cloned());
        all
    }

    /// Whether nothing is permitted.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.names.is_empty()
    }

    /// Whether a port is permitted.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ranges.get(&protocol).is_some_and(|r| r.iter().any(|(a, b)| (*a..=*b).contains(&port)))
    }

    /// Reads it from a list: `All Connections`, `No Connections`, `TCP 80,8000-8010,UDP 53`.
    pub fn parse(text: &str) -> Option<Conns> {
        match text.trim() {
            "All Connections" => return Some(Conns::all()),
            "No Connections" | "" => return Some(Conns::default()),
            _ => {}
        }
        let mut conns = Conns::default();
        let mut protocol = None;
        for part in text.split(',').map(str::trim) {
            let ports = match part.split_once(' ') {
                Some((name, ports)) => {
                    protocol = Some(Protocol::parse(name)?);
                    ports.trim()
                }
                None => part,
            };
            match range(ports) {
                Some((first, last)) => conns.add(protocol?, first, last),
                None => conns.add_name(protocol?, ports),
            }
        }
        Some(conns)
    }

    /// Reads it from an explanation: `TCP:[80,443], UDP, SCTP`; a protocol alone means all its ports.
    pub fn parse_explained(text: &str) -> Option<Conns> {
        let mut conns = Conns::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = rest.find([':', ',']).unwrap_or(rest.len());
            let protocol = Protocol::parse(rest.get(..end)?.trim())?;
            rest = rest.get(end..)?;
            if let Some(listed) = rest.strip_prefix(":[") {
                let (ports, after) = listed.split_once(']')?;
                for part in ports.split(',') {
                    let (first, last) = range(part.trim())?;
                    conns.add(protocol, first, last);
                }
                rest = after;
            } else {
                conns.add(protocol, 1, u16::MAX);
            }
            rest = rest.trim_start_matches([',', ' ']);
        }
        Some(conns)
    }
}

fn range(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => text.parse().ok().map(|port| (port, port)),
    }
}

impl fmt::Display for Conns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        if *self == Conns::all() {
            return f.write_str("All Connections");
        }
        let mut protocols = Vec::new();
        for protocol in Protocol::ALL {
            let ranges = self.ranges.get(&protocol).into_iter().flatten();
            let ranges = ranges.map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
            let names = self.names.iter().filter(|(p, _)| *p == protocol).map(|(_, name)| name.clone());
            let ports: Vec<String> = ranges.chain(names).collect();
            if !ports.is_empty() {
                protocols.push(format!("{} {}", protocol.name(), ports.join(",")));
            }
        }
        f.write_str(&protocols.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(text: &str) {
        assert_eq!(Conns::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn lists_are_read_and_written_alike() {
        same("All Connections");
        same("No Connections");
        same("SCTP 9003,TCP 1-79,81-65535,UDP 53,5353");
        same("TCP 80,http");
    }

    #[test]
    fn a_protocol_alone_means_all_its_ports() {
        let read = Conns::parse_explained("TCP:[1-79,81-65535], UDP, SCTP:[9003]").unwrap();
        assert_eq!(read.to_string(), "SCTP 9003,TCP 1-79,81-65535,UDP 1-65535");
    }
}
