//! What the policies that bind a pod make of a request or connection (I1, I2, I5, S24 to S26).

use std::collections::BTreeSet;

use super::{
    Action, AuthorizationPolicy, Condition, Rule,
    condition::{Look, Seen, Token},
};
use crate::{Said, Settings, Truth};

/// What becomes of a request or connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It passes.
    Allowed,
    /// It depends on what is not known.
    Unknown,
    /// It is refused.
    Denied,
}

/// What becomes of it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What becomes of it.
    pub effect: Effect,
    /// In words.
    pub why: String,
    /// The policies that say so.
    pub by: Vec<Said>,
}

/// What policies look at.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) seen: &'a Seen,
    /// Whether any request is meant: what is decided then holds for all of them.
    pub(crate) any: bool,
    /// Whether the proxy of a node looks, and not a sidecar.
    pub(crate) ztunnel: bool,
    /// What the providers of CUSTOM policies are known to do.
    pub(crate) answers: &'a dyn Fn(&str) -> Answer,
}

/// What a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It says yes or no; which, is not known.
    Asked,
    /// It is not asked about TCP, and about HTTP like [`Answer::Asked`].
    HttpOnly,
    /// No request reaches it, so none passes; `true` if it would be asked about TCP too.
    Dead(bool),
    /// No such provider is configured: what rules match is refused.
    Missing,
    /// Whether it is configured is not known.
    Unknown,
}

impl Decided {
    fn new(effect: Effect, why: impl Into<String>, by: Vec<Said>) -> Decided {
        Decided { effect, why: why.into(), by }
    }
}

/// What these policies, which all bind the pod, make of what its sidecar sees.
pub(crate) fn decide(policies: &[&AuthorizationPolicy], view: View<'_>) -> Decided {
    let seen = view.seen;
    if seen.tokens && seen.request.as_ref().is_some_and(|r| r.token == Token::Invalid) {
        return Decided::new(Effect::Denied, "the token is not valid (401)", Vec::new());
    }
    let of = |action| {
        let read = policies.iter().filter(move |p| p.action == action && p.broken.is_none());
        read.copied().collect::<Vec<&AuthorizationPolicy>>()
    };
    let enforced = |action| of(action).into_iter().filter(|p| !p.dry_run).collect::<Vec<_>>();
    let stages = [
        custom(&of(Action::Custom), view),
        deny(&enforced(Action::Deny), view),
        broken(policies),
        allow(&enforced(Action::Allow), view),
    ];
    // Each stage has to let it pass, so the worst of them decides; of equals, the one that is asked first. But what is
    // not understood may allow it.
    let [asked, denied, unread, allowed] = &stages;
    let refused = [asked, denied].into_iter().find(|s| s.effect == Effect::Denied);
    let unread = Some(unread).filter(|s| s.effect == Effect::Unknown);
    let refused = refused.or(unread).or(Some(allowed).filter(|s| s.effect == Effect::Denied));
    let unknown = stages.iter().find(|s| s.effect == Effect::Unknown);
    refused.or(unknown).unwrap_or(allowed).clone()
}

/// Policies that are not understood may say anything.
fn broken(policies: &[&AuthorizationPolicy]) -> Decided {
    match policies.iter().find_map(|p| Some((p.broken.clone()?, Said::of(&p.meta)))) {
        None => Decided::new(Effect::Allowed, "all policies are understood", Vec::new()),
        Some((why, said)) => Decided::new(Effect::Unknown, why, vec![said]),
    }
}

fn custom(policies: &[&AuthorizationPolicy], view: View<'_>) -> Decided {
    let names: BTreeSet<&str> = policies.iter().filter_map(|p| p.provider.as_deref()).collect();
    let tcp = view.seen.request.is_none();
    let mut decided = Decided::new(Effect::Allowed, "no provider is asked", Vec::new());
    for policy in policies {
        let found = matching(&[*policy], view);
        let matched = found.map_or(Truth::No, |(truth, ..)| truth);
        let answer = policy.provider.as_deref().map_or(Answer::Missing, view.answers);
        let effect = match (matched, answer) {
            (Truth::No, _) => continue,
            // More than one provider for a pod is not supported, and refuses what the rules of either match.
            (Truth::Yes, _) if names.len() > 1 => Effect::Denied,
            (Truth::Yes, Answer::Missing) => Effect::Denied,
            (_, Answer::HttpOnly | Answer::Dead(false)) if tcp => continue,
            // Dry run is not meant for providers, and Istio's own code does not agree with its comment on what it does.
            _ if policy.dry_run => Effect::Unknown,
            (Truth::Yes, Answer::Dead(_)) => Effect::Denied,
            (Truth::Yes | Truth::May, _) => Effect::Unknown,
        };
        if effect > decided.effect {
            let name = policy.provider.clone().unwrap_or_default();
            let why = match effect {
                Effect::Denied => {
                    format!("the provider `{name}` cannot be asked, so what it would be asked is refused")
                }
                Effect::Allowed | Effect::Unknown => format!("the provider `{name}` is asked"),
            };
            decided = Decided::new(effect, why, vec![Said::of(&policy.meta)]);
        }
    }
    decided
}

fn deny(policies: &[&AuthorizationPolicy], view: View<'_>) -> Decided {
    match matching(policies, view) {
        Some((Truth::Yes, rule, by)) => {
            Decided::new(Effect::Denied, format!("rule {rule} denies it"), vec![by])
        }
        Some((Truth::May, rule, by)) => {
            Decided::new(Effect::Unknown, format!("rule {rule} may deny it"), vec![by])
        }
        Some((Truth::No, ..)) | None => Decided::new(Effect::Allowed, "no policy denies it", Vec::new()),
    }
}

fn allow(policies: &[&AuthorizationPolicy], view: View<'_>) -> Decided {
    if policies.is_empty() {
        return Decided::new(Effect::Allowed, "no policy of the action ALLOW binds the pod", Vec::new());
    }
    match matching(policies, view) {
        Some((Truth::Yes, rule, by)) => {
            Decided::new(Effect::Allowed, format!("rule {rule} allows it"), vec![by])
        }
        Some((Truth::May, rule, by)) => {
            Decided::new(Effect::Unknown, format!("rule {rule} may allow it"), vec![by])
        }
        Some((Truth::No, ..)) | None => {
            let all = policies.iter().map(|p| Said::of(&p.meta)).collect();
            Decided::new(Effect::Denied, "no rule allows it", all)
        }
    }
}

/// The rule that matches, or else the first that may, with its number from 1.
fn matching(policies: &[&AuthorizationPolicy], view: View<'_>) -> Option<(Truth, usize, Said)> {
    let View { settings, seen, .. } = view;
    let mut best: Option<(Truth, usize, Said)> = None;
    for policy in policies {
        let look =
            Look { settings, namespace: &policy.meta.namespace, seen, any: view.any, ztunnel: view.ztunnel };
        for (number, rule) in (1..).zip(&policy.rules) {
            let truth = rule.matches(policy.action, look);
            if best.as_ref().is_none_or(|(found, ..)| truth > *found) {
                best = Some((truth, number, Said { place: rule.place, ..Said::of(&policy.meta) }));
            }
        }
    }
    best
}

impl Rule {
    /// Whether it matches. Over TCP, an ALLOW rule that knows HTTP anywhere is left out as a whole; of any other, only
    /// what knows HTTP is left out, so that it matches more (I5, S24).
    ///
    /// Source: `pilot/pkg/security/authz/model/model.go`, `Generate` and `checkError`.
    fn matches(&self, action: Action, look: Look<'_>) -> Truth {
        if look.ztunnel {
            return self.matches_in_ztunnel(action, look);
        }
        let tcp = look.seen.request.is_none();
        if tcp && action == Action::Allow && self.conditions().any(|c| c.attribute.is_http()) {
            return Truth::No;
        }
        let holds = |c: &Condition| if tcp && c.attribute.is_http() { Truth::Yes } else { c.holds(look) };
        let all = |conditions: &[Condition]| Truth::all(conditions.iter().map(holds));
        let any = |lists: &[Vec<Condition>]| {
            if lists.is_empty() { Truth::Yes } else { Truth::any(lists.iter().map(|l| all(l))) }
        };
        any(&self.from).and(any(&self.to)).and(all(&self.when))
    }

    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.from.iter().chain(&self.to).flatten().chain(&self.when)
    }
}
