//! Files for `istioctl install`.

use std::collections::BTreeMap;

use meshgen_bundle::istio_operator::{
    self as iop, Component as IopComponent, EnvVar, Gateway as IopGateway, HpaSpec, IstioOperator,
    IstioOperatorSpec, KubernetesResources, Metadata, Toleration,
};
use meshgen_spec::{Component, Istio, KubernetesSettings, Name, ServiceSetting, Spec, TolerationSetting};

use super::{Direction, Gateway, gateways, hub, mesh_config::effective, tag};
use crate::value::map;

/// Where the control plane that is installed is described.
pub(super) const PATH: &str = "istio/istio.yaml";

/// The control plane that is installed.
pub(super) fn current(spec: &Spec, istio: &Istio) -> IstioOperator {
    operator(spec, istio, istio.revision.as_ref().map(|r| &r.value), tag(istio))
}

/// While an upgrade by revision is on its way: the control plane that goes, as it is. It is there already, and only
/// the istioctl of its own version may install it again, because charts and profiles are inside of istioctl.
///
/// Whole, with its gateways: without them istioctl would take them away. They go over to the new one in place.
/// Source: <https://istio.io/latest/docs/setup/upgrade/canary/>.
pub(super) fn old(spec: &Spec, istio: &Istio) -> Option<(String, String, IstioOperator)> {
    let from = &istio.upgrade.as_ref()?.from;
    let revision = from.revision.as_ref();
    let version = Istio::full_version(&from.version);
    let path = format!("istio/istio-{}.yaml", revision.map_or("default", Name::as_str));
    Some((path, version.clone(), operator(spec, istio, revision, version)))
}

fn operator(spec: &Spec, istio: &Istio, revision: Option<&Name>, tag: String) -> IstioOperator {
    IstioOperator {
        api_version: "install.istio.io/v1alpha1".to_owned(),
        kind: "IstioOperator".to_owned(),
        metadata: Metadata { name: spec.project.to_string() },
        spec: IstioOperatorSpec {
            profile: istio.profile().as_str().to_owned(),
            hub: hub(istio),
            tag,
            revision: revision.filter(|r| r.as_str() != "default").map(ToString::to_string),
            mesh_config: effective(spec, istio),
            components: components(istio),
            values: (!istio.values.is_empty()).then(|| map(&istio.values)),
        },
    }
}

fn components(istio: &Istio) -> iop::Components {
    let said = &istio.components;
    let parts = istio.profile().parts();
    let part = |c: &Option<Component>, on, namespace| c.as_ref().map(|c| component(c, on, namespace));
    let of = |direction, any: bool| {
        let all = gateways(istio).into_iter().filter(|g| g.direction == direction).map(gateway);
        // A list replaces that of the profile, so it names all of them or is not there.
        if any { all.collect() } else { Vec::new() }
    };
    iop::Components {
        base: part(&said.base, parts.base, None),
        pilot: part(&said.pilot, parts.pilot, None),
        cni: part(&said.cni, parts.cni, istio.profile().cni_namespace()),
        ztunnel: part(&said.ztunnel, parts.ztunnel, istio.profile().cni_namespace()),
        ingress_gateways: of(Direction::Ingress, !said.ingress_gateways.is_empty()),
        egress_gateways: of(Direction::Egress, !said.egress_gateways.is_empty()),
    }
}

fn component(said: &Component, in_profile: bool, namespace: Option<&str>) -> IopComponent {
    IopComponent {
        enabled: said.enabled.unwrap_or(in_profile),
        namespace: namespace.map(str::to_owned),
        k8s: resources(&said.k8s),
    }
}

fn gateway(gateway: Gateway<'_>) -> IopGateway {
    let mut labels = gateway.labels();
    if gateway.is_of_profiles() {
        labels.retain(|key, _| !matches!(key.as_str(), "app" | "istio"));
    }
    IopGateway {
        name: gateway.name.to_owned(),
        namespace: gateway.namespace().map(str::to_owned),
        enabled: gateway.enabled,
        label: labels,
        k8s: gateway.said.and_then(|g| resources(&g.k8s)),
    }
}

fn resources(said: &KubernetesSettings) -> Option<KubernetesResources> {
    let env = said.env.iter().map(|(name, value)| EnvVar { name: name.to_string(), value: value.clone() });
    let all = KubernetesResources {
        env: env.collect(),
        hpa_spec: said.hpa.as_ref().map(|h| HpaSpec { min_replicas: h.min, max_replicas: h.max }),
        node_selector: texts(&said.node_selector),
        pod_annotations: texts(&said.pod_annotations),
        priority_class_name: said.priority_class_name.as_ref().map(ToString::to_string),
        replica_count: said.replicas.as_ref().map(|r| r.value),
        resources: needs(&said.resources),
        service: said.service.as_ref().map(service),
        service_annotations: texts(&said.service_annotations),
        tolerations: said.tolerations.iter().map(toleration).collect(),
    };
    (all != KubernetesResources::default()).then_some(all)
}

fn needs(said: &meshgen_spec::Resources) -> Option<iop::Resources> {
    let all = iop::Resources { requests: texts(&said.requests), limits: texts(&said.limits) };
    (all != iop::Resources::default()).then_some(all)
}

fn texts<K: ToString, V: ToString>(said: &BTreeMap<K, V>) -> BTreeMap<String, String> {
    said.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
}

fn service(said: &ServiceSetting) -> iop::Service {
    let ports = said.ports.iter().map(|(name, port)| iop::ServicePort {
        name: name.to_string(),
        port: port.port,
        target_port: port.target_port.unwrap_or(port.port),
    });
    iop::Service {
        kind: said.kind.map(|k| k.as_str().to_owned()),
        external_traffic_policy: said.external_traffic_policy.map(|p| p.as_str().to_owned()),
        load_balancer_source_ranges: said
            .load_balancer_source_ranges
            .iter()
            .map(ToString::to_string)
            .collect(),
        ports: ports.collect(),
    }
}

fn toleration(said: &TolerationSetting) -> Toleration {
    Toleration {
        key: said.key.as_ref().map(ToString::to_string),
        // Without a value the key alone decides, and without either everything is borne.
        operator: Some(if said.value.is_some() { "Equal" } else { "Exists" }.to_owned()),
        value: said.value.as_ref().map(ToString::to_string),
        effect: said.effect.map(|e| e.as_str().to_owned()),
    }
}
