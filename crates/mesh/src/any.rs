//! What becomes of any request on a port.

use crate::{
    Below, Call, Carried, Layer, Membership, Mesh, Outcome, Protocol, Reason, Request, Verdict,
    authorization::Kinds, ends::Ends, routed::routed_by, verdict::Arrived,
};

impl Mesh {
    /// What the client sees of a port, whatever it sends there: [`Outcome::Partial`] where requests fare differently.
    pub fn any(&self, call: &Call, below: Below) -> Verdict {
        self.seen_or_hidden(call, |call| self.any_as_seen(call, below))
    }

    fn any_as_seen(&self, call: &Call, below: Below) -> Verdict {
        let call = &self.as_known(call);
        self.each_membership(call, |ends| {
            let http = self.verdict_of_all(call, true, below, ends);
            let tcp = self.verdict_of_all(call, false, below, ends);
            match (http, tcp) {
                (Some(http), Some(tcp)) => both(http, &tcp),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => Verdict::new(
                    Outcome::Unavailable,
                    Vec::new(),
                    Reason::plain(Layer::Client, "the ports of client and server do not agree on a protocol"),
                ),
            }
        })
    }

    /// What becomes of all requests, or of connections that are not HTTP; nothing if the port does not take such.
    fn verdict_of_all(&self, call: &Call, http: bool, below: Below, ends: Ends) -> Option<Verdict> {
        let arrived = match self.arrived(call, http, below, ends) {
            Ok(arrived) => arrived,
            Err(verdict) => return Some(self.unless_routed(call, ends.client, http, *verdict)),
        };
        let guarded = Some(arrived.protocol).filter(|_| !arrived.unguarded);
        let declared: Vec<Protocol> = arrived.spoken.into_iter().chain(guarded).collect();
        let fitting = declared.iter().filter(|p| p.is_http(http) == http).count();
        // Where one end tells requests apart and the other does not, requests are what is sent.
        if fitting < declared.len() && (fitting == 0 || !http) {
            return None;
        }
        if !http {
            let routed = self.routed(call, ends.client, None);
            return Some(routed.unwrap_or_else(|| self.judged(&arrived, None)));
        }
        let routes = self.routes_of(call, ends.client);
        if routes.is_empty() && self.fare_alike(&arrived) {
            return Some(self.judged(&arrived, Some(&Request::default())));
        }
        let routed = routed_by(&routes);
        let kinds = Kinds::of(&arrived.policies, &routed, &self.settings, &arrived.seen);
        let verdict = |r: &Request| {
            self.routed(call, ends.client, Some(r)).unwrap_or_else(|| self.judged(&arrived, Some(r)))
        };
        let all: Vec<Verdict> = kinds.requests.iter().map(verdict).collect();
        Some(self.together(&all, kinds.complete, &arrived))
    }

    /// What does not arrive, unless routes lead some of it elsewhere before.
    fn unless_routed(&self, call: &Call, client: Membership, http: bool, verdict: Verdict) -> Verdict {
        let routed = routed_by(&self.routes_of(call, client));
        let seen = self.seen(call, Carried::Plain);
        let kinds = Kinds::of(&[], &routed, &self.settings, &seen).requests;
        let requests: Vec<Option<&Request>> =
            if http { kinds.iter().map(Some).collect() } else { vec![None] };
        let mut elsewhere = requests.iter().filter_map(|r| self.routed(call, client, *r));
        elsewhere.find(|v| v.outcome == Outcome::Unknown).unwrap_or(verdict)
    }

    fn together(&self, all: &[Verdict], complete: bool, arrived: &Arrived<'_>) -> Verdict {
        let open = all.iter().filter(|v| v.outcome == Outcome::Open).count();
        let unknown = all.iter().any(|v| v.outcome == Outcome::Unknown);
        let first = all.first().map(|v| v.outcome.clone());
        let same = all.iter().all(|v| Some(&v.outcome) == first.as_ref());
        let mut representative = all.iter().find(|v| v.outcome != Outcome::Open).or(all.first()).cloned();
        if same
            && !complete
            && let Some(verdict) = &mut representative
        {
            // Those that were tried fare alike, and there are kinds that were not tried.
            verdict.outcome = Outcome::Unknown;
        }
        if !same && let Some(verdict) = &mut representative {
            verdict.outcome = match (unknown, open) {
                (true, _) => Outcome::Unknown,
                (false, 0) => verdict.outcome.clone(),
                (false, _) => Outcome::Partial(self.remains(arrived)),
            };
        }
        let nothing = || Verdict { outcome: Outcome::Open, reasons: arrived.reasons.clone() };
        representative.unwrap_or_else(nothing)
    }
}

/// HTTP and other connections together, on a port that takes either.
pub(crate) fn both(http: Verdict, tcp: &Verdict) -> Verdict {
    let refused = |o: &Outcome| {
        matches!(o, Outcome::Forbidden | Outcome::Closed | Outcome::Unavailable | Outcome::Reset)
    };
    let outcome = match (&http.outcome, &tcp.outcome) {
        (a, b) if a == b || (refused(a) && refused(b)) => http.outcome.clone(),
        (Outcome::Unknown, _) | (_, Outcome::Unknown) => Outcome::Unknown,
        (Outcome::Partial(remains), other) => {
            let mut remains = remains.clone();
            remains.connections = Some(*other == Outcome::Open);
            Outcome::Partial(remains)
        }
        (_, other) => Outcome::Partial(crate::Remains {
            connections: Some(*other == Outcome::Open),
            requests: Some(http.outcome == Outcome::Open),
            ..crate::Remains::default()
        }),
    };
    Verdict { outcome, reasons: http.reasons }
}
