//! ServiceEntry: what it makes a client's sidecar know beside the Services of the cluster (I12, S36).

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    Call, Layer, Mesh, Meta, Outcome, Protocol, Reason, Said, SidecarScope, Truth, Verdict,
    cluster::is_exported, destination::host_matches, egress::is_imported, verdict::Way,
};

/// A `ServiceEntry`. What it says of pods is a [`crate::Service`] as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEntry {
    /// Its name, and so on.
    pub meta: Meta,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// Its addresses, as blocks.
    pub addresses: Vec<String>,
    /// Its ports.
    pub ports: Vec<(u16, Protocol)>,
    /// Whether connections go on to the address that was dialled (`resolution: NONE`).
    pub passes_on: bool,
    /// Whether it is of the mesh (`location: MESH_INTERNAL`), so that sidecars use auto mTLS.
    pub internal: bool,
    /// Who sees it; nobody said if empty.
    pub export_to: Vec<String>,
}

/// What is dialled outside of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The host, as a request names it, if one is sent.
    pub host: Option<String>,
    /// The address.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

impl ServiceEntry {
    /// Whether it opens the way to what is outside. Without addresses of its own it takes whatever goes to its port, and
    /// which addresses its hosts have, the manifests do not say.
    ///
    /// Source: `pilot/pkg/networking/core/listener.go`, `buildSidecarOutboundListeners`.
    fn opens(&self, host: &str, to: &Outside, http: bool) -> Truth {
        let by_address = match to.address {
            Some(_) => self.addresses.iter().any(|block| is_in(to.address, block)).into(),
            None if self.addresses.is_empty() => Truth::No,
            None => Truth::May,
        };
        let named = to.host.as_deref().map(|h| h.split(':').next().unwrap_or(h));
        let by_name = match named {
            Some(named) => host_matches(host, named).into(),
            None => Truth::May,
        };
        let bytes = if self.addresses.is_empty() { Truth::May } else { by_address };
        let of = |protocol: Protocol| match (protocol, http) {
            (Protocol::Http, false) | (Protocol::Tls, true) => Truth::No,
            (Protocol::Http | Protocol::Detected, true) => by_address.or(by_name),
            (Protocol::Tcp | Protocol::Tls | Protocol::Detected, _) => bytes,
        };
        Truth::any(self.ports.iter().filter(|(number, _)| *number == to.port).map(|(_, p)| of(*p)))
    }
}

impl Mesh {
    /// The `ServiceEntries`, and hosts of them, that the sidecar of a pod knows on a port.
    fn known_entries(
        &self,
        scope: Option<&SidecarScope>,
        client: &str,
        port: u16,
    ) -> Vec<(&ServiceEntry, &str)> {
        let seen =
            |e: &&ServiceEntry| self.is_seen(e, client) && e.ports.iter().any(|(number, _)| *number == port);
        let hosts =
            self.entries.iter().filter(seen).flat_map(|e| e.hosts.iter().map(move |h| (e, h.as_str())));
        hosts.filter(|(e, host)| is_imported(scope, client, &e.meta.namespace, host, port)).collect()
    }

    fn is_seen(&self, entry: &ServiceEntry, client: &str) -> bool {
        let default = &self.settings.service_export;
        let to = if entry.export_to.is_empty() { default } else { &entry.export_to };
        is_exported(to, &entry.meta.namespace, client)
    }

    /// Whether the sidecar of a pod knows an entry by one of its hosts, on a port.
    pub(crate) fn knows_entry(
        &self,
        scope: Option<&SidecarScope>,
        client: &str,
        entry: &ServiceEntry,
        port: u16,
    ) -> bool {
        let imported = |host: &String| is_imported(scope, client, &entry.meta.namespace, host, port);
        self.is_seen(entry, client) && entry.hosts.iter().any(imported)
    }

    /// The entries that may be about addresses of pods.
    pub(crate) fn entries_by_address(&self) -> impl Iterator<Item = &ServiceEntry> {
        self.entries.iter().filter(|e| e.passes_on || !e.addresses.is_empty())
    }

    /// Whether a ServiceEntry that the pod's sidecar knows opens the way, and which.
    pub(crate) fn entered(
        &self,
        scope: Option<&SidecarScope>,
        client: &str,
        to: &Outside,
        http: bool,
    ) -> Option<(Truth, &ServiceEntry)> {
        let known = self.known_entries(scope, client, to.port);
        let all = known.into_iter().map(|(entry, host)| (entry.opens(host, to, http), entry));
        all.filter(|(truth, _)| *truth != Truth::No).max_by_key(|(truth, _)| *truth)
    }

    /// Whether a ServiceEntry passes on in plain text what a pod sends to the address of another. What one makes of it that
    /// does something else with it, is not judged.
    pub(crate) fn passed_on(
        &self,
        scope: Option<&SidecarScope>,
        client: &str,
        call: &Call,
        reasons: &mut Vec<Reason>,
    ) -> Way<bool> {
        let address = self.pods.get(call.server).and_then(|p| p.addresses.first().copied());
        let refuses = self.refuses_unknown(scope);
        let about = |(e, _): &(&ServiceEntry, &str)| {
            e.addresses.iter().any(|block| is_in(address, block))
                || (e.addresses.is_empty() && e.passes_on && (refuses || e.internal))
        };
        let Some((entry, _)) = self.known_entries(scope, client, call.dialled()).into_iter().find(about)
        else {
            return Ok(false);
        };
        let speaks_http = |(number, p): &(u16, Protocol)| *number == call.dialled() && *p == Protocol::Http;
        let by_host = refuses && entry.ports.iter().any(speaks_http);
        let told = entry.hosts.iter().any(|host| !self.rules_for(host).is_empty());
        let by = vec![Said::of(&entry.meta)];
        if entry.passes_on && !entry.internal && !by_host && !told {
            let said = "a ServiceEntry passes it on, in plain text".to_owned();
            reasons.push(Reason { layer: Layer::Client, said, by });
            return Ok(true);
        }
        let said = "a ServiceEntry is about the address, and where it leads is not judged".to_owned();
        let last = Reason { layer: Layer::Client, said, by };
        Err(Box::new(Verdict::new(Outcome::Unknown, reasons.clone(), last)))
    }
}

fn is_in(address: Option<IpAddr>, block: &str) -> bool {
    let net = block.parse::<IpNet>().ok().or_else(|| block.parse::<IpAddr>().ok().map(IpNet::from));
    address.zip(net).is_some_and(|(a, n)| n.contains(&a))
}
