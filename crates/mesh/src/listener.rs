//! What the pods of gateways listen for (S21, S22): a gateway is a proxy and nothing else, so that its listeners decide.

use crate::{
    Attribute, Carried, Labels, Layer, Mesh, Meta, Outcome, Pod, Protocol, Reason, Rule, Said, TlsMode,
    Verdict,
    verdict::{Hop, Way},
};

/// A `Gateway`, of Istio or of the Gateway API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its name, and so on.
    pub meta: Meta,
    /// Labels of its pods; without any it has none.
    pub pods: Labels,
    /// The namespace of its pods; any if none is said.
    pub namespace: Option<String>,
    /// Its listeners.
    pub listeners: Vec<Listener>,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The port of the Service before the pods; of the pods, if no Service has it.
    pub port: u16,
    /// What it hands on: requests, or connections only.
    pub http: bool,
    /// Of whom it demands a certificate.
    pub peers: Peers,
}

/// Of whom a listener demands a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peers {
    /// Of nobody: it takes plain text, or TLS, or does not look into it.
    Nobody,
    /// Of some, or of all, but not by the mesh: whom it then sees depends on their certificates.
    Others,
    /// Of all, by the mesh (`ISTIO_MUTUAL`).
    Mesh,
}

impl Gateway {
    fn is_of(&self, pod: &Pod, labels: &Labels) -> bool {
        !self.pods.is_empty()
            && self.namespace.as_ref().is_none_or(|n| *n == pod.namespace)
            && self.pods.iter().all(|(k, v)| labels.get(k) == Some(v))
    }
}

impl Mesh {
    /// The gateways that a pod is of, by their numbers.
    pub(crate) fn gateways_of(&self, pod: usize) -> Vec<usize> {
        let (Some(p), Some(labels)) = (self.pods.get(pod), self.labels(pod)) else { return Vec::new() };
        (0..).zip(&self.gateways).filter(|(_, g)| g.is_of(p, labels)).map(|(n, _)| n).collect()
    }

    /// The ports of a pod that the listeners of its gateways are on, each with the listener and its gateway.
    ///
    /// Source: `pilot/pkg/model/gateway.go`, `resolvePorts`.
    pub(crate) fn listeners(&self, pod: usize) -> Vec<(u16, &Listener, &Gateway)> {
        let Some(p) = self.pods.get(pod) else { return Vec::new() };
        let numbers = self.members.get(pod).map_or(&[][..], |m| &m.services);
        let services: Vec<_> = numbers.iter().filter_map(|n| self.services.get(*n)).collect();
        let on = |port: u16| {
            let ports = services.iter().flat_map(|s| s.ports.iter().map(move |q| (s, q)));
            let led = ports.filter(|(_, q)| q.tcp && q.number == port);
            let found: Vec<u16> = led.filter_map(|(s, q)| s.target(q, p)).collect();
            if found.is_empty() { vec![port] } else { found }
        };
        let gateways = self.gateways_of(pod).into_iter().filter_map(|n| self.gateways.get(n));
        let listeners = gateways.flat_map(|g| g.listeners.iter().map(move |l| (l, g)));
        listeners.flat_map(|(l, g)| on(l.port).into_iter().map(move |port| (port, l, g))).collect()
    }

    fn listening(&self, pod: usize, port: u16) -> Vec<(&Listener, &Gateway)> {
        self.listeners(pod).into_iter().filter(|(on, ..)| *on == port).map(|(_, l, g)| (l, g)).collect()
    }

    /// What a port of a gateway hands on; requests, where no listener is known.
    pub(crate) fn handed_on(&self, pod: usize, port: u16) -> Protocol {
        let all = self.listening(pod, port);
        let http = all.iter().filter(|(l, _)| l.http).count();
        match (http, all.len()) {
            (_, 0) => Protocol::Http,
            (http, all) if http == all => Protocol::Http,
            (0, _) => Protocol::Tcp,
            (_, _) => Protocol::Detected,
        }
    }

    /// Whom a port of a gateway sees. A listener that is not TLS itself takes plain text and sees no identity (S21); one
    /// that demands mTLS of the mesh gets it of clients that a DestinationRule tells so.
    pub(crate) fn heard(
        &self,
        hop: Hop<'_>,
        rule: Option<TlsMode>,
        reasons: &mut Vec<Reason>,
    ) -> Way<Carried> {
        let all = self.listening(hop.call.server, hop.call.port);
        let by = || all.iter().map(|(_, g)| Said::of(&g.meta)).collect::<Vec<_>>();
        let reason = |said: &str| Reason { layer: Layer::Mtls, said: said.to_owned(), by: by() };
        let peers: Vec<Peers> = all.iter().map(|(l, _)| l.peers).collect();
        if !peers.is_empty() && peers.iter().all(|p| *p == Peers::Mesh) {
            if rule == Some(TlsMode::IstioMutual) {
                reasons.push(reason("mTLS by a DestinationRule, to a listener of ISTIO_MUTUAL"));
                return Ok(Carried::Mutual);
            }
            let unsure = rule == Some(TlsMode::Mutual);
            let outcome = if unsure { Outcome::Unknown } else { self.refusal(hop, false) };
            let last = reason("no mTLS of the mesh, to a listener of ISTIO_MUTUAL");
            return Err(Box::new(Verdict::new(outcome, reasons.clone(), last)));
        }
        let unsure = peers.iter().any(|p| *p != Peers::Nobody);
        let mixed = self.handed_on(hop.call.server, hop.call.port) == Protocol::Detected;
        let bound = self.bound(hop.call.server);
        let of_peers = bound.iter().flat_map(|p| &p.rules).flat_map(Rule::conditions).any(|c| {
            matches!(
                c.attribute,
                Attribute::Principal
                    | Attribute::Namespace
                    | Attribute::ServiceAccount
                    | Attribute::TrustDomain
                    | Attribute::Sni
            )
        });
        if (unsure && of_peers) || (mixed && !bound.is_empty()) {
            let last = reason("which listener of the port is meant, and whom it sees, is not judged");
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)));
        }
        Ok(Carried::Plain)
    }
}
