//! What a client's sidecar sends (I8, S3, S33, S34).

use serde_json::Value;

use super::{
    super::{
        labels::selects,
        model::{items, namespace, number, string},
    },
    How,
    model::{Mesh, Pod, Undecided, is_headless, oldest},
    modes::Mode,
    scopes::{full, host_of, is_exported, is_host},
};

/// What travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Plain,
    /// With the certificates of the mesh.
    Mutual,
    /// TLS of another kind, and whether with a certificate that a rule names.
    Foreign {
        certificate: bool,
    },
}

impl Mesh {
    /// What the sidecar of a client sends to a server whose Service it knows.
    pub(super) fn sent(
        &self,
        client: &Pod,
        server: &Pod,
        service: &Value,
        (dialled, port): (u16, u16),
    ) -> Result<Sent, Undecided> {
        match self.told(client, service, dialled)?.as_deref() {
            Some("ISTIO_MUTUAL") => return Ok(Sent::Mutual),
            Some("SIMPLE") => return Ok(Sent::Foreign { certificate: false }),
            Some("MUTUAL") => return Ok(Sent::Foreign { certificate: true }),
            Some(_) => return Ok(Sent::Plain),
            None => {}
        }
        if self.setting("/meshConfig/enableAutoMtls").and_then(Value::as_bool) == Some(false) {
            return Ok(Sent::Plain);
        }
        // Of a headless Service all pods must take mTLS; the server itself is as it is taken to be here.
        let beside = |p: &&Pod| is_headless(service) && p.is_behind(service) && p.title() != server.title();
        let all: Vec<Option<bool>> =
            self.pods.iter().filter(beside).chain([server]).map(Pod::says_mtls).collect();
        if all.contains(&Some(false)) {
            return Ok(Sent::Plain);
        }
        if all.contains(&None) {
            return Err(Undecided);
        }
        // A namespace in DISABLE turns it off for all its workloads, whatever they say themselves. Modes of ports are not
        // looked at for a headless Service.
        let off = self.mode_of_namespace(&server.namespace)? == Mode::Disable
            || (!is_headless(service) && self.mode(server, port)? == Mode::Disable);
        Ok(if off { Sent::Plain } else { Sent::Mutual })
    }

    /// The TLS mode by DestinationRule: of the client's namespace, else of the server's, else of the root one. In the
    /// first that has a rule for the host, the rule of the most specific host counts.
    pub(super) fn told(&self, client: &Pod, service: &Value, port: u16) -> Result<Option<String>, Undecided> {
        let root = self.root();
        let lookups =
            [(client.namespace.as_str(), true), (&namespace(service), false), (root.as_str(), false)];
        for (space, own) in lookups {
            let rules = self.rules(space, own, client, &host_of(service));
            if !rules.is_empty() {
                return chosen(&rules, client, port);
            }
        }
        Ok(None)
    }

    /// The rules of a namespace for a host that count for a client.
    fn rules(&self, space: &str, own: bool, client: &Pod, host: &str) -> Vec<&Value> {
        let root = self.root();
        let export = |r: &Value| -> Vec<String> {
            let said = items(r.pointer("/spec/exportTo"));
            if said.is_empty() {
                self.default_export("defaultDestinationRuleExportTo")
            } else {
                said.iter().map(|t| string(Some(t))).collect()
            }
        };
        // One with a selector is for its own namespace only.
        let private = |r: &Value| {
            let only = export(r);
            has_selector(r) || (only.len() == 1 && only.iter().all(|t| t == "." || t == space))
        };
        let host_in = |r: &Value| full(&string(r.pointer("/spec/host")), space);
        let all = self.of("networking.istio.io", "DestinationRule").filter(|r| namespace(r) == space);
        let meant = all.filter(|r| is_host(&host_in(r), host));
        let seen: Vec<&Value> = if own {
            // In the root namespace, rules that all see come last, also for clients there.
            meant.filter(|r| is_exported(&export(r), space, space) && (space != root || private(r))).collect()
        } else {
            meant.filter(|r| !private(r) && is_exported(&export(r), space, &client.namespace)).collect()
        };
        let rank = |r: &Value| (!host_in(r).starts_with('*'), host_in(r).len());
        let best = seen.iter().map(|r| rank(r)).max();
        seen.into_iter().filter(|r| Some(rank(r)) == best).collect()
    }
}

fn has_selector(rule: &Value) -> bool {
    rule.pointer("/spec/workloadSelector/matchLabels")
        .and_then(Value::as_object)
        .is_some_and(|l| !l.is_empty())
}

/// A rule that selects the client comes before one that selects nobody; of several, the oldest that says anything of
/// traffic.
fn chosen(rules: &[&Value], client: &Pod, port: u16) -> Result<Option<String>, Undecided> {
    let selected = |r: &&&Value| {
        let selector = r.pointer("/spec/workloadSelector").unwrap_or(&Value::Null);
        has_selector(r) && namespace(r) == client.namespace && selects(selector, &client.labels)
    };
    let mut count: Vec<&Value> = rules.iter().filter(selected).copied().collect();
    if count.is_empty() {
        count = rules.iter().filter(|r| !has_selector(r)).copied().collect();
    }
    let traffic = |r: &Value| r.pointer("/spec/trafficPolicy").is_some();
    let saying: Vec<&Value> = count.into_iter().filter(|r| traffic(r)).collect();
    Ok(oldest(&saying, |r| mode(r, port))?.and_then(|r| mode(r, port)))
}

/// The mode of a rule for a port of the Service. Settings of a port inherit nothing, so without TLS there auto mTLS is
/// left; but where the whole rule says plain text or TLS of its own, the port was seen to get plain text.
fn mode(rule: &Value, port: u16) -> Option<String> {
    let word = |at: Option<&Value>| {
        at.and_then(|p| p.get("tls")).map(|tls| {
            let mode = string(tls.get("mode"));
            if mode.is_empty() { "DISABLE".to_owned() } else { mode }
        })
    };
    let policy = rule.pointer("/spec/trafficPolicy");
    let whole = word(policy);
    let settings = items(policy.and_then(|p| p.get("portLevelSettings")));
    let Some(own) = settings.iter().find(|s| number(s.pointer("/port/number")) == Some(port)) else {
        return whole;
    };
    match (word(Some(own)), whole.as_deref()) {
        (Some(own), _) => Some(own),
        (None, None | Some("ISTIO_MUTUAL")) => None,
        (None, Some(_)) => Some("DISABLE".to_owned()),
    }
}

impl Pod {
    /// Whether clients are told that it takes mTLS: by a label that injection adds. None: whether it is injected is not
    /// known.
    fn says_mtls(&self) -> Option<bool> {
        match (self.how, self.labels.get("security.istio.io/tlsMode")) {
            (_, Some(mode)) => Some(mode == "istio"),
            (How::Unknown, None) => None,
            (How::Sidecar | How::Plain | How::Gateway | How::Ambient, None) => Some(false),
        }
    }
}
