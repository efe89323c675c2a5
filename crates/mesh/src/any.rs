//! What becomes of any request on a port, and where routes lead requests.

use crate::{
    Attribute, Below, By, Call, Client, Condition, Layer, Membership, Mesh, Outcome, Protocol, Reason,
    Request, Route, Said, Verdict, authorization::Kinds, egress::RouteMatch, verdict::Arrived,
};

impl Mesh {
    /// What the client sees of a port, whatever it sends there: [`Outcome::Partial`] where requests fare differently.
    pub fn any(&self, call: &Call, below: Below) -> Verdict {
        let call = &self.as_known(call);
        self.each_membership(call, |client, server| {
            let http = self.verdict_of_all(call, true, below, (client, server));
            let tcp = self.verdict_of_all(call, false, below, (client, server));
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
    fn verdict_of_all(
        &self,
        call: &Call,
        http: bool,
        below: Below,
        members: (Membership, Membership),
    ) -> Option<Verdict> {
        let arrived = match self.arrived(call, http, below, members.0, members.1) {
            Ok(arrived) => arrived,
            Err(verdict) => return Some(*verdict),
        };
        let guarded = Some(arrived.protocol).filter(|_| !arrived.unguarded);
        let declared: Vec<Protocol> = arrived.spoken.into_iter().chain(guarded).collect();
        let fitting = declared.iter().filter(|p| p.is_http(http) == http).count();
        // Where one end tells requests apart and the other does not, requests are what is sent.
        if fitting < declared.len() && (fitting == 0 || !http) {
            return None;
        }
        if !http {
            return Some(self.judged(&arrived, None));
        }
        let routes = self.routes_of(call, members.0);
        if routes.is_empty() && self.fare_alike(&arrived) {
            return Some(self.judged(&arrived, Some(&Request::default())));
        }
        let routed = routed_by(&routes);
        let kinds = Kinds::of(&arrived.policies, &routed, &self.settings, &arrived.seen);
        let verdict = |r: &Request| {
            self.routed(call, members.0, Some(r)).unwrap_or_else(|| self.judged(&arrived, Some(r)))
        };
        let all: Vec<Verdict> = kinds.requests.iter().map(verdict).collect();
        Some(self.together(&all, kinds.complete, &arrived))
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

    /// The routes of the client's sidecar for what it names, in the order read.
    fn routes_of(&self, call: &Call, client: Membership) -> Vec<&Route> {
        let (By::Service(n, _), Client::Pod(pod), Membership::Sidecar) = (call.by, call.client, client)
        else {
            return Vec::new();
        };
        let (Some(service), Some(client)) = (self.services.get(n), self.pods.get(pod)) else {
            return Vec::new();
        };
        let all = self.routes_for(&service.host()).into_iter();
        all.filter(|route| self.is_routed_in(route, &client.namespace)).collect()
    }

    /// What becomes of a request that routes of the client's sidecar do not lead to the server (S35); nothing if they
    /// do, or if there are none.
    pub(crate) fn routed(
        &self,
        call: &Call,
        client: Membership,
        request: Option<&Request>,
    ) -> Option<Verdict> {
        let route = *self.routes_of(call, client).first()?;
        let reason = |said: &str| Reason {
            layer: Layer::Client,
            said: said.to_owned(),
            by: vec![Said::of(&route.meta)],
        };
        let verdict = |outcome, said| Some(Verdict::new(outcome, Vec::new(), reason(said)));
        let Some(request) = request else {
            return if route.other {
                verdict(Outcome::Unknown, "routes of TCP are not judged")
            } else {
                None
            };
        };
        for http in &route.http {
            let fits: Vec<bool> = http.matches.iter().map(|m| m.fits(request)).collect();
            let unclear = http.matches.iter().zip(&fits).any(|(m, fits)| m.more && *fits);
            if unclear {
                return verdict(Outcome::Unknown, "the route has conditions that are not judged");
            }
            if http.matches.is_empty() || fits.contains(&true) {
                return if http.stays {
                    None
                } else {
                    verdict(Outcome::Unknown, "the route leads elsewhere")
                };
            }
        }
        if route.http.is_empty() {
            None
        } else {
            verdict(Outcome::Unavailable, "no route takes the request (404)")
        }
    }
}

impl RouteMatch {
    /// Whether a request has what is told of it here.
    fn fits(&self, request: &Request) -> bool {
        self.method.as_ref().is_none_or(|m| *m == request.method)
            && self.exact.as_ref().is_none_or(|p| *p == request.path)
            && self.prefix.as_ref().is_none_or(|p| request.path.starts_with(p.as_str()))
    }
}

/// What routes tell requests apart by.
fn routed_by(routes: &[&Route]) -> Vec<Condition> {
    let matches = routes.iter().flat_map(|r| &r.http).flat_map(|h| &h.matches);
    let condition = |attribute, value| Condition { attribute, values: vec![value], not_values: Vec::new() };
    let conditions = matches.flat_map(|m| {
        let prefix = m.prefix.as_ref().map(|p| condition(Attribute::Path, format!("{p}*")));
        let exact = m.exact.as_ref().map(|p| condition(Attribute::Path, p.clone()));
        let method = m.method.as_ref().map(|m| condition(Attribute::Method, m.clone()));
        [prefix, exact, method].into_iter().flatten()
    });
    conditions.collect()
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
