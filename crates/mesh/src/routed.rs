//! Where the routes of a client's sidecar lead what it sends (S35).

use crate::{
    Attribute, By, Call, Client, Condition, Layer, Membership, Mesh, Outcome, Reason, Request, Route, Said,
    Verdict,
    egress::RouteMatch,
    object::{Undecided, oldest},
    verdict::undecided,
};

impl Mesh {
    /// What becomes of what routes of the client's sidecar do not lead to the server; nothing if they do, or if there
    /// are none. Routes of HTTP are for what the sidecar takes for HTTP, and others for the rest.
    pub(crate) fn routed(
        &self,
        call: &Call,
        client: Membership,
        request: Option<&Request>,
    ) -> Option<Verdict> {
        let route = match self.route(call, client)? {
            Ok(route) => route?,
            Err(u) => return Some(undecided(Layer::Client, &[], &u)),
        };
        let http = self.spoken(call).is_some_and(|p| p.is_http(request.is_some()));
        let (outcome, said) = match (request, http) {
            (Some(request), true) => route.leads_away(request)?,
            (_, false) if route.other => (Outcome::Unknown, "routes of TCP are not judged"),
            (None, true) | (_, false) => return None,
        };
        let by = vec![Said::of(&route.meta)];
        let reason = Reason { layer: Layer::Client, said: said.to_owned(), by };
        Some(Verdict::new(outcome, Vec::new(), reason))
    }

    /// The VirtualService that the client's sidecar has for the Service, if it takes and knows the connection; of several
    /// the oldest.
    ///
    /// Source: `pilot/pkg/networking/core/route/route.go`, which takes the first for a host, of those sorted by age.
    fn route(&self, call: &Call, client: Membership) -> Option<Result<Option<&Route>, Undecided>> {
        let all = self.routes_of(call, client);
        let pod = call.client.pod().filter(|_| !all.is_empty())?;
        if self.leaves(call, client, &mut Vec::new()) != Ok(true) || self.capture_unknown(pod, true).is_some()
        {
            return None;
        }
        let same = |v: &Route| (v.http.clone(), v.other);
        Some(
            oldest(&all, |v| &v.meta, |v| Some(same(v)))
                .map(|found| all.into_iter().find(|v| Some(same(v)) == found)),
        )
    }

    /// The routes of the client's sidecar for what it names, in the order read.
    pub(crate) fn routes_of(&self, call: &Call, client: Membership) -> Vec<&Route> {
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
}

/// What routes tell requests apart by.
pub(crate) fn routed_by(routes: &[&Route]) -> Vec<Condition> {
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

impl Route {
    /// What becomes of a request that does not go to the hosts of the VirtualService.
    fn leads_away(&self, request: &Request) -> Option<(Outcome, &'static str)> {
        for http in &self.http {
            let fits: Vec<bool> = http.matches.iter().map(|m| m.fits(request)).collect();
            if http.matches.iter().zip(&fits).any(|(m, fits)| m.more && *fits) {
                return Some((Outcome::Unknown, "the route has conditions that are not judged"));
            }
            if http.matches.is_empty() || fits.contains(&true) {
                return (!http.stays).then_some((Outcome::Unknown, "the route leads elsewhere"));
            }
        }
        (!self.http.is_empty()).then_some((Outcome::Unavailable, "no route takes the request (404)"))
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
