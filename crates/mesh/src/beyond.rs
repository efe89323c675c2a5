//! What is not a connection between two pods of the cluster.

use crate::{
    Client, Layer, Membership, Mesh, Outcome, Outside, Reason, Said, SidecarScope, Truth, Verdict,
    any::both,
    verdict::{AS_PROXY, undecided},
};

impl Mesh {
    /// What the client sees of a Service that leads to no pod (S35).
    pub fn without_pods(&self, client: Client) -> Verdict {
        let member = client.pod().map_or(Membership::Plain, |pod| self.membership(pod));
        let said = match member {
            Membership::Sidecar | Membership::Gateway => {
                "no pod is behind the Service: 503 from the client's sidecar"
            }
            Membership::Plain | Membership::Ambient | Membership::Unknown => "no pod is behind the Service",
        };
        Verdict::new(Outcome::Unavailable, Vec::new(), Reason::plain(Layer::Client, said))
    }

    /// What a pod sees of what is outside of the cluster (S36).
    pub fn outside(&self, client: usize, to: &Outside, http: bool) -> Verdict {
        let open = |said: &str| Verdict::new(Outcome::Open, Vec::new(), Reason::plain(Layer::Client, said));
        let past = self.pods.get(client).map_or(Truth::No, |p| p.as_proxy);
        match self.membership(client) {
            Membership::Sidecar if past == Truth::Yes => return open("no sidecar takes the connection"),
            Membership::Sidecar if past == Truth::May && self.may_refuse_the_outside() => {
                let reason = Reason::plain(Layer::Client, AS_PROXY);
                return Verdict::new(Outcome::Unknown, Vec::new(), reason);
            }
            Membership::Plain | Membership::Ambient => return open("no sidecar takes the connection"),
            Membership::Unknown if !self.may_refuse_the_outside() => {
                return open("no sidecar refuses what it does not know");
            }
            Membership::Unknown => {
                let reason = Reason::plain(Layer::Membership, "whether there is a sidecar is not known");
                return Verdict::new(Outcome::Unknown, Vec::new(), reason);
            }
            Membership::Sidecar | Membership::Gateway => {}
        }
        let Some(pod) = self.pods.get(client) else { return open("no sidecar takes the connection") };
        if !self.takes_outbound(client, to.port) {
            return open("the client's sidecar leaves the port alone");
        }
        let scope = match self.scope(client) {
            Ok(scope) => scope,
            Err(u) => return undecided(Layer::Client, &[], &u),
        };
        if !self.refuses_unknown(scope) {
            return open("the client's sidecar passes on what it does not know");
        }
        match self.entered(scope, &pod.namespace, to, http) {
            Some((Truth::Yes, _)) => return open("a ServiceEntry opens it"),
            Some((_, entry)) => {
                let said = "whether a host of a ServiceEntry is meant is not known".to_owned();
                let last = Reason { layer: Layer::Client, said, by: vec![Said::of(&entry.meta)] };
                return Verdict::new(Outcome::Unknown, Vec::new(), last);
            }
            None => {}
        }
        let outcome = if http { Outcome::Unavailable } else { Outcome::Reset };
        let said = "the client's sidecar refuses what it does not know (REGISTRY_ONLY; no security boundary)";
        Verdict::new(outcome, Vec::new(), Reason::plain(Layer::Client, said))
    }

    /// What a pod sees of what is outside of the cluster, whatever it sends there.
    pub fn any_outside(&self, client: usize, to: &Outside) -> Verdict {
        both(self.outside(client, to, true), &self.outside(client, to, false))
    }

    /// Whether any sidecar may refuse what it does not know.
    pub fn may_refuse_the_outside(&self) -> bool {
        let may = |s: &SidecarScope| s.registry_only == Some(true) || s.broken.is_some();
        self.settings.registry_only || self.sidecars.iter().any(may)
    }
}
