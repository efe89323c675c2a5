//! Explanations in words.

use std::fmt::Write;

use crate::{Answer, Decision, Direction, Effect, Explanation, Layer, Part, PolicyKind, Reason, Said};

impl Answer {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Allowed => "allowed",
            Answer::Denied => "denied",
            Answer::Unknown => "unknown",
        }
    }
}

impl Effect {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
            Effect::Pass => "leave it to the next layer",
            Effect::Unknown => "may decide either way",
        }
    }
}

impl Explanation {
    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = format!("{} => {}\n", self.from, self.to);
        for part in &self.parts {
            let _ = writeln!(text, "\n{}: {}", part.ports, part.verdict.answer.word());
            for decision in &part.verdict.decisions {
                let _ = write!(text, "{}", decision.text());
            }
            for why in &part.verdict.open {
                let _ = writeln!(text, "  left open: {why}");
            }
            for hint in part.hints(&self.from, &self.to) {
                let _ = writeln!(text, "  to allow it: {hint}");
            }
        }
        text
    }

    /// For a page.
    pub fn markdown(&self) -> String {
        let mut text = format!("`{}` → `{}`\n", self.from, self.to);
        for part in &self.parts {
            let _ = writeln!(text, "\n- **{}**: {}", part.ports, part.verdict.answer.word());
            for decision in &part.verdict.decisions {
                for line in decision.text().lines() {
                    let depth = line.len() - line.trim_start().len();
                    let _ = writeln!(text, "{}- {}", " ".repeat(depth), line.trim_start());
                }
            }
        }
        text
    }
}

impl Decision {
    /// One line for the side, and one for each layer and reason.
    fn text(&self) -> String {
        let side = match self.direction {
            Direction::Egress => "the source may send",
            Direction::Ingress => "the destination may receive",
        };
        let mut text = format!("  {side}: {}\n", self.answer.word());
        for layer in &self.layers {
            let what = match (&layer.layer, self.layers.len()) {
                (Layer::Default, 1) => "no policy speaks of it, so it is allowed".to_owned(),
                (Layer::Default, _) => "no layer has decided, so it is allowed".to_owned(),
                (named, _) => format!("{named} {}", layer.effect.word()),
            };
            let _ = writeln!(text, "    {what}");
            for reason in &layer.reasons {
                let _ = writeln!(text, "      {}", reason.sentence(self.direction));
            }
        }
        text
    }
}

impl Reason {
    /// What the policy says, and where.
    pub fn sentence(&self, direction: Direction) -> String {
        let rule = self.rule.as_ref().map(|r| match &r.name {
            Some(name) => format!("rule `{name}`"),
            None => format!("rule {}", r.number),
        });
        let rule = rule.unwrap_or_default();
        let way = match direction {
            Direction::Egress => "egress",
            Direction::Ingress => "ingress",
        };
        let said = match self.said {
            Said::Allows => format!("allows it by {way} {rule}"),
            Said::Denies => format!("denies it by {way} {rule}"),
            Said::Passes => format!("passes it on by {way} {rule}"),
            Said::May => {
                format!("may decide it by {way} {rule}: that depends on what the manifests do not say")
            }
            Said::OtherPorts => format!("has {way} {rule} for the other end, with other ports"),
            Said::NoRuleMatches => format!("applies, and no {way} rule is about the other end"),
            Said::NoRules => format!("applies, and has no {way} rules"),
        };
        format!("{} {} {said} ({}:{})", self.kind.name(), self.policy, self.at.file, self.at.line)
    }
}

impl Part {
    /// What would allow a refused connection: one line for each side that refuses.
    pub fn hints(&self, from: &str, to: &str) -> Vec<String> {
        let refusing = self.verdict.decisions.iter().filter(|d| d.answer == Answer::Denied);
        refusing.filter_map(|d| self.hint(d, from, to)).collect()
    }

    fn hint(&self, decision: &Decision, from: &str, to: &str) -> Option<String> {
        let last = decision.layers.iter().rev().find(|l| l.effect == Effect::Deny)?;
        let (way, peer) = match decision.direction {
            Direction::Egress => ("egress", to),
            Direction::Ingress => ("ingress", from),
        };
        if let Some(rule) = last.reasons.iter().find(|r| r.said == Said::Denies) {
            let place = format!("{}:{}", rule.at.file, rule.at.line);
            return Some(format!(
                "an {way} rule for {peer} and {} before {place} that allows it",
                self.ports
            ));
        }
        // A rule with other ports is the nearest, else the policy of the fewest pods: that of the workload, where
        // others are for its namespace. Of those that select as many, one that has rules.
        let near = |r: &Reason| r.kind == PolicyKind::NetworkPolicy && r.said == Said::OtherPorts;
        let policy = last.reasons.iter().min_by_key(|r| (!near(r), r.selects, r.said == Said::NoRules))?;
        let place = format!("{}:{}", policy.at.file, policy.at.line);
        Some(format!(
            "an {way} rule for {peer} and {} in {} {} ({place})",
            self.ports,
            policy.kind.name(),
            policy.policy
        ))
    }
}
