//! Claims about who reaches whom, proven or refuted.
//!
//! A claim is true for whatever is not in the manifests too: `only_from` and `only_via` are about a closed world, in
//! which pods that nobody has written yet, and the outside, are counted.

mod closed;

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

pub use closed::{Allowed, Pods};

use crate::{
    Addresses, Answer, ContainerPort, Judge, Manifests, Match, Namespaces, Part, Party, Pod, PolicyKind,
    PortSet, Protocol, Reading, Selector, Unfound, Unseen, Verdict,
};

/// A claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Who connects, for [`Claim::is`].
    pub from: Vec<Who>,
    /// Who is connected to.
    pub to: Vec<Who>,
    /// By which ports; by all that the pods declare, if none is said, and by all if they declare none.
    pub ports: Vec<ClaimPort>,
    /// What becomes of it.
    pub is: Option<Answer>,
    /// Nobody but these connects.
    pub only_from: Option<Vec<Who>>,
    /// From outside nobody connects but by way of this gateway, `namespace/name`.
    pub only_via: Option<String>,
}

/// Ends of connections that a claim is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A workload, by namespace and name.
    Workload(String, String),
    /// Any pod of a namespace.
    Namespace(String),
    /// Any pod of namespaces with these labels.
    Labelled(Selector),
    /// Addresses outside.
    Outside(Addresses),
}

/// A port that a claim is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimPort {
    /// By number: of the protocols by which the pods declare it, and of TCP if they do not.
    Number(u16),
    /// By name.
    Name(String),
}

/// Whether a claim is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Truth {
    /// It is proven.
    True,
    /// The manifests, or the specifications, do not say.
    Unknown,
    /// There is a counter-example.
    Refuted,
}

/// Whether a claim is true, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Whether it is true.
    pub truth: Truth,
    /// A connection that speaks against it, or leaves it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<Counter>,
}

/// A connection that speaks against a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counter {
    /// Who connects.
    pub from: String,
    /// Who is connected to.
    pub to: String,
    /// By which ports.
    pub ports: PortSet,
    /// What becomes of it, and why.
    pub verdict: Verdict,
}

/// As it is written in a claim.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Workload(namespace, name) => write!(f, "{namespace}/{name}"),
            Who::Namespace(namespace) => write!(f, "{namespace}/*"),
            Who::Labelled(selector) => write!(f, "[{selector}]/*"),
            Who::Outside(addresses) => {
                let ranges: Vec<_> = addresses.ranges().map(|range| range.to_string()).collect();
                f.write_str(&ranges.join(", "))
            }
        }
    }
}

impl Who {
    /// `ns/name`, `ns/*`, or a block of addresses.
    pub fn parse(text: &str) -> Option<Who> {
        if let Some(block) = Addresses::block(text) {
            return Some(Who::Outside(block));
        }
        let (namespace, name) =
            text.split_once('/').filter(|(ns, name)| !ns.is_empty() && !name.is_empty())?;
        Some(match name {
            "*" => Who::Namespace(namespace.to_owned()),
            name => Who::Workload(namespace.to_owned(), name.to_owned()),
        })
    }

    fn is_pod(&self, judge: &Judge<'_>, pod: &Pod) -> bool {
        let cluster = judge.cluster();
        match self {
            Who::Workload(namespace, name) => {
                let workload = cluster.workloads.get(pod.workload);
                pod.namespace == *namespace
                    && (pod.name == *name || workload.is_some_and(|w| w.name == *name))
            }
            Who::Namespace(namespace) => pod.namespace == *namespace,
            Who::Labelled(selector) => {
                cluster.namespace_labels(&pod.namespace).is_some_and(|l| selector.selects(l) == Match::Yes)
            }
            Who::Outside(_) => false,
        }
    }
}

impl Manifests {
    /// These manifests as if there were no policies of some kinds.
    #[must_use]
    pub fn without(&self, kinds: &[PolicyKind]) -> Manifests {
        let mut left = self.clone();
        left.cluster.policies.retain(|p| !kinds.contains(&p.kind));
        left
    }
}

impl Judge<'_> {
    /// Whether a claim is true. Fails if it names what is not there.
    pub fn prove(&self, claim: &Claim) -> Result<Proof, Unfound> {
        let mut found = Vec::new();
        let destinations = self.servers(claim)?;
        for to in &destinations {
            let ports = self.ports_of(to, &claim.ports);
            if let Some(is) = claim.is {
                found.extend(self.against(&self.meant(&claim.from)?, to, &ports, is));
            }
            if let Some(only) = &claim.only_from {
                self.known(only)?;
                let mut only = only.clone();
                only.extend(claim.only_via.iter().filter_map(|gateway| Who::parse(gateway)));
                found.extend(self.intruders(&only, claim.only_via.as_deref(), to, &ports));
            }
            if let Some(gateway) = &claim.only_via {
                found.extend(self.other_ways(gateway, to, &ports));
            }
        }
        let worst = found.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
        let (truth, counter) = worst.map_or((Truth::True, None), |(truth, counter)| (truth, Some(counter)));
        Ok(Proof { truth, counter })
    }

    /// The pods that a claim speaks of as servers. An error if there are none, or none with a port that it names: what
    /// is not there keeps every promise.
    pub fn servers(&self, claim: &Claim) -> Result<Vec<Party>, Unfound> {
        let servers = self.known(&claim.to)?;
        if servers.is_empty() {
            let names = claim.to.iter().map(ToString::to_string).collect::<Vec<_>>();
            return Err(Unfound::name(names.join(", "), None));
        }
        let has = |name: &str| servers.iter().any(|to| !self.ports_named(to, name).is_empty());
        let missing = claim.ports.iter().find_map(|port| match port {
            ClaimPort::Name(name) if !has(name) => Some(name),
            ClaimPort::Name(_) | ClaimPort::Number(_) => None,
        });
        match missing {
            Some(name) => {
                let known = servers.iter().flat_map(|to| self.declared(to)).filter_map(|p| p.name.as_deref());
                let nearest = meshgen_yaml::nearest(name, known).map(str::to_owned);
                Err(Unfound::name(name, nearest))
            }
            None => Ok(servers),
        }
    }

    /// Pods that were read; an error for a name that none of them has.
    pub fn known(&self, who: &[Who]) -> Result<Vec<Party>, Unfound> {
        let mut all = Vec::new();
        for one in who {
            let pods = self.cluster().pods.iter().enumerate().filter(|(_, p)| one.is_pod(self, p));
            let pods: Vec<Party> = pods.map(|(n, _)| Party::Pod(n)).collect();
            if let (true, Who::Workload(namespace, name)) = (pods.is_empty(), one) {
                return Err(self
                    .source(&format!("{namespace}/{name}"))
                    .err()
                    .unwrap_or(Unfound::name(format!("{namespace}/{name}"), None)));
            }
            all.extend(pods);
        }
        Ok(all)
    }

    /// Everyone who is meant: also pods of a namespace that nobody has written yet, and each range outside.
    pub fn meant(&self, who: &[Who]) -> Result<Vec<Party>, Unfound> {
        let mut all = self.known(who)?;
        for one in who {
            match one {
                Who::Workload(..) => {}
                Who::Namespace(name) => {
                    let unseen = Unseen::Pods(Namespaces::Named(name.clone()), Selector::default());
                    all.push(Party::Stranger(self.stranger(&unseen, Reading::Implied)));
                }
                Who::Labelled(selector) => {
                    let unseen = Unseen::Pods(Namespaces::Selected(selector.clone()), Selector::default());
                    all.push(Party::Stranger(self.stranger(&unseen, Reading::Implied)));
                }
                Who::Outside(set) => {
                    let inside = self.outside().into_iter().map(|r| set.intersection(&r.into()));
                    all.extend(inside.filter_map(|s| s.ranges().next().map(Party::Range)));
                }
            }
        }
        Ok(all)
    }

    /// The ports that are meant, of a pod.
    pub fn ports_of(&self, to: &Party, ports: &[ClaimPort]) -> PortSet {
        let number = |number: u16| {
            let all = self.declared(to).iter().filter(|p| p.number == number);
            let all: PortSet = all.map(|p| PortSet::one(p.protocol, number)).collect();
            if all.is_empty() { PortSet::one(Protocol::Tcp, number) } else { all }
        };
        if ports.is_empty() {
            let own = self.declared(to).iter().filter(|p| !p.added);
            let all: PortSet = own.map(|p| PortSet::one(p.protocol, p.number)).collect();
            return if all.is_empty() { PortSet::all() } else { all };
        }
        let of = |port: &ClaimPort| match port {
            ClaimPort::Number(wanted) => number(*wanted),
            ClaimPort::Name(name) => self.ports_named(to, name),
        };
        ports.iter().map(of).collect()
    }

    fn ports_named(&self, to: &Party, name: &str) -> PortSet {
        let named = self.declared(to).iter().filter(|p| p.name.as_deref() == Some(name));
        named.map(|p| PortSet::one(p.protocol, p.number)).collect()
    }

    /// The ports that a pod declares.
    fn declared(&self, to: &Party) -> &[ContainerPort] {
        match to {
            Party::Pod(n) => self.cluster().pods.get(*n).map_or(&[], |pod| &pod.ports),
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => &[],
        }
    }

    /// Connections that do not come to what is claimed.
    fn against(&self, from: &[Party], to: &Party, ports: &PortSet, is: Answer) -> Vec<(Truth, Counter)> {
        let mut all = Vec::new();
        for source in from {
            let explained = self.explain(source, to, ports).parts.into_iter();
            for part in explained.filter(|part| part.verdict.answer != is) {
                let open = part.verdict.answer == Answer::Unknown;
                let truth = if open { Truth::Unknown } else { Truth::Refuted };
                all.push((truth, self.counter(source, to, part)));
            }
        }
        all
    }

    fn counter(&self, from: &Party, to: &Party, part: Part) -> Counter {
        let cluster = self.cluster();
        let (ports, verdict) = (part.ports, part.verdict);
        Counter { from: from.title(cluster), to: to.title(cluster), ports, verdict }
    }
}

impl Proof {
    /// In a line, and the reasons below it.
    pub fn text(&self) -> String {
        let Some(counter) = &self.counter else { return "true\n".to_owned() };
        let word = match self.truth {
            Truth::True => "true",
            Truth::Unknown => "unknown",
            Truth::Refuted => "refuted",
        };
        let parts = vec![Part { ports: counter.ports.clone(), verdict: counter.verdict.clone() }];
        let explanation = crate::Explanation { from: counter.from.clone(), to: counter.to.clone(), parts };
        format!("{word}: {}", explanation.text())
    }
}
