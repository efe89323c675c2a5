//! The settings of the mesh, wherever they stand: an IstioOperator, the `ConfigMaps` of istiod, the injector's webhooks.

use meshgen_yaml::{FileId, Limits, Node, documents};

use super::{Object, fields::Fields};
use crate::{
    Injector, Known, Labels, Normalization, Provider, Selector, Settings, Webhook,
    capture::{INTERCEPTION, STATUS_PORT, ports},
    webhooks,
};

/// What was found of the settings so far.
#[derive(Default)]
pub(super) struct Found {
    mesh: Vec<Node>,
    values: Vec<Node>,
    injector: Option<Node>,
    webhooks: Vec<Webhook>,
    /// The revision of each control plane, empty if it says none: while one is upgraded there are two.
    revisions: Vec<String>,
    /// Revisions by other names.
    tags: Vec<String>,
    /// The namespace that a control plane is installed in.
    home: Option<String>,
    /// A control plane is described, or its configuration is there as a whole.
    told: bool,
    /// A control plane is of the profile `ambient`, which tells sidecars to talk HBONE.
    ambient: bool,
}

/// The namespace of the control plane that AKS manages.
const OF_AKS: &str = "aks-istio-system";

impl Found {
    /// Takes an object if it says something of the settings.
    pub(super) fn object(&mut self, o: &Object<'_>) -> bool {
        match (o.group, o.meta.kind.as_str()) {
            ("install.istio.io", "IstioOperator") => {
                let revision = o.node.word(&["spec", "revision"]).unwrap_or_default();
                self.control_plane(o.node, Some(revision.to_owned()));
            }
            ("sailoperator.io", "Istio") => self.control_plane(o.node, revision_of(o)),
            ("sailoperator.io", "IstioRevision") => {
                self.control_plane(o.node, Some(o.meta.name.clone()));
            }
            ("sailoperator.io", "IstioRevisionTag") => self.tags.push(o.meta.name.clone()),
            ("", "ConfigMap") => self.config_map(o),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => self.webhook(o.node),
            _ => return false,
        }
        true
    }

    /// What describes a control plane, of this revision; of none, if that is not known.
    ///
    /// Sources: `operator/pkg/apis/types.go` of Istio, `api/v1` of the Sail operator.
    fn control_plane(&mut self, node: &Node, revision: Option<String>) {
        self.told = true;
        self.mesh.extend(node.at(&["spec", "meshConfig"]).cloned());
        self.values.extend(node.at(&["spec", "values"]).cloned());
        self.mesh.extend(node.at(&["spec", "values", "meshConfig"]).cloned());
        let profile = node.word(&["spec", "profile"]).or(node.word(&["spec", "values", "profile"]));
        self.ambient |= profile == Some("ambient");
        self.home = node.word(&["spec", "namespace"]).map(str::to_owned).or(self.home.take());
        self.revisions.extend(revision);
    }

    /// What users add to the configuration of the add-on of AKS says little of the whole, and less than what AKS says.
    ///
    /// Source: <https://learn.microsoft.com/azure/aks/istio-meshconfig>.
    fn config_map(&mut self, o: &Object<'_>) {
        let text = |key: &str| o.node.word(&["data", key]).and_then(|t| document(o.meta.place.file, t));
        if o.meta.name == "istio" || o.meta.name.starts_with("istio-") {
            let mesh = text("mesh");
            let of_aks = mesh.is_some() && o.meta.namespace == OF_AKS;
            let added = o.meta.name.starts_with("istio-shared-configmap");
            self.told |= mesh.is_some() && !added;
            if of_aks {
                self.home.get_or_insert_with(|| OF_AKS.to_owned());
            }
            // What comes later counts more.
            let at = if added { 0 } else { self.mesh.len() };
            self.mesh.splice(at..at, mesh);
        }
        if o.meta.name.starts_with("istio-sidecar-injector") {
            self.injector = text("config").or(self.injector.take());
            self.values.extend(text("values"));
        }
    }

    fn webhook(&mut self, node: &Node) {
        let is_injector = |w: &&Node| {
            let path = w.word(&["clientConfig", "service", "path"]).or(w.word(&["clientConfig", "url"]));
            path.is_some_and(|p| p.contains("/inject"))
        };
        for hook in node.list(&["webhooks"]).iter().filter(is_injector) {
            let selector = |key| hook.selector(&[key]).unwrap_or_default();
            self.webhooks.push(Webhook {
                name: hook.word(&["name"]).unwrap_or_default().to_owned(),
                namespaces: selector("namespaceSelector"),
                pods: selector("objectSelector"),
            });
        }
    }

    /// What holds, with what Istio has by default for what was not found.
    pub(super) fn settings(self) -> Settings {
        // The profile comes first, and what is written after it.
        let mut settings = Settings { hbone: self.told.then_some(self.ambient), ..Settings::default() };
        // Source: `manifests/charts/istio-control/istio-discovery/templates/configmap.yaml`.
        let by_values = self.values.iter().find_map(|v| v.word(&["global", "istioNamespace"]));
        if let Some(home) = by_values.or(self.home.as_deref()) {
            home.clone_into(&mut settings.root_namespace);
        }
        for mesh in &self.mesh {
            mesh_config(&mut settings, mesh);
        }
        for values in &self.values {
            capture(&mut settings, values);
        }
        settings.injector = self.injector();
        if !self.told {
            settings.assumed.push("the configuration of the mesh");
        }
        if settings.injector.known == Known::Nothing {
            settings.assumed.push("the webhooks of the injector");
        }
        settings
    }

    /// Who shows the webhooks of the default control plane shows those that there are: a tag has webhooks of its own. Those of
    /// a canary alone say nothing of what it stands beside, and an installation nothing of tags.
    fn known(&self) -> Known {
        let enabled: Labels = [("istio-injection".to_owned(), "enabled".to_owned())].into();
        let none = Labels::new();
        let serves = |w: &Webhook| w.namespaces.selects(&enabled) && w.pods.selects(&none);
        match (self.webhooks.iter().any(serves), self.webhooks.is_empty() && self.revisions.is_empty()) {
            (true, _) => Known::All,
            (false, false) => Known::Some,
            (false, true) => Known::Nothing,
        }
    }

    fn injector(&self) -> Injector {
        let value = |path: &[&str]| self.values.iter().find_map(|v| v.word(path).map(str::to_owned));
        let flag = |path: &[&str]| self.values.iter().find_map(|v| v.flag(path));
        let everywhere = flag(&["sidecarInjectorWebhook", "enableNamespacesByDefault"]).unwrap_or(false);
        let selectors = |key: &str| {
            let listed = self.values.iter().flat_map(|v| v.list(&["sidecarInjectorWebhook", key]));
            let config = self.injector.iter().flat_map(|c| c.list(&[key]));
            listed.chain(config).filter_map(|n| n.selector(&[]).ok()).collect::<Vec<Selector>>()
        };
        let written = self.injector.as_ref().and_then(|c| c.word(&["policy"]));
        let auto = value(&["global", "proxy", "autoInject"]);
        Injector {
            known: self.known(),
            webhooks: if self.webhooks.is_empty() {
                self.installed(everywhere)
            } else {
                self.webhooks.clone()
            },
            enabled: written.or(auto.as_deref()).is_none_or(|p| p == "enabled"),
            always: selectors("alwaysInjectSelector"),
            never: selectors("neverInjectSelector"),
        }
    }
}

impl Found {
    /// The webhooks that the control planes install, each for its own revision; one that says none is the main one.
    fn installed(&self, everywhere: bool) -> Vec<Webhook> {
        let value = |key: &str| self.values.iter().find_map(|v| v.word(&[key]).map(str::to_owned));
        let said = if self.revisions.is_empty() { vec![String::new()] } else { self.revisions.clone() };
        let alone = said.len() == 1;
        let mut all = Vec::new();
        for revision in said {
            let by_values = value("revision").filter(|_| alone && revision.is_empty());
            let own = by_values.unwrap_or(revision);
            let mut revisions: Vec<String> =
                self.values.iter().flat_map(|v| v.words(&["revisionTags"])).collect();
            // The tag `default` is served like the default revision (`revision-tags-mwc.yaml`).
            let is_main = own.is_empty()
                || own == "default"
                || value("defaultRevision").as_ref() == Some(&own)
                || revisions.iter().any(|tag| tag == "default");
            revisions.push(own);
            if is_main {
                revisions.push("default".to_owned());
            }
            revisions.retain(|revision| !revision.is_empty());
            all.extend(webhooks(&revisions, is_main, everywhere));
        }
        for tag in &self.tags {
            all.extend(webhooks(std::slice::from_ref(tag), tag == "default", false));
        }
        all
    }
}

/// The revision of what the Sail operator makes of an `Istio`: its name, and the version beside it where each version is a
/// revision of its own. Which one an alias of versions means (`v1.24-latest`) is not known.
fn revision_of(o: &Object<'_>) -> Option<String> {
    let name = o.meta.name.clone();
    if o.node.word(&["spec", "updateStrategy", "type"]) != Some("RevisionBased") {
        return Some(name);
    }
    let version = o.node.word(&["spec", "version"]).filter(|v| !v.contains("latest"))?;
    Some(format!("{name}-{}", version.replace('.', "-")))
}

/// Source: `istio/api` `mesh/v1alpha1/config.proto`.
fn mesh_config(settings: &mut Settings, mesh: &Node) {
    let text = |key: &str| mesh.word(&[key]).map(str::to_owned);
    settings.root_namespace = text("rootNamespace").unwrap_or(settings.root_namespace.clone());
    settings.trust_domain = text("trustDomain").unwrap_or(settings.trust_domain.clone());
    settings.trust_domain_aliases.extend(mesh.words(&["trustDomainAliases"]));
    let hbone = mesh.word(&["defaultConfig", "proxyMetadata", "ISTIO_META_ENABLE_HBONE"]);
    settings.hbone = hbone.map(|v| v == "true").or(settings.hbone);
    // What sidecars take, they then do not send: which of both a connection needs is not told apart here.
    if mesh.word(&["defaultConfig", "proxyMetadata", "ISTIO_META_DISABLE_HBONE_SEND"]) == Some("true") {
        settings.hbone = None;
    }
    if let Some(mode) = mesh.word(&["defaultConfig", "interceptionMode"]) {
        settings.capture.others.insert(INTERCEPTION.to_owned(), mode.to_owned());
    }
    let discovery = mesh.list(&["discoverySelectors"]);
    settings.discovery.extend(discovery.iter().filter_map(|n| n.selector(&[]).ok()));
    settings.auto_mtls = mesh.flag(&["enableAutoMtls"]).unwrap_or(settings.auto_mtls);
    if let Some(mode) = mesh.word(&["outboundTrafficPolicy", "mode"]) {
        settings.registry_only = mode == "REGISTRY_ONLY";
    }
    let normalization = mesh.word(&["pathNormalization", "normalization"]).and_then(Normalization::parse);
    settings.normalization = normalization.unwrap_or(settings.normalization);
    for (key, into) in [
        ("defaultServiceExportTo", &mut settings.service_export),
        ("defaultVirtualServiceExportTo", &mut settings.route_export),
        ("defaultDestinationRuleExportTo", &mut settings.rule_export),
    ] {
        let said = mesh.words(&[key]);
        if !said.is_empty() {
            *into = said;
        }
    }
    settings.providers.extend(mesh.list(&["extensionProviders"]).iter().filter_map(provider));
}

fn provider(node: &Node) -> Option<Provider> {
    let grpc = node.at(&["envoyExtAuthzGrpc"]);
    let of = grpc.or_else(|| node.at(&["envoyExtAuthzHttp"]))?;
    Some(Provider {
        name: node.word(&["name"])?.to_owned(),
        grpc: grpc.is_some(),
        service: of.word(&["service"]).unwrap_or_default().to_owned(),
        port: of.port(&["port"]).unwrap_or_default(),
        fail_open: of.flag(&["failOpen"]).unwrap_or(false),
    })
}

/// What pods are taken to say that do not say it (`values.global.proxy`): the annotation, and the key of the value.
const SAID_FOR_PODS: [(&str, &str); 4] = [
    (STATUS_PORT, "statusPort"),
    ("traffic.sidecar.istio.io/includeOutboundIPRanges", "includeIPRanges"),
    ("traffic.sidecar.istio.io/excludeOutboundIPRanges", "excludeIPRanges"),
    ("traffic.sidecar.istio.io/includeOutboundPorts", "includeOutboundPorts"),
];

fn capture(settings: &mut Settings, values: &Node) {
    let proxy = |key: &str| values.word(&["global", "proxy", key]);
    if let Some(text) = proxy("excludeInboundPorts") {
        settings.capture.not_inbound = ports(text);
    }
    if let Some(text) = proxy("excludeOutboundPorts") {
        settings.capture.not_outbound = ports(text);
    }
    if let Some(text) = proxy("includeInboundPorts").filter(|t| *t != "*") {
        settings.capture.inbound = Some(ports(text));
    }
    let said = SAID_FOR_PODS.into_iter().filter_map(|(annotation, key)| Some((annotation, proxy(key)?)));
    settings.capture.others.extend(said.map(|(annotation, text)| (annotation.to_owned(), text.to_owned())));
}

/// The document in a text, such as a key of a ConfigMap.
fn document(file: FileId, text: &str) -> Option<Node> {
    documents(file, text, 0..text.len(), Limits::default()).ok()?.into_iter().next()
}
