//! Ambient mode: what the proxies of nodes send and take (I11).

use super::{
    super::{Verdict, model::string},
    asked::{Decision, Seen, Sight},
    connection::{Ends, Way, after},
    encryption::Sent,
    injection::How,
    model::{Mesh, Pod, Undecided, is_headless},
    modes::Mode,
    protocol::Speaks,
};

/// The port to which HBONE goes.
const HBONE: u16 = 15008;

impl Mesh {
    /// Whether two ends talk HBONE; both where that is not known. A sidecar does so only to what it knows.
    pub(super) fn hbone(&self, client: Option<&Pod>, server: &Pod, known: bool) -> Vec<bool> {
        let Some(client) = client else { return vec![false] };
        match (client.how, server.how) {
            (How::Ambient, How::Ambient) => vec![true],
            (How::Ambient, How::Sidecar) => {
                self.is_told_of_hbone(server).map_or_else(|| vec![true, false], |told| vec![told])
            }
            (How::Sidecar | How::Gateway, How::Ambient) if known => {
                if self.is_told_of_hbone(client) == Some(true) { vec![true] } else { vec![true, false] }
            }
            _ => vec![false],
        }
    }

    fn is_told_of_hbone(&self, pod: &Pod) -> Option<bool> {
        let config = pod.annotations.get("proxy.istio.io/config");
        let metadata = self.setting("/meshConfig/defaultConfig/proxyMetadata/ISTIO_META_ENABLE_HBONE");
        if pod.labels.get("networking.istio.io/tunnel").is_some_and(|v| v == "http") {
            Some(true)
        } else if config.is_some_and(|c| c.contains("_HBONE")) || !self.is_told() {
            None
        } else if let Some(said) = metadata {
            Some(string(Some(said)) == "true")
        } else {
            Some(string(self.setting("/profile")) == "ambient")
        }
    }

    /// What the client sees where the proxy of a node is at one end, or at both.
    pub(super) fn by_node(
        &self,
        ends: &Ends<'_>,
        way: Option<Way<'_>>,
        hbone: bool,
    ) -> Result<Seen, Undecided> {
        let Ends { one, client, server, same, .. } = *ends;
        let wire = if hbone { HBONE } else { one.port };
        let network = if same { Verdict::Allowed } else { self.below(ends, wire) };
        if network == Verdict::Denied {
            return Ok(Seen::Timeout);
        }
        let itself = same && ends.service.is_none_or(is_headless);
        let bypass = server.annotations.get("ambient.istio.io/bypass-inbound-capture");
        let past = !hbone && bypass.is_some_and(|v| v == "true");
        let on_node = server.how == How::Ambient;
        let guarded = if on_node { !itself && !past } else { self.takes_in(server, one.port) };
        let dialled = one.by.map_or(one.port, |(_, number)| number);
        let rule = match (way, client) {
            (Some((service, _)), Some(client)) => self.told(client, service, dialled)?,
            _ => None,
        };
        // What TLS of a sidecar's own makes of it, or what a sidecar does with HBONE to a port that it leaves alone, is not
        // known.
        if rule.is_some_and(|mode| hbone || mode != "DISABLE") || (hbone && !guarded) {
            return Ok(Seen::Unknown);
        }
        let sends_http = one.request.is_some();
        let spoken = way.and_then(|(_, port)| port).map(Speaks::of);
        let sidecar_answers = spoken.is_some_and(|s| s.is_http(sends_http));
        if !hbone && guarded {
            let mode =
                if on_node { self.mode_on_node(server, one.port)? } else { self.mode(server, one.port)? };
            if mode == Mode::Strict {
                return Ok(if sidecar_answers { Seen::Unavailable } else { Seen::Reset });
            }
        }
        let as_http = guarded && !on_node && self.speaks_of(server, one.port)?.is_http(sends_http);
        if !sends_http && (sidecar_answers || as_http) {
            return Ok(Seen::Unavailable);
        }
        let sight = self.sight(ends, if hbone { Sent::Mutual } else { Sent::Plain });
        let decision = match (guarded, on_node) {
            (false, _) => Decision::Allowed,
            (true, true) => self.decision_of_node(server, &Sight { request: None, ..sight }),
            (true, false) => {
                let request = sight.request.clone().filter(|_| as_http);
                self.decision(server, &Sight { request, ..sight })
            }
        };
        Ok(after(decision, network, as_http, sidecar_answers))
    }
}
