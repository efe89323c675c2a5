//! Where a client's sidecar sends requests (S35).

use serde_json::Value;

use super::{
    super::model::{items, namespace, string},
    asked::{Request, Seen},
    model::{Mesh, Pod, Undecided, oldest},
    scopes::{full, host_of, is_exported, is_host},
};

impl Mesh {
    /// What becomes of a request, or of something else, that routes do not lead to the Service; none if they do.
    pub(super) fn routed(
        &self,
        client: &Pod,
        service: &Value,
        http: bool,
        request: Option<&Request>,
    ) -> Result<Option<Seen>, Undecided> {
        let means = |v: &&Value| {
            let gateways = items(v.pointer("/spec/gateways"));
            let said = items(v.pointer("/spec/exportTo"));
            let export: Vec<String> = said.iter().map(|t| string(Some(t))).collect();
            let export =
                if export.is_empty() { self.default_export("defaultVirtualServiceExportTo") } else { export };
            (gateways.is_empty() || gateways.iter().any(|g| g == "mesh"))
                && is_exported(&export, &namespace(v), &client.namespace)
                && items(v.pointer("/spec/hosts"))
                    .iter()
                    .any(|h| is_host(&full(&string(Some(h)), &namespace(v)), &host_of(service)))
        };
        let all: Vec<&Value> = self.of("networking.istio.io", "VirtualService").filter(means).collect();
        let Some(route) = oldest(&all, |v| v.get("spec").cloned())? else { return Ok(None) };
        // Routes of HTTP are for what goes out as HTTP; others are not read here.
        let Some(request) = request.filter(|_| http) else {
            let other = route.pointer("/spec/tcp").is_some() || route.pointer("/spec/tls").is_some();
            return Ok((other && !http).then_some(Seen::Unknown));
        };
        let routes = items(route.pointer("/spec/http"));
        for one in routes {
            let conditions = items(one.get("match"));
            let fits: Vec<Option<bool>> = conditions.iter().map(|c| fits(c, request)).collect();
            if fits.contains(&None) {
                return Ok(Some(Seen::Unknown));
            }
            if fits.is_empty() || fits.contains(&Some(true)) {
                let stays = stays(one, items(route.pointer("/spec/hosts")));
                return Ok((!stays).then_some(Seen::Unknown));
            }
        }
        Ok((!routes.is_empty()).then_some(Seen::Unavailable))
    }
}

/// Whether a request has what a condition wants; none if that is not read here and the rest holds.
fn fits(condition: &Value, request: &Request) -> Option<bool> {
    let mut known = true;
    for (key, value) in condition.as_object().into_iter().flatten() {
        let holds = match (key.as_str(), value.get("exact"), value.get("prefix")) {
            ("name", ..) => true,
            ("method", Some(exact), _) => *exact == request.method.as_str(),
            ("uri", Some(exact), _) => *exact == request.path.as_str(),
            ("uri", None, Some(prefix)) => request.path.starts_with(&string(Some(prefix))),
            _ => {
                known = false;
                true
            }
        };
        if !holds {
            return Some(false);
        }
    }
    known.then_some(true)
}

/// Whether a route only leads to hosts of its VirtualService.
fn stays(route: &Value, hosts: &[Value]) -> bool {
    let plain =
        ["name", "match", "route", "timeout", "retries", "headers", "corsPolicy", "mirror", "mirrors"];
    let keys = route.as_object().into_iter().flatten().all(|(k, _)| plain.contains(&k.as_str()));
    let to = items(route.get("route"));
    let own = |t: &Value| {
        t.pointer("/destination/port").is_none()
            && t.pointer("/destination/host").is_some_and(|h| hosts.contains(h))
    };
    keys && !to.is_empty() && to.iter().all(own)
}
