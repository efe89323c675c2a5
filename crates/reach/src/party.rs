//! Who is asked about: the ends of a connection, as a question names them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
};

use crate::{
    AddressRange, Cluster, ContainerPort, End, Labels, Match, PodView, Requirement, Seen, Selector, Values,
    View,
};

/// One end of a connection that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// A pod that was read, by its number in [`Cluster::pods`].
    Pod(usize),
    /// An address outside of the cluster.
    Address(IpAddr),
    /// Addresses outside that no policy tells apart.
    Range(AddressRange),
    /// A pod that need not exist.
    Stranger(Stranger),
}

/// A pod that need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// What it is called.
    pub name: String,
    /// What is known of the labels of its namespace.
    pub namespace: Traits,
    /// What is known of its labels.
    pub pod: Traits,
    /// Its service account, if known.
    pub account: Option<String>,
    /// Its ports, if known.
    pub ports: Option<Vec<ContainerPort>>,
}

/// What is known of labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// What is known of these keys.
    pub known: BTreeMap<String, Values>,
    /// Whether other keys may be there too.
    pub open: bool,
    /// If there is one, a condition that is not pinned by a single value holds only where it is written here.
    pub written: Option<Selector>,
}

impl Traits {
    /// Exactly these labels.
    pub fn exactly(labels: &Labels) -> Traits {
        let known = labels.iter().map(|(k, v)| (k.clone(), Values::only(v))).collect();
        Traits { known, open: false, written: None }
    }

    /// Anything at all.
    pub fn anything() -> Traits {
        Traits { known: BTreeMap::new(), open: true, written: None }
    }
}

impl Traits {
    /// What is known where both hold; none if they cannot.
    pub(crate) fn both(&self, other: &Traits) -> Option<Traits> {
        let mut known = self.known.clone();
        for (key, values) in &other.known {
            let both = known.get(key).map_or_else(|| values.clone(), |own| own.both(values));
            known.insert(key.clone(), both);
        }
        for (traits, others) in [(self, &other.known), (other, &self.known)] {
            // Where no other keys are, a key that is asked for is not there.
            let missing = |key: &String| !traits.open && !traits.known.contains_key(key);
            for key in others.keys().filter(|key| missing(key)) {
                if let Some(values) = known.get_mut(key) {
                    *values = values.both(&Values { absent: true, listed: BTreeSet::new(), inverted: false });
                }
            }
        }
        let possible = !known.values().any(Values::is_impossible);
        possible.then_some(Traits { known, open: self.open && other.open, written: None })
    }
}

impl View for Traits {
    fn seen(&self, key: &str) -> Seen<'_> {
        match self.known.get(key) {
            Some(values) => values.seen(),
            None if self.open => Seen::Anything,
            None => Seen::Absent,
        }
    }

    fn says(&self, condition: &Requirement) -> Option<Match> {
        let written = self.written.as_ref()?;
        if written.requirements.iter().any(|r| r.is_same(condition)) {
            return Some(Match::Yes);
        }
        match self.seen(&condition.key) {
            Seen::Is(_) => None,
            Seen::Absent | Seen::Among(_) | Seen::Anything => Some(Match::May),
        }
    }
}

impl Party {
    /// The end that policies see.
    pub(crate) fn end<'a>(&'a self, cluster: &'a Cluster, host_is_pod: bool) -> Option<End<'a>> {
        match self {
            Party::Pod(n) => {
                let pod = cluster.pods.get(*n)?;
                Some(End::Pod(PodView { host_is_pod, ..PodView::new(cluster, pod) }))
            }
            Party::Address(address) => Some(End::Outside(AddressRange { first: *address, last: *address })),
            Party::Range(range) => Some(End::Outside(*range)),
            Party::Stranger(stranger) => Some(stranger.end(host_is_pod)),
        }
    }

    /// Whether it uses the network of its node.
    pub(crate) fn is_host(&self, cluster: &Cluster) -> bool {
        match self {
            Party::Pod(n) => cluster.pods.get(*n).is_some_and(|p| p.host_network),
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => false,
        }
    }

    /// What it is called: `ns/name[Kind]`, an address, or as the question called it.
    pub fn title(&self, cluster: &Cluster) -> String {
        match self {
            Party::Pod(n) => {
                let workload = cluster.pods.get(*n).and_then(|p| cluster.workloads.get(p.workload));
                workload.map(ToString::to_string).unwrap_or_default()
            }
            Party::Address(address) => address.to_string(),
            Party::Range(range) => range.short(),
            Party::Stranger(stranger) => stranger.to_string(),
        }
    }
}

impl Stranger {
    /// The end that policies see.
    pub(crate) fn end(&self, host_is_pod: bool) -> End<'_> {
        End::Pod(PodView {
            namespace: &self.namespace,
            labels: &self.pod,
            account: self.account.as_deref(),
            host_network: false,
            node: None,
            addresses: &[],
            ports: self.ports.as_deref(),
            host_is_pod,
        })
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
