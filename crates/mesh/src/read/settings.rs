//! The settings of the mesh, wherever they stand: an IstioOperator, the `ConfigMaps` of istiod, the injector's webhooks.

use meshgen_yaml::{FileId, Limits, Node, documents};

use super::{Object, fields::Fields};
use crate::{Injector, Normalization, Provider, Selector, Settings, Webhook, webhooks};

/// What was found of the settings so far.
#[derive(Default)]
pub(super) struct Found {
    mesh: Vec<Node>,
    values: Vec<Node>,
    injector: Option<Node>,
    webhooks: Vec<Webhook>,
    /// The revision of each IstioOperator, if it says one: while one is upgraded there are two.
    operators: Vec<Option<String>>,
    /// An IstioOperator is of the profile `ambient`, which tells sidecars to talk HBONE.
    ambient: bool,
}

impl Found {
    /// Takes an object if it says something of the settings.
    pub(super) fn object(&mut self, o: &Object<'_>) -> bool {
        match (o.group, o.meta.kind.as_str()) {
            ("install.istio.io", "IstioOperator") => self.operator(o.node),
            ("", "ConfigMap") => self.config_map(o),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => self.webhook(o.node),
            _ => return false,
        }
        true
    }

    fn operator(&mut self, node: &Node) {
        self.mesh.extend(node.at(&["spec", "meshConfig"]).cloned());
        self.values.extend(node.at(&["spec", "values"]).cloned());
        self.mesh.extend(node.at(&["spec", "values", "meshConfig"]).cloned());
        self.ambient |= node.word(&["spec", "profile"]) == Some("ambient");
        self.operators.push(node.word(&["spec", "revision"]).map(str::to_owned));
    }

    fn config_map(&mut self, o: &Object<'_>) {
        let text = |key: &str| o.node.word(&["data", key]).and_then(|t| document(o.meta.place.file, t));
        if o.meta.name == "istio" || o.meta.name.starts_with("istio-") {
            self.mesh.extend(text("mesh"));
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
        let mut settings = Settings::default();
        // The profile comes first, and what is written after it.
        let told = !self.mesh.is_empty() || !self.operators.is_empty();
        settings.hbone = told.then_some(self.ambient);
        for mesh in &self.mesh {
            mesh_config(&mut settings, mesh);
        }
        for values in &self.values {
            capture(&mut settings, values);
        }
        settings.injector = self.injector();
        if !told {
            settings.assumed.push("the configuration of the mesh");
        }
        if !settings.injector.known {
            settings.assumed.push("the webhooks of the injector");
        }
        settings
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
            known: !self.webhooks.is_empty() || !self.operators.is_empty(),
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
        let said = if self.operators.is_empty() { vec![None] } else { self.operators.clone() };
        let alone = said.len() == 1;
        let mut all = Vec::new();
        for revision in said {
            let own = revision.or_else(|| value("revision").filter(|_| alone)).unwrap_or_default();
            let is_main =
                own.is_empty() || own == "default" || value("defaultRevision").as_ref() == Some(&own);
            let mut revisions = vec![own];
            if is_main {
                revisions.push("default".to_owned());
            }
            revisions.extend(self.values.iter().flat_map(|v| v.words(&["revisionTags"])));
            revisions.retain(|revision| !revision.is_empty());
            all.extend(webhooks(&revisions, is_main, everywhere));
        }
        all
    }
}

/// Source: `istio/api` `mesh/v1alpha1/config.proto`.
fn mesh_config(settings: &mut Settings, mesh: &Node) {
    let text = |key: &str| mesh.word(&[key]).map(str::to_owned);
    settings.root_namespace = text("rootNamespace").unwrap_or(settings.root_namespace.clone());
    settings.trust_domain = text("trustDomain").unwrap_or(settings.trust_domain.clone());
    settings.trust_domain_aliases.extend(mesh.words(&["trustDomainAliases"]));
    let hbone = mesh.word(&["defaultConfig", "proxyMetadata", "ISTIO_META_ENABLE_HBONE"]);
    settings.hbone = hbone.map(|v| v == "true").or(settings.hbone);
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

fn capture(settings: &mut Settings, values: &Node) {
    let proxy = |key: &str| values.word(&["global", "proxy", key]);
    let ports = |text: &str| -> Vec<u16> { text.split(',').filter_map(|p| p.trim().parse().ok()).collect() };
    if let Some(text) = proxy("excludeInboundPorts") {
        settings.capture.not_inbound = ports(text);
    }
    if let Some(text) = proxy("excludeOutboundPorts") {
        settings.capture.not_outbound = ports(text);
    }
    if let Some(text) = proxy("includeInboundPorts").filter(|t| *t != "*") {
        settings.capture.inbound = Some(ports(text));
    }
}

/// The document in a text, such as a key of a ConfigMap.
fn document(file: FileId, text: &str) -> Option<Node> {
    documents(file, text, 0..text.len(), Limits::default()).ok()?.into_iter().next()
}
