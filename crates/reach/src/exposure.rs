//! Exposure: what is permitted with pods that the manifests do not have.
//!
//! Each description of pods that a rule uses stands for a pod that fits it, and that fits no other description as
//! far as that can be avoided.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    Direction, Judge, Matcher, Namespaces, Operator, Party, PortSet, Requirement, Selector, Stranger, Traits,
    classes::small,
    walk::{Applied, Asked, steps, walk},
};

/// What is permitted with pods that were not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// By workload, direction and peer.
    pub rows: Vec<Exposed>,
    /// Workloads that no policy protects in a direction.
    pub unprotected: Vec<(u32, Direction)>,
}

/// What one workload is exposed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposed {
    /// The workload, by its number in [`crate::Cluster::workloads`].
    pub workload: u32,
    /// Whether it receives or sends.
    pub direction: Direction,
    /// With whom.
    pub peer: Unseen,
    /// By which ports. None, where what is open to the whole cluster is closed to these.
    pub ports: PortSet,
}

/// Pods that need not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// Any pod in any namespace.
    EntireCluster,
    /// Pods by the labels of their namespace and their own.
    Pods(Namespaces, Selector),
}

/// When a rule is about pods of which only a description is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// When the description implies what the rule asks for: `app NotIn [a, b]` implies `app NotIn [a]`.
    Implied,
    /// When the description says it in the same words, or pins a value: a rule is then only reported for its own
    /// description. Other tools read it so.
    Written,
}

impl Judge<'_> {
    /// What each workload may exchange with pods that were not read, by these ports.
    pub fn exposure(&self, reading: Reading, ports: &PortSet) -> Exposure {
        let ask = Ask { judge: self, reading, ports };
        let mut rows: BTreeMap<(u32, Direction, Unseen), PortSet> = BTreeMap::new();
        let mut unprotected = BTreeSet::new();
        for (n, pod) in self.cluster().pods.iter().enumerate() {
            let workload = small(pod.workload);
            for direction in [Direction::Egress, Direction::Ingress] {
                let (found, protected) = ask.exposed(&Party::Pod(n), direction);
                if !protected {
                    unprotected.insert((workload, direction));
                }
                for (peer, ports) in found {
                    let all = rows.entry((workload, direction, peer)).or_default();
                    *all = all.union(&ports);
                }
            }
        }
        let row = |((workload, direction, peer), ports)| Exposed { workload, direction, peer, ports };
        Exposure { rows: rows.into_iter().map(row).collect(), unprotected: unprotected.into_iter().collect() }
    }

    /// A pod that fits a description, and of which nothing else is known.
    pub(crate) fn stranger(&self, unseen: &Unseen, reading: Reading) -> Stranger {
        let Unseen::Pods(namespaces, pods) = unseen else {
            let (namespace, pod) = (Traits::anything(), Traits::anything());
            return Stranger { name: unseen.to_string(), namespace, pod, account: None, ports: None };
        };
        let traits = |selector: &Selector| Traits {
            known: selector.described(),
            open: true,
            written: (reading == Reading::Written).then(|| selector.clone()),
        };
        let home = namespaces.pinned().and_then(|name| self.cluster().namespace_labels(name));
        let namespace = match (namespaces, home) {
            (_, Some(labels)) if reading == Reading::Implied => Traits::exactly(labels),
            (Namespaces::Named(name), _) => traits(&Selector::named(name)),
            (Namespaces::Selected(selector), _) => traits(selector),
        };
        Stranger { name: unseen.to_string(), namespace, pod: traits(pods), account: None, ports: None }
    }
}

struct Ask<'j, 'a> {
    judge: &'j Judge<'a>,
    reading: Reading,
    ports: &'j PortSet,
}

impl Ask<'_, '_> {
    fn exposed(&self, own: &Party, direction: Direction) -> (Vec<(Unseen, PortSet)>, bool) {
        let cluster = self.judge.cluster();
        let Some(end) = own.end(cluster, true) else { return (Vec::new(), true) };
        let asked = Asked { cluster, direction, own: end, peer: end, avoiding: false, described: None };
        let applied = self.judge.applied(asked);
        let whole = self.reached(own, &Unseen::EntireCluster, direction, &applied);
        let rules = applied.iter().flat_map(|a| a.policy.rules(direction).unwrap_or_default());
        let described: BTreeSet<Unseen> =
            rules.flat_map(|r| &r.peers).filter_map(described).map(|p| self.plainest(p)).collect();
        let mut rows = Vec::new();
        for peer in described.into_iter().filter(|p| !self.is_here(p)) {
            let ports = self.reached(own, &peer, direction, &applied);
            if ports != whole {
                rows.push((peer, ports));
            }
        }
        if !whole.is_empty() {
            rows.push((Unseen::EntireCluster, whole));
        }
        (rows, !applied.is_empty())
    }

    /// What one side permits with a pod that fits a description, and others only where that cannot be avoided.
    fn reached(&self, own: &Party, peer: &Unseen, direction: Direction, applied: &[Applied<'_>]) -> PortSet {
        let cluster = self.judge.cluster();
        let stranger = Party::Stranger(self.judge.stranger(peer, self.reading));
        let (Some(own), Some(peer)) = (own.end(cluster, true), stranger.end(cluster, true)) else {
            return PortSet::default();
        };
        let asked = Asked { cluster, direction, own, peer, avoiding: true, described: None };
        let outcome = walk(&steps(cluster, applied), asked, &PortSet::all(), &mut |_| {});
        outcome.allow.minus(&outcome.deny).intersection(self.ports)
    }

    /// Of descriptions that say the same, the plainest that is written in any policy.
    fn plainest(&self, unseen: Unseen) -> Unseen {
        let policies = self.judge.cluster().policies.iter();
        let rules = policies.flat_map(|p| p.ingress.iter().chain(&p.egress).flatten());
        let all = rules.flat_map(|r| &r.peers).filter_map(described).filter(|d| d.is_same(&unseen));
        all.max_by_key(Unseen::plainness).unwrap_or(unseen)
    }

    /// Whether a description by plain labels fits a pod that was read, so that nothing is unseen about it.
    fn is_here(&self, unseen: &Unseen) -> bool {
        let Unseen::Pods(namespaces, pods) = unseen else { return false };
        let plain = pods.is_plain() && !pods.is_empty() && namespaces.is_plain();
        let cluster = self.judge.cluster();
        let fits = |p: &crate::Pod| {
            let labels = cluster.namespace_labels(&p.namespace);
            labels.is_some_and(|l| namespaces.select(l) == crate::Match::Yes)
                && pods.selects(&p.labels) == crate::Match::Yes
        };
        plain && cluster.pods.iter().any(fits)
    }
}

/// The description of pods that a matcher is, unless it means everyone.
fn described(matcher: &Matcher) -> Option<Unseen> {
    match matcher {
        Matcher::Pods { namespaces, pods, .. } => {
            let everyone = pods.is_empty() && matches!(namespaces, Namespaces::Selected(s) if s.is_empty());
            (!everyone).then(|| Unseen::Pods(namespaces.clone(), pods.clone()))
        }
        Matcher::Anyone
        | Matcher::Nobody
        | Matcher::Unreadable
        | Matcher::Outside(_)
        | Matcher::Networks(_)
        | Matcher::Nodes(_)
        | Matcher::Domains
        | Matcher::Endpoint(_)
        | Matcher::Entity(_) => None,
    }
}

impl Unseen {
    fn plainness(&self) -> usize {
        self.selectors().flat_map(|s| &s.requirements).filter(|r| r.plain).count()
    }

    fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let (namespaces, pods) = match self {
            Unseen::Pods(Namespaces::Selected(namespaces), pods) => (Some(namespaces), Some(pods)),
            Unseen::Pods(Namespaces::Named(_), pods) => (None, Some(pods)),
            Unseen::EntireCluster => (None, None),
        };
        namespaces.into_iter().chain(pods)
    }

    fn is_same(&self, other: &Unseen) -> bool {
        let (Unseen::Pods(a, x), Unseen::Pods(b, y)) = (self, other) else { return self == other };
        let namespaces = match (a, b) {
            (Namespaces::Selected(a), Namespaces::Selected(b)) => a.is_same(b),
            (a, b) => a == b,
        };
        namespaces && x.is_same(y)
    }
}

impl Namespaces {
    /// The only namespace that can be meant, by its name.
    pub fn pinned(&self) -> Option<&str> {
        match self {
            Namespaces::Named(name) => Some(name),
            Namespaces::Selected(selector) => {
                let name = |r: &&crate::Requirement| r.key == "kubernetes.io/metadata.name";
                let found = selector.requirements.iter().find(name);
                let only = found.filter(|r| r.operator == Operator::In && r.values.len() == 1);
                only.and_then(|r| r.values.first()).map(String::as_str)
            }
        }
    }

    fn is_plain(&self) -> bool {
        match self {
            Namespaces::Named(_) => true,
            Namespaces::Selected(selector) => selector.is_plain(),
        }
    }
}

impl Selector {
    /// The selector of the namespace with a name.
    pub(crate) fn named(name: &str) -> Selector {
        Selector { requirements: vec![crate::Requirement::equal("kubernetes.io/metadata.name", name)] }
    }

    /// Whether it is written in plain labels only.
    fn is_plain(&self) -> bool {
        self.requirements.iter().all(|r| r.plain)
    }

    /// Whether both say the same, in whatever words.
    fn is_same(&self, other: &Selector) -> bool {
        let said = |r: &Requirement, by: &Selector| by.requirements.iter().any(|o| o.is_same(r));
        self.requirements.iter().all(|r| said(r, other)) && other.requirements.iter().all(|r| said(r, self))
    }
}

/// `ns/[all pods]`, `[namespace with {team=a}]/[pod with {app=web}]`, `entire-cluster`.
impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unseen::Pods(namespaces, pods) = self else { return f.write_str("entire-cluster") };
        match (namespaces.pinned(), namespaces) {
            (Some(name), Namespaces::Named(_)) => f.write_str(name)?,
            (Some(name), Namespaces::Selected(s)) if s.requirements.len() == 1 => f.write_str(name)?,
            (_, Namespaces::Selected(s)) if s.is_empty() => f.write_str("[all namespaces]")?,
            (_, Namespaces::Selected(s)) => write!(f, "[namespace with {{{s}}}]")?,
            (None, Namespaces::Named(name)) => f.write_str(name)?,
        }
        if pods.is_empty() { f.write_str("/[all pods]") } else { write!(f, "/[pod with {{{pods}}}]") }
    }
}
