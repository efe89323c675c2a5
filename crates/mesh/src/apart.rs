//! What tells the ends of connections apart: of ends that nothing here tells apart, one may stand for all.
//!
//! A list of everything would have to ask about all pairs of pods. In place of that each pod has a class as a client, and
//! one as a server; a server says by which sets of clients its verdicts may differ ([`Apart::cuts`]), and by which ports
//! ([`Apart::ports`]). What is cut more finely than needed costs time, and nothing else.

mod clients;
mod ports;
mod servers;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    Attribute, AuthorizationPolicy, Condition, Mesh, Pod, Rule, SidecarScope, Truth, ambient, capture,
};
use clients::ClientKey;

/// A value of a condition, in the eyes of a policy of some namespace where that matters.
type Value = (Attribute, String, String);

/// Classes of ends.
pub struct Apart<'m> {
    mesh: &'m Mesh,
    /// For each pod, its class as a client.
    pub clients: Vec<u32>,
    /// For each pod, its class as a server.
    pub servers: Vec<u32>,
    keys: Vec<ClientKey<'m>>,
    /// A pod of each class of clients.
    first: Vec<usize>,
    /// The classes of clients in a namespace.
    by_namespace: BTreeMap<&'m str, Vec<u32>>,
    /// Classes of clients by what every server may tell apart.
    general: Vec<Vec<u32>>,
    /// For values of conditions, the clients that they are about.
    meant: RefCell<BTreeMap<Value, Vec<Vec<u32>>>>,
    /// Ports that sidecars of clients leave alone.
    outbound: BTreeSet<u16>,
}

impl Mesh {
    /// What tells the ends of connections apart.
    pub fn apart(&self) -> Apart<'_> {
        Apart::new(self)
    }

    /// The values of all conditions about addresses, of clients and of servers.
    pub fn blocks(&self) -> Vec<&str> {
        blocks(self.policies.iter())
    }

    /// The same of the policies that bind a pod.
    pub fn blocks_of(&self, server: usize) -> Vec<&str> {
        blocks(self.bound(server).into_iter())
    }

    /// The number of the Sidecar that binds a pod; [`usize::MAX`] if that is not known.
    fn scope_number(&self, pod: usize) -> Option<usize> {
        match self.scope(pod) {
            Ok(None) => None,
            Ok(Some(scope)) => self.sidecars.iter().position(|s| std::ptr::eq::<SidecarScope>(s, scope)),
            Err(_) => Some(usize::MAX),
        }
    }
}

fn blocks<'p>(policies: impl Iterator<Item = &'p AuthorizationPolicy>) -> Vec<&'p str> {
    let conditions = policies.flat_map(|p| &p.rules).flat_map(Rule::conditions);
    let of_addresses = |c: &&Condition| {
        matches!(c.attribute, Attribute::Ip | Attribute::RemoteIp | Attribute::DestinationIp)
    };
    let values = conditions.filter(of_addresses).flat_map(|c| c.values.iter().chain(&c.not_values));
    let mut values: Vec<&str> = values.map(String::as_str).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// What a pod says itself of which connections its proxy takes, and how.
fn captured(pod: &Pod) -> Vec<(&str, &str)> {
    let meant = |key: &str| {
        let others = [capture::INTERCEPTION, capture::STATUS_PORT, ambient::BYPASS, ambient::CONFIG];
        key.starts_with(capture::TRAFFIC) || others.contains(&key)
    };
    let annotations = pod.annotations.iter().filter(|(k, _)| meant(k));
    let labels = pod.labels.iter().filter(|(k, _)| *k == ambient::TUNNEL);
    annotations.chain(labels).map(|(k, v)| (k.as_str(), v.as_str())).collect()
}

/// Whether an address is in each of these blocks.
fn inside(blocks: &[&str], pod: &Pod) -> Vec<Truth> {
    blocks
        .iter()
        .map(|block| crate::authorization::condition::is_in(pod.addresses.first().copied(), block))
        .collect()
}
