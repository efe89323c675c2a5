//! Istio's own charts, as releases of one state file.
//!
//! Source: <https://istio.io/latest/docs/setup/install/helm/>; the values are those of `manifests/charts` and
//! `manifests/helm-profiles` of istio release-1.31.

use meshgen_bundle::{
    Content, Data, Part, Value,
    data::{Helmfile, Release, Repository},
};
use meshgen_spec::{
    Component, Istio, KubernetesSettings, PortName, Profile, ServicePortSetting, ServiceSetting, Spec,
};
use meshgen_yaml::At;

use super::{Direction, Gateway, gateways, hub, mesh_config::effective, tag};
use crate::{
    files::Files,
    value::{map, resources, texts},
};

/// Where the state file is.
pub(super) const PATH: &str = "istio/helmfile.yaml";
/// Istio's charts, since 1.31.
/// Source: <https://istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes/>.
const CHARTS: &str = "https://blob.istio.io/istio-release/charts";
const SYSTEM: &str = "istio-system";

/// A chart with its values.
struct Chart<'a> {
    release: String,
    chart: &'a str,
    namespace: &'a str,
    needs: Vec<String>,
    values: Value,
}

pub(super) fn plan(spec: &Spec, istio: &Istio, files: &mut Files) {
    let place = istio.install.as_ref().map_or(spec.project.place, |i| i.place);
    let charts = charts(spec, istio);
    let version = istio.version.as_ref().map(|v| Istio::full_version(v));
    let release = |chart: &Chart<'_>| Release {
        name: chart.release.clone(),
        namespace: chart.namespace.to_owned(),
        chart: format!("istio/{}", chart.chart),
        version: version.clone(),
        needs: chart.needs.clone(),
        // No namespace of the spec: nobody else makes it, and it carries no label of ours.
        create_namespace: !spec.namespaces.keys().any(|n| n.as_str() == chart.namespace),
        values: vec![format!("values-{}.yaml", chart.release)],
    };
    let state = Helmfile {
        repositories: vec![Repository { name: "istio".to_owned(), url: CHARTS.to_owned(), oci: false }],
        releases: charts.iter().map(release).collect(),
    };
    files.file(Part::Istio, PATH, Content::Data(vec![Data::Helmfile(state)]), place);
    for chart in charts {
        let path = format!("istio/values-{}.yaml", chart.release);
        files.file(Part::Istio, path, Content::Data(vec![Data::Value(chart.values)]), place);
    }
}

fn charts<'a>(spec: &Spec, istio: &'a Istio) -> Vec<Chart<'a>> {
    let parts = istio.profile().parts();
    let on = |c: &Option<Component>, profile: bool| c.as_ref().and_then(|c| c.enabled).unwrap_or(profile);
    let components = &istio.components;
    let node = istio.profile().cni_namespace().unwrap_or(SYSTEM);
    let need = |name: &str| vec![format!("{SYSTEM}/{name}")];
    let mut all = Vec::new();
    if on(&components.base, parts.base) {
        all.push(chart(spec, istio, "istio-base", "base", SYSTEM, Vec::new(), components.base.as_ref()));
    }
    let base = || if all_has(&all, "istio-base") { need("istio-base") } else { Vec::new() };
    let mut more = Vec::new();
    if on(&components.cni, parts.cni) {
        more.push(chart(spec, istio, "istio-cni", "cni", node, base(), components.cni.as_ref()));
    }
    if on(&components.pilot, parts.pilot) {
        more.push(chart(spec, istio, "istiod", "istiod", SYSTEM, base(), components.pilot.as_ref()));
    }
    if on(&components.ztunnel, parts.ztunnel) {
        more.push(chart(
            spec,
            istio,
            "ztunnel",
            "ztunnel",
            node,
            need("istiod"),
            components.ztunnel.as_ref(),
        ));
    }
    all.extend(more);
    let after = if all_has(&all, "istiod") { need("istiod") } else { Vec::new() };
    for gateway in gateways(istio).into_iter().filter(|g| g.enabled) {
        all.push(Chart {
            release: gateway.name.to_owned(),
            chart: "gateway",
            namespace: gateway.said.and_then(|g| g.namespace.as_ref()).map_or(SYSTEM, |n| n.as_str()),
            needs: after.clone(),
            values: gateway_values(istio, gateway),
        });
    }
    all
}

fn all_has(all: &[Chart<'_>], release: &str) -> bool {
    all.iter().any(|c| c.release == release)
}

fn chart<'a>(
    spec: &Spec,
    istio: &'a Istio,
    release: &str,
    chart: &'a str,
    namespace: &'a str,
    needs: Vec<String>,
    component: Option<&Component>,
) -> Chart<'a> {
    let mut values = common(istio);
    if chart == "istiod" {
        if let Some(settings) = effective(spec, istio) {
            values.set(&["meshConfig"], settings);
        }
        values.overlay(map(&istio.values));
    }
    if let Some(component) = component {
        values.overlay(settings(&component.k8s, "autoscaleEnabled", "replicaCount"));
    }
    Chart { release: release.to_owned(), chart, namespace, needs, values }
}

/// What all charts share.
fn common(istio: &Istio) -> Value {
    let (profile, platform) = profile(istio.profile());
    let mut values = Value::map(profile.map(|p| ("profile", Value::text(p))));
    if let Some(revision) = istio.revision.as_ref().filter(|r| r.as_str() != "default") {
        values.set(&["revision"], Value::text(revision.to_string()));
    }
    values.set(&["global", "hub"], Value::text(hub(istio)));
    values.set(&["global", "tag"], Value::text(tag(istio)));
    if let Some(platform) = platform {
        values.set(&["global", "platform"], Value::text(platform));
    }
    values
}

/// The profile and the platform, as the charts know them. They refuse a profile that changes no value of theirs:
/// which parts there are is said by which charts are installed.
/// Source: istio release-1.31 `manifests/helm-profiles`, and `manifests/profiles` for what the platform is.
fn profile(profile: Profile) -> (Option<&'static str>, Option<&'static str>) {
    match profile {
        Profile::Default | Profile::Minimal | Profile::Empty => (None, None),
        Profile::Demo | Profile::Preview | Profile::Stable | Profile::Remote | Profile::Ambient => {
            (Some(profile.as_str()), None)
        }
        Profile::Openshift => (None, Some("openshift")),
        Profile::OpenshiftAmbient => (Some("ambient"), Some("openshift")),
    }
}

/// The proxy of a gateway is injected by istiod, so that it has no image of its own.
fn gateway_values(istio: &Istio, gateway: Gateway<'_>) -> Value {
    let mut values = Value::map::<&str>([]);
    if let Some(revision) = istio.revision.as_ref().filter(|r| r.as_str() != "default") {
        values.set(&["revision"], Value::text(revision.to_string()));
    }
    if gateway.direction == Direction::Egress {
        values.set(&["service", "type"], Value::text("ClusterIP"));
    }
    let Some(said) = gateway.said else { return values };
    if !said.labels.is_empty() {
        values.set(&["labels"], texts(&said.labels));
    }
    values.overlay(settings(&said.k8s, "autoscaling", "replicaCount"));
    values
}

/// How a part runs, in the words of the charts. `hpa` is what the chart calls its autoscaling.
fn settings(k8s: &KubernetesSettings, hpa: &str, replicas: &str) -> Value {
    let mut all = Value::map::<&str>([]);
    if let Some(n) = &k8s.replicas {
        all.set(&[replicas], Value::Int(n.value.into()));
    }
    if let Some(range) = &k8s.hpa {
        let (min, max) = (Value::Int(range.min.into()), Value::Int(range.max.into()));
        if hpa == "autoscaling" {
            let range = [("enabled", Value::Bool(true)), ("minReplicas", min), ("maxReplicas", max)];
            all.set(&[hpa], Value::map(range));
        } else {
            all.overlay(Value::map([(hpa, Value::Bool(true)), ("autoscaleMin", min), ("autoscaleMax", max)]));
        }
    }
    if let Some(resources) = resources(&k8s.resources) {
        all.set(&["resources"], resources);
    }
    for (key, said) in [
        ("nodeSelector", texts(&k8s.node_selector)),
        ("podAnnotations", texts(&k8s.pod_annotations)),
        ("env", texts(&k8s.env)),
    ] {
        if !said.is_empty() {
            all.set(&[key], said);
        }
    }
    if !k8s.tolerations.is_empty() {
        all.set(&["tolerations"], Value::List(k8s.tolerations.iter().map(toleration).collect()));
    }
    if let Some(class) = &k8s.priority_class_name {
        all.set(&["priorityClassName"], Value::text(class.to_string()));
    }
    if let Some(said) = &k8s.service {
        service(&mut all, said);
    }
    if !k8s.service_annotations.is_empty() {
        all.set(&["service", "annotations"], texts(&k8s.service_annotations));
    }
    all
}

fn service(all: &mut Value, said: &ServiceSetting) {
    if let Some(kind) = said.kind {
        all.set(&["service", "type"], Value::text(kind.as_str()));
    }
    if let Some(policy) = said.external_traffic_policy {
        all.set(&["service", "externalTrafficPolicy"], Value::text(policy.as_str()));
    }
    if !said.load_balancer_source_ranges.is_empty() {
        let ranges = said.load_balancer_source_ranges.iter().map(|r| Value::text(r.to_string()));
        all.set(&["service", "loadBalancerSourceRanges"], Value::List(ranges.collect()));
    }
    let port = |(name, port): (&At<PortName>, &ServicePortSetting)| {
        Value::map([
            ("name", Value::text(name.to_string())),
            ("port", Value::Int(port.port.into())),
            ("protocol", Value::text("TCP")),
            ("targetPort", Value::Int(port.target_port.unwrap_or(port.port).into())),
        ])
    };
    if !said.ports.is_empty() {
        all.set(&["service", "ports"], Value::List(said.ports.iter().map(port).collect()));
    }
}

fn toleration(said: &meshgen_spec::TolerationSetting) -> Value {
    let mut all = Vec::new();
    all.extend(said.key.as_ref().map(|k| ("key", Value::text(k.to_string()))));
    all.push(("operator", Value::text(if said.value.is_some() { "Equal" } else { "Exists" })));
    all.extend(said.value.as_ref().map(|v| ("value", Value::text(v.to_string()))));
    all.extend(said.effect.map(|e| ("effect", Value::text(e.as_str()))));
    Value::map(all)
}
