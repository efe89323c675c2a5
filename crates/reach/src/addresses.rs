//! Addresses, as sets of ranges, IPv4 and IPv6 apart.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

use crate::ranges::{Number, Ranges};

/// A set of addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addresses {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

/// Addresses from the first to the last, both of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    /// The first.
    pub first: IpAddr,
    /// The last.
    pub last: IpAddr,
}

impl Addresses {
    /// Every address.
    pub fn all() -> Addresses {
        Addresses { v4: Ranges::new(0, u32::MAX), v6: Ranges::new(0, u128::MAX) }
    }

    /// The addresses of a block: `10.0.0.0/8`. A single address is a block too.
    pub fn block(text: &str) -> Option<Addresses> {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
        Some(AddressRange { first: net.network(), last: net.broadcast() }.into())
    }

    /// Where pods are taken to have their addresses when nothing says which: in the private blocks.
    ///
    /// Sources: RFC 1918, RFC 6598 (shared address space, which cloud providers give to pods), RFC 4193.
    pub fn of_pods() -> Addresses {
        let blocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
        blocks.iter().filter_map(|b| Addresses::block(b)).collect()
    }

    /// Whether no address is in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.contains(a.into()),
            IpAddr::V6(a) => self.v6.contains(a.into()),
        }
    }

    /// Whether every address of `other` is in it.
    pub fn contains_all(&self, other: &Addresses) -> bool {
        self.v4.contains_all(&other.v4) && self.v6.contains_all(&other.v6)
    }

    /// The addresses in either.
    #[must_use]
    pub fn union(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// The addresses in both.
    #[must_use]
    pub fn intersection(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// The addresses in this one that are not in the other.
    #[must_use]
    pub fn minus(&self, other: &Addresses) -> Addresses {
        Addresses { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    /// Its ranges, IPv4 first, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = AddressRange> {
        let v4 = self.v4.iter().map(|(a, b)| (Ipv4Addr::from(a).into(), Ipv4Addr::from(b).into()));
        let v6 = self.v6.iter().map(|(a, b)| (Ipv6Addr::from(a).into(), Ipv6Addr::from(b).into()));
        v4.chain(v6).map(|(first, last)| AddressRange { first, last })
    }
}

impl AddressRange {
    /// As a block if it is one (`10.0.0.0/8`), else as a range.
    pub fn short(&self) -> String {
        let block = match (self.first, self.last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => length((u32::from(a) ^ u32::from(b)).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => length(u128::from(a) ^ u128::from(b), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        };
        let net = block.and_then(|length| IpNet::new(self.first, length).ok());
        match net.filter(|n| n.network() == self.first && n.broadcast() == self.last) {
            Some(net) => net.to_string(),
            None => self.to_string(),
        }
    }
}

/// The length of the prefix of a block whose first and last address differ in these bits.
fn length(differing: u128, bits: u8) -> Option<u8> {
    bits.checked_sub(u8::try_from(128 - differing.leading_zeros()).ok()?)
}

impl From<AddressRange> for Addresses {
    fn from(range: AddressRange) -> Addresses {
        match (range.first, range.last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                Addresses { v4: Ranges::new(a.into(), b.into()), v6: Ranges::default() }
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                Addresses { v4: Ranges::default(), v6: Ranges::new(a.into(), b.into()) }
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Addresses::default(),
        }
    }
}

impl FromIterator<Addresses> for Addresses {
    fn from_iter<I: IntoIterator<Item = Addresses>>(sets: I) -> Addresses {
        sets.into_iter().fold(Addresses::default(), |all, set| all.union(&set))
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// All addresses, cut wherever one of the sets begins or ends, so that each piece is inside or outside of each
/// set as a whole. Ascending, IPv4 first.
pub(crate) fn partition<'a>(sets: impl IntoIterator<Item = &'a Addresses>) -> Vec<AddressRange> {
    let (mut v4, mut v6) = (BTreeSet::from([0]), BTreeSet::from([0]));
    for set in sets {
        v4.extend(cuts(&set.v4));
        v6.extend(cuts(&set.v6));
    }
    let v4 = pieces(v4, u32::MAX).map(|(a, b)| (Ipv4Addr::from(a).into(), Ipv4Addr::from(b).into()));
    let v6 = pieces(v6, u128::MAX).map(|(a, b)| (Ipv6Addr::from(a).into(), Ipv6Addr::from(b).into()));
    v4.chain(v6).map(|(first, last)| AddressRange { first, last }).collect()
}

fn cuts<T: Number>(ranges: &Ranges<T>) -> impl Iterator<Item = T> {
    ranges.iter().flat_map(|(first, last)| [Some(first), last.next()]).flatten()
}

fn pieces<T: Number>(starts: BTreeSet<T>, last: T) -> impl Iterator<Item = (T, T)> {
    let ends: Vec<T> = starts.iter().skip(1).filter_map(|s| s.previous()).chain([last]).collect();
    starts.into_iter().zip(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(blocks: &[&str], expected: &str) {
        let sets: Vec<Addresses> = blocks.iter().map(|b| Addresses::block(b).unwrap()).collect();
        let pieces: Vec<String> = partition(&sets).iter().map(ToString::to_string).collect();
        assert_eq!(pieces.join(" "), expected);
    }

    #[test]
    fn the_address_space_is_cut_at_every_block() {
        let v6 = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        check(&[], &format!("0.0.0.0-255.255.255.255 {v6}"));
        check(
            &["10.0.0.0/8", "10.1.0.0/16"],
            &format!(
                "0.0.0.0-9.255.255.255 10.0.0.0-10.0.255.255 10.1.0.0-10.1.255.255 10.2.0.0-10.255.255.255 11.0.0.0-255.255.255.255 {v6}"
            ),
        );
        check(
            &["255.255.255.255/32", "::/0"],
            &format!("0.0.0.0-255.255.255.254 255.255.255.255-255.255.255.255 {v6}"),
        );
    }

    #[test]
    fn a_block_may_be_one_address() {
        assert!(Addresses::block("2001:db8::1").unwrap().contains("2001:db8::1".parse().unwrap()));
        assert_eq!(Addresses::block("10.0.0.0/33"), None);
    }
}
