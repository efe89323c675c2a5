//! Pods that somebody could start, in words, and which of them say as much as others.

use meshgen_mesh::FRESH;

use super::difference::Gain;

/// Pods that somebody could start.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Who {
    /// The description that they fit; none if they fit any or none.
    pub(super) pods: Option<String>,
    /// Their namespace; none if it is any.
    pub(super) home: Option<String>,
    /// How they are in the mesh.
    pub(super) how: How,
}

/// How pods are in the mesh.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    /// In whatever way.
    Any,
    /// Not at all.
    Outside,
    /// With whatever account.
    Within,
    /// With one account, `namespace/account`.
    As(String),
}

impl How {
    fn includes(&self, other: &How) -> bool {
        match (self, other) {
            (How::Any, _) | (How::Within, How::As(_)) => true,
            (How::Outside | How::Within | How::As(_), _) => self == other,
        }
    }
}

impl Who {
    /// Whether what holds for these holds for the others, as far as is told.
    fn includes(&self, other: &Who) -> bool {
        let wider = |one: &Option<String>, other: &Option<String>| one.is_none() || one == other;
        wider(&self.pods, &other.pods) && wider(&self.home, &other.home) && self.how.includes(&other.how)
    }

    /// In words. Of names that only a pattern means the pattern is told.
    pub(super) fn title(&self) -> String {
        let pods = match (&self.pods, &self.home) {
            (None, None) => "any pod".to_owned(),
            (None, Some(home)) => format!("any pod of {home}"),
            (Some(pods), Some(home)) if !pods.contains(&format!("{home}/")) => format!("{pods} in {home}"),
            (Some(pods), _) => pods.clone(),
        };
        let how = match &self.how {
            How::Any => String::new(),
            How::Outside => ", outside of the mesh".to_owned(),
            How::Within => ", in the mesh".to_owned(),
            How::As(identity) => format!(", in the mesh as {identity}"),
        };
        (pods + &how).replace(FRESH, "*")
    }
}

/// What is not said by others: what holds for any pod, or for those of a wider description, is said once.
pub(super) fn widest(all: Vec<(Who, Gain)>) -> Vec<(Who, Gain)> {
    let mut kept: Vec<(Who, Gain)> = Vec::new();
    for (who, gain) in all {
        if kept.iter().any(|(other, more)| other.includes(&who) && is_as_much(more, &gain)) {
            continue;
        }
        kept.retain(|(other, less)| !(who.includes(other) && is_as_much(&gain, less)));
        kept.push((who, gain));
    }
    kept
}

/// Whether the one says as much as the other.
pub(super) fn is_as_much(one: &Gain, other: &Gain) -> bool {
    let kind = |g: &Gain| (g.network, g.remains.clone(), g.unknown);
    let all = one.remains.is_none() && !one.unknown && one.network == other.network;
    (all || kind(one) == kind(other)) && other.ports.minus(&one.ports).is_empty()
}
