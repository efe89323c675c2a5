//! Protocols and ports.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::ranges::Ranges;

/// A protocol with ports. Others (ICMP, …) are left to the plugin (N12), so nothing is said about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names of the protocols")]
pub enum Protocol {
    Sctp,
    Tcp,
    Udp,
}

impl Protocol {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Protocol; 3] = [Protocol::Sctp, Protocol::Tcp, Protocol::Udp];

    /// The protocol of a name, in any case.
    pub fn parse(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(name))
    }

    /// Its name, as Kubernetes writes it.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Sctp => "SCTP",
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
        }
    }
}

/// The ports of one protocol. A pod that is not known may call any of its ports by a name, so a name is looked at as a
/// port of its own for each number that it may stand for.
///
/// Invariant: only names are listed of which something else holds than of ports without a name; so equal sets are equal
/// values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Ports {
    /// Ports without a name, and with one that is not listed.
    numbers: Ranges<u16>,
    /// For a name, the numbers with which a port of that name is in the set.
    names: BTreeMap<Box<str>, Ranges<u16>>,
}

impl Ports {
    fn all() -> Ports {
        Ports { numbers: Ranges::new(1, u16::MAX), names: BTreeMap::new() }
    }

    fn is_all(&self) -> bool {
        self.names.is_empty() && self.numbers.iter().next() == Some((1, u16::MAX))
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.numbers.is_empty()
    }

    /// The numbers with which a port of a name is in the set.
    fn named(&self, name: &str) -> &Ranges<u16> {
        self.names.get(name).unwrap_or(&self.numbers)
    }

    fn with(&self, other: &Ports, of: fn(&Ranges<u16>, &Ranges<u16>) -> Ranges<u16>) -> Ports {
        let numbers = of(&self.numbers, &other.numbers);
        let names = self.names.keys().chain(other.names.keys());
        let named = names.map(|name| (name.clone(), of(self.named(name), other.named(name))));
        let names = named.filter(|(_, at)| *at != numbers).collect();
        Ports { numbers, names }
    }
}

/// A set of ports, of each protocol. Ports are those of the pod, never those of a Service (N8).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet {
    sctp: Ports,
    tcp: Ports,
    udp: Ports,
}

impl PortSet {
    /// Every port of every protocol.
    pub fn all() -> PortSet {
        PortSet { sctp: Ports::all(), tcp: Ports::all(), udp: Ports::all() }
    }

    /// Every port of one protocol.
    pub fn protocol(protocol: Protocol) -> PortSet {
        PortSet::range(protocol, 1, u16::MAX)
    }

    /// One port.
    pub fn one(protocol: Protocol, port: u16) -> PortSet {
        PortSet::range(protocol, port, port)
    }

    /// The ports from `first` to `last`.
    pub fn range(protocol: Protocol, first: u16, last: u16) -> PortSet {
        let mut set = PortSet::default();
        set.of_mut(protocol).numbers = Ranges::new(first, last);
        set
    }

    /// A port of which only the name is known.
    pub fn named(protocol: Protocol, name: &str) -> PortSet {
        let mut set = PortSet::default();
        set.of_mut(protocol).names.insert(name.into(), Ranges::new(1, u16::MAX));
        set
    }

    fn of(&self, protocol: Protocol) -> &Ports {
        match protocol {
            Protocol::Sctp => &self.sctp,
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        }
    }

    fn of_mut(&mut self, protocol: Protocol) -> &mut Ports {
        match protocol {
            Protocol::Sctp => &mut self.sctp,
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        }
    }

    /// The ranges of ports of a protocol, ascending.
    pub fn ranges(&self, protocol: Protocol) -> impl Iterator<Item = (u16, u16)> {
        self.of(protocol).numbers.iter()
    }

    /// Names of ports of a protocol that are in it, also where ports of the same number and another name are not.
    pub fn names(&self, protocol: Protocol) -> impl Iterator<Item = &str> {
        let ports = self.of(protocol);
        let more = ports.names.iter().filter(|(_, at)| !ports.numbers.contains_all(at));
        more.map(|(name, _)| &**name)
    }

    /// Names of ports of a protocol that are not in it, also where ports of the same number and another name are.
    pub fn names_left_out(&self, protocol: Protocol) -> impl Iterator<Item = &str> {
        let ports = self.of(protocol);
        let fewer = ports.names.iter().filter(|(_, at)| !at.contains_all(&ports.numbers));
        fewer.map(|(name, _)| &**name)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        Protocol::ALL.iter().all(|p| self.of(*p).is_empty())
    }

    /// Whether everything is in it.
    pub fn is_all(&self) -> bool {
        Protocol::ALL.iter().all(|p| self.of(*p).is_all())
    }

    /// Whether a port is in it.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.of(protocol).numbers.contains(port)
    }

    /// The ports in either.
    #[must_use]
    pub fn union(&self, other: &PortSet) -> PortSet {
        self.with(other, Ranges::union)
    }

    /// The ports in both.
    #[must_use]
    pub fn intersection(&self, other: &PortSet) -> PortSet {
        self.with(other, Ranges::intersection)
    }

    /// The ports in this one that are not in the other.
    #[must_use]
    pub fn minus(&self, other: &PortSet) -> PortSet {
        self.with(other, Ranges::minus)
    }

    fn with(&self, other: &PortSet, of: fn(&Ranges<u16>, &Ranges<u16>) -> Ranges<u16>) -> PortSet {
        PortSet {
            sctp: self.sctp.with(&other.sctp, of),
            tcp: self.tcp.with(&other.tcp, of),
            udp: self.udp.with(&other.udp, of),
        }
    }
}

impl FromIterator<PortSet> for PortSet {
    fn from_iter<I: IntoIterator<Item = PortSet>>(sets: I) -> PortSet {
        sets.into_iter().fold(PortSet::default(), |all, set| all.union(&set))
    }
}

/// `All Connections`, `No Connections`, or `SCTP 9003,TCP 80,8000-8010,UDP 53`.
impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return f.write_str("All Connections");
        }
        if self.is_empty() {
            return f.write_str("No Connections");
        }
        let mut first = true;
        for protocol in Protocol::ALL {
            let mut before = if first { protocol.name().to_owned() } else { format!(",{}", protocol.name()) };
            let mut separator = ' ';
            for (a, b) in self.ranges(protocol) {
                write!(f, "{before}{separator}{a}")?;
                if a < b {
                    write!(f, "-{b}")?;
                }
                (before, separator, first) = (String::new(), ',', false);
            }
            for name in self.names(protocol) {
                write!(f, "{before}{separator}{name}")?;
                (before, separator, first) = (String::new(), ',', false);
            }
            for name in self.names_left_out(protocol) {
                write!(f, " except {name}")?;
            }
        }
        Ok(())
    }
}

impl Serialize for PortSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for PortSet {
    fn schema_name() -> Cow<'static, str> {
        "PortSet".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Ports by protocol, in ranges, and by name where no pod resolves it: `TCP 80-90,http,UDP 53`, `All Connections`, `No Connections`.",
            "pattern": r"^(All Connections|No Connections|(SCTP|TCP|UDP) .+)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(set: &PortSet, expected: &str) {
        assert_eq!(set.to_string(), expected);
    }

    #[test]
    fn sets_are_shown_by_protocol() {
        let two = PortSet::range(Protocol::Tcp, 80, 90).union(&PortSet::one(Protocol::Udp, 53));
        check(&two, "TCP 80-90,UDP 53");
        check(&two.union(&PortSet::named(Protocol::Tcp, "http")), "TCP 80-90,http,UDP 53");
        check(&PortSet::all(), "All Connections");
        check(&PortSet::default(), "No Connections");
        check(&PortSet::all().minus(&PortSet::protocol(Protocol::Tcp)), "SCTP 1-65535,UDP 1-65535");
    }

    #[test]
    fn a_name_may_stand_for_any_number() {
        let http = PortSet::named(Protocol::Tcp, "http");
        check(&PortSet::protocol(Protocol::Tcp).intersection(&http), "TCP http");
        check(&PortSet::protocol(Protocol::Udp).intersection(&http), "No Connections");
        check(&http.minus(&PortSet::all()), "No Connections");
        check(&http.minus(&http), "No Connections");
        check(&PortSet::one(Protocol::Tcp, 80).intersection(&http), "TCP http");
        check(&PortSet::one(Protocol::Tcp, 80).union(&http).minus(&http), "TCP 80 except http");
        let but = PortSet::protocol(Protocol::Tcp).minus(&http);
        check(&but, "TCP 1-65535 except http");
        check(&but.union(&http), "TCP 1-65535");
        check(&PortSet::protocol(Protocol::Tcp).minus(&but), "TCP http");
    }
}
