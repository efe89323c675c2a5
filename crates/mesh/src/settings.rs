//! The settings of a mesh.

use crate::{Labels, Operator, Requirement, Selector};

/// What holds for the whole mesh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The namespace whose policies bind all others.
    pub root_namespace: String,
    /// The trust domain of its identities.
    pub trust_domain: String,
    /// Other trust domains that count as that one.
    pub trust_domain_aliases: Vec<String>,
    /// The namespaces that are part of the mesh; all, if nothing is said.
    pub discovery: Vec<Selector>,
    /// Whether sidecars use mTLS wherever the server can.
    pub auto_mtls: bool,
    /// Whether sidecars are told to take HBONE (`ISTIO_META_ENABLE_HBONE`), if that is known.
    pub hbone: Option<bool>,
    /// Whether sidecars refuse what is in no registry. That is no security boundary: who owns the pod can go around
    /// its sidecar.
    pub registry_only: bool,
    /// Who is asked by policies of the action CUSTOM.
    pub providers: Vec<Provider>,
    /// What is done to paths before they are compared.
    pub normalization: Normalization,
    /// Who sees a Service that does not say so.
    pub service_export: Vec<String>,
    /// Who sees a VirtualService that does not say so.
    pub route_export: Vec<String>,
    /// Who sees a DestinationRule that does not say so.
    pub rule_export: Vec<String>,
    /// Who gets a sidecar.
    pub injector: Injector,
    /// The ports that sidecars take, unless a pod says otherwise.
    pub capture: Capture,
    /// What nothing in the manifests says, so that it was assumed to be as Istio has it by default.
    pub assumed: Vec<&'static str>,
}

/// An external provider of decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Whether it speaks gRPC; one that speaks HTTP is not asked about TCP.
    pub grpc: bool,
    /// The host of its Service, with or without `namespace/` before it.
    pub service: String,
    /// The port of its Service.
    pub port: u16,
    /// Whether a request passes if it does not answer.
    pub fail_open: bool,
}

/// What is done to paths before they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// Nothing.
    None,
    /// `.` and `..` are resolved, `\` is `/`. The default.
    Base,
    /// And `//` is `/`.
    MergeSlashes,
    /// And `%2F` and `%5C` are decoded first.
    DecodeAndMergeSlashes,
}

/// Who gets a sidecar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Injector {
    /// By which selectors it is called.
    pub webhooks: Vec<Webhook>,
    /// Whether pods that say nothing get one, once it is called.
    pub enabled: bool,
    /// Pods that get one even if not.
    pub always: Vec<Selector>,
    /// Pods that get none even if so.
    pub never: Vec<Selector>,
    /// What is known of the webhooks.
    pub known: Known,
}

/// What is known of the webhooks that a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All of them: they are in the manifests.
    All,
    /// Some: manifests tell of a control plane, and beside it there may be others, and tags.
    Some,
    /// None: that there is any is assumed.
    Nothing,
}

/// A webhook of the injector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// The namespaces it is called for.
    pub namespaces: Selector,
    /// The pods it is called for.
    pub pods: Selector,
}

/// The ports that a sidecar takes over.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Capture {
    /// Inbound ports, or all of them.
    pub inbound: Option<Vec<u16>>,
    /// Inbound ports that it leaves alone.
    pub not_inbound: Vec<u16>,
    /// Outbound ports that it leaves alone.
    pub not_outbound: Vec<u16>,
    /// What else pods are as good as annotated with, unless they are.
    pub others: Labels,
}

impl Capture {
    /// Ports that every sidecar leaves alone or answers itself: metrics and probes, without mTLS and without
    /// authorization (I10, S19; `injection-template.yaml`).
    pub const OWN: [u16; 3] = [15020, 15021, 15090];
}

impl Settings {
    /// Whether a namespace with these labels is part of the mesh: of others istiod knows neither Services nor policies.
    ///
    /// Source: `pkg/kube/namespace/filter.go`.
    pub fn discovers(&self, namespace: &Labels) -> bool {
        self.discovery.is_empty() || self.discovery.iter().any(|s| s.selects(namespace))
    }
}

impl Default for Settings {
    /// Istio as it is installed by default. Source: `pkg/config/mesh/mesh.go`, `DefaultMeshConfig`.
    fn default() -> Settings {
        Settings {
            root_namespace: "istio-system".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            trust_domain_aliases: Vec::new(),
            discovery: Vec::new(),
            auto_mtls: true,
            hbone: Some(false),
            registry_only: false,
            providers: Vec::new(),
            normalization: Normalization::Base,
            service_export: vec!["*".to_owned()],
            route_export: vec!["*".to_owned()],
            rule_export: vec!["*".to_owned()],
            injector: Injector::default(),
            capture: Capture::default(),
            assumed: Vec::new(),
        }
    }
}

impl Default for Injector {
    fn default() -> Injector {
        Injector {
            webhooks: webhooks(&["default".to_owned()], true, false),
            enabled: true,
            always: Vec::new(),
            never: Vec::new(),
            known: Known::All,
        }
    }
}

/// The webhooks that Istio installs for revisions and tags.
///
/// `main`: also for `istio-injection` and `sidecar.istio.io/inject`, which only one control plane may serve.
/// `everywhere`: also for namespaces that say nothing (`enableNamespacesByDefault`).
/// Source: `manifests/charts/istio-control/istio-discovery/templates/mutatingwebhook.yaml`.
pub fn webhooks(revisions: &[String], main: bool, everywhere: bool) -> Vec<Webhook> {
    use Operator::{DoesNotExist, In, NotIn};
    let (inject, injection, rev) = ("sidecar.istio.io/inject", "istio-injection", "istio.io/rev");
    let names: Vec<&str> = revisions.iter().map(String::as_str).collect();
    let not_refused = Requirement::new(inject, NotIn, &["false"]);
    let silent =
        vec![Requirement::new(injection, DoesNotExist, &[]), Requirement::new(rev, DoesNotExist, &[])];
    let hook = |name: &str, namespaces: Vec<Requirement>, pods: Vec<Requirement>| Webhook {
        name: name.to_owned(),
        namespaces: Selector { requirements: namespaces },
        pods: Selector { requirements: pods },
    };
    let by_rev = vec![Requirement::new(rev, In, &names), Requirement::new(injection, DoesNotExist, &[])];
    let mut all = vec![
        hook("rev.namespace", by_rev, vec![not_refused.clone()]),
        hook("rev.object", silent.clone(), vec![not_refused.clone(), Requirement::new(rev, In, &names)]),
    ];
    let silent_pod = Requirement::new(rev, DoesNotExist, &[]);
    if main {
        let enabled = vec![Requirement::new(injection, In, &["enabled"])];
        all.push(hook("namespace", enabled, vec![not_refused]));
        let asked = vec![Requirement::new(inject, In, &["true"]), silent_pod.clone()];
        all.push(hook("object", silent.clone(), asked));
    }
    if everywhere {
        let mut namespaces = silent;
        let system = ["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];
        namespaces.push(Requirement::new("kubernetes.io/metadata.name", NotIn, &system));
        all.push(hook("auto", namespaces, vec![Requirement::new(inject, DoesNotExist, &[]), silent_pod]));
    }
    all
}

impl Injector {
    /// The webhook that is called for a pod in a namespace, if one is.
    pub fn called(&self, namespace: &Labels, pod: &Labels) -> Option<&Webhook> {
        self.webhooks.iter().find(|w| w.namespaces.selects(namespace) && w.pods.selects(pod))
    }
}
