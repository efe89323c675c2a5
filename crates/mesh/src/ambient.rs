//! Ambient mode: what the proxies of nodes (ztunnel) send and take, from each other and from sidecars (I11).
//!
//! Between each other they talk HBONE: mTLS to port 15008 of the pod, which shows who the client is. All else that reaches
//! them is plain text, which shows nobody. They look at connections only.

use std::collections::BTreeSet;

use crate::{
    Call, Carried, Layer, Membership, Mesh, Mode, ModeOf, Outcome, Reason, Said, TlsMode, Verdict,
    ends::Ends,
    object::Undecided,
    verdict::{Hop, Way, undecided},
};

/// The port of a pod to which HBONE goes, whatever port was dialled.
pub const HBONE: u16 = 15008;

/// The label of pods that take HBONE themselves.
pub(crate) const TUNNEL: &str = "networking.istio.io/tunnel";

/// The annotation in which a pod has a configuration of its own for its sidecar.
pub(crate) const CONFIG: &str = "proxy.istio.io/config";

/// The annotation of pods whose plain text the proxy of the node does not take.
pub(crate) const BYPASS: &str = "ambient.istio.io/bypass-inbound-capture";

impl Ends {
    /// Whether HBONE carries a connection. What a sidecar does not know as a Service (`known`) it passes on as it is.
    pub(crate) fn are_tunnelled(self, known: bool) -> bool {
        match (self.client, self.server) {
            (Membership::Ambient, Membership::Ambient) => true,
            (Membership::Ambient, Membership::Sidecar) => self.hbone,
            (Membership::Sidecar | Membership::Gateway, Membership::Ambient) => known && self.hbone,
            _ => false,
        }
    }
}

impl Mesh {
    /// Whether a sidecar or gateway at one end and the proxy of a node at the other talk HBONE; both where it is not known.
    ///
    /// To the proxies of nodes every sidecar sends it in newer releases (`pilot/pkg/xds/endpoints/endpoint_builder.go`), in
    /// older ones those that are told so with `ISTIO_META_ENABLE_HBONE`, as the profile `ambient` does. Sidecars are sent it if they
    /// have the label `networking.istio.io/tunnel`, which injection adds to those that are told so
    /// (`injection-template.yaml`; `pilot/pkg/serviceregistry/kube/controller/ambient/workloads.go`, `setTunnelProtocol`).
    pub(crate) fn hbone(&self, call: &Call, client: Membership, server: Membership) -> &'static [bool] {
        use Membership::{Ambient, Gateway, Plain, Sidecar, Unknown};
        let told = |pod: usize| match self.pods.get(pod) {
            Some(p) if p.labels.get(TUNNEL).is_some_and(|v| v == "http") => Some(true),
            Some(p) if p.annotations.get(CONFIG).is_some_and(|v| v.contains("_HBONE")) => None,
            Some(_) | None => self.settings.hbone,
        };
        match (client, server) {
            (Sidecar | Gateway, Ambient) => match call.client.pod().and_then(told) {
                Some(true) => &[true],
                Some(false) | None => &[true, false],
            },
            (Ambient, Sidecar) => match told(call.server) {
                Some(true) => &[true],
                Some(false) => &[false],
                None => &[true, false],
            },
            (Sidecar | Gateway | Ambient | Plain | Unknown, _) => &[false],
        }
    }

    /// Whether plain text goes past the proxy of the node, and so past its policies.
    ///
    /// Source: `istio/api` `annotation/annotations.yaml`; `cni/pkg/iptables/iptables.go`.
    pub(crate) fn bypasses(&self, pod: usize) -> bool {
        self.pods.get(pod).is_some_and(|p| p.annotations.get(BYPASS).is_some_and(|v| v == "true"))
    }

    /// The ports by one of which packets reach the server, which are those that network policies see: of HBONE it is 15008
    /// (I11). There are two where it is not known whether HBONE carries the connection.
    pub fn wire_ports(&self, call: &Call) -> BTreeSet<u16> {
        let call = &self.as_known(call);
        let port = |ends: Ends| {
            let mixed = ends.client != Membership::Ambient && ends.hbone;
            let known = mixed && self.leaves(call, ends.client, &mut Vec::new()).unwrap_or(false);
            if ends.are_tunnelled(known) { HBONE } else { call.port }
        };
        self.ends(call).into_iter().map(port).collect()
    }

    /// What is sent where one end is in ambient mode, if the server takes it; else what the client sees.
    ///
    /// HBONE is taken in any mode: PeerAuthentication is about what comes in beside it
    /// (`pilot/pkg/networking/core/listener_inbound.go`; ztunnel `src/proxy/inbound_passthrough.rs`). Auto mTLS is a thing of
    /// sidecars, and says nothing of it.
    pub(crate) fn encrypted_in_ambient(&self, hop: Hop<'_>, reasons: &mut Vec<Reason>) -> Way<Carried> {
        let told = if hop.known { self.told_to(hop.call, reasons)? } else { None };
        let unclear = match &told {
            Some((TlsMode::Disable, _)) => hop.ends.hbone,
            Some(_) => true,
            // What the sidecar leaves alone, HBONE brings to it.
            None => hop.tunnelled && !hop.guarded,
        };
        if unclear {
            let by = told.map(|(_, said)| said).into_iter().collect();
            let said = "what a sidecar and the proxy of a node make of each other here is not judged";
            let last = Reason { layer: Layer::Mtls, said: said.to_owned(), by };
            return Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)));
        }
        if hop.tunnelled {
            reasons.push(Reason::plain(Layer::Mtls, "mTLS of the mesh (HBONE), which is taken in any mode"));
            return Ok(Carried::Mutual);
        }
        if !hop.guarded {
            reasons.push(Reason::plain(Layer::Mtls, "plain text, to a port without a proxy"));
            return Ok(Carried::Plain);
        }
        let mode = self.mode_as(hop.call.server, hop.call.port, hop.ends.server);
        let mode = mode.map_err(|u| Box::new(undecided(Layer::Mtls, reasons, &u)))?;
        let said = format!("plain text, to {}", mode.told());
        let reason = Reason { layer: Layer::Mtls, said, by: mode.said.into_iter().collect() };
        if mode.mode == Mode::Strict {
            let answered = hop.known && self.spoken(hop.call).is_some_and(|p| p.is_http(hop.http));
            let outcome = if answered { Outcome::Unavailable } else { Outcome::Reset };
            return Err(Box::new(Verdict::new(outcome, reasons.clone(), reason)));
        }
        reasons.push(reason);
        Ok(Carried::Plain)
    }
}

/// What a workload's own PeerAuthentication says.
pub(crate) struct Own {
    /// Its mode.
    pub(crate) mode: Option<Mode>,
    /// Modes of ports.
    pub(crate) ports: std::collections::BTreeMap<u16, Option<Mode>>,
    pub(crate) said: Said,
}

/// What else says a mode: the namespace and the mesh.
pub(crate) struct Parents {
    /// The mode that they give together.
    pub(crate) mode: ModeOf,
    /// There is one of the namespace, and it says nothing.
    pub(crate) silent: bool,
    /// The mesh's own is what counts.
    pub(crate) of_mesh: bool,
}

/// The mode of a port as the proxy of the node has it. `DISABLE` is as good as `PERMISSIVE` there: HBONE cannot be turned
/// off.
///
/// istiod makes policies for ztunnel of what `PeerAuthentications` say, and where modes of ports stand beside a `STRICT` that
/// is inherited, those do not say what they are documented to: these are left undecided.
/// Source: `pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go`,
/// `convertedSelectorPeerAuthentications` and `convertPeerAuthentication`.
pub(crate) fn mode(own: Option<Own>, parents: Parents, port: u16) -> Result<ModeOf, Undecided> {
    let strict = |m: &ModeOf| m.mode == Mode::Strict;
    let permissive = |said| ModeOf { mode: Mode::Permissive, said };
    let parent_is_strict = strict(&parents.mode);
    let Some(Own { mode, ports, said }) = own else {
        let said = parents.mode.said.clone();
        return Ok(if parent_is_strict { parents.mode } else { permissive(said) });
    };
    let of_port = ports.get(&port).copied().flatten();
    let as_written = || Undecided {
        names: vec![format!(
            "{}/{} (of ports, beside an inherited STRICT, in ambient mode)",
            said.namespace, said.name
        )],
    };
    let by_own = |mode| Ok(ModeOf { mode, said: Some(said.clone()) });
    match (mode, of_port) {
        (Some(Mode::Strict), Some(Mode::Permissive | Mode::Disable)) => by_own(Mode::Permissive),
        (Some(Mode::Strict), _) => by_own(Mode::Strict),
        (Some(_), Some(Mode::Strict)) if parent_is_strict && parents.of_mesh => Err(as_written()),
        (_, Some(Mode::Strict)) if mode.is_some() || !parent_is_strict => by_own(Mode::Strict),
        (Some(_), _) => by_own(Mode::Permissive),
        (None, _) if !parent_is_strict => Ok(permissive(parents.mode.said)),
        // One port in PERMISSIVE brings in those in DISABLE; these alone bring in nothing.
        (None, _) if ports.values().any(|m| *m == Some(Mode::Permissive)) => match of_port {
            Some(Mode::Permissive | Mode::Disable) => by_own(Mode::Permissive),
            Some(Mode::Strict) | None if parents.silent => Err(as_written()),
            Some(Mode::Strict) | None => Ok(parents.mode),
        },
        (None, Some(Mode::Disable)) => Err(as_written()),
        (None, _) => Ok(parents.mode),
    }
}
