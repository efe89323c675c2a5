//! Asking about one connection: the walk through the layers of both sides, with the reasons.

use crate::{
    Action, Answer, Decision, Direction, Effect, End, Explanation, Judge, Layer, LayerDecision, Match, Part,
    Party, Policy, PortSet, Protocol, Reason, Rule, RuleName, Said, Verdict,
    side::Permitted,
    walk::{Applied, Asked, Note, Outcome, Step, steps, walk},
};

impl Judge<'_> {
    /// What becomes of one connection.
    pub fn probe(&self, from: &Party, to: &Party, protocol: Protocol, port: u16) -> Verdict {
        let parts = self.parts(from, to, &PortSet::one(protocol, port));
        let found = parts.into_iter().next().map(|p| p.verdict);
        found.unwrap_or(Verdict { answer: Answer::Unknown, decisions: Vec::new(), open: Vec::new() })
    }

    /// The same without the reasons, which take longer to tell than the answer.
    pub fn answer(&self, from: &Party, to: &Party, protocol: Protocol, port: u16) -> Answer {
        let cluster = self.cluster();
        let ends = (from.end(cluster, true), to.end(cluster, true));
        let itself = matches!((from, to), (Party::Pod(a), Party::Pod(b)) if a == b);
        let host = from.is_host(cluster) || to.is_host(cluster);
        let (Some(source), Some(destination), false) = (ends.0, ends.1, itself || host) else {
            return self.probe(from, to, protocol, port).answer;
        };
        let ports = PortSet::one(protocol, port);
        let side = |direction, own, peer| {
            let asked = Asked { cluster, direction, own, peer, avoiding: false, described: None };
            if !self.concerning(asked).is_empty() {
                return Answer::Unknown;
            }
            let applied = self.applied(asked);
            answer(&walk(&steps(cluster, &applied), asked, &ports, &mut |_| {}))
        };
        match (side(Direction::Egress, source, destination), side(Direction::Ingress, destination, source)) {
            (Answer::Denied, _) | (_, Answer::Denied) => Answer::Denied,
            (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
            (Answer::Allowed, Answer::Allowed) => Answer::Allowed,
        }
    }

    /// Why connections are made or refused, for these ports.
    pub fn explain(&self, from: &Party, to: &Party, ports: &PortSet) -> Explanation {
        let cluster = self.cluster();
        Explanation { from: from.title(cluster), to: to.title(cluster), parts: self.parts(from, to, ports) }
    }

    fn parts(&self, from: &Party, to: &Party, ports: &PortSet) -> Vec<Part> {
        if let (Party::Pod(a), Party::Pod(b)) = (from, to)
            && a == b
        {
            return vec![Part { ports: ports.clone(), verdict: itself() }];
        }
        let cluster = self.cluster();
        let first = self.reading(from, to, ports, true);
        // N11: where the two readings of the host's network differ, nobody knows.
        if !from.is_host(cluster) && !to.is_host(cluster) {
            return first;
        }
        let second = self.reading(from, to, ports, false);
        let mut both = Vec::new();
        for a in &first {
            for b in &second {
                let ports = a.ports.intersection(&b.ports);
                if !ports.is_empty() {
                    both.push(Part { ports, verdict: a.verdict.or(&b.verdict) });
                }
            }
        }
        joined(both)
    }

    fn reading(&self, from: &Party, to: &Party, ports: &PortSet, host_is_pod: bool) -> Vec<Part> {
        let cluster = self.cluster();
        let ends = (from.end(cluster, host_is_pod), to.end(cluster, host_is_pod));
        let (Some(source), Some(destination)) = ends else { return Vec::new() };
        let egress = Asked {
            cluster,
            direction: Direction::Egress,
            own: source,
            peer: destination,
            avoiding: false,
            described: None,
        };
        let ingress = Asked {
            cluster,
            direction: Direction::Ingress,
            own: destination,
            peer: source,
            avoiding: false,
            described: None,
        };
        let sides = [(egress, self.applied(egress)), (ingress, self.applied(ingress))];
        let mut pieces = vec![ports.clone()];
        for (asked, applied) in &sides {
            for rule in applied.iter().flat_map(|a| a.policy.rules(asked.direction).unwrap_or_default()) {
                pieces = cut(pieces, &rule.ports.on(asked.destination()));
            }
        }
        let walked = sides.map(|(asked, applied)| (asked, steps(cluster, &applied)));
        let open = walked.iter().flat_map(|(asked, _)| self.concerning(*asked)).collect::<Vec<String>>();
        let part = |ports: PortSet| {
            let decisions =
                walked.iter().map(|(asked, steps)| self.decision(steps, *asked, &ports)).collect();
            Part { verdict: Verdict { open: open.clone(), ..Verdict::of(decisions) }, ports }
        };
        joined(pieces.into_iter().map(part).collect())
    }

    /// What is permitted between two parties, without the reasons.
    pub fn permitted(&self, from: &Party, to: &Party) -> Permitted {
        let mut permitted = Permitted::default();
        for part in self.parts(from, to, &PortSet::all()) {
            match part.verdict.answer {
                Answer::Allowed => {
                    permitted.sure = permitted.sure.union(&part.ports);
                    permitted.possible = permitted.possible.union(&part.ports);
                }
                Answer::Unknown => permitted.possible = permitted.possible.union(&part.ports),
                Answer::Denied => {}
            }
        }
        permitted
    }

    /// What one side alone permits.
    pub(crate) fn one_side(&self, direction: Direction, own: &Party, peer: &Party) -> Permitted {
        let cluster = self.cluster();
        let of = |host_is_pod| {
            let asked = Asked {
                cluster,
                direction,
                own: own.end(cluster, host_is_pod)?,
                peer: peer.end(cluster, host_is_pod)?,
                avoiding: false,
                described: None,
            };
            if !self.concerning(asked).is_empty() {
                return Some(Permitted { sure: PortSet::default(), possible: PortSet::all() });
            }
            let applied = self.applied(asked);
            Some(Permitted::from(walk(&steps(cluster, &applied), asked, &PortSet::all(), &mut |_| {})))
        };
        let (Some(a), Some(b)) = (of(true), of(false)) else { return Permitted::default() };
        a.either(&b)
    }

    /// The policies that speak of the asked end.
    pub(crate) fn applied(&self, asked: Asked<'_>) -> Vec<Applied<'_>> {
        let near = self.near().policies_for(asked.own).into_iter();
        let spoken = near.filter(|p| p.rules(asked.direction).is_some());
        let applied = |policy| match asked.meant(policy) {
            Match::No => None,
            matched => Some(Applied { policy, surely: matched == Match::Yes }),
        };
        spoken.filter_map(applied).collect()
    }

    /// What was not understood and may concern the asked end.
    fn concerning(&self, asked: Asked<'_>) -> Vec<String> {
        let End::Pod(pod) = asked.own else { return Vec::new() };
        let unread = self.cluster().unread.iter().filter(|u| pod.host_network || !u.host_only);
        let meant = unread.filter(|u| u.concerns.matches(self.cluster(), asked.own) != Match::No);
        meant
            .map(|u| {
                let at = self.manifests.find(u.place);
                format!("{} ({}:{}) is not understood", u.what, at.file, at.line)
            })
            .collect()
    }

    fn decision(&self, steps: &[Step<'_>], asked: Asked<'_>, ports: &PortSet) -> Decision {
        let mut layers: Vec<LayerDecision> = Vec::new();
        let outcome = walk(steps, asked, ports, &mut |note| match note {
            Note::Layer(layer) => {
                layers.push(LayerDecision {
                    layer: layer.clone(),
                    effect: Effect::Pass,
                    reasons: Vec::new(),
                });
            }
            Note::Allowed => {
                let effect = Effect::Allow;
                layers.push(LayerDecision { layer: Layer::Default, effect, reasons: Vec::new() });
            }
            other => {
                if let Some(last) = layers.last_mut() {
                    self.noted(last, other, asked.direction);
                }
            }
        });
        let unread = !self.concerning(asked).is_empty();
        let answer = if unread { Answer::Unknown } else { answer(&outcome) };
        Decision { direction: asked.direction, answer, layers }
    }

    fn noted(&self, layer: &mut LayerDecision, note: Note<'_>, direction: Direction) {
        let reason = match note {
            Note::Hit(policy, rule, surely) => {
                let (said, effect) = match rule.action {
                    Action::Allow => (Said::Allows, Effect::Allow),
                    Action::Deny => (Said::Denies, Effect::Deny),
                    Action::Pass => (Said::Passes, Effect::Pass),
                    Action::Unknown => (Said::May, Effect::Unknown),
                };
                layer.effect = if surely { effect } else { Effect::Unknown };
                self.reason(policy, Some(rule), if surely { said } else { Said::May })
            }
            Note::OtherPorts(policy, rule) => self.reason(policy, Some(rule), Said::OtherPorts),
            Note::Unmatched(policy) => {
                let without_rules = policy.rules(direction).is_none_or(<[Rule]>::is_empty);
                self.reason(policy, None, if without_rules { Said::NoRules } else { Said::NoRuleMatches })
            }
            Note::Default(passes) => {
                if layer.effect != Effect::Unknown {
                    layer.effect = if passes { Effect::Pass } else { Effect::Deny };
                }
                return;
            }
            Note::Layer(_) | Note::Allowed => return,
        };
        layer.reasons.push(reason);
    }

    fn reason(&self, policy: &Policy, rule: Option<&Rule>, said: Said) -> Reason {
        Reason {
            selects: self.near().meant(&policy.subject).count(),
            kind: policy.kind,
            policy: policy.full_name(),
            rule: rule.map(|r| RuleName { number: r.number, name: r.name.clone() }),
            said,
            at: self.manifests.find(rule.map_or(policy.place, |r| r.place)),
        }
    }
}

impl Asked<'_> {
    fn meant(&self, policy: &Policy) -> Match {
        match self.own {
            End::Pod(_) => policy.subject.matches(self.cluster, self.own),
            // Nobody writes policies for the outside.
            End::Outside(_) => Match::No,
        }
    }
}

/// N10: a pod cannot block itself.
fn itself() -> Verdict {
    let layers = vec![LayerDecision { layer: Layer::Default, effect: Effect::Allow, reasons: Vec::new() }];
    let of = |direction| Decision { direction, answer: Answer::Allowed, layers: layers.clone() };
    Verdict::of(vec![of(Direction::Egress), of(Direction::Ingress)])
}

fn answer(outcome: &Outcome) -> Answer {
    match (outcome.allow.is_empty(), outcome.deny.is_empty()) {
        (false, true) => Answer::Allowed,
        (true, _) => Answer::Denied,
        (false, false) => Answer::Unknown,
    }
}

/// Each piece in two: what is in the set, and what is not.
fn cut(pieces: Vec<PortSet>, set: &PortSet) -> Vec<PortSet> {
    let both = pieces.into_iter().flat_map(|p| [p.intersection(set), p.minus(set)]);
    both.filter(|p| !p.is_empty()).collect()
}

/// Pieces with the same verdict and reasons as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    for part in parts {
        match all.iter_mut().find(|p| p.verdict == part.verdict) {
            Some(same) => same.ports = same.ports.union(&part.ports),
            None => all.push(part),
        }
    }
    all.sort_by(|a, b| a.ports.cmp(&b.ports));
    all
}
