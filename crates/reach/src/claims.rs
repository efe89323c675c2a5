//! Claims about who reaches whom, proven or refuted.
//!
//! A claim is true for whatever is not in the manifests too: `only_from` and `only_via` are about a closed world, in
//! which pods that nobody has written yet, and the outside, are counted.

mod closed;

use serde::Serialize;

use crate::{
    Addresses, Answer, Judge, Manifests, Match, Namespaces, Part, Party, Pod, PolicyKind, PortSet, Protocol,
    Reading, Selector, Unfound, Unseen, Verdict,
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
    /// By number.
    Number(Protocol, u16),
    /// By name.
    Name(String),
}

/// Whether a claim is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
        let destinations = self.all_known(&claim.to)?;
        for to in &destinations {
            let ports = self.claimed(to, &claim.ports);
            if let Some(is) = claim.is {
                found.extend(self.against(&self.meant(&claim.from)?, to, &ports, is));
            }
            if let Some(only) = &claim.only_from {
                self.all_known(only)?;
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

    /// Pods that were read; an error for a name that none of them has.
    fn all_known(&self, who: &[Who]) -> Result<Vec<Party>, Unfound> {
        let mut all = Vec::new();
        for one in who {
            let pods = self.cluster().pods.iter().enumerate().filter(|(_, p)| one.is_pod(self, p));
            let pods: Vec<Party> = pods.map(|(n, _)| Party::Pod(n)).collect();
            if let (true, Who::Workload(namespace, name)) = (pods.is_empty(), one) {
                return Err(self
                    .source(&format!("{namespace}/{name}"))
                    .err()
                    .unwrap_or(Unfound { text: format!("{namespace}/{name}"), nearest: None }));
            }
            all.extend(pods);
        }
        Ok(all)
    }

    /// Everyone who is meant: also pods of a namespace that nobody has written yet, and each range outside.
    fn meant(&self, who: &[Who]) -> Result<Vec<Party>, Unfound> {
        let mut all = self.all_known(who)?;
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

    fn claimed(&self, to: &Party, ports: &[ClaimPort]) -> PortSet {
        let pod = match to {
            Party::Pod(n) => self.cluster().pods.get(*n),
            Party::Address(_) | Party::Range(_) | Party::Stranger(_) => None,
        };
        let declared = || pod.into_iter().flat_map(|p| &p.ports);
        if ports.is_empty() {
            let all: PortSet = declared().map(|p| PortSet::one(p.protocol, p.number)).collect();
            return if all.is_empty() { PortSet::all() } else { all };
        }
        let of = |port: &ClaimPort| match port {
            ClaimPort::Number(protocol, number) => PortSet::one(*protocol, *number),
            ClaimPort::Name(name) => {
                let named = declared().filter(|p| p.name.as_deref() == Some(name));
                named.map(|p| PortSet::one(p.protocol, p.number)).collect()
            }
        };
        ports.iter().map(of).collect()
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
