//! Verdicts in the words of the corpus.

use std::collections::BTreeSet;

use meshgen_reach::{Answer, Decision, Direction, Layer, Part, PolicyKind, PortSet, Reason, RuleName, Said};

use super::{
    Paragraph, Reasons, Why,
    explain::DEFAULT,
    fast::{Door, conns},
};

/// The two ends, as the corpus calls them.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    pub(super) source: &'a str,
    pub(super) destination: &'a str,
}

/// A part of an explanation.
pub(super) fn paragraph(part: &Part, ends: Ends<'_>) -> Paragraph {
    let why = |direction| {
        let decision = part.verdict.decisions.iter().find(|d| d.direction == direction);
        decision.map_or_else(Why::default_allow, |d| self::why(d, ends))
    };
    Paragraph {
        conns: conns(&part.ports),
        allowed: part.verdict.answer == Answer::Allowed,
        reasons: Some(Reasons { egress: why(Direction::Egress), ingress: why(Direction::Ingress) }),
    }
}

/// What one direction says.
fn why(decision: &Decision, ends: Ends<'_>) -> Why {
    let allowed = decision.answer == Answer::Allowed;
    let mut reasons = BTreeSet::new();
    let mut seen: BTreeSet<(&PolicyKind, &str, Said)> = BTreeSet::new();
    for reason in decision.layers.iter().flat_map(|l| &l.reasons) {
        let other_ports = (&reason.kind, reason.policy.as_str(), Said::OtherPorts);
        let has_other = seen.contains(&other_ports);
        // Of the rules of a policy that say the same, the corpus names the first.
        if seen.insert((&reason.kind, &reason.policy, reason.said)) {
            reasons.extend(sentence(reason, decision.direction, ends, allowed, has_other));
        }
    }
    let default = decision.layers.last().is_some_and(|l| l.layer == Layer::Default);
    if default {
        reasons.insert(DEFAULT.to_owned());
    }
    Why { allowed, reasons }
}

fn sentence(
    reason: &Reason,
    direction: Direction,
    ends: Ends<'_>,
    allowed: bool,
    has_other: bool,
) -> Option<String> {
    let way = direction.name();
    let policy = format!("{} '{}'", reason.kind.name(), reason.policy);
    let rule = reason.rule.as_ref().map(called).unwrap_or_default();
    let (own, peer) = match direction {
        Direction::Egress => (ends.source, ends.destination),
        Direction::Ingress => (ends.destination, ends.source),
    };
    // A network policy is named for what it does not allow; others are not named where they do not match.
    let refuses = reason.kind == PolicyKind::NetworkPolicy && !allowed;
    match reason.said {
        Said::Allows => Some(format!("{policy} allows connections by {way} rule {rule}")),
        Said::Denies => Some(format!("{policy} denies connections by {way} rule {rule}")),
        Said::Passes => Some(format!("{policy} passes connections by {way} rule {rule}")),
        Said::May => Some(format!("{policy} may apply by {way} rule {rule}")),
        Said::OtherPorts if refuses => Some(format!(
            "{policy} selects {own}, and {way} rule {rule} selects {peer}, but the protocols and ports do not match"
        )),
        Said::NoRuleMatches if refuses && !has_other => {
            Some(format!("{policy} selects {own}, but {peer} is not allowed by any {way} rule"))
        }
        Said::NoRules if refuses => Some(format!(
            "{policy} selects {own}, but {peer} is not allowed by any {way} rule (no rules defined)"
        )),
        Said::OtherPorts | Said::NoRuleMatches | Said::NoRules => None,
    }
}

fn called(rule: &RuleName) -> String {
    rule.name.clone().unwrap_or_else(|| format!("#{}", rule.number))
}

/// What becomes of connections by doors, given what becomes of those from anybody like their controller.
pub(super) fn by_doors(parts: &[Part], doors: &[Door], destination: &str) -> Vec<Paragraph> {
    let ends = Ends { source: "{ingress-controller}", destination };
    let mut all = Vec::new();
    for part in parts {
        let mut pieces = vec![part.ports.clone()];
        for door in doors {
            let cut = pieces.iter().flat_map(|p| [p.intersection(&door.ports), p.minus(&door.ports)]);
            pieces = cut.filter(|p| !p.is_empty()).collect();
        }
        for ports in pieces {
            let inside = doors.iter().any(|d| d.leads_to(&ports));
            let mut paragraph =
                paragraph(&Part { ports: ports.clone(), verdict: part.verdict.clone() }, ends);
            paragraph.allowed &= inside;
            if let Some(reasons) = &mut paragraph.reasons {
                reasons.egress = Why::default_allow();
                reasons.ingress.allowed &= inside;
                reasons.ingress.reasons.remove(DEFAULT);
                let said = doors.iter().filter(|d| !inside || d.leads_to(&ports)).map(|d| d.said(&ports));
                reasons.ingress.reasons.extend(said);
            }
            all.push(paragraph);
        }
    }
    joined(all)
}

impl Door {
    fn leads_to(&self, ports: &PortSet) -> bool {
        !self.ports.intersection(ports).is_empty()
    }

    fn said(&self, ports: &PortSet) -> String {
        let (kind, name, service) = (&self.kind, &self.name, &self.service);
        if self.leads_to(ports) {
            return format!("{kind} '{name}' allows ingress connections through service {service}");
        }
        format!(
            "{kind} '{name}' allows ingress to service {service}, but the protocols and ports do not match"
        )
    }
}

/// Paragraphs that say the same as one.
pub(super) fn joined(all: Vec<Paragraph>) -> Vec<Paragraph> {
    let mut kept: Vec<Paragraph> = Vec::new();
    for paragraph in all {
        match kept.iter_mut().find(|k| k.allowed == paragraph.allowed && k.reasons == paragraph.reasons) {
            Some(same) => same.conns = same.conns.union(&paragraph.conns),
            None => kept.push(paragraph),
        }
    }
    kept
}
