//! MG033: the certificate of a gateway, in a namespace where the gateway does not look.

use std::collections::BTreeSet;

use meshgen_yaml::Node;

use crate::{
    Document, Fields, Hit, Rule, Seen, Severity,
    pods::{names, text},
};

pub(super) const RULE: Rule = Rule {
    code: "MG033",
    slug: "gateway-secret",
    title: "a gateway's certificate is in another namespace than its pods",
    severity: Severity::Error,
    why: "The pods of a gateway read the Secret that `credentialName` names in their own namespace, which is often \
          `istio-system`, and not in that of the Gateway. If it is elsewhere, the listener is never served, and clients see \
          the connection break.",
    way_out: "Put the Secret, or the Certificate of cert-manager that makes it, into the namespace of the gateway's pods; or \
              run a gateway of its own beside the Secret.",
    sources: &[
        "https://istio.io/latest/docs/ops/integrations/certmanager/",
        "https://istio.io/latest/docs/tasks/traffic-management/ingress/secure-ingress/",
    ],
};

pub(super) fn find(seen: &Seen<'_>) -> Vec<Hit> {
    let gateways = seen.documents.of_kind("networking.istio.io", "Gateway");
    gateways.filter(|d| !seen.is_assumed(d.node.place)).flat_map(|d| elsewhere(seen, d)).collect()
}

fn elsewhere(seen: &Seen<'_>, gateway: &Document) -> Vec<Hit> {
    let (homes, certain) = homes(seen, gateway);
    let names_of = |server: &'_ Node| server.path(&["tls", "credentialName"]).cloned();
    let credentials = gateway.node.list(&["spec", "servers"]).iter().filter_map(names_of);
    let hit = |credential: Node| {
        let name = text(&credential)?;
        // `kubernetes://namespace/name` and the like say where.
        if name.contains('/') {
            return None;
        }
        let found = secrets(seen, name);
        if homes.is_empty() || found.is_empty() || found.iter().any(|f| homes.contains(f)) {
            return None;
        }
        let may = if certain { "are" } else { "are most likely" };
        let said = format!(
            "`{name}` is in {}, but the gateway's pods, which read it, {may} in {}",
            names(&found),
            names(&homes)
        );
        let home = homes.first()?;
        Some(Hit::about(gateway, said, format!("put it into `{home}`")).at(credential.place))
    };
    credentials.filter_map(hit).collect()
}

/// The namespaces of the gateway's pods, and whether they are known.
fn homes(seen: &Seen<'_>, gateway: &Document) -> (BTreeSet<String>, bool) {
    let wanted = gateway.node.path(&["spec", "selector"]).map_or(&[][..], Node::entries);
    let is = |labels: &meshgen_mesh::Labels| {
        wanted.iter().all(|e| labels.get(&*e.key.text).map(String::as_str) == text(&e.value))
    };
    let pods = seen.mesh().pods.iter().filter(|p| !wanted.is_empty() && is(&p.labels));
    let known: BTreeSet<String> = pods.map(|p| p.namespace.clone()).collect();
    if !known.is_empty() {
        return (known, true);
    }
    // The gateway that istioctl installs.
    let usual = gateway.node.text(&["spec", "selector", "istio"]) == Some("ingressgateway");
    let home = usual.then(|| seen.mesh().settings.root_namespace.clone());
    (home.into_iter().collect(), false)
}

/// The namespaces in which a Secret is, or will be made by cert-manager.
fn secrets(seen: &Seen<'_>, name: &str) -> BTreeSet<String> {
    let written = seen.documents.of_kind("", "Secret").filter(|d| d.object.name == name);
    let certificates = seen.documents.of_kind("cert-manager.io", "Certificate");
    let made = certificates.filter(|d| d.node.text(&["spec", "secretName"]) == Some(name));
    written.chain(made).filter_map(|d| d.object.namespace.clone()).collect()
}
