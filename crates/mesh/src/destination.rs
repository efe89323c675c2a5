//! DestinationRule: how clients encrypt (S3, S34).

use std::collections::BTreeMap;

use crate::{
    Labels, Mesh, Meta, ModeOf, Said, Selector, Service,
    cluster::is_exported,
    object::{Undecided, oldest},
};

/// How a client encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsMode {
    /// Not at all.
    Disable,
    /// TLS of its own, without a certificate of the client.
    Simple,
    /// TLS of its own, with a certificate that the rule names.
    Mutual,
    /// With the certificates of the mesh.
    IstioMutual,
}

/// A `DestinationRule`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRule {
    /// Its name, and so on.
    pub meta: Meta,
    /// The host, as written.
    pub host: String,
    /// The clients that it binds; none means all.
    pub selector: Selector,
    /// What it says of traffic, if it says anything.
    pub traffic: Option<Traffic>,
    /// Whether it takes certificates from a Secret, by its name: sidecars get these only by a rule with a selector, and what
    /// they send by another depends on the version.
    ///
    /// Source: `pilot/pkg/networking/core/cluster_tls.go`, `buildUpstreamClusterTLSContext`.
    pub by_secret: bool,
    /// Whether subsets say something of their own about TLS: which subset a request goes to, routes decide.
    pub subsets_say: bool,
    /// Who sees it; nobody said if empty.
    pub export_to: Vec<String>,
    /// What of it is not understood.
    pub broken: Option<String>,
}

/// What a rule says of traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How to encrypt; none leaves it to auto mTLS.
    pub tls: Option<TlsMode>,
    /// The same for ports of the Service. They inherit nothing.
    pub ports: BTreeMap<u16, Option<TlsMode>>,
}

impl TlsMode {
    /// The mode of a word.
    pub fn parse(word: &str) -> Option<TlsMode> {
        match word {
            "DISABLE" => Some(TlsMode::Disable),
            "SIMPLE" => Some(TlsMode::Simple),
            "MUTUAL" => Some(TlsMode::Mutual),
            "ISTIO_MUTUAL" => Some(TlsMode::IstioMutual),
            _ => None,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            TlsMode::Disable => "DISABLE",
            TlsMode::Simple => "SIMPLE",
            TlsMode::Mutual => "MUTUAL",
            TlsMode::IstioMutual => "ISTIO_MUTUAL",
        }
    }
}

impl Traffic {
    /// How to encrypt towards a port of the Service.
    ///
    /// Settings of a port inherit nothing (`destination_rule.go`, `MergeTrafficPolicy`), so without TLS of its own auto
    /// mTLS is left to the port; but the endpoints are then chosen by the mode of the whole
    /// (`mtls_checker.go`, `trafficPolicyTLSModeForPort`): those in the mesh if that is `ISTIO_MUTUAL`, else none.
    pub fn tls(&self, port: u16) -> Option<TlsMode> {
        match (self.ports.get(&port), self.tls) {
            (None, whole) => whole,
            (Some(Some(own)), _) => Some(*own),
            (Some(None), Some(TlsMode::Disable | TlsMode::Simple | TlsMode::Mutual)) => {
                Some(TlsMode::Disable)
            }
            (Some(None), Some(TlsMode::IstioMutual) | None) => None,
        }
    }
}

impl DestinationRule {
    /// Its host in full: a short one is completed with the namespace of the rule itself
    /// (`pkg/config/host`, `ResolveShortnameToFQDN`).
    pub fn full_host(&self) -> String {
        if self.host.contains('.') || self.host == "*" {
            return self.host.clone();
        }
        format!("{}.{}.svc.cluster.local", self.host, self.meta.namespace)
    }

    /// One with a selector is never exported.
    fn is_private(&self, default: &[String]) -> bool {
        if !self.selector.is_empty() {
            return true;
        }
        let to = if self.export_to.is_empty() { default } else { &self.export_to };
        to.len() == 1 && to.iter().all(|t| t == "." || *t == self.meta.namespace)
    }
}

/// Whether a host is meant: `*` and `*.x` are wildcards.
pub(crate) fn host_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.ends_with(end),
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// Whether a rule counts for a client.
type Counts<'a> = &'a dyn Fn(&DestinationRule) -> bool;

/// How the client is told to encrypt, and by what.
pub(crate) type Told = Option<(TlsMode, Said)>;

impl Mesh {
    /// How a client is told to encrypt towards a port of a Service: by the rules of its own namespace, else of the
    /// server's, else of the root namespace; in each, by those of the most specific host.
    ///
    /// Source: `pilot/pkg/model/push_context.go` (`destinationRule`), `pilot/pkg/model/destination_rule.go`.
    pub(crate) fn told(
        &self,
        client: (&str, &Labels),
        service: &Service,
        port: u16,
    ) -> Result<Told, Undecided> {
        let (root, host) = (&self.settings.root_namespace, service.host());
        let default = &self.settings.rule_export;
        let own = |r: &DestinationRule| {
            let at_home = r.export_to.is_empty() || is_exported(&r.export_to, client.0, client.0);
            at_home && (client.0 != root || r.is_private(default))
        };
        let exported = |r: &DestinationRule| {
            let to = if r.export_to.is_empty() { default } else { &r.export_to };
            !r.is_private(default) && is_exported(to, &r.meta.namespace, client.0)
        };
        let lookups: [(&str, Counts<'_>); 3] =
            [(client.0, &own), (&service.meta.namespace, &exported), (root, &exported)];
        for (namespace, counts) in lookups {
            let numbers = self.index.rules_of.get(namespace).map_or(&[][..], Vec::as_slice);
            let rules = numbers.iter().filter_map(|n| self.destination_rules.get(*n));
            let rules: Vec<_> = rules.filter(|r| counts(r)).collect();
            let specific = most_specific(&rules, &host);
            if !specific.is_empty() {
                return self.chosen(&specific, client, port);
            }
        }
        Ok(None)
    }

    fn chosen(
        &self,
        rules: &[&DestinationRule],
        client: (&str, &Labels),
        port: u16,
    ) -> Result<Told, Undecided> {
        if let Some(broken) = rules.iter().find_map(|r| r.broken.clone()) {
            return Err(Undecided { names: vec![broken] });
        }
        let bound = |r: &&&DestinationRule| {
            !r.selector.is_empty() && r.meta.namespace == client.0 && r.selector.selects(client.1)
        };
        let mut chosen: Vec<&DestinationRule> = rules.iter().filter(bound).copied().collect();
        if chosen.is_empty() {
            chosen = rules.iter().filter(|r| r.selector.is_empty()).copied().collect();
        }
        // Rules for one host are merged: the oldest that says anything of traffic says it for all.
        let tls = oldest(&chosen, |r| &r.meta, |r| r.traffic.as_ref().map(|t| t.tls(port)))?.flatten();
        let own = matches!(tls, Some(TlsMode::Simple | TlsMode::Mutual));
        if let Some(rule) = chosen.iter().find(|r| own && r.by_secret && r.selector.is_empty()) {
            return Err(Undecided { names: vec![format!("{} (credentialName)", rule.meta.name)] });
        }
        let subsets = chosen.iter().find(|r| r.subsets_say);
        if let (Some(rule), true) = (subsets, self.is_routed(&chosen)) {
            return Err(Undecided { names: vec![format!("{} (subsets)", rule.meta.name)] });
        }
        let by = |mode| chosen.iter().find(|r| r.traffic.as_ref().and_then(|t| t.tls(port)) == Some(mode));
        Ok(tls.and_then(|mode| Some((mode, Said::of(&by(mode)?.meta)))))
    }

    /// Whether routes may lead to subsets of a rule.
    fn is_routed(&self, rules: &[&DestinationRule]) -> bool {
        let hosts: Vec<String> = rules.iter().map(|r| r.full_host()).collect();
        self.routes.iter().any(|v| v.subsets && v.hosts().any(|h| hosts.iter().any(|r| host_matches(r, &h))))
    }
}

fn most_specific<'a>(rules: &[&'a DestinationRule], host: &str) -> Vec<&'a DestinationRule> {
    let meant: Vec<&DestinationRule> =
        rules.iter().filter(|r| host_matches(&r.full_host(), host)).copied().collect();
    // A host without a wildcard comes before one with, and a longer one before a shorter one.
    let rank = |r: &DestinationRule| (!r.host.starts_with('*'), r.full_host().len());
    let Some(best) = meant.iter().map(|r| rank(r)).max() else { return Vec::new() };
    meant.into_iter().filter(|r| rank(r) == best).collect()
}

/// What travels from a client to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Plain text: the server sees no identity.
    Plain,
    /// mTLS of the mesh.
    Mutual,
    /// TLS that is not the mesh's.
    Tls,
}

/// What decides on the encryption of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a table")]
pub struct Handshake {
    /// The client's sidecar takes the connection, and knows the server as a Service. If not, nothing is encrypted.
    pub by_sidecar: bool,
    /// What a DestinationRule says.
    pub rule: Option<TlsMode>,
    /// Whether auto mTLS is on.
    pub auto: bool,
    /// Whether the server is known to take mTLS: its pod has the label `security.istio.io/tlsMode: istio`.
    pub labelled: bool,
    /// Whether the server's sidecar takes the connection: there is one, and it does not leave the port alone.
    pub server: bool,
    /// The server's mode for the port.
    pub mode: crate::Mode,
    /// The mode of the server's namespace.
    pub namespace_mode: crate::Mode,
    /// The client names a headless Service; then the server counts as labelled if all pods behind it are.
    pub headless: bool,
}

impl Handshake {
    /// What is sent (I8). Auto mTLS looks at the mode of the namespace first, then at the label and, but for headless
    /// Services, at the mode of the port; and not at ports that are left alone (S33).
    ///
    /// Sources: `pilot/pkg/model/push_context.go` (`BestEffortInferServiceMTLSMode`),
    /// `pilot/pkg/networking/core/cluster_tls.go`, `pilot/pkg/xds/endpoints/mtls_checker.go`.
    pub fn carried(&self) -> Carried {
        if !self.by_sidecar {
            return Carried::Plain;
        }
        match self.rule {
            Some(TlsMode::IstioMutual) => Carried::Mutual,
            Some(TlsMode::Simple | TlsMode::Mutual) => Carried::Tls,
            None if self.is_auto() => Carried::Mutual,
            Some(TlsMode::Disable) | None => Carried::Plain,
        }
    }

    fn is_auto(&self) -> bool {
        let disabled = |mode| mode == crate::Mode::Disable;
        let by_port = self.headless || !disabled(self.mode);
        self.auto && self.labelled && by_port && !disabled(self.namespace_mode)
    }

    /// Whether the server surely takes it: whether an application speaks TLS itself, nothing here says.
    pub fn is_taken(&self) -> bool {
        match (self.carried(), self.server, self.mode) {
            (Carried::Plain, false, _) => true,
            (Carried::Plain, true, mode) => mode != crate::Mode::Strict,
            (Carried::Mutual, true, mode) => mode != crate::Mode::Disable,
            (Carried::Mutual, false, _) | (Carried::Tls, _, _) => false,
        }
    }
}

impl ModeOf {
    /// In words.
    pub fn told(&self) -> String {
        let by = self.said.as_ref().map(|s| format!(" by PeerAuthentication `{}/{}`", s.namespace, s.name));
        format!("{}{}", self.mode.word(), by.unwrap_or_else(|| " (the default)".to_owned()))
    }
}
