//! What scripts must know of the cluster.

use meshgen_scripts::context::{Acr, Aks, Calico, Cluster, Existing, Kind, KindRegistry, Manifest};
use meshgen_spec::{
    self as spec, AksPolicyEngine, Dataplane, NetworkPlugin, NetworkPluginMode, PolicyEngine, Spec,
};

use super::words::Words;
use crate::cluster::{CALICO, KIND, name};

/// A registry in a container. Source: <https://kind.sigs.k8s.io/docs/user/local-registry/>.
const REGISTRY_IMAGE: &str = "docker.io/library/registry:3";

pub(super) fn cluster(spec: &Spec, words: &mut Words) -> Option<Cluster> {
    let place = spec.project.place;
    Some(match &spec.cluster {
        spec::Cluster::Aks(aks) => Cluster::Aks(self::aks(spec, aks, words)?),
        spec::Cluster::Kind(kind) => Cluster::Kind(self::kind(spec, kind, words)?),
        spec::Cluster::Existing(existing) => Cluster::Existing(Existing {
            context: existing.context.as_ref().and_then(|c| words.word(c.as_str(), place)),
            registry: existing.registry.as_ref().and_then(|r| words.word(r.as_str(), place)),
        }),
    })
}

fn aks(spec: &Spec, aks: &spec::Aks, words: &mut Words) -> Option<Aks> {
    let place = spec.project.place;
    let name = name(spec);
    let group = aks.resource_group.as_ref().map_or_else(|| spec.project.to_string(), ToString::to_string);
    let plugin = match aks.network_plugin.value {
        NetworkPlugin::Azure => "azure",
        // Refused by the checks of the spec.
        NetworkPlugin::Kubenet => "kubenet",
        NetworkPlugin::None => "none",
    };
    let mode = aks.network_plugin_mode.as_ref().map(|mode| match mode.value {
        NetworkPluginMode::Overlay => "overlay",
    });
    let engine = match aks.network_policy.value {
        AksPolicyEngine::Calico => "calico",
        AksPolicyEngine::Cilium => "cilium",
        AksPolicyEngine::Azure => "azure",
        AksPolicyEngine::None => "none",
    };
    let dataplane = match aks.network_dataplane.value {
        // Azure's default.
        Dataplane::Azure => None,
        Dataplane::Cilium => Some("cilium"),
    };
    Some(Aks {
        name: words.word(&name, place)?,
        resource_group: words.word(&group, place)?,
        location: words.word(aks.location.as_str(), place)?,
        kubernetes: aks.kubernetes.as_ref().and_then(|v| words.word(v.as_str(), v.place)),
        node_count: aks.nodes.count.value,
        vm_size: aks.nodes.vm_size.as_ref().and_then(|s| words.word(s.as_str(), place)),
        zones: aks.nodes.zones.iter().filter_map(|z| words.word(&z.to_string(), z.place)).collect(),
        network_plugin: words.word(plugin, place),
        network_plugin_mode: mode.and_then(|m| words.word(m, place)),
        network_policy: words.word(engine, place),
        network_dataplane: dataplane.and_then(|d| words.word(d, place)),
        registry: Acr {
            name: words.word(spec.azure_registry()?.as_str(), place)?,
            sku: words.word("Basic", place)?,
        },
    })
}

fn kind(spec: &Spec, kind: &spec::Kind, words: &mut Words) -> Option<Kind> {
    let place = spec.project.place;
    let name = name(spec);
    let calico = kind.network_policy.value == PolicyEngine::Calico;
    Some(Kind {
        name: words.word(&name, place)?,
        node_image: kind.node_image.as_ref().and_then(|i| words.word(i.as_str(), place)),
        config_file: words.word(KIND, place)?,
        registry: KindRegistry {
            name: words.word(&format!("{name}-registry"), place)?,
            port: kind.registry.port.value,
            image: words.word(REGISTRY_IMAGE, place)?,
        },
        calico: if calico { Some(self::calico(spec, kind, words)?) } else { None },
    })
}

/// Source: <https://docs.tigera.io/calico/latest/getting-started/kubernetes/kind>.
fn calico(spec: &Spec, kind: &spec::Kind, words: &mut Words) -> Option<Calico> {
    let place = spec.project.place;
    let version = &kind.calico.version;
    let base = format!("https://raw.githubusercontent.com/projectcalico/calico/v{version}/manifests");
    let files = ["v1_crd_projectcalico_org.yaml", "tigera-operator.yaml"];
    let manifests = files.map(|file| words.word(&format!("{base}/{file}"), place));
    Some(Calico {
        version: words.word(version.as_str(), place)?,
        manifests: manifests.into_iter().flatten().map(|url| Manifest::Url { url, sha256: None }).collect(),
        config_file: words.word(CALICO, place)?,
    })
}
