//! Explanations: for each pair, which ports are permitted or refused, and by what.

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{Focus, Peer, merge, show};
use crate::conns::Conns;

/// Whether a direction permits, and the reasons in the corpus' words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why {
    /// It permits.
    pub allowed: bool,
    /// `NetworkPolicy 'ns/name' allows connections by Ingress rule #1`; or the default.
    pub reasons: BTreeSet<String>,
}

/// Both directions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reasons {
    /// The source's.
    pub egress: Why,
    /// The destination's.
    pub ingress: Why,
}

/// Ports of a pair that share their reasons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paragraph {
    /// The ports.
    pub conns: Conns,
    /// Whether they are permitted.
    pub allowed: bool,
    /// Why; none where both directions are at the default.
    pub reasons: Option<Reasons>,
}

/// What stands for "no policy says otherwise".
pub(super) const DEFAULT: &str = "the system default (Allow all)";

/// For each pair, all its ports.
pub type Explanations = BTreeMap<(Peer, Peer), Vec<Paragraph>>;

impl Why {
    /// Nothing restricts this direction.
    pub fn default_allow() -> Why {
        Why { allowed: true, reasons: BTreeSet::from([DEFAULT.to_owned()]) }
    }

    fn is_default(&self) -> bool {
        *self == Why::default_allow()
    }
}

/// Reads an expected explanation, up to the exposure that may follow it.
pub(super) fn parse(text: &str) -> Option<Explanations> {
    let mut all = Explanations::new();
    let text = text.split("\nExposure Analysis Result").next().unwrap_or_default();
    let mut pair = None;
    let mut side = None;
    let mut in_default = false;
    for line in text.lines() {
        let words = line.trim();
        if words.is_empty() || words.starts_with("####") || words.starts_with("----") {
            continue;
        }
        if words.starts_with('#') {
            in_default = words.contains("All Connections due to the system default");
            continue;
        }
        if in_default {
            let (a, b) = words.split_once("=>")?;
            let whole = Paragraph { conns: Conns::all(), allowed: true, reasons: None };
            all.insert((Peer::parse(a), Peer::parse(b)), vec![whole]);
            continue;
        }
        if let Some(ends) = words.strip_prefix("Connections between ") {
            let (a, b) = ends.trim_end_matches(':').split_once("=>")?;
            pair = Some((Peer::parse(a), Peer::parse(b)));
            all.entry(pair.clone()?).or_default();
            continue;
        }
        if matches!(words, "Allowed connections:" | "Denied connections:" | "NetworkPolicy list:") {
            continue;
        }
        let paragraphs = all.get_mut(pair.as_ref()?)?;
        if let Some((head, tail)) = words.split_once(" due to ")
            && (head.starts_with("Allowed ") || head.starts_with("Denied "))
        {
            let (verdict, ports) = head.split_once(' ')?;
            let empty = Why { allowed: true, reasons: BTreeSet::new() };
            let reasons =
                (!tail.starts_with(DEFAULT)).then(|| Reasons { egress: empty.clone(), ingress: empty });
            let conns = Conns::parse_explained(ports)?;
            paragraphs.push(Paragraph { conns, allowed: verdict == "Allowed", reasons });
            continue;
        }
        let reasons = paragraphs.last_mut()?.reasons.as_mut()?;
        if let Some(rest) = words.strip_prefix("Egress (").or_else(|| words.strip_prefix("Ingress (")) {
            let egress = words.starts_with("Egress");
            side = Some(egress);
            let why = if egress { &mut reasons.egress } else { &mut reasons.ingress };
            why.allowed = rest.starts_with("Allowed");
            if rest.contains(DEFAULT) {
                why.reasons.insert(DEFAULT.to_owned());
            }
            continue;
        }
        let why = if side? { &mut reasons.egress } else { &mut reasons.ingress };
        why.reasons.insert(words.trim_start_matches("- ").to_owned());
    }
    Some(all)
}

/// Explanations as lines, without ranges where they say the same, cut to what a case asks for.
pub(super) fn lines(all: &Explanations, focus: &Focus, only: Option<&str>) -> BTreeSet<String> {
    let mut keyed = Vec::new();
    for ((source, destination), paragraphs) in all {
        if !focus.keeps(source, destination) {
            continue;
        }
        for p in paragraphs {
            let Some(conns) = focused(&p.conns, focus) else { continue };
            if only.is_some_and(|o| (o == "allow") != p.allowed) {
                continue;
            }
            let verdict = if p.allowed { "allowed" } else { "denied" };
            let reasons = match &p.reasons {
                Some(r) if !(r.egress.is_default() && r.ingress.is_default()) => format!(
                    "egress {} / ingress {}",
                    side(&r.egress, source, destination),
                    side(&r.ingress, source, destination)
                ),
                _ => DEFAULT.to_owned(),
            };
            let said = format!("{verdict} {conns} due to {reasons}");
            keyed.push(match (source, destination) {
                (Peer::Range(a, b), other) => ((format!("=> {other}"), said), Some((*a, *b))),
                (other, Peer::Range(a, b)) => ((format!("<= {other}"), said), Some((*a, *b))),
                (a, b) => ((format!("{a} => {b}"), said), None),
            });
        }
    }
    let merged = merge(keyed.into_iter());
    merged.into_iter().map(|((ends, said), ranges)| format!("{} {ends}: {said}", show(&ranges))).collect()
}

fn focused(conns: &Conns, focus: &Focus) -> Option<Conns> {
    match focus.port {
        None => Some(conns.clone()),
        Some((protocol, port)) => conns.contains(protocol, port).then(|| focus.only_port()),
    }
}

/// A direction as text. A range is named by what it is, not by its numbers.
fn side(why: &Why, source: &Peer, destination: &Peer) -> String {
    let mut reasons: Vec<String> = why.reasons.iter().cloned().collect();
    for peer in [source, destination] {
        if matches!(peer, Peer::Range(..)) {
            for reason in &mut reasons {
                *reason = reason.replace(&peer.to_string(), "the range");
            }
        }
    }
    format!("{} ({})", if why.allowed { "allowed" } else { "denied" }, reasons.join("; "))
}
