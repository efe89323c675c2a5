//! Gateways that an installation has: those of the profile, and those of the spec.

use std::collections::BTreeMap;

use meshgen_spec::{GatewayComponent, Istio, Name};
use meshgen_yaml::At;

/// A gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gateway<'a> {
    pub(crate) name: &'a str,
    pub(crate) direction: Direction,
    pub(crate) enabled: bool,
    /// What the spec says of it.
    pub(crate) said: Option<&'a GatewayComponent>,
}

/// Which way traffic goes through a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Gateway<'_> {
    /// The labels of its pods, by which its Service and Istio's Gateway objects select them.
    ///
    /// Charts give all gateways of istioctl the labels of the first one, so that one would answer for another: each
    /// has its own here. Source: istio release-1.31 `manifests/charts/gateways/istio-ingress/values.yaml`.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let istio = self.name.strip_prefix("istio-").unwrap_or(self.name);
        let own = self.said.map(|s| &s.labels).into_iter().flatten();
        let all = [("app".to_owned(), self.name.to_owned()), ("istio".to_owned(), istio.to_owned())];
        all.into_iter().chain(own.map(|(k, v)| (k.to_string(), v.to_string()))).collect()
    }

    /// The ports of its Service that the spec says: name, port, port of the pod. None where the profile's hold.
    pub(crate) fn ports(&self) -> Vec<(String, u16, u16)> {
        let service = self.said.and_then(|g| g.k8s.service.as_ref());
        let ports = service.map(|s| &s.ports).into_iter().flatten();
        ports.map(|(name, p)| (name.to_string(), p.port, p.target_port.unwrap_or(p.port))).collect()
    }

    /// Whether it is one that profiles know, with labels of its own already.
    pub(crate) fn is_of_profiles(&self) -> bool {
        matches!(self.name, "istio-ingressgateway" | "istio-egressgateway")
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.said.and_then(|g| g.namespace.as_ref()).map(|n| n.as_str())
    }
}

/// All gateways, those of the profile first.
pub(crate) fn gateways(istio: &Istio) -> Vec<Gateway<'_>> {
    let parts = istio.profile().parts();
    let components = &istio.components;
    let mut all = of(Direction::Ingress, "istio-ingressgateway", parts.ingress, &components.ingress_gateways);
    all.extend(of(Direction::Egress, "istio-egressgateway", parts.egress, &components.egress_gateways));
    all
}

fn of<'a>(
    direction: Direction,
    default: &'a str,
    in_profile: bool,
    said: &'a BTreeMap<At<Name>, GatewayComponent>,
) -> Vec<Gateway<'a>> {
    let is_said = said.keys().any(|name| name.as_str() == default);
    let of_profile =
        (in_profile && !is_said).then_some(Gateway { name: default, direction, enabled: true, said: None });
    let of_spec = said.iter().map(|(name, gateway)| Gateway {
        name: name.as_str(),
        direction,
        enabled: gateway.enabled,
        said: Some(gateway),
    });
    of_profile.into_iter().chain(of_spec).collect()
}
